// commands.h - the commands, and what they share.
#ifndef PSC_CLI_COMMANDS_H
#define PSC_CLI_COMMANDS_H

#include "cli/cli.h"
#include "cli/options.h"
#include "model/snapshot.h"

/**
 * Runs a command.
 * @param answer in: PSC_EXIT_YES; out: what the exit status says unless something fails, set before
 * anything is printed
 */
typedef enum psc_status run_command(const struct options *options,
                                    const struct psc_streams *streams, enum psc_exit *answer,
                                    struct psc_error *error);

struct command {
    const char *name;        /**< NULL: the listing */
    const char *summary;     /**< for the list of commands */
    const char *usage;       /**< its own line of help … */
    const char *description; /**< … and the paragraph after it */
    run_command *run;
};

/** By enum command_id. */
extern const struct command command_table[COMMAND_COUNT];

run_command cmd_list, cmd_check, cmd_free, cmd_wait, cmd_kill, cmd_audit, cmd_help;

/** Prints the help of a command, the general one for the listing and the help. */
void help_print(FILE *out, enum command_id command);
void help_print_version(FILE *out);

/** Prints a line of the answer. What a terminal must not see is escaped, here and below. */
PSC_PRINTF(2, 3)
void command_print(const struct psc_streams *streams, const char *format, ...);
/** Prints a line beside the answer, on standard error: a notice or an explanation. */
PSC_PRINTF(2, 3)
void command_say(const struct psc_streams *streams, const char *format, ...);

/**
 * Gives up what is not needed to report what was collected.
 * @param output file that is still to be written; NULL or `-`: none
 */
void command_confine(const struct psc_streams *streams, const char *output);

/** Prints the notices of a snapshot, except those of a kind. @param except NULL: prints all */
void command_print_notices(const struct psc_streams *streams, const struct psc_snapshot *snapshot,
                           const char *except);

/** Whether a table on this stream is colored. */
bool command_has_color(const struct options *options, FILE *stream);

#endif
