// argv.c - a command line as arguments.
#include "support/argv.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void argv_split(struct argv *words, const char *line) {
    const int most = (int)(sizeof words->list / sizeof words->list[0]) - 1;
    char *to = words->text;
    if (strlen(line) >= sizeof words->text) {
        abort();
    }
    words->count = 0;
    while (*line != '\0' && words->count < most) {
        if (*line == ' ') {
            line++;
            continue;
        }
        words->list[words->count++] = to;
        for (bool quoted = false; *line != '\0' && (quoted || *line != ' '); line++) {
            if (*line == '\'') {
                quoted = !quoted;
            } else {
                *to++ = *line;
            }
        }
        *to++ = '\0';
    }
    words->list[words->count] = NULL;
}
