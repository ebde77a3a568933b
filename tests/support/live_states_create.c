// live_states_create.c - one of everything: each kind of address, state and owner that a table may show.
//
// Most states of TCP are only passed through. To stay in one, an end is made deaf by a filter that
// drops whatever comes in: then no answer ever arrives, and the kernel goes on repeating itself
// for longer than a test lasts.
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/live_states.h"
#include "support/namespace.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static int listen_at(struct world *world, const char *address) {
    return world_open(
        world, &(struct world_socket){.type = SOCK_STREAM, .address = address, .backlog = 5});
}

static int bind_udp(struct world *world, const char *address) {
    return world_open(world, &(struct world_socket){.type = SOCK_DGRAM, .address = address});
}

// States ------------------------------------------------------------------------------------------

static void fin_wait_1(struct world *world, struct world_pair pair) {
    world_deafen(pair.server);
    world_hang_up(world, pair.client, TCP_FIN_WAIT1);
}

// Both ends hang up at once, and only one of them hears of it.
static void closing(struct world *world, struct world_pair pair) {
    fin_wait_1(world, pair);
    world_hang_up(world, pair.server, TCP_FIN_WAIT1);
    world_wait_state(world, pair.client, TCP_CLOSING);
}

static void last_ack(struct world *world, struct world_pair pair) {
    world_half_close(world, pair);
    world_deafen(pair.client);
    world_hang_up(world, pair.server, TCP_LAST_ACK);
}

// The process is done with it, the kernel is not.
static void orphan(struct world *world, struct world_pair pair) {
    world_half_close(world, pair);
    struct psc_endpoint client = world_row_of(world, pair.client)->endpoint;
    world_close(world, pair.client);
    world_note_orphan(world, &client, PSC_STATE_FIN_WAIT_2);
}

static void unheard_orphan(struct world *world, struct world_pair pair) {
    struct psc_endpoint client = world_row_of(world, pair.client)->endpoint;
    world_deafen(pair.server);
    world_close(world, pair.client);
    world_note_orphan(world, &client, PSC_STATE_FIN_WAIT_1);
}

static void unread(struct world_pair pair) {
    assert_int_equal(send(pair.client, "hello", 5, 0), 5);
    world_wait_readable(pair.server);
    world_wait_sent(pair.client);
}

// Connections on the way: not answered, answered but not heard, and not yet accepted.
static void fill_beginnings(struct world *world, const char *address) {
    int deaf = listen_at(world, address);
    world_deafen(deaf);
    world_start(world, deaf, false);

    int listener = listen_at(world, address);
    int client = world_start(world, listener, true);
    world_wait_drop(client);
    world_note_request(world, listener, client, PSC_STATE_SYN_RECEIVED);

    world_wait_in_queue(world, listen_at(world, address));
}

static void fill_states(struct world *world, const char *address) {
    typedef void reach(struct world *, struct world_pair);
    static reach *const ways[] = {world_half_close, world_time_wait, fin_wait_1,    closing,
                                  last_ack,         orphan,          unheard_orphan};
    int listener = listen_at(world, address);
    world_connect(world, listener, NULL);
    unread(world_connect(world, listener, NULL));
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        ways[i](world, world_connect(world, listener, NULL));
    }
    fill_beginnings(world, address);
    world_open(world, &(struct world_socket){.type = SOCK_STREAM, .address = address});
}

// Addresses ---------------------------------------------------------------------------------------

static void fill_ipv4(struct world *world) {
    fill_states(world, "127.0.0.1");
    listen_at(world, "0.0.0.0");
    listen_at(world, "127.255.255.254");
    world_open(world, &(struct world_socket){
                          .type = SOCK_STREAM, .address = "0.0.0.0", .backlog = 1, .device = "lo"});
    world_open(world,
               &(struct world_socket){.type = SOCK_DGRAM, .address = "0.0.0.0", .device = "lo"});
    int server = bind_udp(world, "127.0.0.1");
    int client = bind_udp(world, "0.0.0.0");
    world_connect_udp(world, client, server);
    assert_int_equal(send(client, "hello", 5, 0), 5);
    world_wait_readable(server);
    world_connect_udp(world, server, bind_udp(world, "127.0.0.2"));
}

static void fill_ipv6(struct world *world) {
    // The same port for both families; first, because now no other socket can have it already.
    int ipv4 = listen_at(world, "0.0.0.0");
    world_open(world, &(struct world_socket){.type = SOCK_STREAM,
                                             .address = "::",
                                             .port = world_row_of(world, ipv4)->endpoint.local_port,
                                             .backlog = 5,
                                             .v6only = true});
    fill_states(world, "::1");
    int dual = listen_at(world, "::");
    world_connect(world, dual, "::1");
    world_connect(world, dual, "127.0.0.1");
    world_connect(world, listen_at(world, "fe80::1%lo"), NULL);
    world_open(world, &(struct world_socket){
                          .type = SOCK_STREAM, .address = "::", .backlog = 1, .device = "lo"});
    bind_udp(world, "::");
    world_open(world, &(struct world_socket){.type = SOCK_DGRAM, .address = "::", .v6only = true});
    int link_local = bind_udp(world, "fe80::1%lo");
    world_connect_udp(world, bind_udp(world, "fe80::1%lo"), link_local);
    world_connect_udp(world, bind_udp(world, "::"), bind_udp(world, "::1"));
    world_connect_udp(world, bind_udp(world, "::"), bind_udp(world, "127.0.0.1"));
}

// Go's servers are of this kind. For a table of ports it is TCP.
static void fill_multipath(struct world *world) {
    int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP);
    if (probe < 0) {
        print_message("no Multipath TCP: this kernel has none\n");
        return;
    }
    close(probe);
    int listener = world_open(world, &(struct world_socket){.type = SOCK_STREAM,
                                                            .protocol = IPPROTO_MPTCP,
                                                            .address = "127.0.0.1",
                                                            .backlog = 5});
    world_connect(world, listener, NULL);
}

// What a table of ports must not show.
static void fill_noise(struct world *world) {
    int pair[2];
    succeed(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
    world_keep(world, pair[0]);
    world_keep(world, pair[1]);
    world_keep(world, socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    world_keep(world, socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

// Owners ------------------------------------------------------------------------------------------

// Every server with worker processes.
static void shared_listener(struct world *world) {
    int listener = listen_at(world, "127.0.0.1");
    world_child(world, listener, NULL);
    world_child(world, listener, NULL);
    int held_twice = fcntl(listener, F_DUPFD_CLOEXEC, 0);
    world_keep(world, held_twice);
}

static void inherited_connection(struct world *world) {
    struct world_pair pair = world_connect(world, listen_at(world, "127.0.0.1"), NULL);
    world_child(world, pair.server, NULL);
    world_release(world, pair.server);
}

static void port_in_four_processes(struct world *world) {
    struct world_socket socket = {
        .type = SOCK_STREAM, .address = "127.0.0.1", .backlog = 5, .reuse_port = true};
    int listeners[4];
    for (size_t i = 0; i < 4; i++) {
        listeners[i] = world_open(world, &socket);
        socket.port = world_row_of(world, listeners[0])->endpoint.local_port;
    }
    for (size_t i = 0; i < 4; i++) {
        world_child(world, listeners[i], NULL);
    }
    for (size_t i = 0; i < 4; i++) {
        world_release(world, listeners[i]);
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

static void passed_socket(struct world *world) {
    int listener = listen_at(world, "127.0.0.1");
    int channel[2];
    struct iovec byte;
    union control control;
    struct msghdr message = one_byte(&byte, &control);
    succeed(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel));
    world_keep(world, channel[0]);
    world_keep(world, channel[1]);
    control.header = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(sizeof listener), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.header), &listener, sizeof listener);
    assert_int_equal(sendmsg(channel[0], &message, 0), 1);
    world_own(world, listener, world_child(world, channel[1], receive_socket));
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
static void socket_of_thread(struct world *world) {
    int listener = listen_at(world, "127.0.0.1");
    world_child(world, listener, give_to_thread);
    world_row_of(world, listener)->in_thread = true;
    world_release(world, listener);
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
static void socket_without_leader(struct world *world) {
    int listener = listen_at(world, "127.0.0.1");
    pid_t pid = world_child(world, listener, start_thread);
    world_row_of(world, listener)->in_thread = true;
    world_release(world, listener);
    succeed(kill(pid, SIGUSR1));
    world_wait_leader_end(pid);
}

static void high_descriptor(struct world *world) {
    int listener = listen_at(world, "127.0.0.1");
    if (!world_move(world, &listener, 10001)) {
        print_message("no descriptor above 10,000: this user may not open so many files\n");
    }
}

static void fill(struct world *world) {
    fill_ipv4(world);
    if (world->ipv6) {
        fill_ipv6(world);
    }
    fill_multipath(world);
    fill_noise(world);
    shared_listener(world);
    inherited_connection(world);
    port_in_four_processes(world);
    passed_socket(world);
    socket_of_thread(world);
    socket_without_leader(world);
    high_descriptor(world);
}

// The group --------------------------------------------------------------------------------------

int world_fill_namespace(void **state) {
    *state = NULL;
    const char *refusal = namespace_enter();
    if (refusal != NULL) {
        print_message("no network namespace: %s\n", refusal);
        return 0;
    }
    struct world *world = world_new();
    fill(world);
    assert_true(namespace_drop_capabilities());
    *state = world;
    return 0;
}

int world_leave(void **state) {
    world_free(*state);
    return 0;
}

struct world *world_in_namespace(void **state) {
    if (*state == NULL) {
        print_message("skipped: no network namespace\n");
        skip();
    }
    return *state;
}

// Linux 6.8 is the first that does.
bool world_kernel_tells_bound(void) {
    struct utsname system;
    char *rest;
    assert_int_equal(uname(&system), 0);
    long major = strtol(system.release, &rest, 10);
    return major > 6 || (major == 6 && strtol(rest + 1, NULL, 10) >= 8);
}
