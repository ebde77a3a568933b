// command_line.c - takes a command line apart, in place: no argument grows by that.
#include "platform/windows/command_line.h"

#include <stdbool.h>

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

// The program's name: quotes hold blanks together, and a backslash is nothing special.
static char *take_program(char **at, char *to) {
    bool quoted = false;
    for (; **at != '\0' && (quoted || !is_blank(**at)); (*at)++) {
        if (**at == '"') {
            quoted = !quoted;
        } else {
            *to++ = **at;
        }
    }
    return to;
}

// 2n backslashes before a quote are n backslashes, 2n + 1 are n and a quote that is a character. Two
// quotes within quotes are one such character.
static char *take_argument(char **at, char *to) {
    bool quoted = false;
    while (**at != '\0' && (quoted || !is_blank(**at))) {
        size_t backslashes = 0;
        while (**at == '\\') {
            backslashes++;
            (*at)++;
        }
        bool quote = **at == '"';
        bool escaped = quote && backslashes % 2 == 1;
        for (size_t i = quote ? backslashes / 2 : backslashes; i > 0; i--) {
            *to++ = '\\';
        }
        if (quote && !escaped && quoted && (*at)[1] == '"') {
            (*at)++;
            escaped = true;
        }
        if (quote && !escaped) {
            quoted = !quoted;
            (*at)++;
        } else if (quote || (**at != '\0' && (quoted || !is_blank(**at)))) {
            *to++ = *(*at)++;
        }
    }
    return to;
}

size_t command_line_split(char *text) {
    char *at = text;
    char *to = text;
    for (bool first = true; first || *at != '\0'; first = false) {
        to = first ? take_program(&at, to) : take_argument(&at, to);
        // Only now, because the NUL may overwrite the blank that ended the argument.
        while (is_blank(*at)) {
            at++;
        }
        bool last = *at == '\0';
        *to++ = '\0';
        if (last) {
            break;
        }
    }
    return (size_t)(to - text);
}
