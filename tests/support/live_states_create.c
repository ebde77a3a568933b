// live_states_create.c - one of everything: each kind of address, state and owner that a table may show.
//
// Most states of TCP are only passed through. To stay in one, a filter drops whatever an end receives: then
// no answer ever arrives, and the kernel retransmits for longer than a test lasts.
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "support/live_states.h"
#include "support/namespace.h"
#include "support/test.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

// States ------------------------------------------------------------------------------------------

static void fin_wait_1(struct live_states *live, struct live_pair pair) {
    live_drop_packets(pair.server);
    live_hang_up(live, pair.client, TCP_FIN_WAIT1);
}

// Both ends hang up at once, and only one of them receives the other's FIN.
static void closing(struct live_states *live, struct live_pair pair) {
    fin_wait_1(live, pair);
    live_hang_up(live, pair.server, TCP_FIN_WAIT1);
    live_wait_state(live, pair.client, TCP_CLOSING);
}

static void last_ack(struct live_states *live, struct live_pair pair) {
    live_half_close(live, pair);
    live_drop_packets(pair.client);
    live_hang_up(live, pair.server, TCP_LAST_ACK);
}

// The process is done with it, the kernel is not.
static void orphan(struct live_states *live, struct live_pair pair) {
    live_half_close(live, pair);
    struct psc_endpoint client = live_row_of(live, pair.client)->endpoint;
    live_close(live, pair.client);
    live_note_orphan(live, &client, PSC_STATE_FIN_WAIT_2);
}

static void unacknowledged_orphan(struct live_states *live, struct live_pair pair) {
    struct psc_endpoint client = live_row_of(live, pair.client)->endpoint;
    live_drop_packets(pair.server);
    live_close(live, pair.client);
    live_note_orphan(live, &client, PSC_STATE_FIN_WAIT_1);
}

// A port that a socket was bound to stays its own after the connection has ended.
static void fill_bound_after_its_end(struct live_states *live, const char *address) {
    struct live_socket socket = {.type = SOCK_STREAM, .address = address};
    int other = live_open(live, &socket);
    socket.port = live_port(live, other); // a port that is free, and named to bind()
    live_close(live, other);
    int client = live_open(live, &socket);
    struct psc_endpoint bound = live_row_of(live, client)->endpoint;
    struct live_pair pair = live_connect_bound(live, live_listen(live, address), client);
    live_half_close(live, pair);
    live_hang_up(live, pair.server, TCP_CLOSE);
    live_wait_state(live, client, TCP_CLOSE);
    live_close(live, pair.server);
    struct psc_endpoint ended = live_row_of(live, client)->endpoint;
    live_note_orphan(live, &ended, PSC_STATE_TIME_WAIT);
    bound.recv_queue = 1; // the FIN, which was not read
    live_row_of(live, client)->endpoint = bound;
}

// Connections that have begun: not answered, answered but without the answer received, and not yet accepted.
static void fill_beginnings(struct live_states *live, const char *address) {
    int silent = live_listen(live, address);
    live_drop_packets(silent);
    live_start(live, silent, false);

    int listener = live_listen(live, address);
    int client = live_start(live, listener, true);
    live_wait_drop(client);
    live_note_request(live, listener, client, PSC_STATE_SYN_RECEIVED);

    live_wait_in_queue(live, live_listen(live, address));
}

static void fill_states(struct live_states *live, const char *address) {
    typedef void reach(struct live_states *, struct live_pair);
    static reach *const reach_states[] = {
        live_half_close, live_time_wait, fin_wait_1,           closing,
        last_ack,        orphan,         unacknowledged_orphan};
    int listener = live_listen(live, address);
    live_connect(live, listener, NULL);
    struct live_pair unread = live_connect(live, listener, NULL);
    live_send(live, unread.client, unread.server);
    for (size_t i = 0; i < COUNT(reach_states); i++) {
        reach_states[i](live, live_connect(live, listener, NULL));
    }
    fill_beginnings(live, address);
    fill_bound_after_its_end(live, address);
    live_open(live, &(struct live_socket){.type = SOCK_STREAM, .address = address});
}

// Addresses ---------------------------------------------------------------------------------------

static void fill_ipv4(struct live_states *live) {
    fill_states(live, "127.0.0.1");
    live_listen(live, "0.0.0.0");
    live_listen(live, "127.255.255.254");
    live_open(live, &(struct live_socket){
                        .type = SOCK_STREAM, .address = "0.0.0.0", .backlog = 1, .device = "lo"});
    live_open(live,
              &(struct live_socket){.type = SOCK_DGRAM, .address = "0.0.0.0", .device = "lo"});
    int server = live_bind_udp(live, "127.0.0.1");
    int client = live_bind_udp(live, "0.0.0.0");
    live_connect_udp(live, client, server);
    live_send(live, client, server);
    live_connect_udp(live, server, live_bind_udp(live, "127.0.0.2"));
}

static void fill_ipv6(struct live_states *live) {
    // The same port for both families; first, because now no other socket can have it already.
    int ipv4 = live_listen(live, "0.0.0.0");
    live_open(live, &(struct live_socket){.type = SOCK_STREAM,
                                          .address = "::",
                                          .port = live_row_of(live, ipv4)->endpoint.local_port,
                                          .backlog = 5,
                                          .v6only = true});
    fill_states(live, "::1");
    int dual = live_listen(live, "::");
    live_connect(live, dual, "::1");
    live_connect(live, dual, "127.0.0.1");
    live_connect(live, live_listen(live, "fe80::1%lo"), NULL);
    live_open(live, &(struct live_socket){
                        .type = SOCK_STREAM, .address = "::", .backlog = 1, .device = "lo"});
    live_bind_udp(live, "::");
    live_open(live, &(struct live_socket){.type = SOCK_DGRAM, .address = "::", .v6only = true});
    int link_local = live_bind_udp(live, "fe80::1%lo");
    live_connect_udp(live, live_bind_udp(live, "fe80::1%lo"), link_local);
    live_connect_udp(live, live_bind_udp(live, "::"), live_bind_udp(live, "::1"));
    live_connect_udp(live, live_bind_udp(live, "::"), live_bind_udp(live, "127.0.0.1"));
}

// Go's servers are of this kind. For a table of ports it is TCP.
static void fill_multipath(struct live_states *live) {
    int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP);
    if (probe < 0) {
        print_message("no Multipath TCP: this kernel has none\n");
        return;
    }
    close(probe);
    int listener = live_open(live, &(struct live_socket){.type = SOCK_STREAM,
                                                         .protocol = IPPROTO_MPTCP,
                                                         .address = "127.0.0.1",
                                                         .backlog = 5});
    live_connect(live, listener, NULL);
}

// What a table of ports must not show.
static void fill_noise(struct live_states *live) {
    int pair[2];
    succeed(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
    live_keep(live, pair[0]);
    live_keep(live, pair[1]);
    live_keep(live, socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    live_keep(live, socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

// Owners ------------------------------------------------------------------------------------------

// Every server with worker processes.
static void shared_listener(struct live_states *live) {
    int listener = live_listen(live, "127.0.0.1");
    live_child(live, listener, NULL);
    live_child(live, listener, NULL);
    int held_twice = fcntl(listener, F_DUPFD_CLOEXEC, 0);
    live_keep(live, held_twice);
}

static void inherited_connection(struct live_states *live) {
    struct live_pair pair = live_connect(live, live_listen(live, "127.0.0.1"), NULL);
    live_child(live, pair.server, NULL);
    live_release(live, pair.server);
}

static void port_in_four_processes(struct live_states *live) {
    struct live_socket socket = {
        .type = SOCK_STREAM, .address = "127.0.0.1", .backlog = 5, .reuse_port = true};
    int listeners[4];
    for (size_t i = 0; i < 4; i++) {
        listeners[i] = live_open(live, &socket);
        socket.port = live_row_of(live, listeners[0])->endpoint.local_port;
    }
    for (size_t i = 0; i < 4; i++) {
        live_child(live, listeners[i], NULL);
    }
    for (size_t i = 0; i < 4; i++) {
        live_release(live, listeners[i]);
    }
}

union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
};

static struct msghdr one_byte(struct iovec *byte, union control *control) {
    static char zero[1];
    *byte = (struct iovec){.iov_base = zero, .iov_len = 1};
    memset(control, 0, sizeof *control);
    return (struct msghdr){.msg_iov = byte,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = sizeof *control};
}

static void receive_socket(int channel) {
    struct iovec byte;
    union control control;
    struct msghdr message = one_byte(&byte, &control);
    if (recvmsg(channel, &message, 0) != 1 || message.msg_controllen == 0) {
        _exit(1);
    }
}

static void passed_socket(struct live_states *live) {
    int listener = live_listen(live, "127.0.0.1");
    int channel[2];
    struct iovec byte;
    union control control;
    struct msghdr message = one_byte(&byte, &control);
    succeed(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel));
    live_keep(live, channel[0]);
    live_keep(live, channel[1]);
    control.header = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(sizeof listener), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.header), &listener, sizeof listener);
    assert_int_equal(sendmsg(channel[0], &message, 0), 1);
    live_own(live, listener, live_child(live, channel[1], receive_socket));
}

static void *hold_alone(void *argument) {
    sem_t *ready = argument;
    prctl(PR_SET_PDEATHSIG, SIGKILL); // counts for one thread only
    if (unshare(CLONE_FILES) != 0) {
        _exit(1);
    }
    sem_post(ready);
    for (;;) {
        pause();
    }
    return NULL;
}

static void give_to_thread(int descriptor) {
    pthread_t thread;
    sem_t ready;
    if (sem_init(&ready, 0, 0) != 0 || pthread_create(&thread, NULL, hold_alone, &ready) != 0) {
        _exit(1);
    }
    while (sem_wait(&ready) != 0) {
    }
    close(descriptor);
}

// The files of the process are a thread's alone.
static void socket_of_thread(struct live_states *live) {
    int listener = live_listen(live, "127.0.0.1");
    live_child(live, listener, give_to_thread);
    live_row_of(live, listener)->in_thread = true;
    live_release(live, listener);
}

static void *wait_for_ever(void *argument) {
    (void)argument;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        pause();
    }
    return NULL;
}

static void end_this_thread(int number) {
    (void)number;
    syscall(SYS_exit, 0); // exit() would end the others as well
}

// All signals are the first thread's, so that one from outside can end it.
static void start_thread(int descriptor) {
    (void)descriptor;
    struct sigaction leave = {.sa_handler = end_this_thread};
    pthread_t thread;
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (sigaction(SIGUSR1, &leave, NULL) != 0 ||
        pthread_create(&thread, NULL, wait_for_ever, NULL) != 0) {
        _exit(1);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

// The first thread of its process has ended, and with it /proc/PID/fd.
static void socket_without_leader(struct live_states *live) {
    int listener = live_listen(live, "127.0.0.1");
    pid_t pid = live_child(live, listener, start_thread);
    live_row_of(live, listener)->in_thread = true;
    live_release(live, listener);
    succeed(kill(pid, SIGUSR1));
    live_wait_leader_end(pid);
}

static void high_descriptor(struct live_states *live) {
    int listener = live_listen(live, "127.0.0.1");
    if (!live_move(live, &listener, 10001)) {
        print_message("no descriptor above 10,000: this user may not open so many files\n");
    }
}

static void fill(struct live_states *live) {
    fill_ipv4(live);
    if (live->ipv6) {
        fill_ipv6(live);
    }
    fill_multipath(live);
    fill_noise(live);
    shared_listener(live);
    inherited_connection(live);
    port_in_four_processes(live);
    passed_socket(live);
    socket_of_thread(live);
    socket_without_leader(live);
    high_descriptor(live);
}

// The group --------------------------------------------------------------------------------------

int live_fill_namespace(void **state) {
    if (namespace_enter()) {
        *state = live_new();
        fill(*state);
        assert_true(namespace_drop_capabilities());
    }
    return 0;
}

struct live_states *live_in_namespace(void **state) {
    need_namespace();
    return *state;
}

// Linux 6.8 is the first that does.
bool live_kernel_tells_bound(void) {
    struct utsname system;
    char *rest;
    assert_int_equal(uname(&system), 0);
    long major = strtol(system.release, &rest, 10);
    return major > 6 || (major == 6 && strtol(rest + 1, NULL, 10) >= 8);
}
