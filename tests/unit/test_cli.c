// test_cli.c - cli: command lines against golden transcripts on the machine of fake_platform.c, what
// holds for each of them, and what happens when the system or the output fails.
//
// A transcript is a text with lines `$ portscope …`, each followed by what it printed: `1|` on
// standard output, `2|` on standard error, bytes that are not printable ASCII or UTF-8 as <1B>; and
// the exit status unless it is 0. PSC_UPDATE=1 writes what is printed now into the transcripts.
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "cli/commands.h"
#include "support/argv.h"
#include "support/capture.h"
#include "support/fake_platform.h"
#include "support/run_cli.h"
#include "support/test.h"
#include "support/transcript.h"

static size_t count_lines(const char *text) {
    size_t lines = 0;
    for (; (text = strchr(text, '\n')) != NULL; text++) {
        lines++;
    }
    return lines;
}

static void transcript(void **state) {
    transcript_check(*state);
}

// The machine, the terminal and the output ---------------------------------------------------------

static int usual_machine(void **state) {
    memset(fake_platform(), 0, sizeof *fake_platform());
    return unsetenv("NO_COLOR");
}

static void help_fits_a_terminal(void **state) {
    (void)state;
    for (enum command_id id = COMMAND_LIST; id < COMMAND_COUNT; id++) {
        char line[64];
        struct run run;
        snprintf(line, sizeof line, "portscope help %s",
                 command_table[id].name != NULL ? command_table[id].name : "");
        run_cli(&run, line);
        assert_int_equal(run.exit, PSC_EXIT_YES);
        for (const char *at = run.out; *at != '\0'; at += strcspn(at, "\n") + 1) {
            if (strcspn(at, "\n") > 80) {
                fail_msg("%s: '%.*s'", line, (int)strcspn(at, "\n"), at);
            }
        }
        run_done(&run);
    }
}

static void color_is_for_terminals(void **state) {
    static const struct {
        const char *line, *no_color;
        bool terminal, color;
    } cases[] = {
        {"portscope", NULL, false, false},
        {"portscope", NULL, true, true},
        {"portscope", "", true, true},
        {"portscope", "1", true, false},
        {"portscope --color=auto", "1", true, false},
        {"portscope --color=always", "1", false, true},
        {"portscope --color=never", NULL, true, false},
        {"portscope --json", NULL, true, false},
        {"portscope --json --color=always", NULL, true, false},
        {"portscope --csv --color=always", NULL, true, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct run run;
        fake_platform()->color = cases[i].terminal;
        assert_int_equal(cases[i].no_color != NULL ? setenv("NO_COLOR", cases[i].no_color, 1)
                                                   : unsetenv("NO_COLOR"),
                         0);
        run_cli(&run, cases[i].line);
        assert_int_equal(run.exit, PSC_EXIT_YES);
        assert_int_equal(strchr(run.out, '\x1b') != NULL, cases[i].color);
        run_done(&run);
    }
}

static void tables_end_their_lines_as_the_system_does(void **state) {
    struct run run;
    fake_platform()->crlf = true;
    run_cli(&run, "portscope -ano --strict");
    assert_true(run.out_size > 0);
    for (const char *at = run.out; (at = strchr(at, '\n')) != NULL; at++) {
        assert_true(at > run.out && at[-1] == '\r');
    }
    run_done(&run);
    run_cli(&run, "portscope -ano --json");
    assert_null(strchr(run.out, '\r'));
    run_done(&run);
}

static void intervals_are_slept(void **state) {
    static const struct {
        const char *line;
        unsigned tables, sleeps, slept;
    } cases[] = {
        {"portscope -ano", 1, 0, 0},
        {"portscope -ano 5 1", 1, 0, 0},
        {"portscope -ano 5 3", 3, 2, 10},
        {"portscope 2 -ano 4", 4, 3, 6},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct run run;
        unsigned tables = 0;
        memset(fake_platform(), 0, sizeof *fake_platform());
        run_cli(&run, cases[i].line);
        for (const char *at = run.out; (at = strstr(at, "Active Connections")) != NULL; at++) {
            tables++;
        }
        assert_int_equal(tables, cases[i].tables);
        assert_int_equal(fake_platform()->sleeps, cases[i].sleeps);
        assert_int_equal(fake_platform()->slept, cases[i].slept);
        run_done(&run);
    }
}

static void failures_of_the_system_are_told(void **state) {
    static const struct {
        enum psc_status collect, resolve;
        int exit;
        const char *text;
    } cases[] = {
        {PSC_DENIED, PSC_OK, PSC_EXIT_UNKNOWN, "portscope: the fake platform cannot collect\n"},
        {PSC_NO_MEMORY, PSC_OK, PSC_EXIT_UNKNOWN, "portscope: the fake platform cannot collect\n"},
        {PSC_OK, PSC_SYSTEM, PSC_EXIT_UNKNOWN, "portscope: the fake platform cannot resolve\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct run run;
        fake_platform()->collect_fails = cases[i].collect;
        fake_platform()->resolve_fails = cases[i].resolve;
        run_cli(&run, "portscope -ano");
        assert_int_equal(run.exit, cases[i].exit);
        assert_string_equal(run.out, "");
        assert_string_equal(run.err, cases[i].text);
        run_done(&run);
    }
}

static void an_empty_machine_is_no_failure(void **state) {
    struct run run;
    fake_platform()->empty = true;
    run_cli(&run, "portscope -ano --sort pid");
    assert_int_equal(run.exit, PSC_EXIT_YES);
    assert_int_equal(count_lines(run.out), 4);
    assert_string_equal(run.err, "");
    run_done(&run);
}

// Runs with an output that fails, and returns what was said about it.
static char *run_into(FILE *out, const char *line, int *exit) {
    struct argv words;
    argv_split(&words, line);
    struct psc_streams streams = {.out = out, .err = capture_open()};
    *exit = psc_cli_run(words.count, words.list, &streams);
    fclose(out);
    return capture_close(streams.err, NULL);
}

static void a_full_disk_is_told(void **state) {
    static const char *const lines[] = {"portscope -ano", "portscope --json", "portscope --csv",
                                        "portscope --help", "portscope --version"};
    for (size_t i = 0; i < COUNT(lines); i++) {
        FILE *full = fopen("/dev/full", "wb");
        if (full == NULL) {
            skip_test("no /dev/full");
        }
        int exit;
        char *text = run_into(full, lines[i], &exit);
        assert_int_equal(exit, PSC_EXIT_OUTPUT);
        assert_ptr_equal(strstr(text, "portscope: cannot write the output: No space"), text);
        free(text);
    }
}

static void a_closed_pipe_is_quiet(void **state) {
    static const char *const lines[] = {"portscope -ano", "portscope --json", "portscope --help"};
    assert_true(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    for (size_t i = 0; i < COUNT(lines); i++) {
        int ends[2];
        int exit;
        assert_int_equal(pipe(ends), 0);
        close(ends[0]);
        FILE *pipe_end = fdopen(ends[1], "wb");
        assert_non_null(pipe_end);
        char *text = run_into(pipe_end, lines[i], &exit);
        assert_int_equal(exit, PSC_EXIT_YES);
        assert_string_equal(text, "");
        free(text);
    }
}

#define TRANSCRIPT(name)                                                                           \
    {                                                                                              \
        name, transcript, usual_machine, NULL, (char[]) {                                          \
            name                                                                                   \
        }                                                                                          \
    }
#define TEST(function) cmocka_unit_test_setup(function, usual_machine)

int main(void) {
    const struct CMUnitTest tests[] = {
        TRANSCRIPT("help"),
        TRANSCRIPT("letters"),
        TRANSCRIPT("filters"),
        TRANSCRIPT("forms"),
        TRANSCRIPT("columns"),
        TRANSCRIPT("intervals"),
        TRANSCRIPT("mistakes"),
        TEST(help_fits_a_terminal),
        TEST(color_is_for_terminals),
        TEST(tables_end_their_lines_as_the_system_does),
        TEST(intervals_are_slept),
        TEST(failures_of_the_system_are_told),
        TEST(an_empty_machine_is_no_failure),
        TEST(a_full_disk_is_told),
        TEST(a_closed_pipe_is_quiet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
