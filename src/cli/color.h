// color.h - whether a table is colored: --color, NO_COLOR and the terminal decide.
#ifndef PSC_CLI_COLOR_H
#define PSC_CLI_COLOR_H

#include "cli/options.h"

/** Whether a table on this stream is colored. */
bool color_wanted(enum color_choice choice, FILE *stream);

#endif
