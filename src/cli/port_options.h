// port_options.h - THE option tables of check, free, wait and kill, which share what they ask for.
#ifndef PSC_CLI_PORT_OPTIONS_H
#define PSC_CLI_PORT_OPTIONS_H

#include "cli/options.h"
#include "model/ports.h"

struct port_options {
    struct psc_port_spec *specs; /**< owned */
    size_t spec_count;
    struct psc_bind_address bind;
    unsigned count;      /**< of ports to print; 0: one */
    unsigned timeout_ms; /**< 0: none was given */
    bool until_listening;
    bool udp, json, quiet;
    bool yes, force, dry_run;
    bool help;
};

enum port_command {
    PORT_CHECK,
    PORT_FREE,
    PORT_WAIT,
    PORT_KILL,
};

const struct option_table *port_option_table(enum port_command command);

/** Reads the arguments behind the command. Needs port_options_done(), whatever the result. */
PSC_NODISCARD enum psc_status port_options_parse(struct port_options *options,
                                                 enum port_command command, int count,
                                                 char *const *arguments, struct psc_error *error);
void port_options_done(struct port_options *options);

#endif
