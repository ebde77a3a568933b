// test_cli.c - cli: command lines against golden transcripts on the machine of fake_platform.c, what
// holds for each of them, and what happens when the system or the output fails.
#include "cli/commands.h"
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

// The machine, the terminal and the output ---------------------------------------------------------

static int usual_machine(void **state) {
    return fake_platform_reset(state) == 0 ? unsetenv("NO_COLOR") : -1;
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
        fake_platform_reset(NULL);
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

static void a_full_disk_is_told(void **state) {
    static const char *const lines[] = {"portscope -ano", "portscope --json", "portscope --csv",
                                        "portscope --help", "portscope --version"};
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct run run;
        run_cli_into(&run, lines[i], stream_full());
        assert_int_equal(run.exit, PSC_EXIT_OUTPUT);
        assert_ptr_equal(strstr(run.err, "portscope: cannot write the output: No space"), run.err);
        run_done(&run);
    }
}

static void a_closed_pipe_is_quiet(void **state) {
    static const char *const lines[] = {"portscope -ano", "portscope --json", "portscope --help"};
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct run run;
        run_cli_into(&run, lines[i], stream_unread());
        assert_int_equal(run.exit, PSC_EXIT_YES);
        assert_string_equal(run.err, "");
        run_done(&run);
    }
}

#define TEST(function) cmocka_unit_test_setup(function, usual_machine)

int main(void) {
    const struct CMUnitTest tests[] = {
        TRANSCRIPT("help", usual_machine),
        TRANSCRIPT("letters", usual_machine),
        TRANSCRIPT("filters", usual_machine),
        TRANSCRIPT("forms", usual_machine),
        TRANSCRIPT("columns", usual_machine),
        TRANSCRIPT("intervals", usual_machine),
        TRANSCRIPT("mistakes", usual_machine),
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
