// test_port_commands.c - check, free, wait and kill on the fake platform: transcripts, what they ask the
// system for, and what happens when the system or the output fails.
#include "support/capture.h"
#include "support/fake_platform.h"
#include "support/run_cli.h"
#include "support/test.h"
#include "support/transcript.h"

static int windows_machine(void **state) {
    fake_platform_reset(state);
    fake_platform()->windows_ports = true;
    return 0;
}

static int ordinary_user(void **state) {
    fake_platform_reset(state);
    fake_platform()->ordinary_user = true;
    return 0;
}

static int no_proc_sys(void **state) {
    fake_platform_reset(state);
    fake_platform()->unknown_ranges = true;
    return 0;
}

// Runs a line on the usual machine. Returns its exit status.
static int run_line(const char *line) {
    struct run run;
    fake_platform_reset(NULL);
    run_cli(&run, line);
    int exit = run.exit;
    run_done(&run);
    return exit;
}

static void owners_are_looked_for_only_where_they_are_shown(void **state) {
    static const struct {
        const char *line;
        bool searches;
    } cases[] = {
        {"portscope check 3001", false},
        {"portscope check 3001 --json", false},
        {"portscope check 3000", true},
        {"portscope check 3000 -q", false},
        {"portscope free", false},
        {"portscope wait 3001", false},
        {"portscope wait 3000 --until listening", false},
        {"portscope kill 3001", false},
        {"portscope kill 3000 --dry-run", true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        (void)run_line(cases[i].line);
        if ((fake_platform()->searches > 0) != cases[i].searches) {
            fail_msg("%s: %u searches", cases[i].line, fake_platform()->searches);
        }
    }
}

// A port takes one attempt for each family, or one for the one address; and none where the table
// answers: an attempt of ours could make the server fail that is waited for.
static void attempts_are_few(void **state) {
    static const struct {
        const char *line;
        unsigned probes;
    } cases[] = {
        {"portscope check 3001", 2},          {"portscope check 3001 -q --address ::1", 1},
        {"portscope check 3000 -q", 2},       {"portscope check 3001-3010", 20},
        {"portscope check 3000", 6}, // once more with the whole table, and the next one
        {"portscope kill 3000 --dry-run", 0}, {"portscope kill 3000 --yes", 2},
        {"portscope kill 50100 --yes", 2},    {"portscope wait 3000 --until listening", 0},
        {"portscope free 3000-3999", 4},      {"portscope free 4000", 2},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        (void)run_line(cases[i].line);
        if (fake_platform()->probes != cases[i].probes) {
            fail_msg("%s: %u attempts", cases[i].line, fake_platform()->probes);
        }
    }
}

// Reading them takes two more processes on Windows. A verdict alone needs none.
static void ranges_are_read_once_and_only_where_they_are_shown(void **state) {
    static const struct {
        const char *line;
        unsigned reads;
    } cases[] = {
        {"portscope check 3001", 1},      {"portscope check 3000", 1},
        {"portscope check 3000-3010", 1}, {"portscope check 3000 53/udp 22", 2},
        {"portscope check 3000 -q", 0},   {"portscope free --count 9", 1},
        {"portscope wait 3001", 0},       {"portscope wait 3000 --timeout 1s", 0},
        {"portscope kill 3001", 0},       {"portscope kill 3000 --yes", 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        (void)run_line(cases[i].line);
        if (fake_platform()->range_reads != cases[i].reads) {
            fail_msg("%s: %u reads", cases[i].line, fake_platform()->range_reads);
        }
    }
}

static void waiting_slows_down(void **state) {
    assert_int_equal(run_line("portscope wait 3000 --timeout 1m"), PSC_EXIT_NO);
    assert_int_equal(fake_platform()->clock, 60000);
    assert_in_range(fake_platform()->sleeps, 240, 260); // a quarter of a second each, soon
    assert_int_equal(run_line("portscope wait 7003 --timeout 1m"), PSC_EXIT_YES);
    assert_in_range(fake_platform()->clock, 500, 750);
    assert_int_equal(run_line("portscope wait 3000 --timeout 7ms"), PSC_EXIT_NO);
    assert_int_equal(fake_platform()->clock, 7);
}

static void kill_waits_as_long_as_it_is_told(void **state) {
    static const struct {
        const char *line;
        int64_t least, most;
    } cases[] = {
        {"portscope kill 50100 --yes", 5000, 5500},
        {"portscope kill 50100 --yes --timeout 1s", 1000, 1500},
        {"portscope kill 50100 --yes --force --timeout 1s", 1000, 1500},
        {"portscope kill 3000 --yes --timeout 1h", 0, 500},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        (void)run_line(cases[i].line);
        assert_in_range(fake_platform()->clock, cases[i].least, cases[i].most);
    }
}

static void all_holders_end_and_no_other_process(void **state) {
    static const uint32_t servers[] = {1187, 900, 901, 902, 903};
    assert_int_equal(run_line("portscope kill 80 --yes"), PSC_EXIT_YES);
    assert_int_equal(fake_platform()->ended_count, 5);
    assert_memory_equal(fake_platform()->ended, servers, sizeof servers);
    assert_int_equal(run_line("portscope kill 80 --dry-run"), PSC_EXIT_YES);
    assert_int_equal(fake_platform()->ended_count, 0);
    assert_int_equal(run_line("portscope kill 80"), PSC_EXIT_USAGE);
    assert_int_equal(fake_platform()->ended_count, 0);
}

static void failures_of_the_system_are_told(void **state) {
    static const char *const lines[] = {"portscope check 3000",
                                        "portscope check 3000 --json",
                                        "portscope free",
                                        "portscope wait 3001",
                                        "portscope wait 3000 --until listening",
                                        "portscope kill 3000 --yes"};
    for (size_t i = 0; i < COUNT(lines); i++) {
        bool probes = strstr(lines[i], "listening") == NULL; // a listener is in the table
        for (int kind = 0; kind < (probes ? 2 : 1); kind++) {
            struct run run;
            fake_platform_reset(NULL);
            fake_platform()->collect_fails = kind == 0 ? PSC_DENIED : PSC_OK;
            fake_platform()->probe_fails = kind == 1 ? PSC_SYSTEM : PSC_OK;
            run_cli(&run, lines[i]);
            assert_int_equal(run.exit, PSC_EXIT_UNKNOWN);
            bool stopped = kind == 1 && strstr(lines[i], "kill") != NULL; // before it probes
            assert_int_equal(run.out_size > 0, stopped);
            assert_ptr_equal(strstr(run.err, "portscope: the fake platform cannot "), run.err);
            assert_ptr_equal(strchr(run.err, '\n') + 1, run.err + run.err_size);
            run_done(&run);
        }
    }
}

// Killing safely ----------------------------------------------------------------------------------

static int more_servers(void **state) {
    fake_platform_reset(state);
    fake_platform()->more_servers = true;
    return 0;
}

// Runs a line at a terminal where something is typed after the question.
static void run_answered(struct run *run, const char *line, const char *answer) {
    run_begin(run, line);
    FILE *in = run->streams.in = capture_open();
    assert_true(fputs(answer, in) >= 0);
    rewind(in);
    fake_platform()->terminal = true;
    run_go(run);
    fclose(in);
    run_end(run);
}

static void only_a_line_with_yes_confirms(void **state) {
    static const struct {
        const char *answer;
        bool yes;
    } cases[] = {
        {"y\n", true},
        {"Y\n", true},
        {"yes\n", true},
        {"YES\n", true},
        {"yes\r\n", true},
        {"n\n", false},
        {"\n", false},
        {"", false},
        {"y", false},
        {"yes", false},
        {"yy\n", false},
        {"yum update\n", false},
        {"yes please\n", false},
        {" y\n", false},
        {"ny\n", false},
        {"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\n", false},
        {"n\ny\n", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct run run;
        fake_platform_reset(NULL);
        run_answered(&run, "portscope kill 3000", cases[i].answer);
        if (run.exit != (cases[i].yes ? PSC_EXIT_YES : PSC_EXIT_NO) ||
            fake_platform()->ended_count != cases[i].yes) {
            fail_msg("'%s': status %d, %s%s", cases[i].answer, run.exit, run.out, run.err);
        }
        assert_non_null(strstr(run.out, "Stop it? [y/N] "));
        assert_int_equal(fake_platform()->discards, 1);
        run_done(&run);
    }
}

// The process that was found ends before its identity is read, and its PID is given to another one.
static void a_reused_pid_is_neither_shown_nor_stopped(void **state) {
    struct run run;
    fake_platform()->reused_pid = 4242;
    run_cli(&run, "portscope kill 3000 --yes --force");
    assert_string_equal(run.out, "3000/tcp is free already\n");
    assert_int_equal(run.exit, PSC_EXIT_YES);
    assert_int_equal(fake_platform()->ended_count, 0);
    run_done(&run);
}

static void a_process_that_closed_the_port_is_not_stopped(void **state) {
    struct run run;
    fake_platform()->moved_pid = 4242;
    fake_platform()->moved_after = 2; // it is shown, and then it closes the port
    run_answered(&run, "portscope kill 3000 --force", "y\n");
    assert_int_equal(fake_platform()->ended_count, 0);
    assert_non_null(strstr(run.out, "node (pid 4242) does not hold the port any more"));
    assert_non_null(strstr(run.out, "3000/tcp is free now"));
    assert_int_equal(run.exit, PSC_EXIT_YES);
    run_done(&run);
}

static const char *const printing[] = {
    "portscope check 3001",      "portscope check 3000",   "portscope check 3000 --json",
    "portscope free --count 5",  "portscope kill 3001",    "portscope kill 3000 --dry-run",
    "portscope kill 3000 --yes", "portscope check --help",
};

static void a_full_disk_is_told(void **state) {
    for (size_t i = 0; i < COUNT(printing); i++) {
        struct run run;
        fake_platform_reset(NULL);
        run_cli_into(&run, printing[i], stream_full());
        if (run.exit != PSC_EXIT_OUTPUT ||
            strstr(run.err, "portscope: cannot write the output: No space") == NULL) {
            fail_msg("%s: status %d, '%s'", printing[i], run.exit, run.err);
        }
        run_done(&run);
    }
}

// A reader that goes away does not turn status 1 into 0.
static void a_closed_pipe_changes_no_answer(void **state) {
    static const struct {
        const char *line;
        int status;
    } cases[] = {
        {"portscope check 3000", PSC_EXIT_NO},
        {"portscope check 3000 --json", PSC_EXIT_NO},
        {"portscope check 3001", PSC_EXIT_YES},
        {"portscope audit --fail-on info", PSC_EXIT_NO},
        {"portscope audit --fail-on info --json", PSC_EXIT_NO},
        {"portscope audit --fail-on high", PSC_EXIT_YES},
        {"portscope free 3000", PSC_EXIT_NO},
        {"portscope kill 50100 --dry-run", PSC_EXIT_YES},
        {"portscope kill 50100 --yes", PSC_EXIT_NO},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct run run;
        fake_platform_reset(NULL);
        run_cli_into(&run, cases[i].line, stream_unread());
        if (run.exit != cases[i].status || strstr(run.err, "cannot write") != NULL) {
            fail_msg("%s: status %d, %s", cases[i].line, run.exit, run.err);
        }
        run_done(&run);
    }
}

int main(void) {
#define TEST(function) cmocka_unit_test_setup(function, fake_platform_reset)
    const struct CMUnitTest tests[] = {
        TRANSCRIPT("check", fake_platform_reset),
        TRANSCRIPT("check_windows", windows_machine),
        TRANSCRIPT("check_user", ordinary_user),
        TRANSCRIPT("check_unknown_ranges", no_proc_sys),
        TRANSCRIPT("free", fake_platform_reset),
        TRANSCRIPT("wait", fake_platform_reset),
        TRANSCRIPT("kill", fake_platform_reset),
        TRANSCRIPT("kill_more", more_servers),
        TRANSCRIPT("check_more", more_servers),
        TEST(owners_are_looked_for_only_where_they_are_shown),
        TEST(attempts_are_few),
        TEST(ranges_are_read_once_and_only_where_they_are_shown),
        TEST(waiting_slows_down),
        TEST(kill_waits_as_long_as_it_is_told),
        TEST(all_holders_end_and_no_other_process),
        TEST(only_a_line_with_yes_confirms),
        TEST(a_reused_pid_is_neither_shown_nor_stopped),
        TEST(a_process_that_closed_the_port_is_not_stopped),
        TEST(failures_of_the_system_are_told),
        TEST(a_full_disk_is_told),
        TEST(a_closed_pipe_changes_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
