// fuzz_arguments.c - whole runs on the fake platform: the first byte describes the machine, each line after
// it is one argument. A line that begins with \1 or \2 names words of the help by number: one word, or an
// option and its value.
#include "cli/cli.h"
#include "cli/commands.h"
#include "fuzz.h"
#include "support/fake_platform.h"

#define MAX_ARGUMENTS 24
#define MAX_CALLS 300 // of the platform, so that `wait` and intervals come to an end

static const char *const values[] = {
    "",        "0",      "1",     "80",       "3000",         "3000-3010", "65535",     "65536",
    "53/udp",  "22,80",  ":80",   "!80",      "1s",           "500ms",     "24h",       "-1",
    "tcp",     "!udp6",  "all",   "listen",   "!established", "nginx",     "*o[a-z]e",  "!root",
    "::1",     "[::1]",  "0/0",   "10.0.0.1", "224.0.0.1",    "fe80::1",   "pid",       "-local",
    "pid,uid", "always", "never", "json",     "prometheus",   "low",       "info",      "x",
    "-",       "--",     "-ano",  "-tulpn",   "/ano",         "-p",        "listening", "help",
};
#define VALUE_COUNT (sizeof values / sizeof values[0])

// A command, an option or a value, by number.
static const char *word_at(unsigned char number, char option[40]) {
    size_t index = number;
    if (index < VALUE_COUNT) {
        return values[index];
    }
    index -= VALUE_COUNT;
    if (index < COMMAND_COUNT) {
        return command_table[index].name != NULL ? command_table[index].name : "list";
    }
    index -= COMMAND_COUNT;
    for (const struct option *row = option_table; row->commands != 0; row++) {
        if (row->name != NULL && index-- == 0) {
            snprintf(option, 40, "--%s", row->name);
            return option;
        }
    }
    return "--";
}

// Writes what a line stands for in place of it, to be freed.
static char *expand(const char *line) {
    char first[40];
    char second[40];
    size_t size = strlen(line) + 128;
    char *text = malloc(size);
    REQUIRE(text != NULL);
    if (line[0] == '\1' && line[1] != '\0') {
        snprintf(text, size, "%s", word_at((unsigned char)line[1], first));
    } else if (line[0] == '\2' && line[1] != '\0' && line[2] != '\0') {
        snprintf(text, size, "%s=%s%s", word_at((unsigned char)line[1], first),
                 word_at((unsigned char)line[2], second), line + 3);
    } else {
        snprintf(text, size, "%s", line);
    }
    return text;
}

static void prepare_machine(uint8_t bits) {
    struct fake_platform *machine = fake_platform();
    *machine = (struct fake_platform){.empty = (bits & 1) != 0,
                                      .insecure_services = (bits & 2) != 0,
                                      .more_servers = (bits & 4) != 0,
                                      .windows_ports = (bits & 8) != 0,
                                      .ordinary_user = (bits & 16) != 0,
                                      .crlf = (bits & 32) != 0,
                                      .no_files = true,
                                      .max_calls = MAX_CALLS};
    machine->collect_fails = (bits & 0xc0) == 0xc0 ? PSC_SYSTEM : PSC_OK;
    machine->probe_fails = (bits & 0xc0) == 0x80 ? PSC_DENIED : PSC_OK;
}

static void check_error_text(const char *text, size_t size, int status) {
    size_t lines = 0;
    for (size_t at = 0; at < size; lines++) {
        const char *end = memchr(text + at, '\n', size - at);
        REQUIRE(end != NULL); // a line is never cut
        REQUIRE(strncmp(text + at, "portscope: ", 11) == 0);
        REQUIRE(fuzz_is_harmless(text + at, (size_t)(end - text) - at));
        at = (size_t)(end - text) + 1;
    }
    REQUIRE(status <= PSC_EXIT_NO || lines >= 1);    // no failure is silent
    REQUIRE(status != PSC_EXIT_USAGE || lines == 1); // and a mistake has one line
}

static void run(int count, char *const *arguments) {
    char *out = NULL;
    char *err = NULL;
    size_t out_size;
    size_t err_size;
    struct psc_streams streams = {.out = open_memstream(&out, &out_size),
                                  .err = open_memstream(&err, &err_size)};
    REQUIRE(streams.out != NULL && streams.err != NULL);
    int status = psc_cli_run(count, arguments, &streams);
    REQUIRE(fclose(streams.out) == 0 && fclose(streams.err) == 0);
    REQUIRE(status >= PSC_EXIT_YES && status < PSC_EXIT_COUNT);
    REQUIRE(status != PSC_EXIT_USAGE || out_size == 0);
    check_error_text(err, err_size, status);
    free(out);
    free(err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static char program[] = "portscope";
    char *arguments[MAX_ARGUMENTS + 2] = {program};
    int count = 1;
    if (size == 0) {
        return 0;
    }
    char *text = fuzz_text(data + 1, size - 1);
    for (char *at = text; at != NULL && count <= MAX_ARGUMENTS;) {
        char *end = strchr(at, '\n');
        if (end != NULL) {
            *end++ = '\0';
        }
        arguments[count++] = expand(at);
        at = end;
    }
    prepare_machine(data[0]);
    run(count, arguments);
    while (count > 1) {
        free(arguments[--count]);
    }
    free(text);
    return 0;
}
