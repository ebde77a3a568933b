// options.c - reading a command line by an option table.
#include "cli/options.h"

#include <string.h>

#include "cli/suggest.h"

struct arguments {
    int count;
    char *const *list;
    int at;
};

enum psc_status options_set_flag(void *options, void *field, const char *value,
                                 struct psc_error *error) {
    (void)options, (void)value, (void)error;
    *(bool *)field = true;
    return PSC_OK;
}

enum psc_status options_read_color(void *options, void *field, const char *value,
                                   struct psc_error *error) {
    static const char *const words[] = {
        [COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never"};
    (void)options;
    for (enum color_choice choice = COLOR_AUTO; choice <= COLOR_NEVER; choice++) {
        if (strcmp(value, words[choice]) == 0) {
            *(enum color_choice *)field = choice;
            return PSC_OK;
        }
    }
    return psc_fail(error, PSC_USAGE, "'%s' is not allowed: it is auto, always or never", value);
}

static enum psc_status apply(const struct option_table *table, void *options,
                             const struct option_row *row, const char *value, const char *spelled,
                             struct psc_error *error) {
    struct psc_error reason;
    enum psc_status status = row->apply(options, (char *)options + row->field, value, &reason);
    if (status != PSC_OK) {
        return psc_fail(error, status, "%s: %s", spelled, reason.text);
    }
    if (table->applied != NULL) {
        table->applied(options, row);
    }
    return PSC_OK;
}

static bool may_lack_value(const struct option_row *row) {
    return row->value == NULL || row->value[0] == '[';
}

// The value of an option: the next word, if it is one. An option that needs one and has none fails.
static enum psc_status take_value(const struct option_table *table, const struct option_row *row,
                                  struct arguments *arguments, const char **value,
                                  const char *spelled, struct psc_error *error) {
    bool more = arguments->at + 1 < arguments->count;
    const char *next = more ? arguments->list[arguments->at + 1] : NULL;
    *value = NULL;
    if (row->value == NULL || (may_lack_value(row) && !(more && table->is_value(next)))) {
        return PSC_OK;
    }
    if (!more) {
        return psc_fail(error, PSC_USAGE, "%s needs a value: %s, %s", spelled, row->value,
                        row->help);
    }
    arguments->at++;
    *value = next;
    return PSC_OK;
}

static enum psc_status unknown_letter(const struct option_table *table, char letter,
                                      struct psc_error *error) {
    if (table->unknown_letter != NULL && table->unknown_letter(letter, error) != PSC_OK) {
        return PSC_USAGE;
    }
    return psc_fail(error, PSC_USAGE, "unknown option '-%c': %s lists them all", letter,
                    table->help);
}

// `-ano`, `/ano`; a value goes with the last letter only.
static enum psc_status read_letters(const struct option_table *table, void *options,
                                    struct arguments *arguments, struct psc_error *error) {
    const char *word = arguments->list[arguments->at];
    for (const char *at = word + 1; *at != '\0'; at++) {
        bool capital = word[0] == '/' && *at >= 'A' && *at <= 'Z';
        char letter = *at == '?' ? 'h' : capital ? (char)(*at | 0x20) : *at;
        const struct option_row *row = NULL;
        for (size_t i = 0; i < table->count; i++) {
            row = table->rows[i].letter == letter ? &table->rows[i] : row;
        }
        if (row == NULL) {
            return unknown_letter(table, letter, error);
        }
        const char *value = NULL;
        char spelled[] = {'-', letter, '\0'};
        enum psc_status status = PSC_OK;
        if (at[1] == '\0' || !may_lack_value(row)) {
            status = take_value(table, row, arguments, &value, spelled, error);
        }
        if (status == PSC_OK) {
            status = apply(table, options, row, value, spelled, error);
        }
        if (status != PSC_OK) {
            return status;
        }
    }
    return PSC_OK;
}

static enum psc_status unknown_name(const struct option_table *table, const char *name,
                                    size_t length, struct psc_error *error) {
    struct suggest suggestion;
    suggest_init(&suggestion, name, length);
    for (size_t i = 0; i < table->count; i++) {
        suggest_offer(&suggestion, table->rows[i].name);
    }
    int shown = length < 60 ? (int)length : 60;
    if (suggestion.best != NULL) {
        return psc_fail(error, PSC_USAGE, "unknown option '--%.*s': did you mean '--%s'?", shown,
                        name, suggestion.best);
    }
    return psc_fail(error, PSC_USAGE, "unknown option '--%.*s': %s lists them all", shown, name,
                    table->help);
}

static const struct option_row *find_name(const struct option_table *table, const char *name,
                                          size_t length) {
    for (size_t i = 0; i < table->count; i++) {
        const char *known = table->rows[i].name;
        if (known != NULL && strlen(known) == length && memcmp(known, name, length) == 0) {
            return &table->rows[i];
        }
    }
    return NULL;
}

// `--name`, `--name=value`, `--name value`.
static enum psc_status read_name(const struct option_table *table, void *options,
                                 struct arguments *arguments, struct psc_error *error) {
    const char *name = arguments->list[arguments->at] + 2;
    size_t length = strcspn(name, "=");
    const char *value = NULL;
    char spelled[32];
    const struct option_row *row = find_name(table, name, length);
    if (row == NULL) {
        return unknown_name(table, name, length, error);
    }
    snprintf(spelled, sizeof spelled, "--%s", row->name);
    if (name[length] == '=' && row->value == NULL) {
        return psc_fail(error, PSC_USAGE, "%s takes no value", spelled);
    }
    enum psc_status status = PSC_OK;
    if (name[length] == '=') {
        value = name + length + 1;
    } else {
        status = take_value(table, row, arguments, &value, spelled, error);
    }
    return status == PSC_OK ? apply(table, options, row, value, spelled, error) : status;
}

enum psc_status options_parse(const struct option_table *table, void *options, int count,
                              char *const *arguments, struct psc_error *error) {
    struct arguments reading = {.count = count, .list = arguments};
    enum psc_status status = PSC_OK;
    for (; status == PSC_OK && reading.at < count; reading.at++) {
        const char *word = arguments[reading.at];
        if (word[0] == '-' && word[1] == '-') {
            status = read_name(table, options, &reading, error);
        } else if ((word[0] == '-' || word[0] == '/') && word[1] != '\0') {
            status = read_letters(table, options, &reading, error);
        } else {
            status = table->argument(options, word, error);
        }
    }
    return status;
}

// Showing a table -----------------------------------------------------------------------------------

void options_print(FILE *out, const struct option_table *table, unsigned group) {
    for (size_t i = 0; i < table->count; i++) {
        const struct option_row *row = &table->rows[i];
        char left[48] = "  ";
        if (row->group != group) {
            continue;
        }
        if (row->letter != 0) {
            snprintf(left, sizeof left, "-%c", row->letter);
        }
        size_t used = strlen(left);
        if (row->name != NULL) {
            snprintf(left + used, sizeof left - used, "%s --%s", row->letter != 0 ? "," : " ",
                     row->name);
        }
        used = strlen(left);
        if (row->value != NULL) {
            snprintf(left + used, sizeof left - used, " %s", row->value);
        }
        fprintf(out, "  %-20s  %s\n", left, row->help);
    }
}

void options_print_words(FILE *out, const struct option_table *table) {
    for (size_t i = 0; i < table->count; i++) {
        const struct option_row *row = &table->rows[i];
        const char *value = row->value != NULL ? row->value : "";
        if (row->letter != 0) {
            fprintf(out, "-%c\t%s\t%s\n", row->letter, value, row->help);
        }
        if (row->name != NULL) {
            fprintf(out, "--%s\t%s\t%s\n", row->name, value, row->help);
        }
    }
}
