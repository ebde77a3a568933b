// test_owners_proc.c - which processes hold which sockets: in a made-up /proc where all of it is
// known, and in the real one for what only a kernel can do.
#include <arpa/inet.h>
#include <errno.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/fake_proc.h"
#include "support/test.h"

#define NOBODY 65534

static struct psc_snapshot *collect(const struct psc_request *request) {
    struct psc_filter filter;
    struct psc_error error = {""};
    struct psc_snapshot *snapshot;
    psc_filter_init(&filter);
    struct psc_builder *builder = psc_builder_new(&filter);
    assert_non_null(builder);
    if (psc_platform_collect(request, builder, &error) != PSC_OK) {
        fail_msg("%s", error.text);
    }
    assert_int_equal(psc_builder_finish(builder, "host", 0, &snapshot), PSC_OK);
    return snapshot;
}

// The owners of the listener on a port, as `12 13`; `-` where they are not known.
static void owners_of(const struct psc_snapshot *snapshot, uint16_t port, char *text, size_t room) {
    for (size_t row = 0; row < psc_snapshot_count(snapshot); row++) {
        const struct psc_endpoint *endpoint = psc_snapshot_endpoint(snapshot, row);
        if (endpoint->local_port != port) {
            continue;
        }
        struct psc_owners owners = psc_snapshot_owners(snapshot, row);
        size_t size = (size_t)snprintf(text, room, "%s",
                                       (endpoint->known & PSC_KNOWN_OWNERS) != 0 ? "" : "-");
        for (size_t i = 0; i < owners.count; i++) {
            uint32_t pid = psc_snapshot_process(snapshot, owners.processes[i])->pid;
            size += (size_t)snprintf(text + size, room - size, i > 0 ? " %u" : "%u", pid);
            assert_true(size < room);
        }
        return;
    }
    fail_msg("there is no row of port %u", port);
}

static void assert_owners(const struct psc_snapshot *snapshot, uint16_t port,
                          const char *expected) {
    char text[256];
    owners_of(snapshot, port, text, sizeof text);
    assert_string_equal(text, expected);
}

static void assert_one_notice(const struct psc_snapshot *snapshot, const char *kind, size_t count) {
    assert_int_equal(psc_snapshot_notice_count(snapshot), 1);
    const struct psc_notice *notice = psc_snapshot_notice(snapshot, 0);
    assert_string_equal(notice->kind, kind);
    assert_int_equal(notice->count, count);
}

// A made-up /proc ----------------------------------------------------------------------------------

static void every_kind_of_holder(void **state) {
    static const uint64_t inodes[] = {100, 200, 300, 400, 500, 600, 9999999999999999999U};
    struct fake_proc proc;
    fake_proc_make(&proc);
    fake_proc_listeners(&proc, inodes, COUNT(inodes));
    // One socket in two processes, and one in several descriptors of a process.
    fake_proc_socket(&proc, 10, 3, 100);
    fake_proc_socket(&proc, 11, 5, 100);
    fake_proc_socket(&proc, 10, 4, 200);
    fake_proc_socket(&proc, 10, 5, 100);
    fake_proc_socket(&proc, 10, 6, 200);
    // Numbers that are larger than those of most.
    fake_proc_socket(&proc, 12, 10001, 300);
    fake_proc_socket(&proc, 12, UINT32_MAX, 400);
    fake_proc_socket(&proc, UINT32_MAX, 0, 400);
    // A thread that does not share the files of its process.
    fake_proc_directory(&proc, "13/fd");
    fake_proc_directory(&proc, "13/task/13/fd");
    fake_proc_link(&proc, "13/task/14/fd/7", "socket:[500]");
    // What is no socket of ours, or no link, or no process.
    fake_proc_link(&proc, "15/fd/0", "/dev/null");
    fake_proc_link(&proc, "15/fd/1", "pipe:[600]");
    fake_proc_link(&proc, "15/fd/2", "socket:[999]");
    fake_proc_link(&proc, "15/fd/3", "socket:[600] (deleted)");
    fake_proc_link(&proc, "15/fd/x", "socket:[600]");
    fake_proc_file(&proc, "15/fd/4", "socket:[600]", 12);
    fake_proc_link(&proc, "selves/fd/0", "socket:[600]");
    fake_proc_socket(&proc, 16, 0, 9999999999999999999U);

    struct psc_request request = fake_proc_request(&proc);
    struct psc_snapshot *snapshot = collect(&request);
    static const char *const expected[] = {"10 11", "10", "12", "12 4294967295", "13", "-", "16"};
    for (size_t i = 0; i < COUNT(expected); i++) {
        assert_owners(snapshot, (uint16_t)(i + 1), expected[i]);
    }
    // Who is not root may have been kept from seeing some process at all.
    assert_one_notice(snapshot, geteuid() == 0 ? "owners-unknown" : "owners-hidden", 1);
    psc_snapshot_free(snapshot);
    fake_proc_remove(&proc);
}

// The files of a thread take three descriptors: /proc, its list of threads, and theirs.
static void too_few_descriptors_cost_owners_but_no_rows(void **state) {
    static const uint64_t inodes[] = {100, 500};
    struct fake_proc proc;
    struct rlimit all;
    fake_proc_make(&proc);
    fake_proc_listeners(&proc, inodes, 2);
    fake_proc_socket(&proc, 10, 3, 100);
    fake_proc_directory(&proc, "13/fd");
    fake_proc_directory(&proc, "13/task/13/fd");
    fake_proc_link(&proc, "13/task/14/fd/7", "socket:[500]");
    struct psc_request request = fake_proc_request(&proc);
    request.threads = 1;
    int next = dup(STDOUT_FILENO);
    close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &all), 0);
    struct rlimit few = {.rlim_cur = (rlim_t)next + 2, .rlim_max = all.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    struct psc_snapshot *snapshot = collect(&request);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &all), 0);
    assert_owners(snapshot, 1, "10");
    assert_owners(snapshot, 2, "-");
    if (geteuid() == 0) {
        assert_one_notice(snapshot, "owners-unknown", 1);
        assert_non_null(strstr(psc_snapshot_notice(snapshot, 0)->text, strerror(EMFILE)));
        assert_true(psc_snapshot_is_privileged(snapshot)); // an audit is as strict as ever
    } else {
        assert_one_notice(snapshot, "owners-hidden", 1);
    }
    psc_snapshot_free(snapshot);
    fake_proc_remove(&proc);
}

static void processes_that_vanish_are_no_error(void **state) {
    static const uint64_t inodes[] = {100};
    struct fake_proc proc;
    fake_proc_make(&proc);
    fake_proc_listeners(&proc, inodes, 1);
    fake_proc_link(&proc, "20", "gone"); // listed, and then not there
    fake_proc_directory(&proc, "21");    // its files are gone already
    fake_proc_link(&proc, "22/fd", "gone");
    fake_proc_link(&proc, "23/task/24/fd", "gone"); // its threads are going
    fake_proc_link(&proc, "23/task/25/fd", "gone");
    fake_proc_socket(&proc, 26, 3, 100);
    struct psc_request request = fake_proc_request(&proc);
    struct psc_snapshot *snapshot = collect(&request);
    assert_owners(snapshot, 1, "26");
    assert_int_equal(psc_snapshot_notice_count(snapshot), 0);
    psc_snapshot_free(snapshot);
    fake_proc_remove(&proc);
}

// Directories without a mode are closed to their owner, and to root without the capabilities that let
// it pass over modes.
static void set_capabilities(const struct __user_cap_data_struct capabilities[2]) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    assert_int_equal(syscall(SYS_capset, &header, capabilities), 0);
}

static struct psc_snapshot *collect_as_bare_root(const struct psc_request *request) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct all[2];
    struct __user_cap_data_struct none[2];
    assert_int_equal(syscall(SYS_capget, &header, all), 0);
    memcpy(none, all, sizeof none);
    none[0].effective = none[1].effective = 0;
    set_capabilities(none);
    struct psc_snapshot *snapshot = collect(request);
    set_capabilities(all);
    return snapshot;
}

typedef struct psc_snapshot *collect_somehow(const struct psc_request *request);

static void assert_counted(const struct fake_proc *proc, collect_somehow *collect_as,
                           const char *advice) {
    struct psc_request request = fake_proc_request(proc);
    struct psc_snapshot *snapshot = collect_as(&request);
    assert_owners(snapshot, 1, "-");
    assert_owners(snapshot, 2, "-");
    assert_owners(snapshot, 3, "33");
    assert_one_notice(snapshot, "owners-hidden", 2);
    assert_non_null(strstr(psc_snapshot_notice(snapshot, 0)->text, advice));
    psc_snapshot_free(snapshot);
}

static void what_this_user_may_not_see_is_counted(void **state) {
    static const uint64_t inodes[] = {100, 200, 300};
    static const char *const locked[] = {"30/fd", "31/task"};
    struct fake_proc proc;
    fake_proc_make(&proc);
    fake_proc_listeners(&proc, inodes, 3);
    fake_proc_socket(&proc, 30, 3, 100);
    fake_proc_link(&proc, "31/task/31/fd/3", "socket:[100]");
    fake_proc_link(&proc, "31/task/32/fd/3", "socket:[200]");
    fake_proc_socket(&proc, 33, 3, 300);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(fchmodat(proc.directory, locked[i], 0, 0), 0);
    }
    if (geteuid() == 0) {
        assert_counted(&proc, collect_as_bare_root, "CAP_SYS_PTRACE");
        if (seteuid(NOBODY) == 0) {
            assert_counted(&proc, collect, "run as root");
            assert_int_equal(seteuid(0), 0);
        } else {
            print_message("left out: this container has no user %d\n", NOBODY);
        }
    } else {
        assert_counted(&proc, collect, "run as root");
    }
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(fchmodat(proc.directory, locked[i], 0755, 0), 0);
    }
    fake_proc_remove(&proc);
}

static void any_number_of_threads_finds_the_same(void **state) {
    enum { SOCKETS = 20, PROCESSES = 100 };
    static const unsigned threads[] = {1, 2, 8, 0, 1000};
    uint64_t inodes[SOCKETS];
    struct fake_proc proc;
    fake_proc_make(&proc);
    for (uint32_t i = 0; i < SOCKETS; i++) {
        inodes[i] = 1000 + i;
    }
    fake_proc_listeners(&proc, inodes, SOCKETS);
    for (uint32_t i = 0; i < PROCESSES; i++) {
        fake_proc_socket(&proc, 1 + i, 3, inodes[i % SOCKETS]);
        fake_proc_socket(&proc, 1 + i, 4, inodes[i * 7 % SOCKETS]);
    }
    for (size_t i = 0; i < COUNT(threads); i++) {
        struct psc_request request = fake_proc_request(&proc);
        request.threads = threads[i];
        struct psc_snapshot *snapshot = collect(&request);
        for (uint32_t socket = 0; socket < SOCKETS; socket++) {
            char expected[512] = "";
            char actual[512];
            for (uint32_t p = 0, size = 0; p < PROCESSES; p++) {
                if (p % SOCKETS == socket || p * 7 % SOCKETS == socket) {
                    size += (uint32_t)snprintf(expected + size, sizeof expected - size,
                                               size > 0 ? " %u" : "%u", p + 1);
                }
            }
            owners_of(snapshot, (uint16_t)(socket + 1), actual, sizeof actual);
            assert_string_equal(actual, expected);
        }
        psc_snapshot_free(snapshot);
    }
    fake_proc_remove(&proc);
}

static void no_process_is_searched_where_all_is_known(void **state) {
    static const uint64_t inodes[] = {0, 0}; // no file refers to these sockets
    struct fake_proc proc;
    fake_proc_make(&proc);
    fake_proc_listeners(&proc, inodes, 2);
    fake_proc_socket(&proc, 40, 3, 0);
    fake_proc_file(&proc, "41/fd", "a walk would fail here", 22);
    struct psc_request request = fake_proc_request(&proc);
    struct psc_snapshot *snapshot = collect(&request);
    assert_owners(snapshot, 1, "");
    assert_owners(snapshot, 2, "");
    assert_int_equal(psc_snapshot_notice_count(snapshot), 0);
    psc_snapshot_free(snapshot);
    fake_proc_remove(&proc);
}

static void a_directory_that_is_no_proc_is_an_error(void **state) {
    struct psc_filter filter;
    struct psc_error error = {""};
    struct psc_request request;
    psc_filter_init(&filter);
    psc_request_init(&request);
    request.proc_root = "/nowhere";
    struct psc_builder *builder = psc_builder_new(&filter);
    assert_int_equal(psc_platform_collect(&request, builder, &error), PSC_SYSTEM);
    assert_non_null(strstr(error.text, "/nowhere"));
    psc_builder_free(builder);
}

// The real /proc -----------------------------------------------------------------------------------

static int listen_somewhere(uint16_t *port) {
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof name;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&name, size) != 0 || listen(listener, 1) != 0 ||
        getsockname(listener, (struct sockaddr *)&name, &size) != 0) {
        perror("a listener");
        exit(1);
    }
    *port = ntohs(name.sin_port);
    return listener;
}

static void assert_mine(uint16_t port) {
    static const unsigned disable[] = {0, PSC_DISABLE_KCMP, PSC_DISABLE_NETLINK};
    char me[16];
    snprintf(me, sizeof me, "%d", getpid());
    for (size_t i = 0; i < COUNT(disable); i++) {
        struct psc_request request;
        psc_request_init(&request);
        request.disable = disable[i];
        struct psc_snapshot *snapshot = collect(&request);
        assert_owners(snapshot, port, me);
        psc_snapshot_free(snapshot);
    }
}

static void descriptors_behind_holes(void **state) {
    static const int numbers[] = {63, 200, 500, 1000};
    uint16_t port;
    int listener = listen_somewhere(&port);
    assert_mine(port);
    for (size_t i = 0; i < COUNT(numbers); i++) {
        if (dup2(listener, numbers[i]) < 0) {
            print_message("skipped: no descriptor %d for this process\n", numbers[i]);
            break;
        }
        close(listener);
        listener = numbers[i];
        assert_mine(port);
    }
    close(listener);
}

struct loner {
    pthread_barrier_t ready, over;
    uint16_t port;
    bool alone;
};

static void *hold_alone(void *argument) {
    struct loner *loner = argument;
    loner->alone = unshare(CLONE_FILES) == 0;
    int listener = listen_somewhere(&loner->port);
    pthread_barrier_wait(&loner->ready);
    pthread_barrier_wait(&loner->over);
    close(listener);
    return NULL;
}

static void a_thread_with_files_of_its_own(void **state) {
    struct loner loner = {.alone = false};
    pthread_t thread;
    pthread_barrier_init(&loner.ready, NULL, 2);
    pthread_barrier_init(&loner.over, NULL, 2);
    assert_int_equal(pthread_create(&thread, NULL, hold_alone, &loner), 0);
    pthread_barrier_wait(&loner.ready);
    assert_true(loner.alone);
    assert_mine(loner.port);
    pthread_barrier_wait(&loner.over);
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&loner.ready);
    pthread_barrier_destroy(&loner.over);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_holder),
        cmocka_unit_test(too_few_descriptors_cost_owners_but_no_rows),
        cmocka_unit_test(processes_that_vanish_are_no_error),
        cmocka_unit_test(what_this_user_may_not_see_is_counted),
        cmocka_unit_test(any_number_of_threads_finds_the_same),
        cmocka_unit_test(no_process_is_searched_where_all_is_known),
        cmocka_unit_test(a_directory_that_is_no_proc_is_an_error),
        cmocka_unit_test(descriptors_behind_holes),
        cmocka_unit_test(a_thread_with_files_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
