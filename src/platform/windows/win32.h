// win32.h - what every file of this directory needs: UTF-8, times, error numbers, late-bound functions.
#ifndef PSC_PLATFORM_WINDOWS_WIN32_H
#define PSC_PLATFORM_WINDOWS_WIN32_H

#include <stdint.h>
#include <wchar.h>
#include <windows.h>

#include "model/builder.h"

/**
 * Converts to UTF-8. An unpaired surrogate, which names may contain, becomes U+FFFD.
 * @param length in UTF-16 units
 * @return NUL-terminated, to be freed by the caller; NULL when out of memory
 */
char *wide_to_utf8(const wchar_t *wide, size_t length);

/** wide_to_utf8() into the memory of the snapshot. */
const char *wide_to_text(struct psc_builder *builder, const wchar_t *wide, size_t length);

/** In units of 100 ns since 1601-01-01 UTC. */
static inline uint64_t file_time_units(FILETIME time) {
    return (uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime;
}

/** Milliseconds since 1970-01-01 UTC. */
static inline int64_t file_time_unix(FILETIME time) {
    return ((int64_t)file_time_units(time) - 116444736000000000LL) / 10000;
}

/** Bytes for the words of an error with its NUL. */
#define WINDOWS_ERROR_SIZE 160

/** Explains an error number: `Access is denied (Windows error 5)`. @return @p text */
const char *windows_error(unsigned long number, char text[WINDOWS_ERROR_SIZE]);

/**
 * Reports an error number.
 * @param number as GetLastError() returns it
 * @param what begins the sentence: `cannot read the socket table`
 * @return PSC_NO_MEMORY, PSC_DENIED or PSC_SYSTEM
 */
enum psc_status windows_fail(struct psc_error *error, unsigned long number, const char *what);

/** To be cast to the type of the function. */
typedef void system_function_pointer(void);

/**
 * Looks a function up that some versions of Windows lack, or whose library is not one of those that
 * Windows itself always takes from System32. The library stays loaded.
 * @return NULL where this Windows does not have it
 */
system_function_pointer *system_function(const wchar_t *library, const char *name);

#endif
