// netsh_parse.c - what netsh.exe prints, in whatever language; pure functions.
#include <string.h>

#include "platform/windows/netsh.h"

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

// Reads a number behind blanks and steps over it.
static bool take_number(const char **at, unsigned long *number) {
    while (is_blank(**at)) {
        (*at)++;
    }
    const char *begin = *at;
    *number = 0;
    while (**at >= '0' && **at <= '9' && *at - begin < 9) {
        *number = *number * 10 + (unsigned)(*(*at)++ - '0');
    }
    return *at != begin;
}

static bool line_ends(const char *at) {
    while (is_blank(*at) || *at == '*') {
        at++;
    }
    return *at == '\n' || *at == '\0';
}

enum psc_status netsh_parse_excluded(const char *text, struct psc_port_set *ports) {
    for (const char *at = text; *at != '\0';) {
        unsigned long first;
        unsigned long last;
        if (take_number(&at, &first) && is_blank(*at) && take_number(&at, &last) && line_ends(at) &&
            first <= last && last <= UINT16_MAX &&
            psc_port_set_add(ports, (uint16_t)first, (uint16_t)last) != PSC_OK) {
            return PSC_NO_MEMORY;
        }
        at += strcspn(at, "\n");
        at += *at == '\n';
    }
    return PSC_OK;
}

bool netsh_parse_dynamic(const char *text, uint16_t *first, uint16_t *last) {
    unsigned long numbers[2] = {0};
    int count = 0;
    for (const char *at = text; count < 2 && *at != '\0';) {
        // A heading may have a colon, too, but no number behind it.
        const char *colon = strchr(at, ':');
        if (colon == NULL) {
            break;
        }
        at = colon + 1;
        count += take_number(&at, &numbers[count]) && line_ends(at);
    }
    if (count != 2 || numbers[1] == 0 || numbers[0] + numbers[1] - 1 > UINT16_MAX) {
        return false;
    }
    *first = (uint16_t)numbers[0];
    *last = (uint16_t)(numbers[0] + numbers[1] - 1);
    return true;
}
