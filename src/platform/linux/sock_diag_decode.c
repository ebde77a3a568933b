// sock_diag_decode.c - netlink bytes to rows; a pure function.
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "platform/linux/kernel_state.h"
#include "platform/linux/sock_diag.h"

#define ATTRIBUTE_HEADER sizeof(struct nlattr)

static enum psc_status malformed(struct psc_error *error, const char *what) {
    return psc_fail(error, PSC_MALFORMED, "sock_diag: the kernel's answer has %s", what);
}

// Finds the one attribute that is of use: whether an IPv6 listener leaves IPv4 alone.
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
    return size == 0 ? PSC_OK : malformed(error, "half an attribute");
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
        return malformed(error, "a row of a family that was not asked for");
    }
    kernel_state_set(&row, message.idiag_state);
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
    kernel_state_set_owner(&row, message.idiag_inode, message.idiag_uid);

    enum psc_status status =
        decode_attributes(bytes + sizeof message, size - sizeof message, &row, error);
    if (status == PSC_OK && psc_builder_add(builder, &row) != PSC_OK) {
        status = psc_no_memory(error);
    }
    return status;
}

// The error number in front of the payload of NLMSG_ERROR and NLMSG_DONE; both are negative or 0.
static enum psc_status decode_refusal(const char *bytes, size_t size, bool required,
                                      struct sock_diag_answer *answer, struct psc_error *error) {
    int number = 0;
    if (size >= sizeof number) {
        memcpy(&number, bytes, sizeof number);
    } else if (required || size != 0) {
        return malformed(error, "an error without a number");
    }
    if (number > 0 || number < -4095) {
        return malformed(error, "an error that is none");
    }
    answer->refused = -number;
    return PSC_OK;
}

static enum psc_status decode_message(const struct nlmsghdr *header, const char *payload,
                                      enum psc_protocol protocol, struct psc_builder *builder,
                                      struct sock_diag_answer *answer, struct psc_error *error) {
    size_t size = header->nlmsg_len - sizeof *header;
    if ((header->nlmsg_flags & NLM_F_DUMP_INTR) != 0) {
        answer->interrupted = true;
    }
    switch (header->nlmsg_type) {
    case SOCK_DIAG_BY_FAMILY:
        return decode_row(payload, size, protocol, builder, error);
    case NLMSG_ERROR:
        answer->done = true;
        return decode_refusal(payload, size, true, answer, error);
    case NLMSG_DONE:
        answer->done = true;
        return decode_refusal(payload, size, false, answer, error);
    default:
        return PSC_OK;
    }
}

enum psc_status sock_diag_decode(const void *bytes, size_t size, enum psc_protocol protocol,
                                 uint32_t sequence, struct psc_builder *builder,
                                 struct sock_diag_answer *answer, struct psc_error *error) {
    const char *at = bytes;
    while (size > 0 && !answer->done) {
        struct nlmsghdr header;
        if (size < sizeof header) {
            return malformed(error, "half a message header");
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
