// time.c - the text of a time.
#include "base/time.h"

static char *put_digits(char *at, unsigned number, unsigned count) {
    for (unsigned i = count; i > 0; i--) {
        at[i - 1] = (char)('0' + number % 10);
        number /= 10;
    }
    return at + count;
}

// Writes `2026-11-20`. Counts in years that begin in March, so that the leap day is the last of its
// year: 719468 days pass from 0000-03-01 to 1970-01-01, 146097 in 400 years.
static char *put_date(char *at, int64_t days) {
    int64_t shifted = days + 719468;
    int64_t era = shifted / 146097 - (shifted % 146097 < 0);
    unsigned of_era = (unsigned)(shifted - era * 146097);
    unsigned year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * year + year / 4 - year / 100);
    unsigned march_month = (5 * of_year + 2) / 153;
    unsigned month = march_month < 10 ? march_month + 3 : march_month - 9;
    year += (unsigned)(era * 400) + (month <= 2);
    at = put_digits(at, year, 4);
    *at++ = '-';
    at = put_digits(at, month, 2);
    *at++ = '-';
    return put_digits(at, of_year - (153 * march_month + 2) / 5 + 1, 2);
}

size_t psc_time_format(int64_t time, bool milliseconds, char text[PSC_TIME_TEXT]) {
    const int64_t day = 86400000;
    int64_t days = time / day - (time % day < 0);
    unsigned rest = (unsigned)(time - days * day);
    char *at = put_date(text, days);
    *at++ = 'T';
    at = put_digits(at, rest / 3600000, 2);
    *at++ = ':';
    at = put_digits(at, rest / 60000 % 60, 2);
    *at++ = ':';
    at = put_digits(at, rest / 1000 % 60, 2);
    if (milliseconds) {
        *at++ = '.';
        at = put_digits(at, rest % 1000, 3);
    }
    *at++ = 'Z';
    *at = '\0';
    return (size_t)(at - text);
}
