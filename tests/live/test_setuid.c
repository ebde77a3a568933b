// test_setuid.c - a copy of the program with more privileges than the user that runs it: it lists, and
// touches neither files nor processes on that user's behalf.
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/live_states.h"
#include "support/spawn.h"
#include "support/test.h"

#define NOBODY 65534

static char directory[] = "/tmp/portscope-test-XXXXXX";
static bool possible;

static int copy_program(void) {
    char command[512];
    struct spawned spawned;
    snprintf(command, sizeof command, "install -m 4755 %s %s/portscope", PSC_PROGRAM, directory);
    spawn(command, SPAWN_AS_IS, &spawned);
    int status = spawned.status;
    spawn_done(&spawned);
    return status;
}

static int set_up(void **state) {
    struct statvfs system;
    possible = geteuid() == 0 && statvfs("/tmp", &system) == 0 &&
               (system.f_flag & ST_NOSUID) == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0;
    return possible && (mkdtemp(directory) == NULL || chmod(directory, 0755) != 0 ||
                        copy_program() != 0)
               ? -1
               : 0;
}

static int tear_down(void **state) {
    static const char *const names[] = {"portscope", "secret", "target"};
    for (size_t i = 0; possible && i < COUNT(names); i++) {
        char path[64];
        snprintf(path, sizeof path, "%s/%s", directory, names[i]);
        unlink(path);
    }
    return possible ? rmdir(directory) : 0;
}

static void run(uid_t user, const char *options, struct spawned *spawned) {
    char command[512];
    if (!possible) {
        skip_test("no root, or setuid has no effect here");
    }
    snprintf(command, sizeof command, "%s/portscope %s", directory, options);
    spawn(command, user, spawned);
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
    char path[64];
    char options[128];
    struct stat info;
    snprintf(path, sizeof path, "%s/secret", directory);
    FILE *file = possible ? fopen(path, "w") : NULL;
    if (file != NULL) {
        assert_true(fputs("hunter2\n", file) >= 0 && fchmod(fileno(file), 0600) == 0);
        fclose(file);
    }
    snprintf(options, sizeof options, "audit --policy %s", path);
    assert_refused(options, "--policy");
    snprintf(path, sizeof path, "%s/target", directory);
    snprintf(options, sizeof options, "audit --save %s", path);
    assert_refused(options, "--save");
    snprintf(options, sizeof options, "audit --json --output %s", path);
    assert_refused(options, "--output");
    assert_int_not_equal(stat(path, &info), 0);
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
    run(SPAWN_AS_IS, "audit --save -", &spawned);
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
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
