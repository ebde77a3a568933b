// netns_fixture.c - brings sockets into their states. The ports are fixed, because the namespace is ours
// and recorded answers must name the same ones each time.
#include "support/netns_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "model/address.h"

#define PATIENCE_SECONDS 20

static void check(bool ok, const char *what) {
    if (!ok) {
        fprintf(stderr, "netns_fixture: %s: %s\n", what, strerror(errno));
        exit(1);
    }
}

// Entering -----------------------------------------------------------------------------------------

static bool write_file(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);
    if (file >= 0) {
        close(file);
    }
    return ok;
}

// An ordinary user may own a network namespace where user namespaces are allowed.
static bool unshare_network(void) {
    unsigned uid = getuid();
    unsigned gid = getgid();
    if (unshare(CLONE_NEWNET) == 0) {
        return true;
    }
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
        return false;
    }
    char map[64];
    snprintf(map, sizeof map, "%u %u 1", uid, uid);
    bool ok = write_file("/proc/self/uid_map", map) && write_file("/proc/self/setgroups", "deny");
    snprintf(map, sizeof map, "%u %u 1", gid, gid);
    return ok && write_file("/proc/self/gid_map", map);
}

// What SIOCSIFADDR takes on an IPv6 socket; linux/ipv6.h, which clashes with netinet/in.h.
struct ipv6_request {
    struct in6_addr address;
    uint32_t prefix;
    int interface;
};

bool netns_fixture_enter(void) {
    if (!unshare_network()) {
        return false;
    }
    int ipv4 = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int ipv6 = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    struct ipv6_request link_local = {.prefix = 64, .interface = 1};
    link_local.address.s6_addr[0] = 0xfe;
    link_local.address.s6_addr[1] = 0x80;
    link_local.address.s6_addr[15] = 1;
    bool ok = ipv4 >= 0 && ipv6 >= 0 && ioctl(ipv4, SIOCSIFFLAGS, &up) == 0 &&
              ioctl(ipv6, SIOCSIFADDR, &link_local) == 0;
    close(ipv4);
    close(ipv6);
    return ok;
}

// Sockets ------------------------------------------------------------------------------------------

static int keep(struct netns_fixture *net, int fd) {
    check(fd >= 0, "socket");
    check(net->count < sizeof net->sockets / sizeof net->sockets[0], "too many sockets");
    net->sockets[net->count++] = fd;
    return fd;
}

static socklen_t make_name(const char *text, unsigned port, struct sockaddr_storage *name) {
    struct psc_address address;
    bool ipv6;
    check(psc_address_parse(text, &address, &ipv6), text);
    memset(name, 0, sizeof *name);
    if (!ipv6) {
        struct sockaddr_in *in = (struct sockaddr_in *)name;
        *in = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
        memcpy(&in->sin_addr, address.bytes, 4);
        return sizeof *in;
    }
    struct sockaddr_in6 *in = (struct sockaddr_in6 *)name;
    *in = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    memcpy(&in->sin6_addr, address.bytes, 16);
    in->sin6_scope_id = address.bytes[0] == 0xfe ? 1 : 0;
    return sizeof *in;
}

static int bound(struct netns_fixture *net, int type, const char *address, unsigned port,
                 bool v6only) {
    struct sockaddr_storage name;
    socklen_t size = make_name(address, port, &name);
    int fd = keep(net, socket(name.ss_family, type | SOCK_CLOEXEC, 0));
    int only = v6only;
    int small = 4096; // so that buffers are soon full
    if (name.ss_family == AF_INET6) {
        check(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only) == 0, "IPV6_V6ONLY");
    }
    check(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small) == 0, "SO_SNDBUF");
    check(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small) == 0, "SO_RCVBUF");
    check(bind(fd, (struct sockaddr *)&name, size) == 0, "bind");
    return fd;
}

static int listener(struct netns_fixture *net, const char *address, unsigned port, bool v6only,
                    int backlog) {
    int fd = bound(net, SOCK_STREAM, address, port, v6only);
    check(listen(fd, backlog) == 0, "listen");
    return fd;
}

static int client(struct netns_fixture *net, int type, const char *address, unsigned port,
                  unsigned peer) {
    struct sockaddr_storage name;
    socklen_t size = make_name(address, peer, &name);
    int fd = bound(net, type, address, port, false);
    check(connect(fd, (struct sockaddr *)&name, size) == 0, "connect");
    return fd;
}

static struct tcp_info info_of(int fd) {
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    check(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0, "TCP_INFO");
    return info;
}

static time_t seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static void go_on(time_t begin, const char *what) {
    errno = ETIMEDOUT;
    check(seconds() - begin < PATIENCE_SECONDS, what);
    sched_yield();
}

// Packets on loopback are nearly always handled before the call returns, but nobody promises it.
static void await(int fd, int state) {
    for (time_t begin = seconds(); info_of(fd).tcpi_state != state;) {
        go_on(begin, "a state does not come");
    }
}

// Writes until the peer's window is shut and bytes wait for it, so that no FIN can be sent.
static void fill(int fd) {
    static const char bytes[4096];
    for (time_t begin = seconds();;) {
        int waiting = 0;
        ssize_t sent = send(fd, bytes, sizeof bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
        check(sent >= 0 || errno == EAGAIN, "send");
        check(ioctl(fd, SIOCOUTQNSD, &waiting) == 0, "SIOCOUTQNSD");
        if (sent < 0 && waiting > 0 && info_of(fd).tcpi_unacked == 0) {
            return;
        }
        go_on(begin, "a window does not close");
    }
}

struct pair {
    int client, server;
};

static struct pair connected(struct netns_fixture *net, int listening, const char *address,
                             unsigned port, unsigned peer) {
    struct pair pair = {.client = client(net, SOCK_STREAM, address, port, peer)};
    pair.server = keep(net, accept4(listening, NULL, NULL, SOCK_CLOEXEC));
    return pair;
}

static void hang_up(int fd, int state) {
    check(shutdown(fd, SHUT_WR) == 0, "shutdown");
    await(fd, state);
}

static void open_ends(struct netns_fixture *net, int listening) {
    struct pair pair = connected(net, listening, "127.0.0.1", 20002, 10001);
    check(send(pair.client, "hello", 5, MSG_NOSIGNAL) == 5, "send");
    struct pollfd ready = {.fd = pair.server, .events = POLLIN};
    check(poll(&ready, 1, PATIENCE_SECONDS * 1000) == 1, "poll");

    pair = connected(net, listening, "127.0.0.1", 20003, 10001);
    hang_up(pair.client, TCP_FIN_WAIT2);
    await(pair.server, TCP_CLOSE_WAIT);

    // What is left in TIME_WAIT belongs to the kernel; our descriptors have closed sockets then.
    pair = connected(net, listening, "127.0.0.1", 20004, 10001);
    hang_up(pair.client, TCP_FIN_WAIT2);
    await(pair.server, TCP_CLOSE_WAIT);
    hang_up(pair.server, TCP_CLOSE);
    await(pair.client, TCP_CLOSE);

    pair = connected(net, listening, "127.0.0.1", 20005, 10001);
    fill(pair.client);
    hang_up(pair.client, TCP_FIN_WAIT1);

    pair = connected(net, listening, "127.0.0.1", 20006, 10001);
    fill(pair.client);
    hang_up(pair.client, TCP_FIN_WAIT1);
    hang_up(pair.server, TCP_FIN_WAIT2);
    await(pair.client, TCP_CLOSING);

    pair = connected(net, listening, "127.0.0.1", 20007, 10001);
    hang_up(pair.server, TCP_FIN_WAIT2);
    await(pair.client, TCP_CLOSE_WAIT);
    fill(pair.client);
    hang_up(pair.client, TCP_LAST_ACK);
}

static void open_tcp4(struct netns_fixture *net) {
    int listening = listener(net, "127.0.0.1", 10001, false, 8);
    open_ends(net, listening);
    client(net, SOCK_STREAM, "127.0.0.1", 20001, 10001); // never accepted

    // One connection more than the backlog is let in; the next one gets no answer.
    listener(net, "127.0.0.1", 10002, false, 0);
    client(net, SOCK_STREAM, "127.0.0.1", 20008, 10002);
    struct sockaddr_storage full;
    socklen_t size = make_name("127.0.0.1", 10002, &full);
    int unanswered = bound(net, SOCK_STREAM | SOCK_NONBLOCK, "127.0.0.1", 20009, false);
    check(connect(unanswered, (struct sockaddr *)&full, size) != 0 && errno == EINPROGRESS,
          "a full listener took a connection");

    int defer = 60; // no connection before its first byte: it stays in SYN_RECEIVED
    int deferring = listener(net, "127.0.0.1", 10003, false, 8);
    check(setsockopt(deferring, IPPROTO_TCP, TCP_DEFER_ACCEPT, &defer, sizeof defer) == 0,
          "TCP_DEFER_ACCEPT");
    client(net, SOCK_STREAM, "127.0.0.1", 20010, 10003);

    bound(net, SOCK_STREAM, "127.0.0.1", 10004, false);
    listener(net, "0.0.0.0", 10005, false, 8);
    int on_device = bound(net, SOCK_STREAM, "127.0.0.1", 10006, false);
    check(setsockopt(on_device, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) == 0, "SO_BINDTODEVICE");
    check(listen(on_device, 8) == 0, "listen");
}

static void open_tcp6(struct netns_fixture *net) {
    int dual = listener(net, "::", 10011, false, 8);
    connected(net, dual, "127.0.0.1", 20011, 10011);
    int v6only = listener(net, "::1", 10012, true, 8);
    connected(net, v6only, "::1", 20012, 10012);
    listener(net, "fe80::1", 10013, false, 8);
}

static void open_udp(struct netns_fixture *net) {
    bound(net, SOCK_DGRAM, "127.0.0.1", 10021, false);
    client(net, SOCK_DGRAM, "127.0.0.1", 20021, 10021);
    bound(net, SOCK_DGRAM, "::", 10031, false);
    bound(net, SOCK_DGRAM, "::1", 10032, true);
    client(net, SOCK_DGRAM, "::1", 20032, 10032);
    bound(net, SOCK_DGRAM, "fe80::1", 10033, false);
}

void netns_fixture_open(struct netns_fixture *net) {
    net->count = 0;
    open_tcp4(net);
    open_tcp6(net);
    open_udp(net);
}

void netns_fixture_close(struct netns_fixture *net) {
    while (net->count > 0) {
        close(net->sockets[--net->count]);
    }
}
