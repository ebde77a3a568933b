// test_cmd_audit.c - the audit on the fake platform: its forms as transcripts, its exit statuses, and
// the policy written to a file and read back.
#include "cli/cli.h"
#include "support/capture.h"
#include "support/fake_platform.h"
#include "support/run_cli.h"
#include "support/temporary.h"
#include "support/test.h"
#include "support/transcript.h"

static int with_insecure_services(void **state) {
    fake_platform_reset(state);
    fake_platform()->insecure_services = true;
    return 0;
}

// Statuses ----------------------------------------------------------------------------------------

static void assert_status(const char *line, int status) {
    struct run run;
    run_cli(&run, line);
    if (run.exit != status) {
        fail_msg("%s: status %d instead of %d: %s", line, run.exit, status, run.err);
    }
    run_done(&run);
}

static void the_status_is_the_worst_finding(void **state) {
    static const struct {
        bool insecure_services;
        const char *line;
        int status;
    } cases[] = {
        {true, "portscope audit", PSC_EXIT_NO},
        {true, "portscope audit --fail-on high", PSC_EXIT_NO},
        {true, "portscope audit --fail-on info", PSC_EXIT_NO},
        {false, "portscope audit", PSC_EXIT_YES},
        {false, "portscope audit --fail-on medium", PSC_EXIT_NO}, // SSDP on a link
        {false, "portscope audit --quiet --fail-on low", PSC_EXIT_NO},
        {true, "portscope audit --help", PSC_EXIT_YES},
        {true, "portscope help audit", PSC_EXIT_YES},
        {true, "portscope audit /?", PSC_EXIT_YES},
        {true, "portscope audit -?", PSC_EXIT_YES},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        fake_platform()->insecure_services = cases[i].insecure_services;
        assert_status(cases[i].line, cases[i].status);
    }
}

static void what_cannot_be_found_out_is_status_3(void **state) {
    fake_platform()->collect_fails = PSC_SYSTEM;
    assert_status("portscope audit", PSC_EXIT_UNKNOWN);
    fake_platform()->collect_fails = PSC_OK;
    fake_platform()->resolve_fails = PSC_DENIED;
    assert_status("portscope audit --json", PSC_EXIT_UNKNOWN);
}

static void a_privileged_start_touches_no_file(void **state) {
    static const char *const lines[] = {
        "portscope audit --policy /nonexistent", "portscope audit --save /nonexistent/x",
        "portscope audit --json --output /nonexistent/x", "portscope kill 3000 --yes"};
    fake_platform()->borrowed_privileges = true;
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct run run;
        run_cli(&run, lines[i]);
        assert_int_equal(run.exit, PSC_EXIT_UNKNOWN);
        assert_non_null(strstr(run.err, " is refused: the executable is setuid"));
        assert_int_equal(fake_platform()->ended_count, 0);
        run_done(&run);
    }
    assert_status("portscope audit --fail-on high", PSC_EXIT_YES);
    assert_status("portscope kill 3000 --dry-run", PSC_EXIT_YES);
}

static void an_empty_machine_has_no_findings(void **state) {
    struct run run;
    fake_platform()->empty = true;
    run_cli(&run, "portscope audit --fail-on info");
    assert_int_equal(run.exit, PSC_EXIT_YES);
    assert_non_null(strstr(run.out, "0 listeners: 0 all"));
    run_done(&run);
}

// Policies ----------------------------------------------------------------------------------------

static void run_with(struct run *run, const char *before, const char *after) {
    char line[512];
    snprintf(line, sizeof line, "portscope audit %s file %s", before, after);
    run_cli(run, line);
}

static size_t count(const char *text, const char *word) {
    size_t found = 0;
    for (; (text = strstr(text, word)) != NULL; text++) {
        found++;
    }
    return found;
}

static void what_was_saved_passes(void **state) {
    struct run run;
    write_file("file", 0600, "");
    run_with(&run, "--save", "");
    assert_int_equal(run.exit, PSC_EXIT_YES);
    assert_string_equal(run.out, "");
    run_done(&run);
    run_with(&run, "--policy", "--format table --fail-on info");
    assert_int_equal(count(run.out, "not-allowed"), 0);
    assert_int_equal(count(run.out, "not-listening"), 0);
    run_done(&run);

    // One new listener more is one finding more, and a service that started anew is none.
    fake_platform()->ended[fake_platform()->ended_count++] = 812;
    fake_platform()->insecure_services = true;
    run_with(&run, "--policy", "--ndjson");
    assert_int_equal(run.exit, PSC_EXIT_NO);
    assert_int_equal(count(run.out, "\"not-allowed\""), 7);
    assert_int_equal(count(run.out, "\"not-listening\""), 0);
    run_done(&run);

    fake_platform()->empty = true;
    run_with(&run, "--policy", "--quiet");
    assert_int_equal(run.exit, PSC_EXIT_YES); // what is missing is only info
    run_done(&run);
    run_with(&run, "--policy", "--quiet --fail-on info");
    assert_int_equal(run.exit, PSC_EXIT_NO);
    run_done(&run);
}

static void saving_again_writes_the_same(void **state) {
    struct run run;
    fake_platform()->insecure_services = true;
    write_file("file", 0600, "allow tcp *:1 old\n");
    run_with(&run, "--save", "");
    run_done(&run);
    char *first = capture_file("file", NULL);
    fake_platform()->ended[fake_platform()->ended_count++] = 812;
    run_with(&run, "--save", "");
    run_done(&run);
    char *second = capture_file("file", NULL);
    assert_non_null(strstr(first, "allow tcp 0.0.0.0:22 sshd\n"));
    assert_null(strstr(first, "old"));
    assert_string_equal(first, second);
    free(first);
    free(second);
}

static void a_bad_line_is_status_2_and_nothing_is_decided(void **state) {
    struct run run;
    write_file("file", 0600, "# ours\nallow tcp *:*\nallow udp *:*\nallow tcp *:httpd\n");
    run_with(&run, "--policy", "");
    assert_int_equal(run.exit, PSC_EXIT_USAGE);
    assert_string_equal(run.out, "");
    assert_ptr_equal(strstr(run.err, "portscope: file:4: 'httpd' is not a port"), run.err);
    assert_int_equal(fake_platform()->searches, 0);
    run_done(&run);
}

static void missing_listeners_are_in_every_form(void **state) {
    static const char *const words[] = {"", "--json", "--ndjson", "--format prometheus"};
    write_file("file", 0600, "allow * *:*\nallow tcp 10.0.0.1:7 a\nallow tcp 10.0.0.1:7 a\n");
    for (size_t i = 0; i < COUNT(words); i++) {
        struct run run;
        run_with(&run, "--policy", words[i]);
        assert_int_equal(run.exit, PSC_EXIT_YES);
        assert_int_equal(count(run.out, "allow tcp 10.0.0.1:7 a"), 2);
        run_done(&run);
    }
}

static void output_goes_to_a_file(void **state) {
    struct run run;
    write_file("file", 0600, "old");
    run_with(&run, "--format prometheus --output", "");
    assert_string_equal(run.out, "");
    run_done(&run);
    run_cli(&run, "portscope audit --format prometheus");
    char *text = capture_file("file", NULL);
    assert_string_equal(text, run.out);
    free(text);
    run_done(&run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TRANSCRIPT("audit", with_insecure_services),
        TRANSCRIPT("audit_mistakes", fake_platform_reset),
        cmocka_unit_test_setup(the_status_is_the_worst_finding, fake_platform_reset),
        cmocka_unit_test_setup(what_cannot_be_found_out_is_status_3, fake_platform_reset),
        cmocka_unit_test_setup(a_privileged_start_touches_no_file, fake_platform_reset),
        cmocka_unit_test_setup(an_empty_machine_has_no_findings, fake_platform_reset),
        cmocka_unit_test_setup(what_was_saved_passes, fake_platform_reset),
        cmocka_unit_test_setup(saving_again_writes_the_same, fake_platform_reset),
        cmocka_unit_test_setup(a_bad_line_is_status_2_and_nothing_is_decided, fake_platform_reset),
        cmocka_unit_test_setup(missing_listeners_are_in_every_form, fake_platform_reset),
        cmocka_unit_test_setup(output_goes_to_a_file, fake_platform_reset),
    };
    return cmocka_run_group_tests(tests, temporary_enter, temporary_leave);
}
