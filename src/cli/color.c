// color.c - whether a table is colored.
#include "cli/color.h"

#include <stdlib.h>

#include "platform/terminal.h"

bool color_wanted(enum color_choice choice, FILE *stream) {
    if (choice != COLOR_AUTO) {
        return choice == COLOR_ALWAYS;
    }
    const char *refused = getenv("NO_COLOR"); // no-color.org: any value but the empty one
    return (refused == NULL || refused[0] == '\0') && psc_terminal_has_color(stream);
}
