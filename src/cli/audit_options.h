// audit_options.h - THE option table of the audit, and what it fills in.
#ifndef PSC_CLI_AUDIT_OPTIONS_H
#define PSC_CLI_AUDIT_OPTIONS_H

#include "cli/options.h"
#include "format/audit_report.h"

struct audit_options {
    const char *policy;        /**< file to compare with, or NULL; borrowed from the command line */
    const char *save;          /**< file to write a policy to, or NULL */
    const char *output;        /**< file to write the result to, or NULL for standard output */
    enum psc_severity fail_on; /**< least severity of a finding that makes the status 1 */
    enum psc_audit_format format;
    bool format_given;
    enum color_choice color;
    bool quiet, help;
};

const struct option_table *audit_option_table(void);

/** Reads the arguments behind the command. */
PSC_NODISCARD enum psc_status audit_options_parse(struct audit_options *options, int count,
                                                  char *const *arguments, struct psc_error *error);

#endif
