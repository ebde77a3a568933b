// test_resolver.c - what a process is: name, path, arguments, user and start, in a made-up /proc with
// every name that a process can give itself, and this test itself in the real one.
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "support/fake_proc.h"
#include "support/test.h"

#define ALL_DETAILS                                                                                \
    (PSC_PROCESS_NAME | PSC_PROCESS_PATH | PSC_PROCESS_COMMAND_LINE | PSC_PROCESS_USER |           \
     PSC_PROCESS_STARTED)

// A builder whose processes are linked and not yet named.
struct linked {
    struct fake_proc *proc;
    struct psc_filter filter;
    struct psc_request request;
    struct psc_builder *builder;
};

static void begin(struct linked *linked, struct fake_proc *proc) {
    struct psc_error error;
    linked->proc = proc;
    linked->request = fake_proc_request(proc);
    psc_filter_init(&linked->filter);
    linked->builder = psc_builder_new(&linked->filter);
    assert_non_null(linked->builder);
    assert_int_equal(psc_platform_collect(&linked->request, linked->builder, &error), PSC_OK);
}

static void resolve(struct linked *linked, unsigned details) {
    struct psc_error error;
    assert_int_equal(psc_platform_resolve(&linked->request, details, linked->builder, &error),
                     PSC_OK);
}

static const struct psc_process *process_of(const struct linked *linked, uint32_t pid) {
    for (size_t i = 0; i < psc_builder_process_count(linked->builder); i++) {
        const struct psc_process *process = psc_builder_process(linked->builder, i);
        if (process != NULL && process->pid == pid) {
            return process;
        }
    }
    fail_msg("there is no process %u", pid);
    return NULL;
}

// Makes a process that holds the socket of inode PID.
static void add_process(struct fake_proc *proc, uint32_t pid) {
    fake_proc_socket(proc, pid, 3, pid);
}

static void add_file(const struct fake_proc *proc, uint32_t pid, const char *name,
                     const void *bytes, size_t size) {
    char path[64];
    snprintf(path, sizeof path, "%u/%s", pid, name);
    fake_proc_file(proc, path, bytes, size);
}

// Names and paths ----------------------------------------------------------------------------------

struct name_case {
    const char *exe, *comm; // NULL: cannot be read
    const char *name, *path;
    bool deleted;
};

static const struct name_case name_cases[] = {
    {"/opt/nginx", "worker\n", "nginx", "/opt/nginx", false},
    {"/opt/a)b", NULL, "a)b", "/opt/a)b", false},
    {"/opt/((", NULL, "((", "/opt/((", false},
    {"/opt/new\nline", NULL, "new\nline", "/opt/new\nline", false},
    {"/opt/\xff\xfe\x1b[31m", NULL, "\xff\xfe\x1b[31m", "/opt/\xff\xfe\x1b[31m", false},
    {"/opt/gone (deleted)", NULL, "gone", "/opt/gone", true},
    {"/opt/twice (deleted) (deleted)", NULL, "twice (deleted)", "/opt/twice (deleted)", true},
    {"/", NULL, "/", "/", false},
    {NULL, "a)b\n", "a)b", NULL, false},
    {NULL, "((\n", "((", NULL, false},
    {NULL, "two\nlines\n", "two\nlines", NULL, false},
    {NULL, "ends in one\n\n", "ends in one\n", NULL, false},
    {NULL, "\n", "", NULL, false},
    {NULL, "", "", NULL, false},
    {NULL, "\xc3\x28\n", "\xc3\x28", NULL, false},
    {NULL, "kworker/0:1\n", "kworker/0:1", NULL, false},
    {NULL, "no newline", "no newline", NULL, false},
    {NULL, NULL, NULL, NULL, false},
};
#define NAME_CASE_COUNT COUNT(name_cases)

static bool same(const char *actual, const char *expected) {
    return actual == NULL || expected == NULL ? actual == expected : strcmp(actual, expected) == 0;
}

static void names_of_every_kind(void **state) {
    uint64_t inodes[NAME_CASE_COUNT];
    struct fake_proc proc;
    struct linked linked;
    fake_proc_make(&proc);
    for (uint32_t i = 0; i < NAME_CASE_COUNT; i++) {
        char exe[64];
        inodes[i] = 100 + i;
        add_process(&proc, 100 + i);
        snprintf(exe, sizeof exe, "%u/exe", 100 + i);
        if (name_cases[i].exe != NULL) {
            fake_proc_link(&proc, exe, name_cases[i].exe);
        }
        if (name_cases[i].comm != NULL) {
            add_file(&proc, 100 + i, "comm", name_cases[i].comm, strlen(name_cases[i].comm));
        }
    }
    fake_proc_listeners(&proc, inodes, NAME_CASE_COUNT);
    begin(&linked, &proc);
    resolve(&linked, PSC_PROCESS_NAME | PSC_PROCESS_PATH);
    for (uint32_t i = 0; i < NAME_CASE_COUNT; i++) {
        const struct name_case *c = &name_cases[i];
        const struct psc_process *process = process_of(&linked, 100 + i);
        unsigned known =
            (c->name != NULL ? PSC_PROCESS_NAME : 0U) | (c->path != NULL ? PSC_PROCESS_PATH : 0U);
        if (!same(process->name, c->name) || !same(process->path, c->path) ||
            process->path_deleted != c->deleted || process->known != known) {
            fail_msg("case %u: name %s, path %s", i, process->name, process->path);
        }
    }
    psc_builder_free(linked.builder);
    fake_proc_remove(&proc);
}

// A file may really have such a name; then the program was not deleted.
static void a_program_that_is_called_deleted(void **state) {
    static const uint64_t inodes[] = {100};
    struct fake_proc proc;
    struct linked linked;
    char path[256];
    fake_proc_make(&proc);
    snprintf(path, sizeof path, "%s/bin/here (deleted)", proc.root);
    fake_proc_file(&proc, "bin/here (deleted)", "", 0);
    add_process(&proc, 100);
    fake_proc_link(&proc, "100/exe", path);
    fake_proc_listeners(&proc, inodes, 1);
    begin(&linked, &proc);
    resolve(&linked, PSC_PROCESS_PATH);
    assert_string_equal(process_of(&linked, 100)->path, path);
    assert_string_equal(process_of(&linked, 100)->name, "here (deleted)");
    assert_false(process_of(&linked, 100)->path_deleted);
    psc_builder_free(linked.builder);
    fake_proc_remove(&proc);
}

// The script of an interpreter, named below its working directory or not at all.
static void scripts(void **state) {
    (void)state;
    static const uint64_t inodes[] = {100, 101};
    struct fake_proc proc;
    struct linked linked;
    char path[256];
    fake_proc_make(&proc);
    fake_proc_file(&proc, "bin/python3.11", "", 0);
    fake_proc_file(&proc, "srv/app.py", "", 0);
    for (uint32_t pid = 100; pid <= 101; pid++) {
        char link[32];
        add_process(&proc, pid);
        snprintf(link, sizeof link, "%u/exe", pid);
        snprintf(path, sizeof path, "%s/bin/python3.11", proc.root);
        fake_proc_link(&proc, link, path);
        snprintf(link, sizeof link, "%u/cwd", pid);
        snprintf(path, sizeof path, "%s/srv", proc.root);
        fake_proc_link(&proc, link, path);
    }
    add_file(&proc, 100, "cmdline", "python3\0app.py\0", 15);
    add_file(&proc, 101, "cmdline", "python3\0missing.py\0", 19);
    assert_int_equal(fchmodat(proc.directory, "srv/app.py", 0666, 0), 0);
    fake_proc_listeners(&proc, inodes, 2);
    begin(&linked, &proc);
    resolve(&linked, PSC_PROCESS_EXE_FLAGS);
    const struct psc_process *process = process_of(&linked, 100);
    snprintf(path, sizeof path, "%s/srv/app.py", proc.root);
    assert_string_equal(process->script, path);
    assert_true((process->script_flags & PSC_EXE_FILE_WRITABLE) != 0);
    assert_true((process->known & PSC_PROCESS_EXE_FLAGS) != 0);
    assert_int_equal(process->exe_flags & PSC_EXE_FILE_WRITABLE, 0);
    assert_null(process_of(&linked, 101)->script);
    assert_true((process_of(&linked, 101)->known & PSC_PROCESS_EXE_FLAGS) != 0);
    psc_builder_free(linked.builder);
    fake_proc_remove(&proc);
}

// Command lines ------------------------------------------------------------------------------------

static void command_lines(void **state) {
    enum { HUGE_SIZE = 1 << 20 };
    static const uint64_t inodes[] = {100, 101, 102, 103, 104};
    static char huge[HUGE_SIZE]; // zeros between and at the end
    for (size_t i = 0; i < HUGE_SIZE - 1; i++) {
        huge[i] = (char)(i % 100 == 0 ? '\0' : 'x');
    }
    struct fake_proc proc;
    struct linked linked;
    fake_proc_make(&proc);
    for (size_t i = 0; i < 5; i++) {
        add_process(&proc, (uint32_t)inodes[i]);
    }
    add_file(&proc, 100, "cmdline", "a\0b c\0", 6);
    add_file(&proc, 101, "cmdline", "title of its own", 16); // overwritten: no NUL
    add_file(&proc, 102, "cmdline", "", 0);                  // a kernel thread, or a zombie
    add_file(&proc, 103, "cmdline", huge, HUGE_SIZE);
    fake_proc_listeners(&proc, inodes, 5);
    begin(&linked, &proc);
    resolve(&linked, PSC_PROCESS_COMMAND_LINE);
    static const struct {
        uint32_t pid;
        const char *text;
        size_t size;
    } expected[] = {
        {100, "a\0b c\0", 6}, {101, "title of its own", 17}, {102, "", 0}, {103, huge, HUGE_SIZE}};
    for (size_t i = 0; i < COUNT(expected); i++) {
        const struct psc_process *process = process_of(&linked, expected[i].pid);
        assert_int_equal(process->known, PSC_PROCESS_COMMAND_LINE);
        assert_int_equal(process->command_line_size, expected[i].size);
        assert_memory_equal(process->command_line, expected[i].text, expected[i].size);
    }
    assert_int_equal(process_of(&linked, 104)->known, 0); // unknown is not empty
    psc_builder_free(linked.builder);
    fake_proc_remove(&proc);
}

// Start and user -----------------------------------------------------------------------------------

static void add_start(const struct fake_proc *proc, uint32_t pid, const char *name,
                      uint64_t ticks) {
    char stat[256];
    int size = snprintf(stat, sizeof stat,
                        "%u (%s) S 1 2 2 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 %" PRIu64 " 1 2\n",
                        pid, name, ticks);
    add_file(proc, pid, "stat", stat, (size_t)size);
}

static void starts(void **state) {
    static const uint64_t inodes[] = {100, 101, 102, 103};
    const uint64_t hertz = (uint64_t)sysconf(_SC_CLK_TCK);
    struct fake_proc proc;
    struct linked linked;
    fake_proc_make(&proc);
    for (uint32_t pid = 100; pid <= 103; pid++) {
        add_process(&proc, pid);
    }
    add_start(&proc, 100, "a) S 1 2", 0);
    add_start(&proc, 101, "((\n))", 5 * hertz);
    add_file(&proc, 102, "stat", "102 (x", 6);
    fake_proc_listeners(&proc, inodes, 4);
    begin(&linked, &proc);
    resolve(&linked, PSC_PROCESS_STARTED);
    struct timespec now;
    struct timespec up;
    clock_gettime(CLOCK_REALTIME, &now);
    clock_gettime(CLOCK_BOOTTIME, &up);
    int64_t boot = (int64_t)(now.tv_sec - up.tv_sec) * 1000;
    int64_t first = process_of(&linked, 100)->started;
    assert_in_range(first, boot - 3000, boot + 3000);
    assert_int_equal(process_of(&linked, 101)->started, first + 5000);
    assert_int_equal(process_of(&linked, 102)->known, 0);
    assert_int_equal(process_of(&linked, 103)->known, 0);
    psc_builder_free(linked.builder);
    fake_proc_remove(&proc);
}

// Their numbers do not say it: numbers are used again.
static void the_oldest_owner_comes_first(void **state) {
    static const uint64_t inodes[] = {7};
    static const uint32_t pids[] = {100, 101, 102, 103};
    static const uint64_t started[] = {3000, 1000, 0, 2000}; // 0: not known
    static const uint32_t expected[] = {101, 103, 100, 102};
    struct fake_proc proc;
    struct linked linked;
    struct psc_snapshot *snapshot;
    fake_proc_make(&proc);
    for (size_t i = 0; i < 4; i++) {
        fake_proc_socket(&proc, pids[i], 3, 7);
        if (started[i] != 0) {
            add_start(&proc, pids[i], "x", started[i]);
        }
    }
    fake_proc_listeners(&proc, inodes, 1);
    begin(&linked, &proc);
    resolve(&linked, 0); // the start of those who share is asked for all the same
    assert_int_equal(psc_builder_finish(linked.builder, "", 0, &snapshot), PSC_OK);
    struct psc_owners owners = psc_snapshot_owners(snapshot, 0);
    assert_int_equal(owners.count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(psc_snapshot_process(snapshot, owners.processes[i])->pid, expected[i]);
    }
    psc_snapshot_free(snapshot);
    fake_proc_remove(&proc);
}

static void users(void **state) {
    static const uint64_t inodes[] = {100, 101};
    struct fake_proc proc;
    struct linked linked;
    struct psc_error error;
    char number[16];
    fake_proc_make(&proc);
    add_process(&proc, 100);
    add_process(&proc, 101);
    // Root may give a directory away, outside of some containers.
    bool given = fchownat(proc.directory, "101", 4000000001U, 1, 0) == 0;
    fake_proc_listeners(&proc, inodes, 2);
    begin(&linked, &proc);
    resolve(&linked, PSC_PROCESS_USER);
    const struct passwd *me = getpwuid(geteuid());
    snprintf(number, sizeof number, "%u", geteuid());
    const char *mine = me != NULL ? me->pw_name : number;
    assert_string_equal(process_of(&linked, 100)->user, mine);
    assert_string_equal(process_of(&linked, 101)->user, given ? "4000000001" : mine);

    assert_int_equal(psc_platform_name_users(linked.builder, &error), PSC_OK);
    const struct passwd *zero = getpwuid(0); // whose sockets they are, by net/tcp
    const char *name = NULL;
    assert_true(psc_builder_user_named(linked.builder, 0, &name));
    assert_true(same(name, zero != NULL ? zero->pw_name : NULL));
    psc_builder_free(linked.builder);
    fake_proc_remove(&proc);
}

// Directories and services -------------------------------------------------------------------------

static const struct {
    const char *cwd, *cgroup; // NULL: cannot be read
    const char *service, *stop_command;
} service_cases[] = {
    {"/srv", "0::/system.slice/nginx.service\n", "nginx.service", "systemctl stop nginx.service"},
    {"/home/alice", "0::/user.slice/user-1000.slice/user@1000.service/app.slice/web.service\n",
     "web.service", "systemctl --user stop web.service"},
    {"/", "0::/user.slice/user-1000.slice/session-3.scope\n", NULL, NULL},
    {"/tmp/new\nline", NULL, NULL, NULL},
    {NULL, "", NULL, NULL},
};

static void directories_and_services(void **state) {
    for (size_t i = 0; i < COUNT(service_cases); i++) {
        static const uint64_t inodes[] = {100};
        struct fake_proc proc;
        struct linked linked;
        fake_proc_make(&proc);
        add_process(&proc, 100);
        if (service_cases[i].cwd != NULL) {
            fake_proc_link(&proc, "100/cwd", service_cases[i].cwd);
        }
        if (service_cases[i].cgroup != NULL) {
            add_file(&proc, 100, "cgroup", service_cases[i].cgroup,
                     strlen(service_cases[i].cgroup));
        }
        fake_proc_listeners(&proc, inodes, 1);
        begin(&linked, &proc);
        resolve(&linked, PSC_PROCESS_CWD | PSC_PROCESS_SERVICE);
        const struct psc_process *process = process_of(&linked, 100);
        assert_int_equal((process->known & PSC_PROCESS_CWD) != 0, service_cases[i].cwd != NULL);
        assert_int_equal((process->known & PSC_PROCESS_SERVICE) != 0,
                         service_cases[i].cgroup != NULL);
        assert_true(same(process->cwd, service_cases[i].cwd));
        assert_true(same(process->service, service_cases[i].service));
        assert_true(same(process->stop_command, service_cases[i].stop_command));
        psc_builder_free(linked.builder);
        fake_proc_remove(&proc);
    }
}

// All of it ----------------------------------------------------------------------------------------

static void a_process_that_vanishes_stays_unnamed(void **state) {
    static const uint64_t inodes[] = {100, 101};
    struct fake_proc proc;
    struct fake_proc empty;
    struct linked linked;
    fake_proc_make(&proc);
    fake_proc_make(&empty);
    add_process(&proc, 100);
    add_process(&proc, 101);
    fake_proc_listeners(&proc, inodes, 2);
    begin(&linked, &proc);
    add_file(&empty, 101, "comm", "still there\n", 12);
    linked.request.proc_root = empty.root;
    resolve(&linked, ALL_DETAILS);
    assert_int_equal(process_of(&linked, 100)->known, 0);
    assert_string_equal(process_of(&linked, 101)->name, "still there");
    psc_builder_free(linked.builder);
    fake_proc_remove(&proc);
    fake_proc_remove(&empty);
}

static void what_is_known_is_not_asked_again(void **state) {
    static const uint64_t inodes[] = {100};
    struct fake_proc proc;
    struct linked linked;
    fake_proc_make(&proc);
    add_process(&proc, 100);
    add_file(&proc, 100, "comm", "first\n", 6);
    fake_proc_listeners(&proc, inodes, 1);
    begin(&linked, &proc);
    resolve(&linked, PSC_PROCESS_NAME);
    add_file(&proc, 100, "comm", "second\n", 7);
    resolve(&linked, PSC_PROCESS_NAME);
    assert_string_equal(process_of(&linked, 100)->name, "first");
    psc_builder_free(linked.builder);
    fake_proc_remove(&proc);
}

static void this_test_itself(void **state) {
    static const uint64_t inodes[] = {100};
    struct fake_proc proc;
    struct linked linked;
    fake_proc_make(&proc);
    fake_proc_socket(&proc, (uint32_t)getpid(), 3, 100);
    fake_proc_listeners(&proc, inodes, 1);
    begin(&linked, &proc);
    linked.request.proc_root = "/proc";
    resolve(&linked, ALL_DETAILS);
    const struct psc_process *me = process_of(&linked, (uint32_t)getpid());
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    assert_int_equal(me->known, ALL_DETAILS);
    assert_string_equal(me->name, "test_resolver");
    assert_non_null(strstr(me->path, "/test_resolver"));
    assert_false(me->path_deleted);
    assert_non_null(strstr(me->command_line, "test_resolver"));
    assert_in_range(me->started, (int64_t)now.tv_sec * 1000 - 3600000,
                    (int64_t)now.tv_sec * 1000 + 3000);
    psc_builder_free(linked.builder);
    fake_proc_remove(&proc);
}

// Asked for alone, and where they cannot be found out: the second process has nothing but its socket.
static void account_and_location(void **state) {
    static const uint64_t inodes[] = {100, 101};
    struct fake_proc proc;
    struct linked linked;
    char jail[128];
    fake_proc_make(&proc);
    fake_proc_socket(&proc, 100, 3, 100);
    fake_proc_socket(&proc, 101, 3, 101);
    fake_proc_file(&proc, "opt/server", "x", 1);
    fake_proc_link(&proc, "100/root", "/");
    snprintf(jail, sizeof jail, "%s/opt/server", proc.root);
    fake_proc_link(&proc, "100/exe", jail);
    assert_int_equal(fchmodat(proc.directory, "opt/server", 0666, 0), 0);
    fake_proc_listeners(&proc, inodes, 2);
    begin(&linked, &proc);
    resolve(&linked, PSC_PROCESS_ACCOUNT | PSC_PROCESS_EXE_FLAGS);
    const struct psc_process *known = process_of(&linked, 100);
    const struct psc_process *hidden = process_of(&linked, 101);
    assert_int_equal(known->known & (PSC_PROCESS_ACCOUNT | PSC_PROCESS_EXE_FLAGS),
                     PSC_PROCESS_ACCOUNT | PSC_PROCESS_EXE_FLAGS);
    assert_int_equal(known->account == PSC_ACCOUNT_SYSTEM, geteuid() == 0);
    assert_int_equal(known->exe_flags, PSC_EXE_FILE_WRITABLE | PSC_EXE_TEMPORARY); // in /tmp
    assert_int_equal(hidden->known & (PSC_PROCESS_ACCOUNT | PSC_PROCESS_EXE_FLAGS),
                     PSC_PROCESS_ACCOUNT);
    psc_builder_free(linked.builder);
    fake_proc_remove(&proc);
}

static void accounts_are_told_by_number(void **state) {
    static const struct {
        uid_t uid;
        enum psc_account account;
    } cases[] = {
        {0, PSC_ACCOUNT_SYSTEM},      {1, PSC_ACCOUNT_SERVICE},     {999, PSC_ACCOUNT_SERVICE},
        {1000, PSC_ACCOUNT_PERSON},   {61183, PSC_ACCOUNT_PERSON},  {61184, PSC_ACCOUNT_SERVICE},
        {65519, PSC_ACCOUNT_SERVICE}, {65534, PSC_ACCOUNT_SERVICE}, {100000, PSC_ACCOUNT_PERSON},
    };
    static const uint64_t inodes[] = {100};
    if (geteuid() != 0) {
        skip_test("needs root");
    }
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fake_proc proc;
        struct linked linked;
        fake_proc_make(&proc);
        fake_proc_socket(&proc, 100, 3, 100);
        assert_int_equal(fchownat(proc.directory, "100", cases[i].uid, (gid_t)-1, 0), 0);
        fake_proc_listeners(&proc, inodes, 1);
        begin(&linked, &proc);
        resolve(&linked, PSC_PROCESS_ACCOUNT);
        assert_int_equal(process_of(&linked, 100)->account, cases[i].account);
        psc_builder_free(linked.builder);
        fake_proc_remove(&proc);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_every_kind),
        cmocka_unit_test(a_program_that_is_called_deleted),
        cmocka_unit_test(scripts),
        cmocka_unit_test(command_lines),
        cmocka_unit_test(starts),
        cmocka_unit_test(the_oldest_owner_comes_first),
        cmocka_unit_test(users),
        cmocka_unit_test(directories_and_services),
        cmocka_unit_test(a_process_that_vanishes_stays_unnamed),
        cmocka_unit_test(what_is_known_is_not_asked_again),
        cmocka_unit_test(this_test_itself),
        cmocka_unit_test(account_and_location),
        cmocka_unit_test(accounts_are_told_by_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
