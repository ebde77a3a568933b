// test_output.c - the program itself, and what becomes of its output: a full device, a pipe
// without a reader, a stream that was closed before it began, and a command line that it refuses.
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/spawn.h"
#include "support/test.h"

// Every form of output.
static const char *const forms[] = {
    "-ano",
    "--json",
    "--csv",
    "--ndjson",
    "--wide",
    "--strict -a",
    "--columns local",
    "-h",
    "--help",
    "--version",
    "help",
    "-ano --sort local",
    "--color always",
};
#define FORM_COUNT COUNT(forms)

// Where the output of the program goes, and what becomes of one that nothing reads.
struct output {
    int descriptor; // -1: closed, 0: kept
    void (*pipe_action)(int);
};

static void redirect(void *context) {
    const struct output *output = context;
    signal(SIGPIPE, output->pipe_action);
    if (output->descriptor < 0) {
        close(STDOUT_FILENO);
    } else if (output->descriptor > 0 && dup2(output->descriptor, STDOUT_FILENO) < 0) {
        _exit(126);
    }
}

static void run_into(struct spawned *spawned, const char *line, int descriptor,
                     void (*pipe_action)(int)) {
    struct output output = {descriptor, pipe_action};
    struct spawning spawning = {.prepare = redirect, .context = &output};
    spawn_begin(&spawning, PSC_PROGRAM " %s", line);
    spawn_end(&spawning, spawned);
}

static void run(struct spawned *spawned, const char *line) {
    run_into(spawned, line, 0, SIG_DFL);
}

static void assert_one_line(const char *text, const char *begin) {
    const char *newline = strchr(text, '\n');
    if (newline == NULL || newline[1] != '\0' || strncmp(text, begin, strlen(begin)) != 0) {
        fail_msg("not one line that begins with '%s': %s", begin, text);
    }
}

static void assert_status(const char *line, const struct spawned *spawned, int expected) {
    if (spawned->status != expected) {
        fail_msg("%s: status %d instead of %d: %s", line, spawned->status, expected, spawned->err);
    }
}

static void a_full_device_is_status_4(void **state) {
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    if (full < 0) {
        skip_test("no /dev/full");
    }
    for (size_t i = 0; i < FORM_COUNT; i++) {
        struct spawned spawned;
        run_into(&spawned, forms[i], full, SIG_DFL);
        assert_status(forms[i], &spawned, 4);
        assert_one_line(spawned.err, "portscope: cannot write the output: No space left");
        spawn_done(&spawned);
    }
    close(full);
}

static void a_closed_stream_is_status_4(void **state) {
    for (size_t i = 0; i < FORM_COUNT; i++) {
        struct spawned spawned;
        run_into(&spawned, forms[i], -1, SIG_DFL);
        assert_status(forms[i], &spawned, 4);
        assert_one_line(spawned.err, "portscope: cannot write the output: Bad file descriptor");
        spawn_done(&spawned);
    }
}

static int pipe_without_reader(void) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    return ends[1];
}

static void a_pipe_without_reader_is_quiet(void **state) {
    int lost = pipe_without_reader();
    for (size_t i = 0; i < FORM_COUNT; i++) {
        struct spawned spawned;
        run_into(&spawned, forms[i], lost, SIG_DFL);
        spawn_check(&spawned, 128 + SIGPIPE, NULL, NULL);
    }
    close(lost);
}

static void a_pipe_without_reader_and_signal_is_quiet_too(void **state) {
    int lost = pipe_without_reader();
    for (size_t i = 0; i < FORM_COUNT; i++) {
        struct spawned spawned;
        run_into(&spawned, forms[i], lost, SIG_IGN);
        spawn_check(&spawned, 0, NULL, NULL);
    }
    close(lost);
}

static void bad_input_writes_one_line_and_no_output(void **state) {
    static const struct {
        const char *line, *word; // a part of the message
    } cases[] = {
        {"--nonsense", "--nonsense"},
        {"--jsn", "--json"},
        {"-Z", "-Z"},
        {"-anoZ", "-Z"},
        {"/anoZ", "-z"},
        {"--port", "--port"},
        {"--port 70000", "70000"},
        {"--port 80,,90", "''"},
        {":http", "http"},
        {":", "''"},
        {"--state open", "open"},
        {"--address 1.2.3", "1.2.3"},
        {"--json --csv", "--json"},
        {"--wide --strict", "--wide"},
        {"--sort nothing", "nothing"},
        {"--columns local,x", "'x'"},
        {"--color blue", "blue"},
        {"0", "'0'"},
        {"1 2 3", "'3'"},
        {"99999999999", "99999999999"},
        {"lst", "lst"},
        {"hlep", "help"},
        {"--no-header=1", "--no-header"},
        {"--pid -1", "-1"},
        {"--user x --user !y", "'!'"},
        {"help nonsense", "nonsense"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct spawned spawned;
        run(&spawned, cases[i].line);
        assert_status(cases[i].line, &spawned, 2);
        assert_one_line(spawned.err, "portscope: ");
        assert_string_equal(spawned.out, "");
        if (strstr(spawned.err, cases[i].word) == NULL) {
            fail_msg("%s: not named in: %s", cases[i].line, spawned.err);
        }
        spawn_done(&spawned);
    }
}

// Whatever was typed, a terminal gets no bytes that it would obey.
static void bad_words_are_shown_harmlessly(void **state) {
    static const char *const lines[] = {
        "--\x1b[31mred",          "--port \x1b]0;title\x07", ":\xff\xfe", "\x1b[2J", "-\x1b",
        "--user x\xe2\x80\xae,,", // NOLINT(misc-misleading-bidirectional): for once on purpose
    };
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct spawned spawned;
        run(&spawned, lines[i]);
        assert_status(lines[i], &spawned, 2);
        assert_one_line(spawned.err, "portscope: ");
        for (const char *at = spawned.err; *at != '\0'; at++) {
            assert_true((*at >= ' ' && *at < 0x7f) || at[1] == '\0');
        }
        spawn_done(&spawned);
    }
}

static void good_output_goes_to_one_stream(void **state) {
    // Rows that a filter leaves out raise no notices, so that this is true for every user.
    static const struct {
        const char *line, *begin;
    } cases[] = {
        {"-ano --local 192.0.2.1", "\nActive Connections\n"},
        {"--json --local 192.0.2.1", "{\"schema\": \"portscope/1\""},
        {"--csv --local 192.0.2.1", "protocol,"},
        {"--version", "portscope "},
        {"--ndjson --local 192.0.2.1", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct spawned spawned;
        run(&spawned, cases[i].line);
        assert_status(cases[i].line, &spawned, 0);
        assert_string_equal(spawned.err, "");
        assert_memory_equal(spawned.out, cases[i].begin, strlen(cases[i].begin));
        spawn_done(&spawned);
    }
}

// `--ndjson` writes nothing where nothing listens. IP_FREEBIND, because in an empty network namespace
// lo is down and has no address.
static int open_listener(void **state) {
    static int listener;
    const int yes = 1;
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(listener >= 0);
    assert_int_equal(setsockopt(listener, IPPROTO_IP, IP_FREEBIND, &yes, sizeof yes), 0);
    assert_int_equal(bind(listener, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 1), 0);
    *state = &listener;
    return 0;
}

static int close_listener(void **state) {
    return close(*(int *)*state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_device_is_status_4),
        cmocka_unit_test(a_closed_stream_is_status_4),
        cmocka_unit_test(a_pipe_without_reader_is_quiet),
        cmocka_unit_test(a_pipe_without_reader_and_signal_is_quiet_too),
        cmocka_unit_test(bad_input_writes_one_line_and_no_output),
        cmocka_unit_test(bad_words_are_shown_harmlessly),
        cmocka_unit_test(good_output_goes_to_one_stream),
    };
    return cmocka_run_group_tests(tests, open_listener, close_listener);
}
