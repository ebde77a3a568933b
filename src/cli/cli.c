// cli.c - finds the command; what all commands have in common at their end.
#include "cli/cli.h"

#include <errno.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/suggest.h"
#include "platform/terminal.h"

static const struct command commands[] = {
    {"check", "can I bind this port? if not, why, and what do I do?", cmd_check},
    {"free", "gives a port that can be bound", cmd_free},
    {"wait", "comes back when a port is free, or listened on", cmd_wait},
    {"kill", "ends what holds a port, safely", cmd_kill},
    {"audit", "says which listeners are exposed, and which should not be there", cmd_audit},
    {"help", "explains the program, or one of its commands", cmd_help},
};
#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

const struct command *command_at(size_t index) {
    return index < COMMAND_COUNT ? &commands[index] : NULL;
}

int command_fail(const struct psc_streams *streams, enum psc_status status,
                 const struct psc_error *error) {
    // A reader that has seen enough (| head) is no failure worth a word.
    if (status == PSC_OUTPUT && psc_terminal_reader_is_gone(streams->out)) {
        return PSC_EXIT_YES;
    }
    fprintf(streams->err, "portscope: %s\n", error->text);
    return status == PSC_USAGE    ? PSC_EXIT_USAGE
           : status == PSC_OUTPUT ? PSC_EXIT_OUTPUT
                                  : PSC_EXIT_UNKNOWN;
}

int command_end(const struct psc_streams *streams, int exit) {
    if (fflush(streams->out) == 0 && !ferror(streams->out)) {
        return exit;
    }
    struct psc_error error;
    psc_fail(&error, PSC_OUTPUT, "cannot write the output: %s", strerror(errno));
    return command_fail(streams, PSC_OUTPUT, &error);
}

static int unknown_word(const char *word, const struct psc_streams *streams) {
    struct psc_error error;
    struct suggest suggestion;
    suggest_init(&suggestion, word, strlen(word));
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        suggest_offer(&suggestion, commands[i].name);
    }
    if (suggestion.best != NULL) {
        psc_fail(&error, PSC_USAGE, "'%s' is not a command: did you mean '%s'?", word,
                 suggestion.best);
    } else {
        psc_fail(&error, PSC_USAGE, "'%s' is not a command: portscope help lists them", word);
    }
    return command_fail(streams, PSC_USAGE, &error);
}

static int is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

int psc_cli_run(int argc, char *const *argv, const struct psc_streams *streams) {
    if (argc > 1 && is_letter(argv[1][0])) {
        for (size_t i = 0; i < COMMAND_COUNT; i++) {
            if (strcmp(argv[1], commands[i].name) == 0) {
                return commands[i].run(argc - 2, argv + 2, streams);
            }
        }
        return unknown_word(argv[1], streams);
    }
    return cmd_list(argc > 1 ? argc - 1 : 0, argv + 1, streams);
}
