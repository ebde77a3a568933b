// audit_options.h - THE option table of the audit, and what it fills in.
#ifndef PORTSCOPE_AUDIT_OPTIONS_H
#define PORTSCOPE_AUDIT_OPTIONS_H

#include "options.h"
#include "portscope/audit_format.h"

struct audit_options {
    const char *policy;        /**< file to compare with, or NULL; borrowed from the command line */
    const char *save;          /**< file to write a policy to, or NULL */
    const char *output;        /**< file to write the result to, or NULL for standard output */
    enum psc_severity fail_on; /**< least severity of a finding that makes the status 1 */
    enum psc_audit_form form;
    bool form_given;
    enum colour_choice colour;
    bool quiet, help;
};

const struct option_table *audit_option_table(void);

/** Reads the arguments behind the command. */
PSC_NODISCARD enum psc_status audit_options_parse(struct audit_options *options, int count,
                                                  char *const *arguments, struct psc_error *error);

#endif
