// live_states.c - sockets of which everything is known.
#include "support/live_states.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netdb.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/namespace.h"

#define DEADLINE_SECONDS 20
#define DEADLINE_MS (DEADLINE_SECONDS * 1000)

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

void world_check(int result, const char *call) {
    if (result < 0) {
        fail_msg("%s: %s", call, strerror(errno));
    }
}

// Beginning and end -------------------------------------------------------------------------------

static bool has_ipv6(void) {
    struct sockaddr_in6 loopback = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int probe = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool works =
        probe >= 0 && bind(probe, (const struct sockaddr *)&loopback, sizeof loopback) == 0;
    if (probe >= 0) {
        close(probe);
    }
    return works;
}

struct world *world_new(void) {
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world->ipv6 = has_ipv6();
    if (!world->ipv6) {
        print_message("this machine has no IPv6: rows of it are left out\n");
    }
    return world;
}

void world_free(struct world *world) {
    if (world == NULL) {
        return;
    }
    for (size_t i = 0; i < world->child_count; i++) {
        kill(world->children[i], SIGKILL);
        waitpid(world->children[i], NULL, 0);
    }
    for (size_t i = 0; i < world->descriptor_count; i++) {
        close(world->descriptors[i]);
    }
    free(world->descriptors);
    free(world->rows);
    free(world);
}

void world_keep(struct world *world, int descriptor) {
    assert_true(descriptor >= 0);
    if (world->descriptor_count == world->descriptor_capacity) {
        world->descriptor_capacity += 64;
        world->descriptors =
            realloc(world->descriptors, world->descriptor_capacity * sizeof *world->descriptors);
        assert_non_null(world->descriptors);
    }
    world->descriptors[world->descriptor_count++] = descriptor;
}

static void forget_descriptor(struct world *world, int descriptor) {
    for (size_t i = 0; i < world->descriptor_count; i++) {
        if (world->descriptors[i] == descriptor) {
            world->descriptors[i] = world->descriptors[--world->descriptor_count];
            return;
        }
    }
    fail_msg("descriptor %d was not opened here", descriptor);
}

// Waiting -----------------------------------------------------------------------------------------

static time_t seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

// The kernel tells nobody when a connection changes its state: ask it until it has.
static int kernel_state(int descriptor) {
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    succeed(getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size));
    return info.tcpi_state;
}

void world_wait_state(struct world *world, int descriptor, int state) {
    static const enum psc_state states[] = {
        [TCP_ESTABLISHED] = PSC_STATE_ESTABLISHED, [TCP_SYN_SENT] = PSC_STATE_SYN_SENT,
        [TCP_FIN_WAIT1] = PSC_STATE_FIN_WAIT_1,    [TCP_FIN_WAIT2] = PSC_STATE_FIN_WAIT_2,
        [TCP_CLOSE_WAIT] = PSC_STATE_CLOSE_WAIT,   [TCP_LAST_ACK] = PSC_STATE_LAST_ACK,
        [TCP_CLOSING] = PSC_STATE_CLOSING,         [TCP_CLOSE] = PSC_STATE_CLOSED,
    };
    time_t end = seconds() + DEADLINE_SECONDS;
    while (kernel_state(descriptor) != state) {
        if (seconds() > end) {
            fail_msg("state %d does not become %d", kernel_state(descriptor), state);
        }
        sched_yield();
    }
    world_row_of(world, descriptor)->endpoint.state = (uint8_t)states[state];
}

void world_wait_drop(int descriptor) {
    uint32_t memory[SK_MEMINFO_VARS] = {0};
    time_t end = seconds() + DEADLINE_SECONDS;
    do {
        socklen_t size = sizeof memory;
        succeed(getsockopt(descriptor, SOL_SOCKET, SO_MEMINFO, memory, &size));
        assert_true(seconds() <= end);
        sched_yield();
    } while (memory[SK_MEMINFO_DROPS] == 0);
}

void world_wait_readable(int descriptor) {
    struct pollfd wait = {.fd = descriptor, .events = POLLIN};
    assert_int_equal(poll(&wait, 1, DEADLINE_MS), 1);
}

void world_wait_sent(int descriptor) {
    int unacknowledged;
    time_t end = seconds() + DEADLINE_SECONDS;
    do {
        succeed(ioctl(descriptor, SIOCOUTQ, &unacknowledged));
        assert_true(seconds() <= end);
        sched_yield();
    } while (unacknowledged > 0);
}

void world_wait_leader_end(pid_t pid) {
    char path[64];
    char state = '?';
    time_t end = seconds() + DEADLINE_SECONDS;
    snprintf(path, sizeof path, "/proc/%d/task/%d/stat", pid, pid);
    while (state != 'Z') {
        FILE *file = fopen(path, "re");
        assert_non_null(file);
        assert_int_equal(fscanf(file, "%*d (%*[^)]) %c", &state), 1);
        fclose(file);
        assert_true(seconds() <= end);
        sched_yield();
    }
}

// Rows --------------------------------------------------------------------------------------------

static struct world_row *add_row(struct world *world, int descriptor) {
    if (world->count == world->capacity) {
        world->capacity += 64;
        world->rows = realloc(world->rows, world->capacity * sizeof *world->rows);
        assert_non_null(world->rows);
    }
    struct world_row *row = &world->rows[world->count++];
    *row = (struct world_row){.descriptor = descriptor};
    return row;
}

static struct world_row *find_row(const struct world *world, int descriptor) {
    for (size_t i = 0; i < world->count; i++) {
        if (world->rows[i].descriptor == descriptor) {
            return &world->rows[i];
        }
    }
    return NULL;
}

struct world_row *world_row_of(struct world *world, int descriptor) {
    struct world_row *row = find_row(world, descriptor);
    if (row == NULL) {
        fail_msg("descriptor %d has no row", descriptor);
    }
    return row;
}

static void set_end(const union address *from, struct psc_address *address, uint16_t *port) {
    bool ipv6 = from->any.sa_family == AF_INET6;
    *address = (struct psc_address){{0}};
    memcpy(address->bytes,
           ipv6 ? (const void *)&from->v6.sin6_addr : (const void *)&from->v4.sin_addr,
           ipv6 ? sizeof from->v6.sin6_addr : sizeof from->v4.sin_addr);
    *port = ntohs(ipv6 ? from->v6.sin6_port : from->v4.sin_port);
}

static void name_of(int descriptor, union address *name) {
    socklen_t size = sizeof *name;
    memset(name, 0, sizeof *name);
    succeed(getsockname(descriptor, &name->any, &size));
}

static int option(int descriptor, int level, int name) {
    int value = 0;
    socklen_t size = sizeof value;
    succeed(getsockopt(descriptor, level, name, &value, &size));
    return value;
}

static void set_table(struct psc_endpoint *endpoint, bool udp, const union address *local) {
    bool ipv6 = local->any.sa_family == AF_INET6;
    endpoint->protocol = (uint8_t)(udp    ? ipv6 ? PSC_PROTOCOL_UDP6 : PSC_PROTOCOL_UDP4
                                   : ipv6 ? PSC_PROTOCOL_TCP6
                                          : PSC_PROTOCOL_TCP4);
}

// What the socket itself says: its table, addresses, interface, inode and user.
static struct world_row *note_socket(struct world *world, int descriptor, enum psc_state state) {
    union address local;
    struct stat file;
    struct world_row *row = add_row(world, descriptor);
    struct psc_endpoint *endpoint = &row->endpoint;
    name_of(descriptor, &local);
    set_table(endpoint, option(descriptor, SOL_SOCKET, SO_TYPE) == SOCK_DGRAM, &local);
    set_end(&local, &endpoint->local, &endpoint->local_port);
    endpoint->state = (uint8_t)state;
    endpoint->ifindex = (uint32_t)option(descriptor, SOL_SOCKET, SO_BINDTOIFINDEX);
    succeed(fstat(descriptor, &file));
    endpoint->inode = file.st_ino;
    endpoint->uid = file.st_uid;
    endpoint->known = PSC_KNOWN_INODE | PSC_KNOWN_UID | PSC_KNOWN_OWNERS;
    row->owners[row->owner_count++] = getpid();
    return row;
}

void world_note_orphan(struct world *world, const struct psc_endpoint *closed,
                       enum psc_state state) {
    struct psc_endpoint *endpoint = &add_row(world, -1)->endpoint;
    *endpoint = *closed;
    endpoint->state = (uint8_t)state;
    endpoint->inode = 0;
    endpoint->uid = 0;
    endpoint->known = PSC_KNOWN_INODE | PSC_KNOWN_OWNERS;
}

void world_note_request(struct world *world, int listener, int client, enum psc_state state) {
    union address remote;
    struct psc_endpoint row = world_row_of(world, listener)->endpoint;
    name_of(client, &remote);
    set_end(&remote, &row.remote, &row.remote_port);
    world_note_orphan(world, &row, state);
}

void world_close(struct world *world, int descriptor) {
    struct world_row *row = world_row_of(world, descriptor);
    *row = world->rows[--world->count];
    forget_descriptor(world, descriptor);
    succeed(close(descriptor));
}

void world_release(struct world *world, int descriptor) {
    struct world_row *row = world_row_of(world, descriptor);
    row->descriptor = -1;
    for (size_t i = 0; i < row->owner_count; i++) {
        if (row->owners[i] == getpid()) {
            row->owners[i--] = row->owners[--row->owner_count];
        }
    }
    assert_true(row->owner_count > 0);
    forget_descriptor(world, descriptor);
    succeed(close(descriptor));
}

void world_own(struct world *world, int descriptor, pid_t pid) {
    struct world_row *row = world_row_of(world, descriptor);
    assert_true(row->owner_count < WORLD_OWNERS);
    row->owners[row->owner_count++] = pid;
}

bool world_move(struct world *world, int *descriptor, int number) {
    struct rlimit limit;
    succeed(getrlimit(RLIMIT_NOFILE, &limit));
    if (limit.rlim_max <= (rlim_t)number) {
        return false;
    }
    limit.rlim_cur = limit.rlim_max;
    succeed(setrlimit(RLIMIT_NOFILE, &limit));
    int moved = fcntl(*descriptor, F_DUPFD_CLOEXEC, number);
    succeed(moved);
    world_row_of(world, *descriptor)->descriptor = moved;
    world_keep(world, moved);
    forget_descriptor(world, *descriptor);
    close(*descriptor);
    *descriptor = moved;
    return true;
}

// Sockets -----------------------------------------------------------------------------------------

static socklen_t resolve(const char *address, in_port_t port, union address *resolved) {
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST};
    struct addrinfo *found;
    assert_int_equal(getaddrinfo(address, NULL, &hints, &found), 0);
    socklen_t size = found->ai_addrlen;
    memcpy(resolved, found->ai_addr, size);
    freeaddrinfo(found);
    if (resolved->any.sa_family == AF_INET6) {
        resolved->v6.sin6_port = htons(port);
    } else {
        resolved->v4.sin_port = htons(port);
    }
    return size;
}

static int open_socket(struct world *world, int family, int type, int protocol) {
    int descriptor = socket(family, type | SOCK_CLOEXEC, protocol);
    succeed(descriptor);
    world_keep(world, descriptor);
    return descriptor;
}

static void switch_on(int descriptor, int level, int name, int value) {
    succeed(setsockopt(descriptor, level, name, &value, sizeof value));
}

// An address that was just given to an interface cannot be used at once.
static void bind_soon(int descriptor, const union address *address, socklen_t size) {
    time_t end = seconds() + DEADLINE_SECONDS;
    while (bind(descriptor, &address->any, size) != 0) {
        assert_int_equal(errno, EADDRNOTAVAIL);
        assert_true(seconds() <= end);
        sched_yield();
    }
}

int world_open(struct world *world, const struct world_socket *what) {
    union address address;
    socklen_t size = resolve(what->address, what->port, &address);
    int descriptor = open_socket(world, address.any.sa_family, what->type, what->protocol);
    if (address.any.sa_family == AF_INET6) { // a sysctl chooses what an unset option means
        switch_on(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, what->v6only);
    }
    if (what->reuse_port) {
        switch_on(descriptor, SOL_SOCKET, SO_REUSEPORT, 1);
    }
    if (what->reuse_address) {
        switch_on(descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
    }
    if (what->device != NULL) {
        succeed(setsockopt(descriptor, SOL_SOCKET, SO_BINDTODEVICE, what->device,
                           (socklen_t)strlen(what->device)));
    }
    bind_soon(descriptor, &address, size);
    if (what->backlog > 0) {
        succeed(listen(descriptor, what->backlog));
    }
    note_socket(world, descriptor,
                what->type == SOCK_DGRAM ? PSC_STATE_UDP_UNCONNECTED
                : what->backlog > 0      ? PSC_STATE_LISTENING
                                         : PSC_STATE_BOUND);
    return descriptor;
}

// A socket that has tried to connect to a listener: at `address`, or at the one it is bound to.
static int start_client(struct world *world, int listener, const char *address,
                        union address *remote, bool deaf) {
    name_of(listener, remote);
    bool ipv6 = remote->any.sa_family == AF_INET6;
    socklen_t size = ipv6 ? sizeof remote->v6 : sizeof remote->v4;
    if (address != NULL) {
        size = resolve(address, ntohs(ipv6 ? remote->v6.sin6_port : remote->v4.sin_port), remote);
    }
    int client = open_socket(world, remote->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (deaf) {
        world_deafen(client);
    }
    if (connect(client, &remote->any, size) != 0) {
        assert_int_equal(errno, EINPROGRESS);
    }
    return client;
}

static void set_remote(struct world_row *row, const union address *remote) {
    set_end(remote, &row->endpoint.remote, &row->endpoint.remote_port);
}

static void set_peer(struct world_row *row, int descriptor) {
    union address peer = {.any = {.sa_family = AF_UNSPEC}};
    socklen_t size = sizeof peer;
    succeed(getpeername(descriptor, &peer.any, &size));
    set_remote(row, &peer);
}

struct world_pair world_connect(struct world *world, int listener, const char *address) {
    union address remote;
    struct world_pair pair;
    pair.client = start_client(world, listener, address, &remote, false);
    world_wait_readable(listener);
    pair.server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    world_keep(world, pair.server);
    set_remote(note_socket(world, pair.client, PSC_STATE_SYN_SENT), &remote);
    set_peer(note_socket(world, pair.server, PSC_STATE_SYN_RECEIVED), pair.server);
    world_wait_state(world, pair.client, TCP_ESTABLISHED);
    world_wait_state(world, pair.server, TCP_ESTABLISHED);
    return pair;
}

void world_wait_in_queue(struct world *world, int listener) {
    int client = world_start(world, listener, false);
    world_wait_readable(listener);
    world_wait_state(world, client, TCP_ESTABLISHED);
    world_note_request(world, listener, client, PSC_STATE_ESTABLISHED);
}

int world_start(struct world *world, int listener, bool deaf) {
    union address remote;
    int client = start_client(world, listener, NULL, &remote, deaf);
    set_remote(note_socket(world, client, PSC_STATE_SYN_SENT), &remote);
    return client;
}

void world_connect_udp(struct world *world, int descriptor, int to) {
    union address remote;
    union address local;
    struct world_row *row = world_row_of(world, descriptor);
    name_of(to, &remote);
    socklen_t size = remote.any.sa_family == AF_INET6 ? sizeof remote.v6 : sizeof remote.v4;
    succeed(connect(descriptor, &remote.any, size));
    name_of(descriptor, &local); // connecting has chosen an address for a wildcard
    set_end(&local, &row->endpoint.local, &row->endpoint.local_port);
    set_peer(row, descriptor);
    row->endpoint.state = PSC_STATE_UDP_CONNECTED;
}

void world_deafen(int descriptor) {
    struct sock_filter nothing = {.code = BPF_RET | BPF_K, .k = 0};
    struct sock_fprog program = {.len = 1, .filter = &nothing};
    succeed(setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program));
}

void world_hang_up(struct world *world, int descriptor, int state) {
    succeed(shutdown(descriptor, SHUT_WR));
    world_wait_state(world, descriptor, state);
}

void world_half_close(struct world *world, struct world_pair pair) {
    world_hang_up(world, pair.client, TCP_FIN_WAIT2);
    world_wait_state(world, pair.server, TCP_CLOSE_WAIT);
}

// Only the kernel still knows of it: the client ends first, and so has to wait.
void world_time_wait(struct world *world, struct world_pair pair) {
    world_half_close(world, pair);
    world_hang_up(world, pair.server, TCP_CLOSE);
    world_wait_state(world, pair.client, TCP_CLOSE);
    struct psc_endpoint client = world_row_of(world, pair.client)->endpoint;
    world_close(world, pair.client);
    world_close(world, pair.server);
    world_note_orphan(world, &client, PSC_STATE_TIME_WAIT);
}

// Children ----------------------------------------------------------------------------------------

static void child(const struct world *world, int descriptor, world_prepare *prepare, int ready) {
    prctl(PR_SET_PDEATHSIG, SIGKILL); // should the test end early
    if (!namespace_drop_capabilities()) {
        _exit(1);
    }
    for (size_t i = 0; i < world->descriptor_count; i++) {
        if (world->descriptors[i] != descriptor) {
            close(world->descriptors[i]);
        }
    }
    if (prepare != NULL) {
        prepare(descriptor);
    }
    if (write(ready, "", 1) == 1) {
        close(ready);
        for (;;) {
            pause();
        }
    }
    _exit(1);
}

pid_t world_child(struct world *world, int descriptor, world_prepare *prepare) {
    int ready[2];
    char byte;
    succeed(pipe2(ready, O_CLOEXEC));
    pid_t pid = fork();
    if (pid == 0) {
        close(ready[0]);
        child(world, descriptor, prepare, ready[1]);
    }
    succeed(pid);
    assert_true(world->child_count < sizeof world->children / sizeof *world->children);
    world->children[world->child_count++] = pid;
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    if (descriptor >= 0 && find_row(world, descriptor) != NULL) {
        world_own(world, descriptor, pid);
    }
    return pid;
}
