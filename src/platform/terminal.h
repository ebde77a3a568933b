// terminal.h - what a terminal must provide.
#ifndef PSC_PLATFORM_TERMINAL_H
#define PSC_PLATFORM_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

/** What was changed about the terminal, and is to be changed back. */
struct psc_terminal;

/**
 * Prepares the standard streams. One that was closed by whoever started us is made to fail instead
 * of becoming the first file or socket that we open. From here on they take UTF-8, and what is
 * written to one that is a terminal is seen by psc_terminal_done() at the latest.
 * @return NULL where there is nothing to change back
 */
struct psc_terminal *psc_terminal_init(void);
/** The last to be called: nothing can be written to a terminal behind it. */
void psc_terminal_done(struct psc_terminal *terminal);

/** Whether a stream is a terminal that understands colors. */
bool psc_terminal_has_color(FILE *stream);

/** Whether somebody can be asked: both streams are terminals. */
bool psc_terminal_can_ask(FILE *in, FILE *out);

/** What ends a line of text on this system: "\n" or "\r\n". Static storage. */
const char *psc_terminal_line_end(void);

/**
 * From here on "\n" is written as this system ends lines, for prose that is printed as it is. Standard
 * output otherwise takes bytes as they are.
 */
void psc_terminal_prose(FILE *stream);

/**
 * Whether a stream that just refused what was written to it did so because nobody reads it any more
 * (`| head`). To be asked before anything else fails.
 */
bool psc_terminal_reader_is_gone(FILE *stream);

#endif
