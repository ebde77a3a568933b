// record_live_states.c - records what the kernel answers about the sockets of live_states_create.c, and
// the rows that they are, anew: build/dev/tests/record_live_states tests/data
// if_inet6_twins was made by hand instead, in a namespace with three more interfaces:
//   for i in 0 1 2; do ip tuntap add dev tap$i mode tap; ip link set tap$i up; done
//   ip address add fe80::1/64 dev tap0 nodad; ip address add fe80::1/64 dev tap1 nodad
//   ip address add fe80::2/64 dev tap2 nodad; ip address add 2001:db8::7/64 dev tap2 nodad
//   cat /proc/net/if_inet6
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/linux/decode.h"
#include "platform/linux/proc_fs.h"
#include "support/live_states.h"
#include "support/test.h"

static void check(bool ok, const char *what) {
    if (!ok) {
        perror(what);
        exit(1);
    }
}

static FILE *create(const char *directory, const char *kind, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s/%s", directory, kind, name);
    FILE *file = fopen(path, "wb");
    check(file != NULL, path);
    return file;
}

static void finish(FILE *file) {
    check(fclose(file) == 0, "writing");
}

static void ask(int netlink, enum psc_protocol protocol) {
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 body;
    } request = {
        .header = {sizeof request, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, 1, 0},
        .body =
            {
                .sdiag_family = protocol == PSC_PROTOCOL_TCP6 || protocol == PSC_PROTOCOL_UDP6
                                    ? AF_INET6
                                    : AF_INET,
                .sdiag_protocol = protocol >= PSC_PROTOCOL_UDP4 ? IPPROTO_UDP : IPPROTO_TCP,
                .idiag_states = decode_state_mask(protocol, PSC_STATES_ALL),
            },
    };
    check(send(netlink, &request, sizeof request, 0) == (ssize_t)sizeof request, "asking");
}

// The datagrams follow each other, which is how a decoder may get them too.
static void record_sock_diag(const char *directory, enum psc_protocol protocol, const char *name) {
    static char bytes[1 << 18];
    struct nlmsghdr first = {0};
    FILE *file = create(directory, "sock_diag", name);
    int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    check(netlink >= 0, "netlink");
    ask(netlink, protocol);
    while (first.nlmsg_type != NLMSG_DONE) {
        ssize_t size = recv(netlink, bytes, sizeof bytes, 0);
        check(size >= (ssize_t)sizeof first, "receiving");
        memcpy(&first, bytes, sizeof first);
        check(first.nlmsg_type != NLMSG_ERROR, "an error was answered");
        check(fwrite(bytes, 1, (size_t)size, file) == (size_t)size, "writing");
    }
    close(netlink);
    finish(file);
}

static void record_proc_net(const char *directory, const char *name) {
    char path[32];
    struct proc_bytes bytes = {0};
    FILE *file = create(directory, "proc_net", name);
    snprintf(path, sizeof path, "/proc/net/%s", name);
    check(proc_read(AT_FDCWD, path, &bytes) == 0, path);
    check(fwrite(bytes.bytes, 1, bytes.size, file) == bytes.size, "writing");
    free(bytes.bytes);
    finish(file);
}

int main(int argc, char **argv) {
    static const char *const sock_diag[] = {"tcp4.bin", "tcp6.bin", "udp4.bin", "udp6.bin"};
    static const char *const proc_net[] = {"tcp", "tcp6", "udp", "udp6", "if_inet6"};
    if (argc != 2) {
        fputs("usage: record_live_states DIRECTORY\n", stderr);
        return 2;
    }
    void *state = NULL;
    struct rows rows = {0};
    char path[4096];
    check(live_fill_namespace(&state) == 0 && state != NULL, "a network namespace");
    rows_add_live(&rows, state, PSC_STATES_ALL);
    snprintf(path, sizeof path, "%s/live_states", argv[1]);
    rows_write(&rows, path);
    for (enum psc_protocol protocol = PSC_PROTOCOL_TCP4; protocol < PSC_PROTOCOL_COUNT;
         protocol++) {
        record_sock_diag(argv[1], protocol, sock_diag[protocol]);
    }
    for (size_t i = 0; i < sizeof proc_net / sizeof proc_net[0]; i++) {
        record_proc_net(argv[1], proc_net[i]);
    }
    live_tear_down(&state);
    return 0;
}
