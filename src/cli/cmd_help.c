// cmd_help.c - the help, made from the tables of commands, options and columns.
#include <string.h>

#include "commands.h"
#include "list_options.h"
#include "portscope/platform.h"

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
    fputs("portscope - what is on this machine's ports, and whose it is\n"
          "\n"
          "usage: portscope [OPTIONS] [:PORTS] [INTERVAL [COUNT]]\n"
          "       portscope help [COMMAND]\n"
          "\n"
          "Alone it shows listening TCP and bound UDP ports with their owners. With letters it is\n"
          "netstat: -ano shows everything with its owners; without -a or -l only connections.\n"
          "Letters may be joined, and /ano works as well as -ano.\n",
          out);
    print_options(out);
    fputs("\nColumns\n", out);
    for (size_t i = 0; i < psc_column_count(); i++) {
        fprintf(out, "  %-20s  %s\n", psc_column_name(i), psc_column_help(i));
    }
    fputs("\nExit status\n"
          "  0  done\n"
          "  2  the command line cannot be understood\n"
          "  3  could not find out: rights are missing, or the system reported an error\n"
          "  4  the output could not be written\n",
          out);
    return command_end(streams, PSC_EXIT_YES);
}

int help_print_version(const struct psc_streams *streams) {
    char ways[PSC_DESCRIPTION_SIZE];
    psc_platform_describe(ways);
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
    psc_fail(&error, PSC_USAGE, "there is no help about '%s': portscope help lists the commands",
             arguments[0]);
    return command_fail(streams, PSC_USAGE, &error);
}
