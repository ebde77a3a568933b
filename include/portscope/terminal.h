// terminal.h - what a terminal must provide.
#ifndef PORTSCOPE_TERMINAL_H
#define PORTSCOPE_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

/**
 * Prepares the standard streams. One that was closed by whoever started us is made to fail instead
 * of becoming the first file or socket that we open.
 */
void psc_terminal_init(void);

/** Whether a stream is a terminal that understands colours. */
bool psc_terminal_has_colour(FILE *stream);

/** What ends a line of text on this system: "\n" or "\r\n". Static storage. */
const char *psc_terminal_line_end(void);

#endif
