// sock_diag.c - asks the kernel for a socket table and receives the answer.
#include "platform/linux/sock_diag.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/linux/decode.h"
#include "platform/linux/sock_diag_ports.h"

// The kernel fills at most 32 KiB a datagram, but larger ones than that have been known.
#define RECEIVE_SIZE ((size_t)256 * 1024)
#define ATTEMPTS 4
#define SEQUENCE 1

struct request {
    struct nlmsghdr header;
    struct inet_diag_req_v2 body;
    struct nlattr ports;
    struct inet_diag_bc_op operations[SOCK_DIAG_PORTS_MOST];
};

static enum psc_status unsupported(struct psc_error *error, const char *what, int number) {
    return psc_fail(error, PSC_UNSUPPORTED, "sock_diag: %s: %s", what, strerror(number));
}

static void fill_request(struct request *request, enum psc_protocol protocol, uint32_t states,
                         const struct psc_filter *filter) {
    bool ipv6 = protocol == PSC_PROTOCOL_TCP6 || protocol == PSC_PROTOCOL_UDP6;
    bool udp = protocol == PSC_PROTOCOL_UDP4 || protocol == PSC_PROTOCOL_UDP6;
    request->header = (struct nlmsghdr){
        .nlmsg_len = offsetof(struct request, ports),
        .nlmsg_type = SOCK_DIAG_BY_FAMILY,
        .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
        .nlmsg_seq = SEQUENCE,
    };
    request->body = (struct inet_diag_req_v2){
        .sdiag_family = ipv6 ? AF_INET6 : AF_INET,
        .sdiag_protocol = udp ? IPPROTO_UDP : IPPROTO_TCP,
        .idiag_states = decode_state_mask(protocol, states),
    };
    size_t count = sock_diag_ports_compile(filter, request->operations);
    if (count > 0) {
        size_t size = sizeof request->ports + count * sizeof request->operations[0];
        request->ports = (struct nlattr){(uint16_t)size, INET_DIAG_REQ_BYTECODE};
        request->header.nlmsg_len += (uint32_t)size;
    }
}

static int send_request(int netlink, const struct request *request) {
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    ssize_t sent;
    do {
        sent = sendto(netlink, request, request->header.nlmsg_len, 0, (struct sockaddr *)&kernel,
                      sizeof kernel);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? errno : 0;
}

// Receives one datagram of the kernel's. Returns its size, or minus an errno value.
static ssize_t receive(int netlink, char *buffer) {
    for (;;) {
        struct sockaddr_nl sender = {0};
        struct iovec piece = {.iov_base = buffer, .iov_len = RECEIVE_SIZE};
        struct msghdr message = {
            .msg_name = &sender, .msg_namelen = sizeof sender, .msg_iov = &piece, .msg_iovlen = 1};
        ssize_t size = recvmsg(netlink, &message, 0);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size < 0) {
            return -errno;
        }
        if ((message.msg_flags & MSG_TRUNC) != 0) {
            return -EMSGSIZE;
        }
        if (sender.nl_pid == 0) { // anybody may send to us; only the kernel has no port
            return size > 0 ? size : -EPIPE;
        }
    }
}

static enum psc_status receive_table(int netlink, char *buffer, enum psc_protocol protocol,
                                     struct psc_builder *builder, struct decode_answer *answer,
                                     struct psc_error *error) {
    while (!answer->done) {
        ssize_t size = receive(netlink, buffer);
        if (size == -ENOBUFS) { // the kernel had no memory for a datagram and dropped it
            answer->interrupted = true;
            return PSC_OK;
        }
        if (size < 0) {
            return unsupported(error, "receiving failed", (int)-size);
        }
        enum psc_status status =
            decode_sock_diag(buffer, (size_t)size, protocol, SEQUENCE, builder, answer, error);
        if (status != PSC_OK) {
            return status;
        }
    }
    return answer->refused == 0 ? PSC_OK
                                : unsupported(error, "the kernel refused", answer->refused);
}

// Asks once. A socket of its own for each attempt, because an abandoned dump leaves messages behind.
static enum psc_status attempt(char *buffer, enum psc_protocol protocol,
                               const struct request *request, struct psc_builder *builder,
                               struct decode_answer *answer, struct psc_error *error) {
    int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (netlink < 0) {
        return unsupported(error, "no netlink socket", errno);
    }
    int refused = send_request(netlink, request);
    enum psc_status status = refused != 0
                                 ? unsupported(error, "asking failed", refused)
                                 : receive_table(netlink, buffer, protocol, builder, answer, error);
    close(netlink);
    return status;
}

enum psc_status sock_diag_dump(const struct psc_filter *filter, enum psc_protocol protocol,
                               uint32_t states, struct psc_builder *builder,
                               struct psc_error *error) {
    char *buffer = malloc(RECEIVE_SIZE);
    if (buffer == NULL) {
        return psc_no_memory(error);
    }
    struct request request;
    fill_request(&request, protocol, states, filter);
    size_t mark = psc_builder_count(builder);
    struct decode_answer answer = {.interrupted = true};
    enum psc_status status = PSC_OK;
    for (int i = 0; i < ATTEMPTS && status == PSC_OK && answer.interrupted; i++) {
        psc_builder_rewind(builder, mark);
        answer = (struct decode_answer){0};
        status = attempt(buffer, protocol, &request, builder, &answer, error);
    }
    free(buffer);
    if (status != PSC_OK) {
        psc_builder_rewind(builder, mark);
    } else if (answer.interrupted) {
        status = psc_builder_notice(builder, "dump-interrupted", 0,
                                    "the socket protocol changed faster than it could be read: "
                                    "a few sockets may be missing");
        status = status == PSC_OK ? PSC_OK : psc_no_memory(error);
    }
    return status;
}

bool sock_diag_answers(void) {
    struct psc_error error;
    struct psc_builder *builder = psc_builder_new(&psc_filter_everything);
    bool answers = builder != NULL &&
                   sock_diag_dump(&psc_filter_everything, PSC_PROTOCOL_TCP4,
                                  PSC_STATE_BIT(PSC_STATE_LISTENING), builder, &error) == PSC_OK;
    psc_builder_free(builder);
    return answers;
}
