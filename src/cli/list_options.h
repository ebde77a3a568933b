// list_options.h - THE option table of the listing, and what it fills in.
#ifndef PSC_CLI_LIST_OPTIONS_H
#define PSC_CLI_LIST_OPTIONS_H

#include "cli/options.h"
#include "format/format.h"
#include "model/filter.h"

/** What a command line asked for, before it is decided what that means together. */
struct list_options {
    struct psc_filter filter;
    struct psc_columns columns; /**< empty unless picked */
    const struct psc_column *sort;
    bool sort_reversed;
    enum psc_format format;
    enum color_choice color;
    unsigned interval;  /**< seconds; 0: print once */
    unsigned count;     /**< how many times; 0: for ever */
    uint32_t protocols; /**< PSC_PROTOCOL_BIT()s of -p and --proto */
    bool all, listening, bound;
    bool owners, paths, remote_names;
    bool wide, strict, no_header;
    bool json, ndjson, csv;
    bool tcp, udp, ipv4, ipv6;
    bool protocols_given;
    bool netstat_style; /**< a netstat letter was given, or its long name */
    bool filtered;      /**< a filter was given */
    bool states_given;  /**< … by state, which then decides alone what is shown */
    bool help, version;
    bool numeric; /**< accepted and without effect: numbers are always numbers */
};

/** Which chapter of the help an option stands in. */
enum option_group {
    GROUP_ROWS,
    GROUP_OWNERS,
    GROUP_FILTERS,
    GROUP_FORMS,
    GROUP_OTHER,
};

const struct option_table *list_option_table(void);

/** Reads the arguments behind the program's name. Needs list_options_done(), whatever the result. */
PSC_NODISCARD enum psc_status list_options_parse(struct list_options *options, int count,
                                                 char *const *arguments, struct psc_error *error);
void list_options_done(struct list_options *options);

#endif
