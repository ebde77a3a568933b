// test_exe_location.c - each property of an executable, a script, and the directories above them, in a
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

static struct exe_verdict examine(const struct fake_proc *proc, struct exe_location location) {
    unsigned wait_ms = 1000;
    exe_location_examine(proc->directory, &location, &wait_ms);
    return location.verdict;
}

static bool is_known(const struct fake_proc *proc, uint32_t pid, const char *path) {
    return examine(proc, (struct exe_location){.pid = pid, .path = path}).exe_known;
}

// The flags of the executable without those for its owner, who is the user that runs this test.
static unsigned flags_of(const struct fake_proc *proc, const char *path, bool deleted) {
    struct exe_verdict verdict =
        examine(proc, (struct exe_location){.pid = PID, .path = path, .deleted = deleted});
    assert_true(verdict.exe_known);
    assert_false(verdict.gone);
    return verdict.exe_flags & ~(unsigned)PSC_EXE_USER_OWNED;
}

static unsigned server_flags(const struct fake_proc *proc, bool deleted) {
    return flags_of(proc, "/opt/app/bin/server", deleted);
}

static void every_directory_and_the_file_count(void **state) {
    static const struct {
        const char *path;
        mode_t mode, usual;
        unsigned flags;
    } cases[] = {
        {"jail/opt/app/bin/server", 0755, 0644, 0},
        {"jail/opt/app/bin/server", 0775, 0644, 0}, // an administrator chose the group
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
        if (server_flags(proc, false) != cases[i].flags) {
            fail_msg("%s %o: %u", cases[i].path, cases[i].mode, server_flags(proc, false));
        }
        set_mode(proc, cases[i].path, cases[i].usual);
    }
    assert_int_equal(server_flags(proc, false), 0);
}

static void deleted_and_replaced(void **state) {
    const struct fake_proc *proc = *state;
    // The running file is in another directory now.
    fake_proc_file(proc, "running", "x", 1);
    assert_int_equal(unlinkat(proc->directory, "100/exe", 0), 0);
    char running[128];
    snprintf(running, sizeof running, "%s/running", proc->root);
    fake_proc_link(proc, "100/exe", running);
    assert_int_equal(server_flags(proc, true), PSC_EXE_REPLACED);
    set_mode(proc, "jail/opt", 01777);
    assert_int_equal(server_flags(proc, true), PSC_EXE_REPLACED | PSC_EXE_TEMPORARY);
    assert_int_equal(unlinkat(proc->directory, "jail/opt/app/bin/server", 0), 0);
    assert_int_equal(server_flags(proc, true), PSC_EXE_TEMPORARY);
    assert_int_equal(unlinkat(proc->directory, "jail/opt/app/bin", AT_REMOVEDIR), 0);
    assert_int_equal(server_flags(proc, true), PSC_EXE_TEMPORARY);
}

static void what_cannot_be_seen_is_not_known(void **state) {
    const struct fake_proc *proc = *state;
    // Another file has the name: there is no telling where the running one is.
    fake_proc_file(proc, "jail/opt/app/bin/other", "y", 1);
    assert_false(is_known(proc, PID, "/opt/app/bin/other"));
    assert_false(is_known(proc, PID, "/opt/app/bin/none"));
    assert_false(is_known(proc, PID, "relative"));
    assert_false(is_known(proc, PID + 1, "/opt/app/bin/server"));
    struct exe_location gone = {.pid = PID + 1, .path = "/opt/app/bin/server"};
    assert_true(examine(proc, gone).gone);
}

static void a_program_without_a_file(void **state) {
    assert_int_equal(flags_of(*state, "/memfd:payload", true), PSC_EXE_TEMPORARY);
}

// If the root directory of a process cannot be opened, its paths begin at ours.
static void our_own_root_will_do(void **state) {
    const struct fake_proc *proc = *state;
    char path[128];
    assert_int_equal(unlinkat(proc->directory, "100/root", 0), 0);
    snprintf(path, sizeof path, "%s/jail/opt/app/bin/server", proc->root);
    assert_int_equal(flags_of(proc, path, false) & PSC_EXE_FILE_WRITABLE, 0);
}

static void need_root(void) {
    if (geteuid() != 0) {
        print_message("skipped: only root can give files away\n");
        skip();
    }
}

static void set_owner(const struct fake_proc *proc, const char *path, uid_t uid) {
    assert_int_equal(fchownat(proc->directory, path, uid, 0, 0), 0);
}

static void owners_of_the_file_and_of_directories_count(void **state) {
    static const struct {
        const char *path;
        uid_t uid;
        bool flagged;
    } cases[] = {
        {"jail/opt/app/bin/server", 1000, true},
        {"jail/opt/app/bin/server", 999, false},
        {"jail/opt/app/bin/server", 0, false},
        {"jail/opt/app/bin", 1000, true},
        {"jail/opt/app", 1000, true},
        {"jail/opt", 100000, true},
        {"jail", 1000, true},
        {"jail", 65534, false},
    };
    need_root();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct exe_location server = {.pid = PID, .path = "/opt/app/bin/server"};
        set_owner(*state, cases[i].path, cases[i].uid);
        struct exe_verdict verdict = examine(*state, server);
        assert_true(verdict.exe_known);
        assert_int_equal((verdict.exe_flags & PSC_EXE_USER_OWNED) != 0, cases[i].flagged);
        set_owner(*state, cases[i].path, 0);
    }
}

// The flags of a script, -1 if they are not known.
static int script_flags(const struct fake_proc *proc, const char *script) {
    struct exe_verdict verdict = examine(
        proc, (struct exe_location){.pid = PID, .path = "/opt/app/bin/server", .script = script});
    assert_true(verdict.exe_known);
    assert_int_equal(verdict.exe_flags, 0);
    return verdict.script_known ? verdict.script_flags : -1;
}

static void scripts_are_examined_too(void **state) {
    const struct fake_proc *proc = *state;
    need_root();
    fake_proc_file(proc, "jail/srv/app.py", "x", 1);
    fake_proc_link(proc, "jail/usr/bin/app", "/srv/app.py"); // absolute, below the jail
    static const char *const names[] = {"/srv/app.py", "/usr/bin/app", "/srv/./app.py",
                                        "/usr/../srv/app.py"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        // The path that the kernel gives begins at our root, because the jail is no namespace, so the
        // directories above the jail count as well: /tmp.
        assert_int_equal(script_flags(proc, names[i]), PSC_EXE_TEMPORARY);
        set_owner(proc, "jail/srv", 1000);
        assert_int_equal(script_flags(proc, names[i]), PSC_EXE_TEMPORARY | PSC_EXE_USER_OWNED);
        set_owner(proc, "jail/srv", 0);
        set_owner(proc, "jail/srv/app.py", 1000);
        assert_int_equal(script_flags(proc, names[i]), PSC_EXE_TEMPORARY | PSC_EXE_USER_OWNED);
        set_owner(proc, "jail/srv/app.py", 0);
        set_mode(proc, "jail/srv/app.py", 0666);
        assert_int_equal(script_flags(proc, names[i]), PSC_EXE_TEMPORARY | PSC_EXE_FILE_WRITABLE);
        set_mode(proc, "jail/srv/app.py", 0644);
    }
    assert_int_equal(script_flags(proc, "/srv"), -1);
    assert_int_equal(script_flags(proc, "/srv/none"), -1);
    assert_int_equal(script_flags(proc, "/../../../../etc/passwd"), -1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(every_directory_and_the_file_count),
        TEST(deleted_and_replaced),
        TEST(what_cannot_be_seen_is_not_known),
        TEST(a_program_without_a_file),
        TEST(our_own_root_will_do),
        TEST(owners_of_the_file_and_of_directories_count),
        TEST(scripts_are_examined_too),
    };
    umask(022);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
