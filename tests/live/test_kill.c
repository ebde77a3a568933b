// test_kill.c - portscope kill and real processes: which it stops, which it never stops, what it asks
// before, and what it reports.
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform/linux/proc_parse.h"
#include "support/live_states.h"
#include "support/namespace.h"
#include "support/pty.h"
#include "support/spawn.h"
#include "support/test.h"

// Servers and clients -------------------------------------------------------------------------------

static int listen_on(struct live_states *live, in_port_t port) {
    return live_open(live, &(struct live_socket){.type = SOCK_STREAM,
                                                 .address = "127.0.0.1",
                                                 .port = port,
                                                 .backlog = 5,
                                                 .reuse_address = true});
}

// A server process; the test itself lets go of the socket.
static pid_t serve(struct live_states *live, live_prepare *prepare, in_port_t *port) {
    int listener = listen_on(live, 0);
    *port = live_port(live, listener);
    pid_t pid = live_child(live, listener, prepare);
    live_release(live, listener);
    return pid;
}

static void ignore_term(int descriptor) {
    (void)descriptor;
    if (signal(SIGTERM, SIG_IGN) == SIG_ERR) {
        _exit(1);
    }
}

// The signal that ended a child, 0 while it is there.
static int ended_by(pid_t pid) {
    siginfo_t info = {.si_pid = 0};
    succeed(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT));
    return info.si_pid == 0 ? 0 : info.si_code == CLD_EXITED ? -1 : info.si_status;
}

// The program ------------------------------------------------------------------------------------

// @p out and @p err are parts of what is printed, NULL for nothing.
static void check(in_port_t port, const char *options, int status, const char *out,
                  const char *err) {
    struct spawned spawned;
    spawn(&spawned, PSC_PROGRAM " kill %u %s", port, options);
    spawn_check(&spawned, status, out, err);
}

static bool has_pid(const char *text, pid_t pid) {
    char words[32];
    snprintf(words, sizeof words, "(pid %d", pid);
    const char *found = strstr(text, words);
    return found != NULL && (found[strlen(words)] == ',' || found[strlen(words)] == ')');
}

// Whom it ends --------------------------------------------------------------------------------------

static void a_server_is_asked_and_ends(void **state) {
    struct live_states *live = live_in_namespace(state);
    in_port_t port;
    struct spawned spawned;
    char out[64];
    pid_t server = serve(live, NULL, &port);
    spawn(&spawned, PSC_PROGRAM " kill %u --yes", port);
    snprintf(out, sizeof out, "%u/tcp is free now\n", port);
    assert_true(has_pid(spawned.out, server));
    spawn_check(&spawned, 0, out, NULL);
    assert_int_equal(ended_by(server), SIGTERM);
    check(port, "--yes", 0, "is free already", NULL);
}

static void clients_are_left_alone(void **state) {
    struct live_states *live = live_in_namespace(state);
    int listener = listen_on(live, 0);
    in_port_t port = live_port(live, listener);
    struct live_pair pair = live_connect(live, listener, NULL);
    in_port_t client_port = live_port(live, pair.client);
    pid_t server = live_child(live, listener, NULL);
    pid_t worker = live_child(live, pair.server, NULL); // talks and does not listen
    pid_t client = live_child(live, pair.client, NULL);
    struct spawned spawned;
    live_release(live, listener);
    live_release(live, pair.server);
    live_release(live, pair.client);
    // No process serves on the client's port.
    check(client_port, "--yes", 1, "no visible process", "portscope check");
    spawn(&spawned, PSC_PROGRAM " kill %u --yes --force", port);
    assert_true(has_pid(spawned.out, server));
    assert_false(has_pid(spawned.out, worker) || has_pid(spawned.out, client));
    spawn_check(&spawned, 0, "is free now", NULL);
    assert_int_equal(ended_by(server), SIGTERM);
    assert_int_equal(ended_by(worker), 0);
    assert_int_equal(ended_by(client), 0);
}

static void protocols_are_apart(void **state) {
    struct live_states *live = live_in_namespace(state);
    int listener = listen_on(live, 0);
    in_port_t port = live_port(live, listener);
    int socket = live_open(
        live, &(struct live_socket){.type = SOCK_DGRAM, .address = "127.0.0.1", .port = port});
    pid_t tcp = live_child(live, listener, NULL);
    pid_t udp = live_child(live, socket, NULL);
    live_release(live, listener);
    live_release(live, socket);
    check(port, "--udp --yes", 0, "/udp is free now", NULL);
    assert_int_equal(ended_by(udp), SIGTERM);
    assert_int_equal(ended_by(tcp), 0);
}

// Forked servers, and one on each family: all of them have the port.
static void all_holders_are_shown_and_end(void **state) {
    struct live_states *live = live_in_namespace(state);
    int listener = listen_on(live, 0);
    in_port_t port = live_port(live, listener);
    struct spawned spawned;
    pid_t servers[4];
    size_t count = 0;
    for (; count < 3; count++) {
        servers[count] = live_child(live, listener, count == 1 ? ignore_term : NULL);
    }
    live_release(live, listener);
    if (live->ipv6) {
        int other = live_open(live, &(struct live_socket){.type = SOCK_STREAM,
                                                          .address = "::1",
                                                          .port = port,
                                                          .backlog = 5,
                                                          .reuse_address = true});
        servers[count++] = live_child(live, other, NULL);
        live_release(live, other);
    }
    spawn(&spawned, PSC_PROGRAM " kill %u --yes --timeout 200ms", port);
    for (size_t i = 0; i < count; i++) {
        assert_true(has_pid(spawned.out, servers[i]));
        assert_int_equal(ended_by(servers[i]), i == 1 ? 0 : SIGTERM);
    }
    char err[80];
    snprintf(err, sizeof err, "(pid %d) ignored SIGTERM for 0.2 s; --force sends SIGKILL",
             servers[1]);
    spawn_check(&spawned, 1, "is still in use", err);
    check(port, "--yes --timeout 200ms --force", 0, "is free now", NULL);
    assert_int_equal(ended_by(servers[1]), SIGKILL);
}

static void a_port_that_is_bound_only(void **state) {
    struct live_states *live = live_in_namespace(state);
    int bound = live_open(live, &(struct live_socket){.type = SOCK_STREAM, .address = "127.0.0.1"});
    in_port_t port = live_port(live, bound);
    pid_t pid = live_child(live, bound, NULL);
    live_release(live, bound);
    if (!live_kernel_tells_bound()) {
        check(port, "--yes", 1, "no visible process", "portscope check");
        assert_int_equal(ended_by(pid), 0);
        return;
    }
    check(port, "--yes", 0, "is free now", NULL);
    assert_int_equal(ended_by(pid), SIGTERM);
}

// What is needed before -----------------------------------------------------------------------------

static void nothing_without_confirmation(void **state) {
    struct live_states *live = live_in_namespace(state);
    in_port_t port;
    pid_t server = serve(live, NULL, &port);
    check(port, "", 2, NULL, "pass --yes to confirm");
    check(port, "--force", 2, NULL, "pass --yes to confirm");
    assert_int_equal(ended_by(server), 0);
    check(port, "--dry-run", 0, "nothing was done", NULL);
    check(port, "--dry-run --yes --force", 0, "nothing was done", NULL);
    assert_int_equal(ended_by(server), 0);
}

// Answers the question of a kill, and returns its exit status.
static int answer(in_port_t port, pid_t server, const char *typed, char *text, size_t size) {
    struct pty pty;
    pty_begin(&pty, PSC_PROGRAM " kill %u", port);
    pty_expect(&pty, "Stop it? [y/N] ");
    assert_true(has_pid(pty.text, server));
    assert_int_equal(ended_by(server), 0); // asked, and not yet ended
    pty_say(&pty, typed);
    int status = pty_end(&pty);
    snprintf(text, size, "%s", pty.text);
    return status;
}

static void the_answer_counts(void **state) {
    static const char *const refusals[] = {"n\n", "\n", "no\n", "\x04" /* end of input */};
    struct live_states *live = live_in_namespace(state);
    in_port_t port;
    char text[1024];
    pid_t server = serve(live, NULL, &port);
    for (size_t i = 0; i < COUNT(refusals); i++) {
        assert_int_equal(answer(port, server, refusals[i], text, sizeof text), 1);
        assert_null(strstr(text, "is free"));
        assert_int_equal(ended_by(server), 0);
    }
    assert_int_equal(answer(port, server, "y\n", text, sizeof text), 0);
    assert_non_null(strstr(text, "is free now"));
    assert_int_equal(ended_by(server), SIGTERM);
}

// Types `yes` at some moment. The terminal's echo tells whether that was before the question.
static void what_is_typed_before_the_question_is_no_answer(void **state) {
    const char *tries = getenv("PSC_TRIES");
    struct live_states *live = live_in_namespace(state);
    in_port_t port;
    unsigned before = 0;
    serve(live, ignore_term, &port);
    for (unsigned i = 0; i < (tries != NULL ? strtoul(tries, NULL, 10) : 40); i++) {
        struct pty pty;
        pty_begin(&pty, PSC_PROGRAM " kill %u --timeout 1ms", port);
        usleep(i % 40 * 250);
        pty_say(&pty, "yes\n");
        pty_expect(&pty, "[y/N] ");
        const char *echo = strstr(pty.text, "yes\r\n");
        bool early = echo != NULL && echo < strstr(pty.text, "Stop it?");
        pty_say(&pty, early ? "n\n" : "y\n"); // else the first may have been discarded
        assert_int_equal(pty_end(&pty), 1);
        if ((strstr(pty.text, "ignored SIGTERM") == NULL) != early) {
            fail_msg("typed %s the question: %s", early ? "before" : "after", pty.text);
        }
        before += early;
    }
    print_message("%u early answers\n", before);
    assert_true(before > 0);
}

static int listener_to_close = -1;

static void close_listener(int signal) {
    (void)signal;
    close(listener_to_close);
}

static void close_when_told(int listener) {
    listener_to_close = listener;
    if (signal(SIGUSR1, close_listener) == SIG_ERR) {
        _exit(1);
    }
}

static bool answers(in_port_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bool connected = connect(client, (struct sockaddr *)&address, sizeof address) == 0;
    close(client);
    return connected;
}

static void a_process_that_closed_the_port_is_left_alone(void **state) {
    struct live_states *live = live_in_namespace(state);
    in_port_t port;
    struct pty pty;
    pid_t server = serve(live, close_when_told, &port);
    pty_begin(&pty, PSC_PROGRAM " kill %u --force", port);
    pty_expect(&pty, "[y/N] ");
    succeed(kill(server, SIGUSR1));
    while (answers(port)) {
        usleep(1000);
    }
    pty_say(&pty, "y\n");
    assert_int_equal(pty_end(&pty), 0);
    assert_non_null(strstr(pty.text, "does not hold the port any more"));
    assert_non_null(strstr(pty.text, "is free now"));
    assert_int_equal(ended_by(server), 0);
}

static void its_own_parents_are_refused(void **state) {
    struct live_states *live = live_in_namespace(state);
    int listener = listen_on(live, 0);
    in_port_t port = live_port(live, listener);
    char err[64];
    pid_t other = live_child(live, listener, NULL);
    snprintf(err, sizeof err, "(pid %d) is portscope or one of its parents", getpid());
    check(port, "--yes --force", 1, "is held by", err);
    assert_int_equal(ended_by(other), 0); // all or nothing
}

static void processes_of_others_are_not_stopped(void **state) {
    struct live_states *live = live_in_namespace(state);
    in_port_t port;
    struct spawned spawned;
    need_root();
    pid_t server = serve(live, NULL, &port);
    spawn_as(NOBODY, &spawned, PSC_PROGRAM " kill %u --yes --force", port);
    spawn_check(&spawned, 1, "no visible process", "portscope check");
    assert_int_equal(ended_by(server), 0);
}

// What is said afterwards ---------------------------------------------------------------------------

static void force_ends_processes_that_ignore_the_signal(void **state) {
    struct live_states *live = live_in_namespace(state);
    in_port_t port;
    pid_t server = serve(live, ignore_term, &port);
    check(port, "--yes --timeout 100ms", 1, "is still in use", "--force sends SIGKILL");
    assert_int_equal(ended_by(server), 0);
    check(port, "--yes --timeout 100ms --force", 0, "is free now", NULL);
    assert_int_equal(ended_by(server), SIGKILL);
}

// Takes the port of another as soon as that has ended, as a service manager would have it done.
static void succeed_another(int port_pipe) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    int yes = 1;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (read(port_pipe, &address.sin_port, sizeof address.sin_port) != sizeof address.sin_port ||
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0) {
        _exit(1);
    }
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    pid_t pid = fork(); // so that the parent gets on
    if (pid != 0) {
        return;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (bind(listener, (struct sockaddr *)&address, sizeof address) != 0) {
    }
    if (listen(listener, 5) != 0) {
        _exit(1);
    }
    for (;;) {
        pause();
    }
}

static void a_restarted_server_is_reported(void **state) {
    struct live_states *live = live_in_namespace(state);
    in_port_t port;
    int ends[2];
    pid_t server = serve(live, NULL, &port);
    in_port_t wire = htons(port);
    succeed(pipe2(ends, O_CLOEXEC));
    live_keep(live, ends[0]);
    live_keep(live, ends[1]);
    assert_int_equal(write(ends[1], &wire, sizeof wire), sizeof wire);
    live_child(live, ends[0], succeed_another);
    check(port, "--yes", 1, "  now held by ", NULL);
    assert_int_equal(ended_by(server), SIGTERM);
}

static void closed_connections_are_told(void **state) {
    struct live_states *live = live_in_namespace(state);
    int listener = live_open(
        live, &(struct live_socket){.type = SOCK_STREAM, .address = "127.0.0.1", .backlog = 5});
    in_port_t port = live_port(live, listener);
    struct live_pair pair = live_connect(live, listener, NULL);
    live_time_wait(live, (struct live_pair){.client = pair.server, .server = pair.client});
    pid_t server = live_child(live, listener, NULL);
    live_release(live, listener);
    check(port, "--yes", 1, "only closed connections hold it, for 60 s at most", NULL);
    assert_int_equal(ended_by(server), SIGTERM);
}

// In a PID namespace --------------------------------------------------------------------------------

static void need_init(void) {
    if (getpid() != 1) {
        skip_test("no PID namespace");
    }
}

static bool next_pid_is(pid_t pid) {
    char text[16];
    int file = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
    int length = snprintf(text, sizeof text, "%d", pid - 1);
    bool written = file >= 0 && write(file, text, (size_t)length) == length;
    if (file >= 0) {
        close(file);
    }
    return written;
}

static uint64_t start_of(pid_t pid) {
    char path[32];
    char text[1024];
    uint64_t ticks = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = read(file, text, sizeof text);
    close(file);
    assert_true(size > 0 && proc_parse_start(text, (size_t)size, &ticks));
    return ticks;
}

// Else it is hidden from an ordinary user.
static bool drop_capabilities(void *context) {
    return namespace_drop_capabilities();
}

// A process with a PID of our choice that serves on a port, 0 for any.
static void serve_as(pid_t pid, in_port_t *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(*port)};
    socklen_t size = sizeof address;
    int yes = 1;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    succeed(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes));
    succeed(bind(listener, (struct sockaddr *)&address, size));
    succeed(listen(listener, 5));
    succeed(getsockname(listener, (struct sockaddr *)&address, &size));
    *port = ntohs(address.sin_port);
    if (!next_pid_is(pid)) {
        skip_test("this system does not let us choose a PID");
    }
    assert_int_equal(spawn_child(drop_capabilities, NULL, NULL), pid);
    close(listener);
}

// Ends a server and starts another one with its number, later than that by the kernel's clock.
static void replace(pid_t pid, in_port_t port) {
    uint64_t before = start_of(pid);
    do {
        spawn_kill(pid);
        serve_as(pid, &port);
    } while (start_of(pid) == before);
}

static void a_reused_pid_is_another_process(void **state) {
    const pid_t pid = 300;
    struct psc_request request;
    struct psc_process_handle *held;
    struct psc_process_handle *stale;
    struct psc_error error;
    in_port_t port = 0;
    need_init();
    psc_request_init(&request);
    serve_as(pid, &port);
    uint64_t identity = start_of(pid);
    assert_int_equal(psc_platform_open_process(&request, (uint32_t)pid, identity, &held, &error),
                     PSC_OK);
    assert_false(psc_platform_wait_process(held, 0));
    replace(pid, port);
    // Opened before: it has ended, and the process with its PID now gets no signal.
    assert_true(psc_platform_wait_process(held, 0));
    assert_int_equal(psc_platform_terminate_process(held, true, &error), PSC_GONE);
    psc_platform_close_process(held);
    // Opened since: it is not the one that was meant.
    assert_int_equal(psc_platform_open_process(&request, (uint32_t)pid, identity, &stale, &error),
                     PSC_GONE);
    assert_null(stale);
    assert_int_equal(ended_by(pid), 0);
    spawn_kill(pid);
    assert_int_equal(psc_platform_open_process(&request, (uint32_t)pid, identity, &stale, &error),
                     PSC_GONE);
    assert_null(stale);
}

// The number is reused between the question and the answer.
static void the_answer_is_for_the_process_that_was_shown(void **state) {
    const pid_t pid = 400;
    struct pty pty;
    in_port_t port = 0;
    need_init();
    serve_as(pid, &port);
    pty_begin(&pty, PSC_PROGRAM " kill %u --force", port);
    pty_expect(&pty, "(pid 400,");
    pty_expect(&pty, "[y/N] ");
    replace(pid, port);
    pty_say(&pty, "y\n");
    assert_int_equal(pty_end(&pty), 1);
    assert_non_null(strstr(pty.text, "is still in use"));
    assert_non_null(strstr(pty.text, "now held by test_kill (pid 400,"));
    assert_int_equal(ended_by(pid), 0);
    spawn_kill(pid);
}

// Runs in a PID namespace that still has the /proc of its parent's.
static int kill_by_foreign_proc(pid_t pid, uint64_t identity, in_port_t port) {
    struct psc_request request;
    struct psc_process_handle *process;
    struct psc_error error;
    struct spawned spawned;
    if (!next_pid_is(pid)) {
        return 77;
    }
    pid_t innocent = spawn_child(NULL, NULL, NULL);
    if (innocent != pid) {
        return 77;
    }
    psc_request_init(&request);
    enum psc_status status =
        psc_platform_open_process(&request, (uint32_t)pid, identity, &process, &error);
    spawn(&spawned, PSC_PROGRAM " kill %u --yes --force", port);
    bool refused = spawned.status != 0 && strstr(spawned.err, "PID namespace") != NULL;
    bool alive = ended_by(innocent) == 0;
    return status == PSC_UNSUPPORTED && process == NULL && refused && alive ? 0 : 1;
}

static void numbers_of_another_namespace_stop_no_process(void **state) {
    const pid_t pid = 500;
    int status;
    in_port_t port = 0;
    need_init();
    serve_as(pid, &port);
    uint64_t identity = start_of(pid);
    pid_t outside = fork(); // its children, unlike itself, are in the new namespace
    if (outside == 0) {
        pid_t inside = unshare(CLONE_NEWPID) == 0 ? fork() : -1;
        if (inside == 0) {
            _exit(kill_by_foreign_proc(pid, identity, port));
        }
        _exit(inside > 0 && waitpid(inside, &status, 0) == inside ? WEXITSTATUS(status) : 77);
    }
    assert_int_equal(waitpid(outside, &status, 0), outside);
    assert_int_equal(ended_by(pid), 0);
    spawn_kill(pid);
    if (WEXITSTATUS(status) == 77) {
        skip_test("no second PID namespace");
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

// Starts a process without a socket under a PID. A thread of the program may take the number first, and
// then gives it back.
static void reuse(pid_t pid) {
    pid_t child = 0;
    for (int i = 0; child != pid; i++) {
        if (child > 0) {
            spawn_kill(child);
        }
        assert_in_range(i, 0, 1000);
        assert_true(next_pid_is(pid));
        child = spawn_child(NULL, NULL, NULL);
    }
}

// The server ends at some moment of the run, and its PID is given to another process.
static void a_pid_that_is_reused_at_any_moment_is_not_stopped(void **state) {
    const pid_t pid = 500;
    const char *tries = getenv("PSC_TRIES");
    (void)state;
    need_init();
    for (unsigned i = 0; i < (tries != NULL ? strtoul(tries, NULL, 10) : 40); i++) {
        struct spawning spawning = {0};
        struct spawned spawned;
        in_port_t port = 0;
        serve_as(pid, &port);
        spawn_begin(&spawning, PSC_PROGRAM " kill %u --yes --force --timeout 1ms", port);
        usleep(i % 40 * 200);
        spawn_kill(pid);
        reuse(pid);
        spawn_end(&spawning, &spawned);
        if (ended_by(pid) != 0) {
            fail_msg("try %u: ended by signal %d: %s", i, ended_by(pid), spawned.out);
        }
        spawn_done(&spawned);
        spawn_kill(pid);
    }
}

static void the_first_process_is_refused(void **state) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    need_init();
    assert_true(namespace_drop_capabilities()); // and so this test is the last one
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    succeed(listen(listener, 5));
    succeed(getsockname(listener, (struct sockaddr *)&address, &size));
    check(ntohs(address.sin_port), "--yes --force", 1, "is held by",
          "(pid 1) is essential to the system");
    close(listener);
}

static int run_as_init(void *context) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reused_pid_is_another_process),
        cmocka_unit_test(the_answer_is_for_the_process_that_was_shown),
        cmocka_unit_test(numbers_of_another_namespace_stop_no_process),
        cmocka_unit_test(a_pid_that_is_reused_at_any_moment_is_not_stopped),
        cmocka_unit_test(the_first_process_is_refused),
    };
    (void)context;
    return cmocka_run_group_tests_name("in a PID namespace", tests, NULL, NULL);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, live_set_up, live_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_server_is_asked_and_ends),
        TEST(clients_are_left_alone),
        TEST(protocols_are_apart),
        TEST(all_holders_are_shown_and_end),
        TEST(a_port_that_is_bound_only),
        TEST(nothing_without_confirmation),
        TEST(the_answer_counts),
        TEST(what_is_typed_before_the_question_is_no_answer),
        TEST(a_process_that_closed_the_port_is_left_alone),
        TEST(its_own_parents_are_refused),
        TEST(processes_of_others_are_not_stopped),
        TEST(force_ends_processes_that_ignore_the_signal),
        TEST(a_restarted_server_is_reported),
        TEST(closed_connections_are_told),
    };
    bool own_network = namespace_enter();
    int failed = own_network ? namespace_as_init(run_as_init, NULL) : -1;
    if (failed < 0) {
        failed = run_as_init(NULL); // each test is skipped, and counted
    }
    if (own_network && !namespace_drop_capabilities()) {
        return 1;
    }
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
