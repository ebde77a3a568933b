// file_time.h - the times of Windows: units of 100 ns since 1601-01-01 UTC.
#ifndef PSC_PLATFORM_WINDOWS_FILE_TIME_H
#define PSC_PLATFORM_WINDOWS_FILE_TIME_H

#include <stdint.h>
#include <windows.h>

static inline uint64_t file_time_units(FILETIME time) {
    return (uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime;
}

/** Milliseconds since 1970-01-01 UTC. */
static inline int64_t file_time_unix(FILETIME time) {
    return ((int64_t)file_time_units(time) - 116444736000000000LL) / 10000;
}

#endif
