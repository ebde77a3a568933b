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
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/namespace.h"
#include "support/spawn.h"
#include "support/test.h"

#define DEADLINE_SECONDS 20
#define DEADLINE_MS (DEADLINE_SECONDS * 1000)

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

void live_check(int result, const char *call) {
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

struct live_states *live_new(void) {
    struct live_states *live = calloc(1, sizeof *live);
    assert_non_null(live);
    live->ipv6 = has_ipv6();
    if (!live->ipv6) {
        print_message("this machine has no IPv6: rows of it are left out\n");
    }
    return live;
}

void live_free(struct live_states *live) {
    if (live == NULL) {
        return;
    }
    for (size_t i = 0; i < live->child_count; i++) {
        kill(live->children[i], SIGKILL);
        waitpid(live->children[i], NULL, 0);
    }
    for (size_t i = 0; i < live->descriptor_count; i++) {
        close(live->descriptors[i]);
    }
    free(live->descriptors);
    free(live->rows);
    free(live);
}

int live_set_up(void **state) {
    *state = live_new();
    return 0;
}

int live_tear_down(void **state) {
    live_free(*state);
    return 0;
}

void live_keep(struct live_states *live, int descriptor) {
    assert_true(descriptor >= 0);
    if (live->descriptor_count == live->descriptor_capacity) {
        live->descriptor_capacity += 64;
        live->descriptors =
            realloc(live->descriptors, live->descriptor_capacity * sizeof *live->descriptors);
        assert_non_null(live->descriptors);
    }
    live->descriptors[live->descriptor_count++] = descriptor;
}

static void forget_descriptor(struct live_states *live, int descriptor) {
    for (size_t i = 0; i < live->descriptor_count; i++) {
        if (live->descriptors[i] == descriptor) {
            live->descriptors[i] = live->descriptors[--live->descriptor_count];
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

// The kernel sends no event when a connection changes its state: ask it until it has.
static int kernel_state(int descriptor) {
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    succeed(getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size));
    return info.tcpi_state;
}

// What is sent and not acknowledged, and what is received and not read: a SYN and a FIN count as a byte.
static const struct reached {
    enum psc_state state;
    uint32_t recv_queue, send_queue;
} reached[] = {
    [TCP_ESTABLISHED] = {PSC_STATE_ESTABLISHED, 0, 0},
    [TCP_SYN_SENT] = {PSC_STATE_SYN_SENT, 0, 1},
    [TCP_FIN_WAIT1] = {PSC_STATE_FIN_WAIT_1, 0, 1},
    [TCP_FIN_WAIT2] = {PSC_STATE_FIN_WAIT_2, 0, 0},
    [TCP_CLOSE_WAIT] = {PSC_STATE_CLOSE_WAIT, 1, 0},
    [TCP_LAST_ACK] = {PSC_STATE_LAST_ACK, 1, 1},
    [TCP_CLOSING] = {PSC_STATE_CLOSING, 1, 1},
    [TCP_CLOSE] = {PSC_STATE_CLOSED, 0, 0},
};

static void set_state(struct psc_endpoint *endpoint, const struct reached *to) {
    endpoint->state = (uint8_t)to->state;
    endpoint->recv_queue = to->recv_queue;
    endpoint->send_queue = to->send_queue;
}

void live_wait_state(struct live_states *live, int descriptor, int state) {
    time_t end = seconds() + DEADLINE_SECONDS;
    while (kernel_state(descriptor) != state) {
        if (seconds() > end) {
            fail_msg("state %d does not become %d", kernel_state(descriptor), state);
        }
        sched_yield();
    }
    set_state(&live_row_of(live, descriptor)->endpoint, &reached[state]);
}

static uint32_t memory_info(int descriptor, unsigned field) {
    uint32_t memory[SK_MEMINFO_VARS] = {0};
    socklen_t size = sizeof memory;
    succeed(getsockopt(descriptor, SOL_SOCKET, SO_MEMINFO, memory, &size));
    return memory[field];
}

void live_wait_drop(int descriptor) {
    time_t end = seconds() + DEADLINE_SECONDS;
    while (memory_info(descriptor, SK_MEMINFO_DROPS) == 0) {
        assert_true(seconds() <= end);
        sched_yield();
    }
}

void live_wait_readable(int descriptor) {
    struct pollfd wait = {.fd = descriptor, .events = POLLIN};
    assert_int_equal(poll(&wait, 1, DEADLINE_MS), 1);
}

static void wait_sent(int descriptor) {
    int unacknowledged;
    time_t end = seconds() + DEADLINE_SECONDS;
    do {
        succeed(ioctl(descriptor, SIOCOUTQ, &unacknowledged));
        assert_true(seconds() <= end);
        sched_yield();
    } while (unacknowledged > 0);
}

void live_wait_leader_end(pid_t pid) {
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

static struct live_row *add_row(struct live_states *live, int descriptor) {
    if (live->count == live->capacity) {
        live->capacity += 64;
        live->rows = realloc(live->rows, live->capacity * sizeof *live->rows);
        assert_non_null(live->rows);
    }
    struct live_row *row = &live->rows[live->count++];
    *row = (struct live_row){.descriptor = descriptor};
    return row;
}

static struct live_row *find_row(const struct live_states *live, int descriptor) {
    for (size_t i = 0; i < live->count; i++) {
        if (live->rows[i].descriptor == descriptor) {
            return &live->rows[i];
        }
    }
    return NULL;
}

struct live_row *live_row_of(struct live_states *live, int descriptor) {
    struct live_row *row = find_row(live, descriptor);
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

// Of these the kernel says whether they are for IPv6 alone.
#define WITHOUT_PEER                                                                               \
    (PSC_STATE_BIT(PSC_STATE_LISTENING) | PSC_STATE_BIT(PSC_STATE_BOUND) |                         \
     PSC_STATE_BIT(PSC_STATE_UDP_UNCONNECTED))

// What the socket itself says: its table, addresses, interface, inode and user.
static struct live_row *note_socket(struct live_states *live, int descriptor,
                                    enum psc_state state) {
    union address local;
    struct stat file;
    struct live_row *row = add_row(live, descriptor);
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
    if (psc_endpoint_is_ipv6(endpoint) && PSC_STATE_BIT(state) & WITHOUT_PEER) {
        endpoint->known |= PSC_KNOWN_V6ONLY;
        endpoint->v6only = option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY) != 0;
    }
    row->owners[row->owner_count++] = getpid();
    return row;
}

void live_note_orphan(struct live_states *live, const struct psc_endpoint *closed,
                      enum psc_state state) {
    struct psc_endpoint *endpoint = &add_row(live, -1)->endpoint;
    *endpoint = *closed;
    endpoint->state = (uint8_t)state;
    endpoint->recv_queue = 0;
    endpoint->send_queue = state == PSC_STATE_FIN_WAIT_1;
    endpoint->inode = 0;
    endpoint->uid = 0;
    endpoint->known = PSC_KNOWN_INODE | PSC_KNOWN_OWNERS;
}

void live_note_request(struct live_states *live, int listener, int client, enum psc_state state) {
    union address remote;
    struct psc_endpoint row = live_row_of(live, listener)->endpoint;
    name_of(client, &remote);
    set_end(&remote, &row.remote, &row.remote_port);
    live_note_orphan(live, &row, state);
}

void live_close(struct live_states *live, int descriptor) {
    struct live_row *row = live_row_of(live, descriptor);
    *row = live->rows[--live->count];
    forget_descriptor(live, descriptor);
    succeed(close(descriptor));
}

void live_release(struct live_states *live, int descriptor) {
    struct live_row *row = live_row_of(live, descriptor);
    row->descriptor = -1;
    for (size_t i = 0; i < row->owner_count; i++) {
        if (row->owners[i] == getpid()) {
            row->owners[i--] = row->owners[--row->owner_count];
        }
    }
    assert_true(row->owner_count > 0);
    forget_descriptor(live, descriptor);
    succeed(close(descriptor));
}

void live_own(struct live_states *live, int descriptor, pid_t pid) {
    struct live_row *row = live_row_of(live, descriptor);
    assert_true(row->owner_count < LIVE_OWNERS);
    row->owners[row->owner_count++] = pid;
}

bool live_move(struct live_states *live, int *descriptor, int number) {
    struct rlimit limit;
    succeed(getrlimit(RLIMIT_NOFILE, &limit));
    if (limit.rlim_max <= (rlim_t)number) {
        return false;
    }
    limit.rlim_cur = limit.rlim_max;
    succeed(setrlimit(RLIMIT_NOFILE, &limit));
    int moved = fcntl(*descriptor, F_DUPFD_CLOEXEC, number);
    succeed(moved);
    live_row_of(live, *descriptor)->descriptor = moved;
    live_keep(live, moved);
    forget_descriptor(live, *descriptor);
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

static int open_socket(struct live_states *live, int family, int type, int protocol) {
    int descriptor = socket(family, type | SOCK_CLOEXEC, protocol);
    succeed(descriptor);
    live_keep(live, descriptor);
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

int live_open(struct live_states *live, const struct live_socket *what) {
    union address address;
    socklen_t size = resolve(what->address, what->port, &address);
    int descriptor = open_socket(live, address.any.sa_family, what->type, what->protocol);
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
    struct live_row *row = note_socket(live, descriptor,
                                       what->type == SOCK_DGRAM ? PSC_STATE_UDP_UNCONNECTED
                                       : what->backlog > 0      ? PSC_STATE_LISTENING
                                                                : PSC_STATE_BOUND);
    row->endpoint.send_queue = (uint32_t)what->backlog;
    return descriptor;
}

int live_listen(struct live_states *live, const char *address) {
    return live_open(live,
                     &(struct live_socket){.type = SOCK_STREAM, .address = address, .backlog = 5});
}

int live_bind_udp(struct live_states *live, const char *address) {
    return live_open(live, &(struct live_socket){.type = SOCK_DGRAM, .address = address});
}

in_port_t live_port(struct live_states *live, int descriptor) {
    return live_row_of(live, descriptor)->endpoint.local_port;
}

// A socket that has tried to connect to a listener: at `address`, or at the one it is bound to.
static int start_client(struct live_states *live, int listener, const char *address,
                        union address *remote, bool drops_packets) {
    name_of(listener, remote);
    bool ipv6 = remote->any.sa_family == AF_INET6;
    socklen_t size = ipv6 ? sizeof remote->v6 : sizeof remote->v4;
    if (address != NULL) {
        size = resolve(address, ntohs(ipv6 ? remote->v6.sin6_port : remote->v4.sin_port), remote);
    }
    int client = open_socket(live, remote->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (drops_packets) {
        live_drop_packets(client);
    }
    if (connect(client, &remote->any, size) != 0) {
        assert_int_equal(errno, EINPROGRESS);
    }
    return client;
}

static void set_remote(struct live_row *row, const union address *remote) {
    set_end(remote, &row->endpoint.remote, &row->endpoint.remote_port);
}

static void set_peer(struct live_row *row, int descriptor) {
    union address peer = {.any = {.sa_family = AF_UNSPEC}};
    socklen_t size = sizeof peer;
    succeed(getpeername(descriptor, &peer.any, &size));
    set_remote(row, &peer);
}

// Connects a bound socket to the address of another one.
static void connect_to(struct live_states *live, int descriptor, int to) {
    union address remote;
    union address local;
    struct live_row *row = live_row_of(live, descriptor);
    name_of(to, &remote);
    socklen_t size = remote.any.sa_family == AF_INET6 ? sizeof remote.v6 : sizeof remote.v4;
    succeed(connect(descriptor, &remote.any, size));
    name_of(descriptor, &local); // connecting has chosen an address for a wildcard
    set_end(&local, &row->endpoint.local, &row->endpoint.local_port);
    set_peer(row, descriptor);
    row->endpoint.known &= ~(unsigned)PSC_KNOWN_V6ONLY;
}

static struct live_pair accept_from(struct live_states *live, int listener, int client) {
    live_wait_readable(listener);
    int server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    live_keep(live, server);
    set_peer(note_socket(live, server, PSC_STATE_SYN_RECEIVED), server);
    live_wait_state(live, client, TCP_ESTABLISHED);
    live_wait_state(live, server, TCP_ESTABLISHED);
    return (struct live_pair){client, server};
}

struct live_pair live_connect(struct live_states *live, int listener, const char *address) {
    union address remote;
    int client = start_client(live, listener, address, &remote, false);
    set_remote(note_socket(live, client, PSC_STATE_SYN_SENT), &remote);
    return accept_from(live, listener, client);
}

struct live_pair live_connect_bound(struct live_states *live, int listener, int client) {
    connect_to(live, client, listener);
    return accept_from(live, listener, client);
}

void live_wait_in_queue(struct live_states *live, int listener) {
    int client = live_start(live, listener, false);
    live_wait_readable(listener);
    live_wait_state(live, client, TCP_ESTABLISHED);
    live_note_request(live, listener, client, PSC_STATE_ESTABLISHED);
    live_row_of(live, listener)->endpoint.recv_queue++;
}

int live_start(struct live_states *live, int listener, bool drops_packets) {
    union address remote;
    int client = start_client(live, listener, NULL, &remote, drops_packets);
    struct live_row *row = note_socket(live, client, PSC_STATE_SYN_SENT);
    set_remote(row, &remote);
    set_state(&row->endpoint, &reached[TCP_SYN_SENT]);
    return client;
}

void live_connect_udp(struct live_states *live, int descriptor, int to) {
    connect_to(live, descriptor, to);
    live_row_of(live, descriptor)->endpoint.state = PSC_STATE_UDP_CONNECTED;
}

// UDP counts the memory that datagrams take.
void live_send(struct live_states *live, int from, int to) {
    static const char text[] = "hello";
    struct psc_endpoint *endpoint = &live_row_of(live, to)->endpoint;
    assert_int_equal(send(from, text, sizeof text, 0), sizeof text);
    live_wait_readable(to);
    if (option(to, SOL_SOCKET, SO_TYPE) == SOCK_STREAM) {
        wait_sent(from);
        endpoint->recv_queue += sizeof text;
    } else {
        endpoint->recv_queue = memory_info(to, SK_MEMINFO_RMEM_ALLOC);
    }
}

void live_drop_packets(int descriptor) {
    struct sock_filter nothing = {.code = BPF_RET | BPF_K, .k = 0};
    struct sock_fprog program = {.len = 1, .filter = &nothing};
    succeed(setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program));
}

void live_hang_up(struct live_states *live, int descriptor, int state) {
    succeed(shutdown(descriptor, SHUT_WR));
    live_wait_state(live, descriptor, state);
}

void live_half_close(struct live_states *live, struct live_pair pair) {
    live_hang_up(live, pair.client, TCP_FIN_WAIT2);
    live_wait_state(live, pair.server, TCP_CLOSE_WAIT);
}

// The client closes first, and so is the one in TIME_WAIT.
void live_time_wait(struct live_states *live, struct live_pair pair) {
    live_half_close(live, pair);
    live_hang_up(live, pair.server, TCP_CLOSE);
    live_wait_state(live, pair.client, TCP_CLOSE);
    struct psc_endpoint client = live_row_of(live, pair.client)->endpoint;
    live_close(live, pair.client);
    live_close(live, pair.server);
    live_note_orphan(live, &client, PSC_STATE_TIME_WAIT);
}

// Children ----------------------------------------------------------------------------------------

struct holder {
    const struct live_states *live;
    int descriptor;
    live_prepare *prepare;
};

static bool hold_alone(void *context) {
    const struct holder *holder = context;
    for (size_t i = 0; i < holder->live->descriptor_count; i++) {
        if (holder->live->descriptors[i] != holder->descriptor) {
            close(holder->live->descriptors[i]);
        }
    }
    bool dropped = namespace_drop_capabilities();
    if (dropped && holder->prepare != NULL) {
        holder->prepare(holder->descriptor);
    }
    return dropped;
}

pid_t live_child(struct live_states *live, int descriptor, live_prepare *prepare) {
    struct holder holder = {live, descriptor, prepare};
    pid_t pid = spawn_child(hold_alone, NULL, &holder);
    assert_true(live->child_count < COUNT(live->children));
    live->children[live->child_count++] = pid;
    if (descriptor >= 0 && find_row(live, descriptor) != NULL) {
        live_own(live, descriptor, pid);
    }
    return pid;
}
