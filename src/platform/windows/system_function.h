// system_function.h - functions that are looked up when they are needed: those that not every Windows
// has, and those of libraries that are loaded from System32 and from nowhere else.
#ifndef PSC_PLATFORM_WINDOWS_SYSTEM_FUNCTION_H
#define PSC_PLATFORM_WINDOWS_SYSTEM_FUNCTION_H

#include <wchar.h>

/** To be cast to what the function is. */
typedef void system_function_pointer(void);

/**
 * Finds a function of a library of the system. The library stays loaded until the program ends.
 * @return NULL where this Windows does not have it
 */
system_function_pointer *system_function(const wchar_t *library, const char *name);

#endif
