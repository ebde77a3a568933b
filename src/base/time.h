// time.h - the text of a time: RFC 3339, in UTC.
#ifndef PSC_BASE_TIME_H
#define PSC_BASE_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Enough for `2026-11-20T08:18:00.123Z` with its NUL. */
#define PSC_TIME_TEXT 25

/**
 * Writes a time of the years 0 to 9999.
 * @param time milliseconds since 1970-01-01 UTC
 * @param milliseconds whether they are written, `.123`
 * @return the length, without the NUL
 */
size_t psc_time_format(int64_t time, bool milliseconds, char text[PSC_TIME_TEXT]);

#endif
