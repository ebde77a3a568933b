// test_setuid.c - a copy of the program with more privileges than the user that runs it: it lists, and
// touches neither files nor processes on that user's behalf.
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/live_states.h"
#include "support/spawn.h"
#include "support/temporary.h"
#include "support/test.h"

static bool possible;

static int set_up(void **state) {
    struct statvfs system;
    struct spawned spawned;
    possible = temporary_enter(state) == 0 && geteuid() == 0 && statvfs(".", &system) == 0 &&
               (system.f_flag & ST_NOSUID) == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0;
    if (possible) {
        spawn(&spawned, "install -m 4755 %s portscope", PSC_PROGRAM);
        spawn_check(&spawned, 0, NULL, NULL);
    }
    return 0;
}

static void run(uid_t user, const char *options, struct spawned *spawned) {
    if (!possible) {
        skip_test("no root, or setuid has no effect here");
    }
    spawn_as(user, spawned, "./portscope %s", options);
}

static void assert_refused(const char *options, const char *word) {
    struct spawned spawned;
    run(NOBODY, options, &spawned);
    if (spawned.status != 3 || spawned.out[0] != '\0' ||
        strstr(spawned.err, " is refused: ") == NULL || strstr(spawned.err, word) == NULL ||
        strstr(spawned.err, "hunter2") != NULL) {
        fail_msg("%s: status %d, %s%s", options, spawned.status, spawned.out, spawned.err);
    }
    spawn_done(&spawned);
}

static void it_lists_and_checks(void **state) {
    static const char *const lines[] = {"-ano", "audit --fail-on high --quiet", "--version"};
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct spawned spawned;
        run(NOBODY, lines[i], &spawned);
        assert_in_range(spawned.status, 0, 1);
        spawn_done(&spawned);
    }
}

static void it_reads_and_writes_no_file(void **state) {
    write_file("secret", 0600, "hunter2\n");
    assert_refused("audit --policy secret", "--policy");
    assert_refused("audit --save target", "--save");
    assert_refused("audit --json --output target", "--output");
    assert_int_not_equal(access("target", F_OK), 0);
}

static void it_stops_no_process(void **state) {
    struct spawned spawned;
    char options[64];
    struct live_states *live = live_new();
    int listener = live_open(live, &(struct live_socket){.type = SOCK_STREAM,
                                                         .address = "127.0.0.1",
                                                         .backlog = 5,
                                                         .reuse_address = true});
    unsigned port = live_row_of(live, listener)->endpoint.local_port;
    pid_t server = live_child(live, listener, NULL);
    live_release(live, listener);
    snprintf(options, sizeof options, "kill %u --yes --force", port);
    assert_refused(options, "kill");
    assert_int_equal(waitpid(server, NULL, WNOHANG), 0);
    snprintf(options, sizeof options, "kill %u --dry-run", port);
    run(NOBODY, options, &spawned);
    assert_int_equal(spawned.status, 0);
    spawn_done(&spawned);
    live_free(live);
}

// The user has the privileges anyway.
static void root_is_not_refused(void **state) {
    struct spawned spawned;
    run(0, "audit --save -", &spawned);
    assert_int_equal(spawned.status, 0);
    assert_non_null(strstr(spawned.out, "# What may listen"));
    spawn_done(&spawned);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_lists_and_checks),
        cmocka_unit_test(it_reads_and_writes_no_file),
        cmocka_unit_test(it_stops_no_process),
        cmocka_unit_test(root_is_not_refused),
    };
    return cmocka_run_group_tests(tests, set_up, temporary_leave);
}
