// options.h - what a command line asks for, and the table of all options.
#ifndef PSC_CLI_OPTIONS_H
#define PSC_CLI_OPTIONS_H

#include "base/error.h"
#include "cli/cli.h"
#include "format/audit_report.h"
#include "format/columns.h"
#include "model/filter.h"
#include "model/ports.h"

enum command_id {
    COMMAND_LIST,
    COMMAND_CHECK,
    COMMAND_FREE,
    COMMAND_WAIT,
    COMMAND_KILL,
    COMMAND_AUDIT,
    COMMAND_HELP,
    COMMAND_COUNT
};

/** When a table is colored. */
enum color_mode {
    COLOR_MODE_AUTO, /**< on a terminal, unless NO_COLOR is set */
    COLOR_MODE_ALWAYS,
    COLOR_MODE_NEVER,
};

/** What a command line asks for. A command reads the fields that its options set. */
struct options {
    enum command_id command;
    bool help, version, quiet;
    enum psc_format format;
    bool format_given;
    enum color_mode color;

    // the listing
    struct psc_filter filter;
    bool filtered;      /**< a filter was given */
    bool netstat_style; /**< a netstat letter was given, or its long name */
    bool all, listening, bound, tcp, udp, ipv4, ipv6;
    bool owners, paths, remote_names;
    bool numeric;               /**< accepted without effect: numbers are always numbers */
    struct psc_columns columns; /**< empty unless chosen */
    const struct psc_column *sort;
    bool sort_reversed;
    bool wide, strict, no_header;
    unsigned interval; /**< seconds between two listings; 0: print once */
    unsigned count;    /**< of listings, or of ports to print; 0: not given */

    // check, free, wait, kill
    struct psc_port_spec *specs; /**< owned */
    size_t spec_count, spec_capacity;
    struct psc_bind_address bind;
    unsigned timeout_ms; /**< 0: not given */
    bool until_listening;
    bool yes, force, dry_run;

    // audit; the names are borrowed from the command line
    const char *policy;        /**< file to compare with, or NULL */
    const char *save;          /**< file to write a policy to, or NULL */
    const char *output;        /**< file to write the result to; NULL: standard output */
    enum psc_severity fail_on; /**< least severity of a finding that makes the status 1 */

    // help
    const char *topic; /**< a command, or NULL */
    bool list_options;
};

/** Where an option of the listing appears in the help. Other commands have one group. */
enum option_group {
    GROUP_ROWS,
    GROUP_OWNERS,
    GROUP_FILTERS,
    GROUP_OUTPUT,
    GROUP_OTHER,
    GROUP_COUNT
};

struct option {
    unsigned commands; /**< bits, 1 << enum command_id */
    char letter;       /**< 0: none */
    const char *name;  /**< NULL: none */
    const char *value; /**< what its value is called in the help; in brackets if it may be left out;
                            NULL: it takes none */
    enum option_group group;
    /** @param value NULL if it takes none, or it was left out */
    enum psc_status (*apply)(struct options *options, const struct option *option,
                             const char *value, struct psc_error *error);
    size_t field; /**< offset of the field of struct options that it sets */
    const char *help;
};

/** Every option of every command; after the last comes a row without a command. */
extern const struct option option_table[];
/** The row after @p previous (NULL: from the first) that belongs to a command; NULL after the last. */
const struct option *option_next(enum command_id command, const struct option *previous);

/**
 * Reads the arguments after the command's name, from left to right, up to the first error.
 * @param options needs options_done(), whatever the result
 */
PSC_NODISCARD enum psc_status options_parse(struct options *options, enum command_id command,
                                            int count, char *const *arguments,
                                            struct psc_error *error);
void options_done(struct options *options);

// For options.c, from option_table.c --------------------------------------------------------------

/** Reads a word that is no option. */
enum psc_status options_read_word(struct options *options, const char *word,
                                  struct psc_error *error);
/** Explains an unknown letter that other tools know. @return PSC_OK if there is nothing to say */
enum psc_status options_explain_letter(const struct options *options, char letter,
                                       struct psc_error *error);
/** Whether a word is the value of an option whose value may be left out. */
bool options_is_optional_value(const char *word);
/** Checks what options mean together. */
enum psc_status options_validate(struct options *options, struct psc_error *error);

#endif
