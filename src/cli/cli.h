// cli.h - the command line as a function: arguments in, text on streams and an exit status out.
#ifndef PSC_CLI_CLI_H
#define PSC_CLI_CLI_H

#include <stdio.h>

/** Exit statuses, the whole list. */
enum psc_exit {
    PSC_EXIT_YES = 0,     /**< yes, or done */
    PSC_EXIT_NO = 1,      /**< the answer is no */
    PSC_EXIT_USAGE = 2,   /**< the command line cannot be understood; nothing was done */
    PSC_EXIT_UNKNOWN = 3, /**< could not find out */
    PSC_EXIT_OUTPUT = 4,  /**< the output could not be written */
};

struct psc_streams {
    FILE *in; /**< for the answer to a question; NULL: nobody can be asked */
    FILE *out;
    FILE *err;
};

/**
 * Runs one command. Keeps nothing between calls.
 * @param argv UTF-8, argv[0] is the program's name
 * @return an enum psc_exit
 */
int psc_cli_run(int argc, char *const *argv, const struct psc_streams *streams);

#endif
