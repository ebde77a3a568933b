// test_output.c - the program itself, and what becomes of its output: a full device, a pipe that
// nobody reads, a stream that was closed before it began, and a command line that it refuses.
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/test.h"

// Every way to write something.
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

struct ended {
    int status; // as waitpid(2) gives it
    char out[4096], err[4096];
};

static int temporary(void) {
    char name[] = "/tmp/portscope-test-XXXXXX";
    int file = mkstemp(name);
    assert_true(file >= 0);
    assert_int_equal(unlink(name), 0);
    return file;
}

static void read_back(int file, char *text, size_t room) {
    ssize_t size = pread(file, text, room - 1, 0);
    assert_true(size >= 0);
    text[size] = '\0';
}

// In the child, where nothing can be asserted.
static void become(const char *line, int out, int err, bool pipe_signal) {
    char program[] = PSC_PROGRAM;
    char *arguments[16] = {program};
    char words[256];
    size_t count = 1;
    snprintf(words, sizeof words, "%s", line);
    for (char *rest, *word = strtok_r(words, " ", &rest); word != NULL && count < 15;
         word = strtok_r(NULL, " ", &rest)) {
        arguments[count++] = word;
    }
    signal(SIGPIPE, pipe_signal ? SIG_DFL : SIG_IGN);
    if (dup2(err, STDERR_FILENO) < 0 ||
        (out < 0 ? close(STDOUT_FILENO) : dup2(out, STDOUT_FILENO)) < 0) {
        _exit(126);
    }
    execv(program, arguments);
    _exit(127);
}

// Runs the program. `out` below 0: with its output closed.
static void run(const char *line, int out, bool pipe_signal, struct ended *ended) {
    int err = temporary();
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        become(line, out, err, pipe_signal);
    }
    while (waitpid(child, &ended->status, 0) < 0) {
        assert_int_equal(errno, EINTR);
    }
    read_back(err, ended->err, sizeof ended->err);
    close(err);
}

static void assert_one_line(const char *text, const char *begin) {
    const char *newline = strchr(text, '\n');
    if (newline == NULL || newline[1] != '\0' || strncmp(text, begin, strlen(begin)) != 0) {
        fail_msg("not one line that begins with '%s': %s", begin, text);
    }
}

static void assert_exit(const char *line, const struct ended *ended, int expected) {
    if (!WIFEXITED(ended->status) || WEXITSTATUS(ended->status) != expected) {
        fail_msg("%s: status %#x instead of exit %d: %s", line, (unsigned)ended->status, expected,
                 ended->err);
    }
}

static void a_full_device_is_status_4(void **state) {
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    if (full < 0) {
        skip_test("no /dev/full");
    }
    for (size_t i = 0; i < FORM_COUNT; i++) {
        struct ended ended;
        run(forms[i], full, true, &ended);
        assert_exit(forms[i], &ended, 4);
        assert_one_line(ended.err, "portscope: cannot write the output: No space left");
    }
    close(full);
}

static void a_closed_stream_is_status_4(void **state) {
    for (size_t i = 0; i < FORM_COUNT; i++) {
        struct ended ended;
        run(forms[i], -1, true, &ended);
        assert_exit(forms[i], &ended, 4);
        assert_one_line(ended.err, "portscope: cannot write the output: Bad file descriptor");
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
        struct ended ended;
        run(forms[i], lost, true, &ended);
        assert_true(WIFSIGNALED(ended.status));
        assert_int_equal(WTERMSIG(ended.status), SIGPIPE);
        assert_string_equal(ended.err, "");
    }
    close(lost);
}

static void a_pipe_without_reader_and_signal_is_quiet_too(void **state) {
    int lost = pipe_without_reader();
    for (size_t i = 0; i < FORM_COUNT; i++) {
        struct ended ended;
        run(forms[i], lost, false, &ended);
        assert_exit(forms[i], &ended, 0);
        assert_string_equal(ended.err, "");
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
        struct ended ended;
        int out = temporary();
        run(cases[i].line, out, true, &ended);
        read_back(out, ended.out, sizeof ended.out);
        assert_exit(cases[i].line, &ended, 2);
        assert_one_line(ended.err, "portscope: ");
        assert_string_equal(ended.out, "");
        if (strstr(ended.err, cases[i].word) == NULL) {
            fail_msg("%s: not named in: %s", cases[i].line, ended.err);
        }
        close(out);
    }
}

// Whatever was typed, a terminal gets no bytes that it would obey.
static void bad_words_are_shown_harmlessly(void **state) {
    static const char *const lines[] = {
        "--\x1b[31mred",          "--port \x1b]0;title\x07", ":\xff\xfe", "\x1b[2J", "-\x1b",
        "--user x\xe2\x80\xae,,", // NOLINT(misc-misleading-bidirectional): for once on purpose
    };
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct ended ended;
        int out = temporary();
        run(lines[i], out, true, &ended);
        assert_exit(lines[i], &ended, 2);
        assert_one_line(ended.err, "portscope: ");
        for (const char *at = ended.err; *at != '\0'; at++) {
            assert_true((*at >= ' ' && *at < 0x7f) || at[1] == '\0');
        }
        close(out);
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
        struct ended ended;
        int out = temporary();
        run(cases[i].line, out, true, &ended);
        read_back(out, ended.out, sizeof ended.out);
        assert_exit(cases[i].line, &ended, 0);
        assert_string_equal(ended.err, "");
        assert_memory_equal(ended.out, cases[i].begin, strlen(cases[i].begin));
        close(out);
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
