// cli.c - finds the command and runs it; what commands share.
#include "cli/cli.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/suggest.h"
#include "platform/platform.h"
#include "platform/terminal.h"

const struct command command_table[COMMAND_COUNT] = {
    [COMMAND_LIST] = {.run = cmd_list},
    [COMMAND_CHECK] =
        {"check", "can I use this port? if not, why, and what can I do?", "check PORT...",
         "Tells for each port (3000, 5353/udp, 8000-8010) whether a server can use it, and\n"
         "otherwise which process has it, or why not, and what to do. Reads the socket\n"
         "table and the ranges that the system reserves, and tries to bind the port, which\n"
         "is released at once.\n",
         cmd_check},
    [COMMAND_FREE] = {"free", "print a free port", "free [RANGE]",
                      "Prints a port that a server can bind, from 3000-9999 or from RANGE.\n",
                      cmd_free},
    [COMMAND_WAIT] = {"wait", "wait until a port is free, or until a server listens",
                      "wait PORT...",
                      "Returns when all ports are free, or when a server listens on each.\n",
                      cmd_wait},
    [COMMAND_KILL] =
        {"kill", "stop whatever holds a port", "kill PORT",
         "Asks the processes that listen on the port or are bound to it to exit, after\n"
         "confirmation, and tells whether the port is free then. Clients that are merely\n"
         "connected are never touched.\n",
         cmd_kill},
    [COMMAND_AUDIT] =
        {"audit", "list what listens, who can reach it, and what is wrong", "audit",
         "Lists every listener with who can reach it and what is wrong with it, the worst\n"
         "first. A policy says what may listen: --save writes one from what listens now,\n"
         "--policy compares with it.\n",
         cmd_audit},
    [COMMAND_HELP] = {"help", "explain the program, or one of its commands", "help [COMMAND]", "",
                      cmd_help},
};

const char *psc_exit_text(enum psc_exit status) {
    static const char *const texts[] = {
#define EXIT_TEXT(name, meaning) meaning,
        PSC_EXIT_LIST(EXIT_TEXT)
#undef EXIT_TEXT
    };
    return texts[status];
}

// For commands ------------------------------------------------------------------------------------

PSC_PRINTF(3, 0)
static void print_line(FILE *stream, const char *prefix, const char *format, va_list arguments) {
    char raw[sizeof((struct psc_error *)NULL)->text];
    struct psc_error line;
    vsnprintf(raw, sizeof raw, format, arguments);
    psc_fail(&line, PSC_OK, "%s", raw); // shows bytes that a terminal must not see
    fprintf(stream, "%s%s\n", prefix, line.text);
}

void command_print(const struct psc_streams *streams, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    print_line(streams->out, "", format, arguments);
    va_end(arguments);
}

void command_say(const struct psc_streams *streams, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    print_line(streams->err, "portscope: ", format, arguments);
    va_end(arguments);
}

void command_confine(const struct psc_streams *streams, const char *output) {
    if (streams->own_process) {
        bool file = output != NULL && strcmp(output, "-") != 0;
        psc_platform_confine(PSC_CONFINE_REPORTING, file ? output : NULL);
    }
}

void command_print_notices(const struct psc_streams *streams, const struct psc_snapshot *snapshot,
                           const char *except) {
    for (size_t i = 0; i < psc_snapshot_notice_count(snapshot); i++) {
        const struct psc_notice *notice = psc_snapshot_notice(snapshot, i);
        if (except == NULL || strcmp(notice->kind, except) != 0) {
            command_say(streams, "%s", notice->text);
        }
    }
}

bool command_has_color(const struct options *options, FILE *stream) {
    if (options->color != COLOR_MODE_AUTO) {
        return options->color == COLOR_MODE_ALWAYS;
    }
    const char *no_color = getenv("NO_COLOR"); // no-color.org: any value but the empty one
    return (no_color == NULL || no_color[0] == '\0') && psc_terminal_has_color(stream);
}

// Running one -------------------------------------------------------------------------------------

static enum psc_status unknown_command(const char *word, struct psc_error *error) {
    struct suggest suggestion;
    suggest_init(&suggestion, word, strlen(word));
    for (enum command_id id = 0; id < COMMAND_COUNT; id++) {
        suggest_offer(&suggestion, command_table[id].name);
    }
    if (suggestion.best != NULL) {
        return psc_fail(error, PSC_USAGE, "'%s' is not a command; did you mean '%s'?", word,
                        suggestion.best);
    }
    return psc_fail(error, PSC_USAGE, "'%s' is not a command; portscope help lists them", word);
}

static bool is_command(const char *word) {
    return (word[0] >= 'a' && word[0] <= 'z') || (word[0] >= 'A' && word[0] <= 'Z');
}

static enum psc_status parse(struct options *options, int argc, char *const *argv,
                             struct psc_error *error) {
    if (argc < 2 || !is_command(argv[1])) {
        return options_parse(options, COMMAND_LIST, argc > 1 ? argc - 1 : 0, argv + 1, error);
    }
    for (enum command_id id = 0; id < COMMAND_COUNT; id++) {
        if (command_table[id].name != NULL && strcmp(argv[1], command_table[id].name) == 0) {
            return options_parse(options, id, argc - 2, argv + 2, error);
        }
    }
    return unknown_command(argv[1], error);
}

// A program with more privileges than its user reads, writes and ends nothing for that user.
static enum psc_status refuse_privileged(const struct options *options, struct psc_error *error) {
    const char *reason = psc_platform_borrowed_privileges();
    const char *refused = options->policy != NULL                                 ? "--policy"
                          : options->save != NULL                                 ? "--save"
                          : options->output != NULL                               ? "--output"
                          : options->command == COMMAND_KILL && !options->dry_run ? "kill"
                                                                                  : NULL;
    if (reason == NULL || refused == NULL || options->help) {
        return PSC_OK;
    }
    return psc_fail(error, PSC_DENIED, "%s is refused: %s", refused, reason);
}

static enum psc_status run(const struct options *options, const struct psc_streams *streams,
                           enum psc_exit *answer, struct psc_error *error) {
    enum psc_status status = refuse_privileged(options, error);
    if (status != PSC_OK) {
        return status;
    }
    if (options->help) {
        help_print(streams->out, options->command);
    } else if (options->version) {
        help_print_version(streams->out);
    } else {
        status = command_table[options->command].run(options, streams, answer, error);
        if (status != PSC_OK) {
            return status;
        }
    }
    if (fflush(streams->out) != 0 || ferror(streams->out)) {
        return psc_terminal_write_error(streams->out, "the output", error);
    }
    return PSC_OK;
}

int psc_cli_run(int argc, char *const *argv, const struct psc_streams *streams) {
    struct options options = {.help = false};
    struct psc_error error;
    enum psc_exit answer = PSC_EXIT_YES;
    enum psc_status status = parse(&options, argc, argv, &error);
    if (status == PSC_OK) {
        status = run(&options, streams, &answer, &error);
    }
    // A reader that has seen enough (| head) is no failure, and changes no answer.
    bool failed = status != PSC_OK && !(status == PSC_OUTPUT && ferror(streams->out) &&
                                        psc_terminal_reader_is_gone(streams->out));
    options_done(&options);
    if (!failed) {
        return (int)answer;
    }
    command_say(streams, "%s", error.text);
    return status == PSC_USAGE    ? PSC_EXIT_USAGE
           : status == PSC_OUTPUT ? PSC_EXIT_OUTPUT
                                  : PSC_EXIT_UNKNOWN;
}
