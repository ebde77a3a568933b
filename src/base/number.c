// number.c - reading decimal digits.
#include "base/number.h"

bool psc_number_read(const char **text, const char *end, uint64_t max, uint64_t *number) {
    const char *at = *text;
    uint64_t value = 0;
    bool fits = true;
    const uint64_t most =
        max / 10; // one division, not one a digit: owners read every socket's inode
    for (; at != end && psc_is_digit(*at); at++) {
        unsigned digit = (unsigned)(*at - '0');
        fits = fits && (value < most || (value == most && digit <= max % 10));
        value = fits ? value * 10 + digit : value;
    }
    fits = fits && at != *text;
    *text = at;
    if (fits) {
        *number = value;
    }
    return fits;
}

bool psc_number_parse(const char *text, uint64_t max, uint64_t *number) {
    uint64_t value;
    if (!psc_number_read(&text, NULL, max, &value) || *text != '\0') {
        return false;
    }
    *number = value;
    return true;
}
