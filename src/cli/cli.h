// cli.h - the command line as a function: arguments in, text on streams and an exit status out.
#ifndef PSC_CLI_CLI_H
#define PSC_CLI_CLI_H

#include <stdbool.h>
#include <stdio.h>

/** The exit statuses, in order from 0: X(name, meaning). */
#define PSC_EXIT_LIST(X)                                                                           \
    X(YES, "yes, or done")                                                                         \
    X(NO, "no: the port is in use, the time ran out, the audit has findings")                      \
    X(USAGE, "the command line, or a policy, is invalid; nothing was done")                        \
    X(UNKNOWN, "could not find out: no permission, or the system reported an error")               \
    X(OUTPUT, "the output could not be written")

enum psc_exit {
#define PSC_EXIT_ENUM(name, meaning) PSC_EXIT_##name,
    PSC_EXIT_LIST(PSC_EXIT_ENUM)
#undef PSC_EXIT_ENUM
        PSC_EXIT_COUNT
};

/** The meaning of an exit status, as in PSC_EXIT_LIST. Static storage. */
const char *psc_exit_text(enum psc_exit status);

struct psc_streams {
    FILE *in; /**< for the answer to a question; NULL: no question can be asked */
    FILE *out;
    FILE *err;
    bool own_process; /**< the process runs one command, and may be confined to what that needs */
};

/**
 * Runs one command. Keeps nothing between calls.
 * @param argv UTF-8, argv[0] is the program's name
 * @return an enum psc_exit
 */
int psc_cli_run(int argc, char *const *argv, const struct psc_streams *streams);

#endif
