// sock_diag.c - requests a socket table from the kernel and receives the answer.
#include "platform/linux/sock_diag.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/linux/decode.h"

// The kernel fills at most 32 KiB of a datagram; a larger one would be cut off.
#define RECEIVE_SIZE ((size_t)256 * 1024)
#define MAX_ATTEMPTS 4
#define SEQUENCE 1

// Port filters -------------------------------------------------------------------------------------
//
// A filter becomes a block of tests `first <= port && port <= last`. A test that succeeds jumps to the
// end of its block, one that fails to the next test. The last test of a block jumps 4 bytes past the
// end of the program, which rejects the row. Jumps are in bytes, relative to their own operation.

#define MAX_RANGES 16
#define OPERATION sizeof(struct inet_diag_bc_op)
#define TEST_LENGTH 5 // operations: two comparisons, each with its operand, and a jump

// A port filter, and the sides of a connection that it applies to.
struct side_filter {
    const struct psc_port_filter *ports;
    bool local, remote;
};

static size_t count_tests(const struct side_filter *filter) {
    size_t count = filter->ports->set.count;
    bool compiled = !filter->ports->negated && count <= MAX_RANGES;
    return compiled ? count * ((filter->local ? 1U : 0U) + (filter->remote ? 1U : 0U)) : 0;
}

// The last test of a block needs no jump.
static size_t block_length(const struct side_filter *filter) {
    size_t tests = count_tests(filter);
    return tests > 0 ? tests * TEST_LENGTH - 1 : 0;
}

static struct inet_diag_bc_op operation(unsigned code, size_t yes, size_t no) {
    return (struct inet_diag_bc_op){(unsigned char)code, (unsigned char)(yes * OPERATION),
                                    (unsigned short)(no * OPERATION)};
}

static struct inet_diag_bc_op operand(uint16_t port) {
    return (struct inet_diag_bc_op){0, 0, port};
}

// Writes a test. @p failed is the destination if it fails, in operations from its beginning.
static void put_test(struct inet_diag_bc_op *at, bool local, struct psc_port_range range,
                     size_t failed) {
    at[0] = operation(local ? INET_DIAG_BC_S_GE : INET_DIAG_BC_D_GE, 2, failed);
    at[1] = operand(range.first);
    at[2] = operation(local ? INET_DIAG_BC_S_LE : INET_DIAG_BC_D_LE, 2, failed - 2);
    at[3] = operand(range.last);
}

// Writes the block of a filter. @p rest is the length of the program from here to its end.
static void put_block(struct inet_diag_bc_op *block, const struct side_filter *filter,
                      size_t rest) {
    const struct psc_port_set *set = &filter->ports->set;
    size_t tests = count_tests(filter);
    size_t end = block_length(filter);
    for (size_t test = 0; test < tests; test++) {
        size_t at = test * TEST_LENGTH;
        bool last = test + 1 == tests;
        bool local = filter->local && test < set->count;
        size_t range = test < set->count ? test : test - set->count;
        put_test(block + at, local, set->ranges[range], last ? rest + 1 - at : TEST_LENGTH);
        if (!last) {
            size_t jump = at + TEST_LENGTH - 1;
            block[jump] = operation(INET_DIAG_BC_JMP, 1, end - jump);
        }
    }
}

size_t sock_diag_compile(const struct psc_filter *filter,
                         struct inet_diag_bc_op operations[SOCK_DIAG_MAX_OPERATIONS]) {
    const struct side_filter filters[] = {
        {&filter->any_port, true, true},
        {&filter->local_port, true, false},
        {&filter->remote_port, false, true},
    };
    size_t length = 0;
    size_t at = 0;
    for (size_t i = 0; i < 3; i++) {
        length += block_length(&filters[i]);
    }
    for (size_t i = 0; i < 3; i++) {
        put_block(operations + at, &filters[i], length - at);
        at += block_length(&filters[i]);
    }
    return length;
}

// Dumps --------------------------------------------------------------------------------------------

struct request {
    struct nlmsghdr header;
    struct inet_diag_req_v2 body;
    struct nlattr ports;
    struct inet_diag_bc_op operations[SOCK_DIAG_MAX_OPERATIONS];
};

static enum psc_status unsupported(struct psc_error *error, const char *what, int number) {
    return psc_fail(error, PSC_UNSUPPORTED, "sock_diag: %s: %s", what, strerror(number));
}

static void fill_request(struct request *request, enum psc_protocol protocol, uint32_t states,
                         const struct psc_filter *filter) {
    bool ipv6 = psc_protocol_is_ipv6(protocol);
    bool udp = psc_protocol_is_udp(protocol);
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
    size_t count = sock_diag_compile(filter, request->operations);
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

// Receives one datagram from the kernel. Returns its size, or a negative errno value.
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
        if (sender.nl_pid == 0) { // the kernel; every process may send to this socket
            return size > 0 ? size : -EPIPE;
        }
    }
}

static enum psc_status receive_table(int netlink, char *buffer, enum psc_protocol protocol,
                                     struct psc_builder *builder, struct decode_answer *answer,
                                     struct psc_error *error) {
    while (!answer->done) {
        ssize_t size = receive(netlink, buffer);
        if (size == -ENOBUFS) { // the kernel dropped a datagram for lack of memory
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

// Requests once. Every attempt has its own socket, because an abandoned dump leaves messages in it.
static enum psc_status attempt(char *buffer, enum psc_protocol protocol,
                               const struct request *request, struct psc_builder *builder,
                               struct decode_answer *answer, struct psc_error *error) {
    int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (netlink < 0) {
        return unsupported(error, "no netlink socket", errno);
    }
    int refused = send_request(netlink, request);
    enum psc_status status = refused != 0
                                 ? unsupported(error, "the request failed", refused)
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
    for (int i = 0; i < MAX_ATTEMPTS && status == PSC_OK && answer.interrupted; i++) {
        psc_builder_rewind(builder, mark);
        answer = (struct decode_answer){0};
        status = attempt(buffer, protocol, &request, builder, &answer, error);
    }
    free(buffer);
    if (status != PSC_OK) {
        psc_builder_rewind(builder, mark);
    } else if (answer.interrupted) {
        psc_builder_notice(builder, "dump-interrupted", 0,
                           "the socket table changed faster than it could be read: a few sockets "
                           "may be missing");
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
