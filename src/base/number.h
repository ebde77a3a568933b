// number.h - decimal and hexadecimal digits, without locale, sign or blanks.
#ifndef PSC_BASE_NUMBER_H
#define PSC_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool psc_is_digit(char c) {
    return c >= '0' && c <= '9';
}

/** @return 0 to 15, or -1 if @p c is no hexadecimal digit */
static inline int psc_hex_digit(char c) {
    char low = (char)(c | 0x20);
    return psc_is_digit(c) ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/**
 * Reads decimal digits and moves @p text past all of them, whatever the result.
 * @param end of the text, which need not have a NUL then; NULL: up to the first other character
 * @param number out: the value; not set on failure
 * @return whether there is at least one digit, and the value is not above @p max
 */
bool psc_number_read(const char **text, const char *end, uint64_t max, uint64_t *number);

/** psc_number_read() of a whole string, @p text. */
bool psc_number_parse(const char *text, uint64_t max, uint64_t *number);

/** The most digits that psc_number_format() writes. */
#define PSC_NUMBER_DIGITS 20

/**
 * Writes a number without a NUL.
 * @return how many digits
 */
static inline size_t psc_number_format(uint64_t number, char digits[PSC_NUMBER_DIGITS]) {
    size_t count = 1;
    for (uint64_t limit = 10; count < PSC_NUMBER_DIGITS && number >= limit; limit *= 10) {
        count++;
    }
    for (size_t at = count; at > 0; number /= 10) {
        digits[--at] = (char)('0' + number % 10);
    }
    return count;
}

#endif
