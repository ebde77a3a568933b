// test_owners_bpf.c - the BPF iterator: its records decoded from bytes, and the owners that it finds,
// which must be those of the walk, for odd processes, too.
#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform/linux/owners_bpf.h"
#include "platform/linux/socket_record.h"
#include "support/live_states.h"
#include "support/namespace.h"
#include "support/test.h"

// Decoding ----------------------------------------------------------------------------------------

static void records_become_owners(void **state) {
    const struct socket_record records[] = {
        {.inode = 5, .pid = 10},
        {.inode = 5, .pid = 10},
        {.inode = UINT64_MAX, .pid = UINT32_MAX},
        {.inode = 6, .pid = 0}, // a process that is just ending
    };
    struct owner_list owners = {0};
    size_t used;
    assert_true(owners_bpf_decode((const char *)records, sizeof records, &owners, &used));
    assert_int_equal(used, sizeof records);
    assert_int_equal(owners.count, 2);
    assert_int_equal(owners.list[0].inode, 5);
    assert_int_equal(owners.list[0].pid, 10);
    assert_true(owners.list[1].inode == UINT64_MAX);
    assert_int_equal(owners.list[1].pid, UINT32_MAX);
    owner_list_done(&owners);
}

static void half_a_record_waits_for_its_rest(void **state) {
    const struct socket_record records[] = {{.inode = 1, .pid = 2}, {.inode = 3, .pid = 4}};
    for (size_t size = 0; size <= sizeof records; size++) {
        struct owner_list owners = {0};
        size_t used;
        assert_true(owners_bpf_decode((const char *)records, size, &owners, &used));
        assert_int_equal(used, size / sizeof records[0] * sizeof records[0]);
        assert_int_equal(owners.count, size / sizeof records[0]);
        owner_list_done(&owners);
    }
}

// The real one ------------------------------------------------------------------------------------

static void need_bpf(void) {
    if (!owners_bpf_is_built()) {
        skip_test("this build has no BPF iterator");
    }
    if (!owners_bpf_is_allowed()) {
        skip_test("this user may not load BPF programs here");
    }
}

static uint64_t inode_of(int descriptor) {
    struct stat status;
    assert_int_equal(fstat(descriptor, &status), 0);
    return status.st_ino;
}

static bool has_owner(const struct owner_list *owners, uint64_t inode, pid_t pid) {
    for (size_t i = 0; i < owners->count; i++) {
        if (owners->list[i].inode == inode && owners->list[i].pid == (uint32_t)pid) {
            return true;
        }
    }
    return false;
}

static void only_the_wanted_are_told(void **state) {
    need_bpf();
    int sockets[3];
    uint64_t inodes[3];
    for (int i = 0; i < 3; i++) {
        sockets[i] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        inodes[i] = inode_of(sockets[i]);
    }
    struct owner_list owners = {0};
    assert_int_equal(owners_bpf_find(inodes, 2, &owners), PSC_OK);
    assert_int_equal(owners.count, 2);
    assert_true(has_owner(&owners, inodes[0], getpid()));
    assert_true(has_owner(&owners, inodes[1], getpid()));
    owner_list_done(&owners);
    assert_int_equal(owners_bpf_find(NULL, 0, &owners), PSC_OK);
    for (int i = 0; i < 3; i++) {
        assert_true(has_owner(&owners, inodes[i], getpid()));
        close(sockets[i]);
    }
    owner_list_done(&owners);
}

// Runs as the first process of a PID namespace. Returns 0 if the iterator calls it by its number here.
static int find_self(void *context) {
    (void)context;
    int socket_of_mine = socket(AF_INET, SOCK_DGRAM, 0);
    struct stat status;
    if (getpid() != 1 || fstat(socket_of_mine, &status) != 0) {
        return 2;
    }
    struct owner_list owners = {0};
    uint64_t inode = status.st_ino;
    if (owners_bpf_find(&inode, 1, &owners) != PSC_OK) {
        return 3;
    }
    int result = owners.count == 1 && owners.list[0].pid == 1 ? 0 : 4;
    owner_list_done(&owners);
    return result;
}

static void numbers_are_those_of_the_reader(void **state) {
    need_bpf();
    int result = namespace_as_init(find_self, NULL);
    if (result < 0) {
        skip_test("no PID namespace");
    }
    assert_int_equal(result, 0);
}

// The same owners as the walk ----------------------------------------------------------------------

// Together with three children that open so many, this machine has enough open files for the search to
// begin beside the dump, on a thread of its own.
#define MANY_FILES 7000

static void open_many_files(int unused) {
    (void)unused;
    struct rlimit limit;
    succeed(getrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_cur = limit.rlim_max;
    succeed(setrlimit(RLIMIT_NOFILE, &limit));
    for (int i = 0; i < MANY_FILES; i++) {
        if (open("/dev/null", O_RDONLY | O_CLOEXEC) < 0) {
            _exit(1);
        }
    }
}

static void assert_same_owners(const struct psc_request *request, const char *title) {
    struct psc_request walk;
    psc_request_init(&walk);
    walk.disable = PSC_DISABLE_BPF;
    struct psc_snapshot *by_bpf = live_collect(request, 0);
    struct psc_snapshot *by_walk = live_collect(&walk, 0);
    struct rows found = {0};
    struct rows expected = {0};
    rows_add_snapshot(&found, by_bpf);
    rows_add_snapshot(&expected, by_walk);
    assert_true(found.count > 20);
    rows_assert_equal(&found, &expected, ROW_PRINTED, title);
    assert_int_equal(psc_snapshot_notice_count(by_bpf), psc_snapshot_notice_count(by_walk));
    rows_done(&found);
    rows_done(&expected);
    psc_snapshot_free(by_bpf);
    psc_snapshot_free(by_walk);
}

static void finds_what_the_walk_finds(void **state) {
    struct live_states *live = live_in_namespace(state);
    need_bpf();
    struct psc_request request;
    psc_request_init(&request);
    for (int i = 0; i < 3; i++) {
        (void)live_child(live, live->rows[0].descriptor, open_many_files);
    }
    assert_same_owners(&request, "beside the dump");
    request.threads = 1;
    assert_same_owners(&request, "after the dump");
    request.threads = 0;
    struct psc_filter ports = psc_filter_everything;
    assert_int_equal(psc_port_set_add(&ports.local_port.set, 0, UINT16_MAX), PSC_OK);
    request.filter = &ports;
    assert_same_owners(&request, "few rows");
    psc_filter_done(&ports);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_become_owners),
        cmocka_unit_test(half_a_record_waits_for_its_rest),
        cmocka_unit_test(only_the_wanted_are_told),
        cmocka_unit_test(numbers_are_those_of_the_reader),
    };
    const struct CMUnitTest in_namespace[] = {
        cmocka_unit_test(finds_what_the_walk_finds),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return failed + cmocka_run_group_tests(in_namespace, live_fill_namespace, live_tear_down);
}
