// colour.c - whether a table is coloured.
#include "colour.h"

#include <stdlib.h>

#include "portscope/terminal.h"

bool colour_wanted(enum colour_choice choice, FILE *stream) {
    if (choice != COLOUR_AUTO) {
        return choice == COLOUR_ALWAYS;
    }
    const char *refused = getenv("NO_COLOR"); // no-color.org: any value but the empty one
    return (refused == NULL || refused[0] == '\0') && psc_terminal_has_colour(stream);
}
