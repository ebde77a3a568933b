// cmd_help.c - the help, made from the tables of commands, options, columns, rules and statuses.
#include <string.h>

#include "cli/commands.h"
#include "platform/platform.h"
#include "platform/terminal.h"

static void print_row(FILE *out, const char *left, const char *right) {
    fprintf(out, "  %-20s  %s\n", left, right);
}

static void print_option(FILE *out, const struct option *option) {
    char letter[3] = {option->letter != 0 ? '-' : ' ', option->letter != 0 ? option->letter : ' '};
    char left[48];
    snprintf(left, sizeof left, "%s%s%s%s%s%s", letter,
             option->name == NULL     ? ""
             : option->letter != '\0' ? ", "
                                      : "  ",
             option->name != NULL ? "--" : "", option->name != NULL ? option->name : "",
             option->value != NULL ? " " : "", option->value != NULL ? option->value : "");
    print_row(out, left, option->help);
}

static void print_options(FILE *out, enum command_id command) {
    const struct option *option = NULL;
    while ((option = option_next(command, option)) != NULL) {
        print_option(out, option);
    }
}

static void print_grouped_options(FILE *out) {
    static const char *const titles[GROUP_COUNT] = {
        [GROUP_ROWS] = "Which rows",
        [GROUP_OWNERS] = "What is shown of them",
        [GROUP_FILTERS] = "Filters: values of one are OR, different ones AND; a leading ! negates",
        [GROUP_OUTPUT] = "Output",
        [GROUP_OTHER] = "Other",
    };
    for (enum option_group group = 0; group < GROUP_COUNT; group++) {
        const struct option *option = NULL;
        fprintf(out, "\n%s\n", titles[group]);
        while ((option = option_next(COMMAND_LIST, option)) != NULL) {
            if (option->group == group) {
                print_option(out, option);
            }
        }
    }
}

static void print_statuses(FILE *out) {
    fputs("\nExit status\n", out);
    for (enum psc_exit status = 0; status < PSC_EXIT_COUNT; status++) {
        fprintf(out, "  %d  %s\n", (int)status, psc_exit_text(status));
    }
}

static void print_general(FILE *out) {
    fputs("portscope - show which process has which port\n"
          "\n"
          "usage: portscope [OPTIONS] [:PORTS] [INTERVAL [COUNT]]\n"
          "       portscope COMMAND [OPTIONS] ...\n"
          "\n"
          "Alone, it lists listening TCP and bound UDP ports with their processes. With\n"
          "letters it is netstat: -ano lists everything with its processes; without -a or\n"
          "-l only connections. Letters can be joined, and /ano works as well as -ano.\n"
          "\n"
          "Commands; portscope help COMMAND explains one\n",
          out);
    for (enum command_id id = COMMAND_CHECK; id < COMMAND_COUNT; id++) {
        print_row(out, command_table[id].name, command_table[id].summary);
    }
    print_grouped_options(out);
    fputs("\nColumns\n", out);
    for (size_t i = 0; psc_column_at(i) != NULL; i++) {
        print_row(out, psc_column_at(i)->name, psc_column_at(i)->help);
    }
}

static void print_rules(FILE *out) {
    fputs("\nRules; docs/audit-rules.md explains them\n", out);
    for (size_t i = 0; i < psc_rule_count(); i++) {
        const struct psc_rule *rule = psc_rule_at(i);
        print_row(out, rule->id, psc_severity_word(rule->severity));
    }
}

void help_print(FILE *out, enum command_id command) {
    const struct command *about = &command_table[command];
    psc_terminal_prose(out);
    if (command == COMMAND_LIST || command == COMMAND_HELP) {
        print_general(out);
    } else {
        fprintf(out, "usage: portscope %s [OPTIONS]\n\n%s\n", about->usage, about->description);
        print_options(out, command);
    }
    if (command == COMMAND_AUDIT) {
        print_rules(out);
    }
    print_statuses(out);
}

void help_print_version(FILE *out) {
    char methods[PSC_DESCRIPTION_SIZE];
    psc_platform_describe(methods);
    psc_terminal_prose(out);
    fprintf(out, "portscope " PSC_VERSION "\n%s", methods);
}

// For completions: each word that can be typed, its value if it takes one, and what it means.
static void list_options(FILE *out) {
    for (enum command_id id = COMMAND_CHECK; id < COMMAND_COUNT; id++) {
        fprintf(out, "%s\t\t%s\n", command_table[id].name, command_table[id].summary);
    }
    for (const struct option *option = option_table; option->commands != 0; option++) {
        const char *value = option->value != NULL ? option->value : "";
        if (option->letter != 0) {
            fprintf(out, "-%c\t%s\t%s\n", option->letter, value, option->help);
        }
        if (option->name != NULL) {
            fprintf(out, "--%s\t%s\t%s\n", option->name, value, option->help);
        }
    }
    for (size_t i = 0; psc_column_at(i) != NULL; i++) {
        fprintf(out, "%s\tcolumn\t%s\n", psc_column_at(i)->name, psc_column_at(i)->help);
    }
}

enum psc_status cmd_help(const struct options *options, const struct psc_streams *streams,
                         enum psc_exit *answer, struct psc_error *error) {
    (void)answer;
    if (options->list_options) {
        list_options(streams->out);
        return PSC_OK;
    }
    if (options->topic == NULL) {
        help_print(streams->out, COMMAND_LIST);
        return PSC_OK;
    }
    for (enum command_id id = COMMAND_CHECK; id < COMMAND_COUNT; id++) {
        if (strcmp(options->topic, command_table[id].name) == 0) {
            help_print(streams->out, id);
            return PSC_OK;
        }
    }
    return psc_fail(error, PSC_USAGE, "no help for '%s'; portscope help lists the commands",
                    options->topic);
}
