// port_options.h - THE option tables of check, free, wait and kill, which share what they ask for.
#ifndef PORTSCOPE_PORT_OPTIONS_H
#define PORTSCOPE_PORT_OPTIONS_H

#include "options.h"
#include "portscope/check.h"

struct port_options {
    struct psc_wish *wishes; /**< owned */
    size_t wish_count;
    struct psc_place place;
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
