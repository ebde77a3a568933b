// colour.h - whether a table is coloured: --color, NO_COLOR and the terminal decide.
#ifndef PORTSCOPE_COLOUR_H
#define PORTSCOPE_COLOUR_H

#include "options.h"

/** Whether a table on this stream is coloured. */
bool colour_wanted(enum colour_choice choice, FILE *stream);

#endif
