// cmd_help.c - the help, made from the tables of commands, options and columns.
#include <string.h>

#include "cli/audit_options.h"
#include "cli/commands.h"
#include "cli/list_options.h"
#include "platform/platform.h"
#include "platform/terminal.h"

static void print_options(FILE *out) {
    static const char *const titles[] = {
        [GROUP_ROWS] = "Which rows",
        [GROUP_OWNERS] = "What about them",
        [GROUP_FILTERS] = "Filters: values of one are OR, different ones AND; a leading ! negates",
        [GROUP_FORMS] = "Forms",
        [GROUP_OTHER] = "Other",
    };
    for (enum option_group group = GROUP_ROWS; group <= GROUP_OTHER; group++) {
        fprintf(out, "\n%s\n", titles[group]);
        options_print(out, list_option_table(), group);
    }
}

int help_print(const struct psc_streams *streams) {
    FILE *out = streams->out;
    psc_terminal_prose(out);
    fputs("portscope - what is on this machine's ports, and whose it is\n"
          "\n"
          "usage: portscope [OPTIONS] [:PORTS] [INTERVAL [COUNT]]\n"
          "       portscope COMMAND [OPTIONS] ...\n"
          "\n"
          "Alone it shows listening TCP and bound UDP ports with their owners. With letters it is\n"
          "netstat: -ano shows everything with its owners; without -a or -l only connections.\n"
          "Letters may be joined, and /ano works as well as -ano.\n",
          out);
    fputs("\nCommands; portscope help COMMAND says more\n", out);
    for (size_t i = 0; command_at(i) != NULL; i++) {
        fprintf(out, "  %-20s  %s\n", command_at(i)->name, command_at(i)->summary);
    }
    print_options(out);
    fputs("\nColumns\n", out);
    for (size_t i = 0; i < psc_column_count(); i++) {
        fprintf(out, "  %-20s  %s\n", psc_column_name(i), psc_column_help(i));
    }
    fputs("\nExit status\n"
          "  0  yes, or done\n"
          "  1  the answer is no; the listing never gives it\n"
          "  2  the command line cannot be understood\n"
          "  3  could not find out: rights are missing, or the system reported an error\n"
          "  4  the output could not be written\n",
          out);
    return command_end(streams, PSC_EXIT_YES);
}

// What stands in front of and behind the options of a command.
static const struct {
    const char *usage, *text;
} about[] = {
    [PORT_CHECK] =
        {"portscope check PORT...",
         "Says whether a server can have each port: 3000, 5353/udp, 8000-8010. Who has it\n"
         "already, or why else not, and what to do. It looks at the socket table, at the ranges\n"
         "that the system keeps, and tries to bind; the port is given back at once.\n"},
    [PORT_FREE] = {"portscope free [RANGE]",
                   "Prints a port that can be bound, from 3000-9999 or from RANGE.\n"},
    [PORT_WAIT] = {"portscope wait PORT...",
                   "Comes back when all the ports are free, or when somebody listens on each.\n"},
    [PORT_KILL] =
        {"portscope kill PORT",
         "Asks whoever listens on the port or is bound to it to end, after consent, and says\n"
         "what has become of the port. Never ends a client that is merely connected.\n"},
};

int help_print_command(enum port_command command, const struct psc_streams *streams) {
    fprintf(streams->out, "usage: %s [OPTIONS]\n\n%s\n", about[command].usage, about[command].text);
    options_print(streams->out, port_option_table(command), 0);
    fputs("\nExit status: 0 yes, 1 no, 2 the command line cannot be understood, 3 could not find "
          "out,\n4 the output could not be written.\n",
          streams->out);
    return command_end(streams, PSC_EXIT_YES);
}

int help_print_audit(const struct psc_streams *streams) {
    FILE *out = streams->out;
    fputs("usage: portscope audit [OPTIONS]\n"
          "\n"
          "Lists every listener with who can reach it and what is noteworthy about it, the worst\n"
          "first. A policy says what may listen: --save writes one of what listens now, --policy\n"
          "compares with it.\n"
          "\n",
          out);
    options_print(out, audit_option_table(), 0);
    fputs("\nRules; docs/audit-rules.md says more\n", out);
    for (size_t i = 0; i < psc_rule_count(); i++) {
        const struct psc_rule *rule = psc_rule_at(i);
        fprintf(out, "  %-20s  %s\n", rule->id, psc_severity_word(rule->severity));
    }
    fputs(
        "\nExit status: 0 no finding of --fail-on or worse, 1 findings, 2 the command line or the\n"
        "policy cannot be understood, 3 could not find out, 4 the output could not be written.\n",
        out);
    return command_end(streams, PSC_EXIT_YES);
}

int help_print_version(const struct psc_streams *streams) {
    char ways[PSC_DESCRIPTION_SIZE];
    psc_platform_describe(ways);
    psc_terminal_prose(streams->out);
    fprintf(streams->out, "portscope " PSC_VERSION "\n%s", ways);
    return command_end(streams, PSC_EXIT_YES);
}

// For completions: what can be typed, its value if it takes one, and what it means.
static int print_words(const struct psc_streams *streams) {
    for (const struct command *command = command_at(0); command != NULL;) {
        fprintf(streams->out, "%s\t\t%s\n", command->name, command->summary);
        command = command_at((size_t)(command - command_at(0)) + 1);
    }
    options_print_words(streams->out, list_option_table());
    for (enum port_command command = PORT_CHECK; command <= PORT_KILL; command++) {
        options_print_words(streams->out, port_option_table(command));
    }
    options_print_words(streams->out, audit_option_table());
    for (size_t i = 0; i < psc_column_count(); i++) {
        fprintf(streams->out, "%s\tcolumn\t%s\n", psc_column_name(i), psc_column_help(i));
    }
    return command_end(streams, PSC_EXIT_YES);
}

int cmd_help(int count, char *const *arguments, const struct psc_streams *streams) {
    struct psc_error error;
    if (count == 1 && strcmp(arguments[0], "--words") == 0) {
        return print_words(streams);
    }
    if (count == 0 || (count == 1 && strcmp(arguments[0], "help") == 0)) {
        return help_print(streams);
    }
    for (size_t i = 0; count == 1 && command_at(i) != NULL; i++) {
        if (strcmp(arguments[0], command_at(i)->name) == 0) {
            char option[] = "--help";
            char *const help[] = {option};
            return command_at(i)->run(1, help, streams);
        }
    }
    psc_fail(&error, PSC_USAGE, "there is no help about '%s': portscope help lists the commands",
             arguments[count - 1]);
    return command_fail(streams, PSC_USAGE, &error);
}
