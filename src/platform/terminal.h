// terminal.h - standard streams and the terminal.
#ifndef PSC_PLATFORM_TERMINAL_H
#define PSC_PLATFORM_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"

/** What psc_terminal_init() changed and psc_terminal_done() restores. */
struct psc_terminal;

/**
 * Prepares the standard streams. A stream that the parent process closed is replaced by one that
 * fails, so that no file or socket takes its number. From here on the streams take UTF-8, and what is
 * written to a terminal appears by psc_terminal_done() at the latest.
 * @return NULL if there is nothing to restore
 */
struct psc_terminal *psc_terminal_init(void);
/** Call it last: nothing can be written to a terminal afterwards. */
void psc_terminal_done(struct psc_terminal *terminal);

/** Whether a stream is a terminal that understands colors. */
bool psc_terminal_has_color(FILE *stream);

/** Whether both streams are terminals, so that a question can be asked and answered. */
bool psc_terminal_can_ask(FILE *in, FILE *out);

/** Forgets what was typed before now and not read yet. @param in a terminal; nothing was read from it */
void psc_terminal_discard_input(FILE *in);

/** The line end of this system's text files, "\n" or "\r\n". Static storage. */
const char *psc_terminal_line_end(void);

/**
 * From here on "\n" is written as psc_terminal_line_end(). Without it, standard output takes bytes
 * as they are.
 */
void psc_terminal_prose(FILE *stream);

/**
 * Explains why a stream, of a terminal or any other, just refused what was written to it: `cannot
 * write NAME: No space left on device`. Call it before any other function that can fail.
 * @param name of the file, or `the output`
 * @return PSC_OUTPUT
 */
enum psc_status psc_terminal_write_error(FILE *stream, const char *name, struct psc_error *error);

/**
 * Whether a stream just refused what was written to it because its reader closed it (`| head`). Call
 * it before any other function that can fail, except psc_terminal_write_error().
 */
bool psc_terminal_reader_is_gone(FILE *stream);

#endif
