// windows_error.c - error numbers of Windows.
#include "windows_error.h"

#include <windows.h>

enum psc_status windows_fail(struct psc_error *error, unsigned long number, const char *what) {
    enum psc_status status = number == ERROR_ACCESS_DENIED       ? PSC_DENIED
                             : number == ERROR_NOT_ENOUGH_MEMORY ? PSC_NO_MEMORY
                             : number == ERROR_OUTOFMEMORY       ? PSC_NO_MEMORY
                                                                 : PSC_SYSTEM;
    // Windows' own words come in the language of the machine, and only with luck in English.
    return psc_fail(error, status, "%s: Windows error %lu, which 'net helpmsg %lu' explains", what,
                    number, number);
}
