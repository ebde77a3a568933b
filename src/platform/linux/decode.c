// decode.c - the kernel's socket tables to rows: what netlink and /proc/net share, then each.
#include "platform/linux/decode.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/number.h"

// UDP uses two of TCP's state numbers.
#define UDP_CONNECTED_NUMBER 1
#define UDP_UNCONNECTED_NUMBER 7

// By the kernel's number. 12 (NEW_SYN_RECV) is reported as 3. A bound socket is requested as 13
// (BOUND_INACTIVE) and reported as 7 (CLOSE), which no other socket in a dump has: a closed socket
// without a port is in no table.
static const enum psc_state tcp_states[] = {
    [0] = PSC_STATE_UNKNOWN,       [1] = PSC_STATE_ESTABLISHED, [2] = PSC_STATE_SYN_SENT,
    [3] = PSC_STATE_SYN_RECEIVED,  [4] = PSC_STATE_FIN_WAIT_1,  [5] = PSC_STATE_FIN_WAIT_2,
    [6] = PSC_STATE_TIME_WAIT,     [7] = PSC_STATE_BOUND,       [8] = PSC_STATE_CLOSE_WAIT,
    [9] = PSC_STATE_LAST_ACK,      [10] = PSC_STATE_LISTENING,  [11] = PSC_STATE_CLOSING,
    [12] = PSC_STATE_SYN_RECEIVED, [13] = PSC_STATE_BOUND,
};
#define TCP_STATE_COUNT (sizeof tcp_states / sizeof tcp_states[0])

uint32_t decode_state_mask(enum psc_protocol protocol, uint32_t states) {
    uint32_t mask = 0;
    if (psc_protocol_is_udp(protocol)) {
        bool connected = (states & PSC_STATE_BIT(PSC_STATE_UDP_CONNECTED)) != 0;
        bool unconnected = (states & PSC_STATE_BIT(PSC_STATE_UDP_UNCONNECTED)) != 0;
        return (connected ? 1U << UDP_CONNECTED_NUMBER : 0) |
               (unconnected ? 1U << UDP_UNCONNECTED_NUMBER : 0);
    }
    for (unsigned number = 1; number < TCP_STATE_COUNT; number++) {
        if ((states & PSC_STATE_BIT(tcp_states[number])) != 0) {
            mask |= 1U << number;
        }
    }
    if ((states & PSC_STATE_BIT(PSC_STATE_UNKNOWN)) != 0) {
        mask |= ~((1U << TCP_STATE_COUNT) - 1);
    }
    return mask;
}

static void set_state(struct psc_endpoint *row, unsigned number) {
    if (psc_endpoint_is_udp(row)) {
        row->state =
            number == UDP_UNCONNECTED_NUMBER ? PSC_STATE_UDP_UNCONNECTED : PSC_STATE_UDP_CONNECTED;
        return;
    }
    row->state =
        number < TCP_STATE_COUNT ? (uint8_t)tcp_states[number] : (uint8_t)PSC_STATE_UNKNOWN;
    row->state_number = row->state == PSC_STATE_UNKNOWN ? (uint8_t)number : 0;
}

// A socket that no file refers to has inode 0, no owner, and a uid that means nothing.
static void set_inode(struct psc_endpoint *row, uint64_t inode, uint32_t uid) {
    row->inode = inode;
    if (inode == 0) {
        // The kernel keeps only a request of a connection in SYN_RECEIVED, and no socket yet.
        row->known |= PSC_KNOWN_OWNERS;
        row->known |= row->state != PSC_STATE_SYN_RECEIVED ? PSC_KNOWN_INODE : 0;
    } else {
        row->uid = uid;
        row->known |= PSC_KNOWN_INODE | PSC_KNOWN_UID;
    }
}

// Netlink ------------------------------------------------------------------------------------------

#define ATTRIBUTE_HEADER sizeof(struct nlattr)

static enum psc_status malformed(struct psc_error *error, const char *what) {
    return psc_fail(error, PSC_MALFORMED, "sock_diag: the kernel's answer has %s", what);
}

// Reads the one attribute of use: whether an IPv6 listener does not accept IPv4.
static enum psc_status decode_attributes(const char *bytes, size_t size, struct psc_endpoint *row,
                                         struct psc_error *error) {
    while (size >= ATTRIBUTE_HEADER) {
        struct nlattr attribute;
        memcpy(&attribute, bytes, sizeof attribute);
        if (attribute.nla_len < ATTRIBUTE_HEADER || attribute.nla_len > size) {
            return malformed(error, "an attribute of impossible length");
        }
        if (attribute.nla_type == INET_DIAG_SKV6ONLY && attribute.nla_len > ATTRIBUTE_HEADER) {
            row->v6only = bytes[ATTRIBUTE_HEADER] != 0;
            row->known |= PSC_KNOWN_V6ONLY;
        }
        size_t step = (size_t)NLA_ALIGN(attribute.nla_len);
        step = step < size ? step : size;
        bytes += step;
        size -= step;
    }
    return size == 0 ? PSC_OK : malformed(error, "an incomplete attribute");
}

static enum psc_status decode_row(const char *bytes, size_t size, enum psc_protocol protocol,
                                  struct psc_builder *builder, struct psc_error *error) {
    struct inet_diag_msg message;
    if (size < sizeof message) {
        return malformed(error, "a row that is too short");
    }
    memcpy(&message, bytes, sizeof message);
    struct psc_endpoint row = {.protocol = (uint8_t)protocol};
    bool ipv6 = psc_endpoint_is_ipv6(&row);
    if (message.idiag_family != (ipv6 ? AF_INET6 : AF_INET)) {
        return malformed(error, "a row of a family that was not requested");
    }
    set_state(&row, message.idiag_state);
    size_t length = ipv6 ? 16 : 4;
    memcpy(row.local.bytes, message.id.idiag_src, length);
    row.local_port = ntohs(message.id.idiag_sport);
    if (psc_endpoint_has_peer(&row)) {
        memcpy(row.remote.bytes, message.id.idiag_dst, length);
        row.remote_port = ntohs(message.id.idiag_dport);
    }
    row.ifindex = message.id.idiag_if;
    row.recv_queue = message.idiag_rqueue;
    row.send_queue = message.idiag_wqueue;
    row.cookie = (uint64_t)message.id.idiag_cookie[1] << 32 | message.id.idiag_cookie[0];
    row.known = PSC_KNOWN_COOKIE | PSC_KNOWN_RECV_QUEUE | PSC_KNOWN_SEND_QUEUE;
    set_inode(&row, message.idiag_inode, message.idiag_uid);

    enum psc_status status =
        decode_attributes(bytes + sizeof message, size - sizeof message, &row, error);
    if (status != PSC_OK) {
        return status;
    }
    psc_builder_add(builder, &row);
    return PSC_OK;
}

// The error number at the start of NLMSG_ERROR and, optionally, NLMSG_DONE: negative or 0.
static enum psc_status decode_refusal(const char *bytes, size_t size, bool required,
                                      struct decode_answer *answer, struct psc_error *error) {
    int number = 0;
    if (size >= sizeof number) {
        memcpy(&number, bytes, sizeof number);
    } else if (required || size != 0) {
        return malformed(error, "an error without a number");
    }
    if (number > 0 || number < -4095) {
        return malformed(error, "an impossible error number");
    }
    answer->refused = -number;
    return PSC_OK;
}

static enum psc_status decode_message(const struct nlmsghdr *header, const char *payload,
                                      enum psc_protocol protocol, struct psc_builder *builder,
                                      struct decode_answer *answer, struct psc_error *error) {
    size_t size = header->nlmsg_len - sizeof *header;
    if ((header->nlmsg_flags & NLM_F_DUMP_INTR) != 0) {
        answer->interrupted = true;
    }
    switch (header->nlmsg_type) {
    case SOCK_DIAG_BY_FAMILY:
        return decode_row(payload, size, protocol, builder, error);
    case NLMSG_ERROR:
    case NLMSG_DONE:
        answer->done = true;
        return decode_refusal(payload, size, header->nlmsg_type == NLMSG_ERROR, answer, error);
    default:
        return PSC_OK;
    }
}

enum psc_status decode_sock_diag(const void *bytes, size_t size, enum psc_protocol protocol,
                                 uint32_t sequence, struct psc_builder *builder,
                                 struct decode_answer *answer, struct psc_error *error) {
    const char *at = bytes;
    while (size > 0 && !answer->done) {
        struct nlmsghdr header;
        if (size < sizeof header) {
            return malformed(error, "an incomplete message header");
        }
        memcpy(&header, at, sizeof header);
        if (header.nlmsg_len < sizeof header || header.nlmsg_len > size) {
            return malformed(error, "a message of impossible length");
        }
        if (header.nlmsg_seq == sequence) {
            enum psc_status status =
                decode_message(&header, at + sizeof header, protocol, builder, answer, error);
            if (status != PSC_OK) {
                return status;
            }
        }
        size_t step = (size_t)NLMSG_ALIGN(header.nlmsg_len);
        step = step < size ? step : size;
        at += step;
        size -= step;
    }
    return PSC_OK;
}

// /proc/net ----------------------------------------------------------------------------------------

// One line; `at` stops at the first character that does not fit.
struct line {
    const char *at, *end;
    bool bad;
};

static void skip_blanks(struct line *line) {
    while (line->at < line->end && *line->at == ' ') {
        line->at++;
    }
}

static void expect(struct line *line, char c) {
    if (line->at < line->end && *line->at == c) {
        line->at++;
    } else {
        line->bad = true;
    }
}

static uint64_t decimal(struct line *line) {
    uint64_t value = 0;
    skip_blanks(line);
    if (!psc_number_read(&line->at, line->end, UINT64_MAX, &value)) {
        line->bad = true;
    }
    return value;
}

static uint32_t hex(struct line *line, unsigned min_digits, unsigned max_digits) {
    uint32_t value = 0;
    unsigned count = 0;
    int digit;
    while (count < max_digits && line->at < line->end && (digit = psc_hex_digit(*line->at)) >= 0) {
        value = value << 4 | (unsigned)digit;
        line->at++;
        count++;
    }
    line->bad = line->bad || count < min_digits;
    return value;
}

static void skip_field(struct line *line) {
    skip_blanks(line);
    if (line->at == line->end) {
        line->bad = true;
    }
    while (line->at < line->end && *line->at != ' ') {
        line->at++;
    }
}

// The kernel prints each 32-bit word of an address in its own byte order, as `%08X`.
static void address(struct line *line, bool ipv6, struct psc_address *address, uint16_t *port) {
    skip_blanks(line);
    for (size_t i = 0; i < (ipv6 ? 4U : 1U); i++) {
        uint32_t word = hex(line, 8, 8);
        memcpy(address->bytes + i * sizeof word, &word, sizeof word);
    }
    expect(line, ':');
    *port = (uint16_t)hex(line, 4, 4);
}

// Returns the index of an address in the list, `count` if it is not there.
static size_t find_link(const struct decode_links *links, const struct psc_address *address) {
    size_t at = 0;
    while (at < links->count && memcmp(&links->list[at].address, address, sizeof *address) != 0) {
        at++;
    }
    return at;
}

//   sl  local_address rem_address   st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode …
static void decode_text_row(struct line *line, const struct decode_links *links,
                            struct psc_endpoint *row) {
    bool ipv6 = psc_endpoint_is_ipv6(row);
    decimal(line);
    expect(line, ':');
    address(line, ipv6, &row->local, &row->local_port);
    address(line, ipv6, &row->remote, &row->remote_port);
    skip_blanks(line);
    set_state(row, hex(line, 2, 2));
    skip_blanks(line);
    row->send_queue = hex(line, 8, 8);
    expect(line, ':');
    row->recv_queue = hex(line, 8, 8);
    skip_field(line); // timer
    skip_field(line); // retransmits
    uint32_t uid = (uint32_t)decimal(line);
    skip_field(line); // timeout
    set_inode(row, decimal(line), uid);

    row->known |= PSC_KNOWN_RECV_QUEUE;
    if (row->state == PSC_STATE_LISTENING) {
        row->send_queue = 0; // unlike in sock_diag, not the limit of the accept queue
    } else {
        row->known |= PSC_KNOWN_SEND_QUEUE;
    }
    if (!psc_endpoint_has_peer(row)) {
        memset(&row->remote, 0, sizeof row->remote);
        row->remote_port = 0;
    }
    size_t link = ipv6 ? find_link(links, &row->local) : links->count;
    row->ifindex = link < links->count ? links->list[link].ifindex : 0;
}

// Moves to the next line; one without a newline was cut off. Returns false at the end.
static bool next_line(const char **text, const char *end, struct line *line) {
    const char *newline = memchr(*text, '\n', (size_t)(end - *text));
    *line =
        (struct line){.at = *text, .end = newline != NULL ? newline : end, .bad = newline == NULL};
    bool any = *text < end;
    *text = newline != NULL ? newline + 1 : end;
    return any;
}

enum psc_status decode_proc_net(const char *text, size_t size, enum psc_protocol protocol,
                                uint32_t states, const struct decode_links *links,
                                struct psc_builder *builder, struct psc_error *error) {
    const char *end = text + size;
    struct line line;
    if (!next_line(&text, end, &line) || line.bad) {
        return psc_fail(error, PSC_MALFORMED, "/proc/net: the heading is missing");
    }
    for (size_t count = 1; next_line(&text, end, &line); count++) {
        struct psc_endpoint row = {.protocol = (uint8_t)protocol};
        if (!line.bad) {
            decode_text_row(&line, links, &row);
        }
        if (line.bad) {
            return psc_fail(error, PSC_MALFORMED, "/proc/net: row %zu is malformed", count);
        }
        if ((states & PSC_STATE_BIT(row.state)) != 0) {
            psc_builder_add(builder, &row);
        }
    }
    return PSC_OK;
}

static void add_link(struct decode_links *links, const struct psc_address *address,
                     uint32_t ifindex) {
    size_t at = find_link(links, address);
    if (at < links->count) {
        links->list[at].ifindex = 0;
    } else if (at < sizeof links->list / sizeof links->list[0]) {
        links->list[links->count++] = (struct decode_link){*address, ifindex};
    }
}

// fe80000000000000000000fffe000001 02 40 20 80     eth0: address, interface, prefix, scope, flags
enum psc_status decode_if_inet6(const char *text, size_t size, struct decode_links *links,
                                struct psc_error *error) {
    const char *end = text + size;
    struct line line;
    links->count = 0;
    while (next_line(&text, end, &line)) {
        struct psc_address address = {{0}};
        for (size_t i = 0; i < sizeof address.bytes; i++) {
            address.bytes[i] = (uint8_t)hex(&line, 2, 2);
        }
        skip_blanks(&line);
        uint32_t ifindex = hex(&line, 1, 8);
        if (line.bad) {
            return psc_fail(error, PSC_MALFORMED, "/proc/net/if_inet6 is malformed");
        }
        if (psc_address_is_link_local(&address, true)) {
            add_link(links, &address, ifindex);
        }
    }
    return PSC_OK;
}
