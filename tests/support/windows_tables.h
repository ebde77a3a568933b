// windows_tables.h - the socket tables of iphlpapi.dll, from rows as netstat prints them.
#ifndef SUPPORT_WINDOWS_TABLES_H
#define SUPPORT_WINDOWS_TABLES_H

#include <stddef.h>

/**
 * From here on Windows has these sockets, in reverse order, and interfaces 5 and 16. The test names
 * system_function in psc_wrap().
 * @param rows as netstat_row() reads them, followed by the PID
 */
void windows_tables_set(const char *const *rows, size_t count);

#endif
