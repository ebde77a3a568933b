// test_exe_location.c - where an executable lies: each property of the file and of the directories above it, in a
// made-up /proc whose process has a root directory of its own.
#include "platform/linux/exe_location.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/fake_proc.h"
#include "support/test.h"

#define PID 100

// A jail with /opt/app/bin/server in it.
static int set_up(void **state) {
    struct fake_proc *proc = malloc(sizeof *proc);
    char jail[128];
    assert_non_null(proc);
    fake_proc_make(proc);
    fake_proc_file(proc, "jail/opt/app/bin/server", "x", 1);
    snprintf(jail, sizeof jail, "%s/jail", proc->root);
    fake_proc_link(proc, "100/root", jail);
    snprintf(jail, sizeof jail, "%s/jail/opt/app/bin/server", proc->root);
    fake_proc_link(proc, "100/exe", jail);
    *state = proc;
    return 0;
}

static int tear_down(void **state) {
    fake_proc_remove(*state);
    free(*state);
    return 0;
}

static void set_mode(const struct fake_proc *proc, const char *path, mode_t mode) {
    assert_int_equal(fchmodat(proc->directory, path, mode, 0), 0);
}

static unsigned place_of(const struct fake_proc *proc, bool deleted) {
    uint8_t place;
    assert_true(exe_location_examine(proc->directory, PID, "/opt/app/bin/server", deleted, &place));
    return place;
}

static void every_directory_and_the_file_count(void **state) {
    static const struct {
        const char *path;
        mode_t mode, usual;
        unsigned place;
    } cases[] = {
        {"jail/opt/app/bin/server", 0755, 0644, 0},
        {"jail/opt/app/bin/server", 0775, 0644, 0}, // its group is somebody's choice
        {"jail/opt/app/bin/server", 0646, 0644, PSC_EXE_FILE_WRITABLE},
        {"jail/opt/app/bin", 0777, 0755, PSC_EXE_DIRECTORY_WRITABLE},
        {"jail/opt/app", 0777, 0755, PSC_EXE_DIRECTORY_WRITABLE},
        {"jail/opt", 0777, 0755, PSC_EXE_DIRECTORY_WRITABLE},
        {"jail", 0777, 0755, PSC_EXE_DIRECTORY_WRITABLE},
        {"jail/opt", 0775, 0755, 0},
        {"jail/opt", 01777, 0755, PSC_EXE_TEMPORARY},
        {"jail/opt/app/bin", 01777, 0755, PSC_EXE_TEMPORARY},
        {"jail/opt", 01775, 0755, 0},
    };
    const struct fake_proc *proc = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        set_mode(proc, cases[i].path, cases[i].mode);
        if (place_of(proc, false) != cases[i].place) {
            fail_msg("%s %o: %u", cases[i].path, cases[i].mode, place_of(proc, false));
        }
        set_mode(proc, cases[i].path, cases[i].usual);
    }
    assert_int_equal(place_of(proc, false), 0);
}

static void deleted_and_replaced(void **state) {
    const struct fake_proc *proc = *state;
    // The running one lies elsewhere now, as far as /proc can tell.
    fake_proc_file(proc, "running", "x", 1);
    assert_int_equal(unlinkat(proc->directory, "100/exe", 0), 0);
    char running[128];
    snprintf(running, sizeof running, "%s/running", proc->root);
    fake_proc_link(proc, "100/exe", running);
    assert_int_equal(place_of(proc, true), PSC_EXE_REPLACED);
    set_mode(proc, "jail/opt", 01777);
    assert_int_equal(place_of(proc, true), PSC_EXE_REPLACED | PSC_EXE_TEMPORARY);
    assert_int_equal(unlinkat(proc->directory, "jail/opt/app/bin/server", 0), 0);
    assert_int_equal(place_of(proc, true), PSC_EXE_TEMPORARY);
    assert_int_equal(unlinkat(proc->directory, "jail/opt/app/bin", AT_REMOVEDIR), 0);
    assert_int_equal(place_of(proc, true), PSC_EXE_TEMPORARY);
}

static void what_cannot_be_seen_is_not_known(void **state) {
    const struct fake_proc *proc = *state;
    uint8_t place;
    // Another file has the name: there is no telling where the running one lies.
    fake_proc_file(proc, "jail/opt/app/bin/other", "y", 1);
    assert_false(exe_location_examine(proc->directory, PID, "/opt/app/bin/other", false, &place));
    assert_false(exe_location_examine(proc->directory, PID, "/opt/app/bin/none", false, &place));
    assert_false(exe_location_examine(proc->directory, PID, "relative", false, &place));
    assert_false(
        exe_location_examine(proc->directory, PID + 1, "/opt/app/bin/server", false, &place));
}

static void a_program_without_a_file(void **state) {
    const struct fake_proc *proc = *state;
    uint8_t place;
    assert_true(exe_location_examine(proc->directory, PID, "/memfd:payload", true, &place));
    assert_int_equal(place, PSC_EXE_TEMPORARY);
}

// Without a root of its own that we may open, a process is looked for below ours.
static void our_own_root_will_do(void **state) {
    const struct fake_proc *proc = *state;
    char path[128];
    uint8_t place;
    assert_int_equal(unlinkat(proc->directory, "100/root", 0), 0);
    snprintf(path, sizeof path, "%s/jail/opt/app/bin/server", proc->root);
    assert_true(exe_location_examine(proc->directory, PID, path, false, &place));
    assert_int_equal(place & PSC_EXE_FILE_WRITABLE, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(every_directory_and_the_file_count),
        TEST(deleted_and_replaced),
        TEST(what_cannot_be_seen_is_not_known),
        TEST(a_program_without_a_file),
        TEST(our_own_root_will_do),
    };
    umask(022);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
