// test_live.c - sockets that this process makes on the machine as it is, for any user: the table
// of the machine has exactly these rows for them.
#include <fcntl.h>
#include <pthread.h>
#include <pwd.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/live_states.h"
#include "support/test.h"

#define EVERY_DETAIL                                                                               \
    (PSC_PROCESS_NAME | PSC_PROCESS_PATH | PSC_PROCESS_COMMAND_LINE | PSC_PROCESS_USER |           \
     PSC_PROCESS_STARTED)

#define RUNS 60 // PSC_CHURN_RUNS sets another number, for a longer look

// lo is down in a new network namespace, for example.
static void need_loopback(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(9)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int probe = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool up = connect(probe, (struct sockaddr *)&address, sizeof address) == 0; // sends nothing
    close(probe);
    if (!up) {
        skip_test("lo is down");
    }
}

static struct psc_request everything(void) {
    struct psc_request request;
    psc_request_init(&request);
    return request;
}

static void fill(struct live_states *live, const char *address) {
    live_connect(live, live_listen(live, address), NULL);
    live_connect_udp(live, live_bind_udp(live, address), live_bind_udp(live, address));
}

static void assert_shown(const struct live_states *live, const struct psc_snapshot *snapshot,
                         unsigned parts, const char *title) {
    struct rows shown = {0};
    struct rows truth = {0};
    rows_add_snapshot_of(&shown, snapshot, live);
    rows_add_live(&truth, live, PSC_STATES_ALL);
    rows_assert_equal(&shown, &truth, parts, title);
    rows_done(&shown);
    rows_done(&truth);
}

static void shows_exactly_our_sockets(void **state) {
    static const unsigned disable[] = {0, PSC_DISABLE_NETLINK, PSC_DISABLE_BPF,
                                       PSC_DISABLE_BPF | PSC_DISABLE_KCMP};
    struct live_states *live = *state;
    need_loopback();
    fill(live, "127.0.0.1");
    if (live->ipv6) {
        fill(live, "::1");
    }
    live_child(live, live_listen(live, "127.0.0.1"), NULL);
    for (size_t i = 0; i < COUNT(disable); i++) {
        struct psc_request request = everything();
        request.disable = disable[i];
        struct psc_snapshot *snapshot = live_collect(&request, PSC_PROCESS_NAME);
        assert_shown(live, snapshot, disable[i] == PSC_DISABLE_NETLINK ? ROW_BY_PROC_NET : ROW_ALL,
                     "machine");
        psc_snapshot_free(snapshot);
    }
}

static void closed_sockets_are_gone(void **state) {
    struct live_states *live = *state;
    int closed = live_listen(live, "127.0.0.1");
    struct psc_endpoint was = live_row_of(live, closed)->endpoint;
    live_close(live, closed);
    struct psc_request request = everything();
    struct psc_snapshot *snapshot = live_collect(&request, 0);
    for (size_t i = 0; i < psc_snapshot_count(snapshot); i++) {
        assert_false(psc_snapshot_endpoint(snapshot, i)->inode == was.inode);
    }
    psc_snapshot_free(snapshot);
}

static const struct psc_process *find_process(const struct psc_snapshot *snapshot, pid_t pid) {
    for (size_t i = 0; i < psc_snapshot_count(snapshot); i++) {
        struct psc_owners owners = psc_snapshot_owners(snapshot, i);
        for (size_t j = 0; j < owners.count; j++) {
            const struct psc_process *process = psc_snapshot_process(snapshot, owners.processes[j]);
            if (process->pid == (uint32_t)pid) {
                return process;
            }
        }
    }
    fail_msg("process %d owns nothing", pid);
    return NULL;
}

static void assert_user(const char *user) {
    char number[16];
    const struct passwd *entry = getpwuid(geteuid());
    snprintf(number, sizeof number, "%u", geteuid());
    assert_string_equal(user, entry != NULL ? entry->pw_name : number);
}

static void assert_is_us(const struct psc_process *process) {
    char path[4096];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
    assert_true(size > 0);
    path[size] = '\0';
    assert_int_equal(process->known, EVERY_DETAIL);
    assert_string_equal(process->path, path);
    assert_string_equal(process->name, strrchr(path, '/') + 1);
    assert_false(process->path_deleted);
    assert_string_equal(process->command_line + strlen(process->command_line) -
                            strlen(process->name),
                        process->name);
    assert_user(process->user);
    int64_t age = (int64_t)time(NULL) * 1000 - process->started;
    assert_in_range(age + 2000, 0, 600 * 1000); // the clock may have been set a little
}

static void owners_are_resolved(void **state) {
    struct live_states *live = *state;
    int listener = live_listen(live, "127.0.0.1");
    pid_t child = live_child(live, listener, NULL);
    struct psc_request request = everything();
    struct psc_snapshot *snapshot = live_collect(&request, EVERY_DETAIL);
    assert_is_us(find_process(snapshot, getpid()));
    assert_is_us(find_process(snapshot, child));
    assert_true(find_process(snapshot, getpid())->shares);
    psc_snapshot_free(snapshot);
}

// Churn -------------------------------------------------------------------------------------------

// Closes a connection without a trace: a machine has only so many ports to wait with.
static void drop(int descriptor) {
    struct linger at_once = {.l_onoff = 1};
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(descriptor);
}

static bool connect_once(void) {
    struct sockaddr_in name = {.sin_family = AF_INET};
    socklen_t size = sizeof name;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int server = -1;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&name, size) == 0 && listen(listener, 1) == 0 &&
        getsockname(listener, (struct sockaddr *)&name, &size) == 0 &&
        connect(client, (struct sockaddr *)&name, size) == 0) {
        server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    }
    drop(server);
    drop(client);
    close(listener);
    return server >= 0;
}

static void *come_and_go(void *argument) {
    const int *cycles = argument;
    while (connect_once() && eventfd_write(*cycles, 1) == 0) {
    }
    _exit(1);
    return NULL;
}

// Processes that hide and then vanish while a search may be reading their files: from one moment to the
// next these may not be read. (The kernel notices when the directory is looked up again.)
static void *hide_and_vanish(void *argument) {
    pid_t pid = 0;
    while (pid >= 0) {
        pid = fork();
        for (int i = 0; pid == 0 && i < 200; i++) {
            prctl(PR_SET_DUMPABLE, i % 2);
            (void)access("/proc/self/fd", F_OK);
        }
        if (pid == 0) {
            prctl(PR_SET_DUMPABLE, 0);
            (void)access("/proc/self/fd", F_OK);
            _exit(0);
        }
        waitpid(pid, NULL, 0);
    }
    _exit(1);
    return argument;
}

static void start_churn(int cycles) {
    static int argument; // outlives this call
    pthread_t thread;
    argument = cycles;
    for (int i = 0; i < 300; i++) {
        (void)fcntl(cycles, F_DUPFD_CLOEXEC, 0); // the more files, the longer they are looked at
    }
    if (pthread_create(&thread, NULL, come_and_go, &argument) != 0 ||
        pthread_create(&thread, NULL, hide_and_vanish, NULL) != 0) {
        _exit(1);
    }
}

static void sockets_that_stay_are_shown_once(void **state) {
    static const unsigned methods[] = {0, PSC_DISABLE_BPF, PSC_DISABLE_BPF | PSC_DISABLE_KCMP};
    struct live_states *live = *state;
    need_loopback();
    int listener = live_listen(live, "127.0.0.1");
    for (int i = 0; i < 40; i++) {
        live_connect(live, live_listen(live, "127.0.0.1"), NULL);
        live_connect(live, listener, NULL);
        live_bind_udp(live, "127.0.0.1");
    }
    int cycles = eventfd(0, EFD_CLOEXEC);
    live_keep(live, cycles);
    live_child(live, cycles, start_churn);
    const char *longer = getenv("PSC_CHURN_RUNS");
    size_t runs = longer != NULL ? strtoul(longer, NULL, 10) : RUNS;
    for (size_t run = 0; run < runs; run++) {
        struct psc_request request = everything();
        request.disable = methods[run % COUNT(methods)];
        struct psc_snapshot *snapshot = live_collect(&request, PSC_PROCESS_NAME);
        assert_shown(live, snapshot, ROW_ALL, "churn");
        psc_snapshot_free(snapshot);
    }
    // Otherwise too little came and went to test anything.
    eventfd_t count;
    succeed(eventfd_read(cycles, &count));
    assert_true(count > runs / 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(shows_exactly_our_sockets, live_set_up, live_tear_down),
        cmocka_unit_test_setup_teardown(closed_sockets_are_gone, live_set_up, live_tear_down),
        cmocka_unit_test_setup_teardown(owners_are_resolved, live_set_up, live_tear_down),
        cmocka_unit_test_setup_teardown(sockets_that_stay_are_shown_once, live_set_up,
                                        live_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
