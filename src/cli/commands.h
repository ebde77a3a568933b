// commands.h - the commands, and what they share.
#ifndef PSC_CLI_COMMANDS_H
#define PSC_CLI_COMMANDS_H

#include "base/error.h"
#include "cli/cli.h"
#include "cli/port_options.h"

/** One command: its arguments are those behind its name. */
struct command {
    const char *name;
    const char *summary;
    int (*run)(int count, char *const *arguments, const struct psc_streams *streams);
};

/** @return NULL behind the last one */
const struct command *command_at(size_t index);

/** Prints the one line that explains a failure. @return the exit status that goes with it */
int command_fail(const struct psc_streams *streams, enum psc_status status,
                 const struct psc_error *error);
/** Flushes the output. @return PSC_EXIT_OUTPUT if it could not be written, else @p exit */
int command_end(const struct psc_streams *streams, int exit);

int cmd_list(int count, char *const *arguments, const struct psc_streams *streams);
int cmd_check(int count, char *const *arguments, const struct psc_streams *streams);
int cmd_free(int count, char *const *arguments, const struct psc_streams *streams);
int cmd_wait(int count, char *const *arguments, const struct psc_streams *streams);
int cmd_kill(int count, char *const *arguments, const struct psc_streams *streams);
int cmd_audit(int count, char *const *arguments, const struct psc_streams *streams);
int cmd_help(int count, char *const *arguments, const struct psc_streams *streams);
/** The general help and the version, for the options that ask for them. */
int help_print(const struct psc_streams *streams);
int help_print_version(const struct psc_streams *streams);
/** The help of one of the commands about single ports. */
int help_print_command(enum port_command command, const struct psc_streams *streams);
int help_print_audit(const struct psc_streams *streams);

#endif
