// options.c - reads a command line by the option table.
#include "cli/options.h"

#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/suggest.h"

struct parser {
    struct options *options;
    struct psc_error *error;
    char *const *next;
    char *const *end;
};

const struct option *option_next(enum command_id command, const struct option *previous) {
    const struct option *option = previous == NULL ? option_table : previous + 1;
    while (option->commands != 0 && (option->commands & 1U << command) == 0) {
        option++;
    }
    return option->commands != 0 ? option : NULL;
}

static const struct option *find_letter(enum command_id command, char letter) {
    const struct option *option = NULL;
    while ((option = option_next(command, option)) != NULL && option->letter != letter) {
    }
    return option;
}

static const struct option *find_name(enum command_id command, const char *name, size_t length) {
    const struct option *option = NULL;
    while ((option = option_next(command, option)) != NULL) {
        if (option->name != NULL && strlen(option->name) == length &&
            memcmp(option->name, name, length) == 0) {
            break;
        }
    }
    return option;
}

static bool needs_value(const struct option *option) {
    return option->value != NULL && option->value[0] != '[';
}

// Applies an option with its value: @p value, or the next word if that is one.
static enum psc_status apply(struct parser *parser, const struct option *option,
                             const char *spelled, const char *value, bool takes_word) {
    struct options *options = parser->options;
    struct psc_error reason;
    bool more = takes_word && option->value != NULL && parser->next < parser->end;
    if (value == NULL && more &&
        (needs_value(option) || options_is_optional_value(*parser->next))) {
        value = *parser->next++;
    }
    if (value == NULL && needs_value(option)) {
        return psc_fail(parser->error, PSC_USAGE, "%s needs a value: %s, %s", spelled,
                        option->value, option->help);
    }
    enum psc_status status = option->apply(options, option, value, &reason);
    if (status != PSC_OK) {
        return psc_fail(parser->error, status, "%s: %s", spelled, reason.text);
    }
    options->filtered = options->filtered || option->group == GROUP_FILTERS;
    options->netstat_style =
        options->netstat_style || (option->letter != 0 && option->group < GROUP_FILTERS);
    return PSC_OK;
}

static enum psc_status unknown_option(const struct parser *parser, const char *dashes,
                                      const char *name, size_t length, const char *suggestion) {
    const char *command = command_table[parser->options->command].name;
    int shown = length < 60 ? (int)length : 60;
    if (suggestion != NULL) {
        return psc_fail(parser->error, PSC_USAGE, "unknown option '%s%.*s'; did you mean '--%s'?",
                        dashes, shown, name, suggestion);
    }
    return psc_fail(parser->error, PSC_USAGE,
                    "unknown option '%s%.*s'; portscope help%s%s lists all options", dashes, shown,
                    name, command != NULL ? " " : "", command != NULL ? command : "");
}

static enum psc_status unknown_letter(const struct parser *parser, char letter) {
    if (options_explain_letter(parser->options, letter, parser->error) != PSC_OK) {
        return PSC_USAGE;
    }
    return unknown_option(parser, "-", &letter, 1, NULL);
}

// `-ano`, `/ano`; only the last letter can have a value that may be left out.
static enum psc_status read_letters(struct parser *parser, const char *word) {
    for (const char *at = word + 1; *at != '\0'; at++) {
        bool capital = word[0] == '/' && *at >= 'A' && *at <= 'Z';
        char letter = *at == '?' ? 'h' : capital ? (char)(*at | 0x20) : *at;
        const struct option *option = find_letter(parser->options->command, letter);
        const char spelled[] = {'-', letter, '\0'};
        if (option == NULL) {
            return unknown_letter(parser, letter);
        }
        enum psc_status status =
            apply(parser, option, spelled, NULL, at[1] == '\0' || needs_value(option));
        if (status != PSC_OK) {
            return status;
        }
    }
    return PSC_OK;
}

static enum psc_status unknown_name(const struct parser *parser, const char *name, size_t length) {
    struct suggest suggestion;
    suggest_init(&suggestion, name, length);
    for (const struct option *option = NULL;
         (option = option_next(parser->options->command, option)) != NULL;) {
        suggest_offer(&suggestion, option->name);
    }
    return unknown_option(parser, "--", name, length, suggestion.best);
}

// `--name`, `--name=value`, `--name value`.
static enum psc_status read_name(struct parser *parser, const char *name) {
    size_t length = strcspn(name, "=");
    const struct option *option = find_name(parser->options->command, name, length);
    char spelled[32];
    if (option == NULL) {
        return unknown_name(parser, name, length);
    }
    snprintf(spelled, sizeof spelled, "--%s", option->name);
    if (name[length] == '=' && option->value == NULL) {
        return psc_fail(parser->error, PSC_USAGE, "%s takes no value", spelled);
    }
    return apply(parser, option, spelled, name[length] == '=' ? name + length + 1 : NULL, true);
}

enum psc_status options_parse(struct options *options, enum command_id command, int count,
                              char *const *arguments, struct psc_error *error) {
    struct parser parser = {options, error, arguments, arguments + count};
    enum psc_status status = PSC_OK;
    *options = (struct options){.command = command, .fail_on = PSC_SEVERITY_HIGH};
    psc_filter_init(&options->filter);
    while (status == PSC_OK && parser.next < parser.end) {
        const char *word = *parser.next++;
        if (word[0] == '-' && word[1] == '-') {
            status = read_name(&parser, word + 2);
        } else if ((word[0] == '-' || word[0] == '/') && word[1] != '\0') {
            status = read_letters(&parser, word);
        } else {
            status = options_read_word(options, word, error);
        }
    }
    return status != PSC_OK || options->help ? status : options_validate(options, error);
}

void options_done(struct options *options) {
    psc_filter_done(&options->filter);
    free(options->specs);
}
