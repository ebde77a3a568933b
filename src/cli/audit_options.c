// audit_options.c - THE option table of the audit.
#include "cli/audit_options.h"

#include <string.h>

static enum psc_status read_file_name(void *options, void *field, const char *value,
                                      struct psc_error *error) {
    (void)options;
    if (value[0] == '\0') {
        return psc_fail(error, PSC_USAGE, "'' is not the name of a file");
    }
    *(const char **)field = value;
    return PSC_OK;
}

static enum psc_status read_severity(void *options, void *field, const char *value,
                                     struct psc_error *error) {
    (void)options;
    return psc_severity_parse(value, field, error);
}

static enum psc_status set_form(struct audit_options *options, enum psc_audit_format form,
                                struct psc_error *error) {
    if (options->format_given && options->format != form) {
        return psc_fail(error, PSC_USAGE, "choose one of --json, --ndjson and --format");
    }
    options->format = form;
    options->format_given = true;
    return PSC_OK;
}

static enum psc_status set_json(void *options, void *field, const char *value,
                                struct psc_error *error) {
    (void)field, (void)value;
    return set_form(options, PSC_AUDIT_JSON, error);
}

static enum psc_status set_ndjson(void *options, void *field, const char *value,
                                  struct psc_error *error) {
    (void)field, (void)value;
    return set_form(options, PSC_AUDIT_NDJSON, error);
}

static enum psc_status read_form(void *options, void *field, const char *value,
                                 struct psc_error *error) {
    static const char *const words[] = {
#define FORM_WORD(name, word) [PSC_AUDIT_##name] = (word),
        PSC_AUDIT_FORMAT_LIST(FORM_WORD)
#undef FORM_WORD
    };
    (void)field;
    for (enum psc_audit_format form = PSC_AUDIT_TABLE; form <= PSC_AUDIT_PROMETHEUS; form++) {
        if (strcmp(value, words[form]) == 0) {
            return set_form(options, form, error);
        }
    }
    return psc_fail(error, PSC_USAGE, "'%s' is not a form: it is table, json, ndjson or prometheus",
                    value);
}

#define FIELD(field) offsetof(struct audit_options, field)

static const struct option_row rows[] = {
    {0, "policy", "FILE", 0, read_file_name, FIELD(policy),
     "compare with what this policy allows, instead of judging what may listen"},
    {0, "save", "FILE", 0, read_file_name, FIELD(save),
     "write what listens now as a policy, and nothing else; - is standard output"},
    {0, "fail-on", "SEVERITY", 0, read_severity, FIELD(fail_on),
     "status 1 from this severity on: high (if not given), medium, low or info"},
    {0, "json", NULL, 0, set_json, 0, "one JSON document"},
    {0, "ndjson", NULL, 0, set_ndjson, 0, "one JSON object a line for each finding"},
    {0, "format", "FORM", 0, read_form, 0, "table, json, ndjson or prometheus"},
    {0, "output", "FILE", 0, read_file_name, FIELD(output),
     "write to this file, which appears as a whole or stays as it was"},
    {0, "color", "WHEN", 0, options_read_color, FIELD(color),
     "auto (on a terminal, unless NO_COLOR is set), always or never"},
    {'q', "quiet", NULL, 0, options_set_flag, FIELD(quiet), "print nothing; the status says it"},
    {'h', "help", NULL, 0, options_set_flag, FIELD(help), "this text"},
};

static enum psc_status refuse_word(void *options, const char *word, struct psc_error *error) {
    (void)options;
    return psc_fail(error, PSC_USAGE, "'%s' is not an option: audit is about all that listens",
                    word);
}

static const struct option_table table = {
    .rows = rows,
    .count = sizeof rows / sizeof rows[0],
    .help = "portscope help audit",
    .argument = refuse_word,
};

const struct option_table *audit_option_table(void) {
    return &table;
}

// What does not go together.
static enum psc_status settle(const struct audit_options *options, struct psc_error *error) {
    if (options->save != NULL &&
        (options->policy != NULL || options->output != NULL || options->format_given)) {
        return psc_fail(error, PSC_USAGE,
                        "--save writes a policy and nothing else: leave out --policy, --output, "
                        "--json, --ndjson and --format");
    }
    if (options->quiet && (options->output != NULL || options->format_given)) {
        return psc_fail(error, PSC_USAGE,
                        "--quiet prints nothing: leave out --output, --json, "
                        "--ndjson and --format");
    }
    return PSC_OK;
}

enum psc_status audit_options_parse(struct audit_options *options, int count,
                                    char *const *arguments, struct psc_error *error) {
    *options = (struct audit_options){.fail_on = PSC_SEVERITY_HIGH, .format = PSC_AUDIT_TABLE};
    enum psc_status status = options_parse(&table, options, count, arguments, error);
    return status == PSC_OK && !options->help ? settle(options, error) : status;
}
