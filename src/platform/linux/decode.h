// decode.h - the kernel's socket tables to rows: netlink messages and the text of /proc/net. Pure
// functions; input need not be aligned, and nothing in it is trusted.
#ifndef PSC_PLATFORM_LINUX_DECODE_H
#define PSC_PLATFORM_LINUX_DECODE_H

#include "model/builder.h"

/**
 * The kernel's bits (1 << number of include/net/tcp_states.h) for states of a protocol.
 * @param states PSC_STATE_BIT()s
 */
uint32_t decode_state_mask(enum psc_protocol protocol, uint32_t states);

/** What the messages of a dump say besides their rows. */
struct decode_answer {
    bool done;        /**< the dump is complete */
    bool interrupted; /**< rows may be missing, because the table changed (NLM_F_DUMP_INTR) */
    int refused;      /**< errno value with which the kernel refused, or 0 */
};

/**
 * Adds the rows of one datagram of sock_diag(7).
 * @param sequence messages with another number are ignored
 * @param answer in and out: all zero before the first datagram of a dump
 * @return PSC_MALFORMED if the bytes are not what linux/inet_diag.h describes
 */
PSC_NODISCARD enum psc_status decode_sock_diag(const void *bytes, size_t size,
                                               enum psc_protocol protocol, uint32_t sequence,
                                               struct psc_builder *builder,
                                               struct decode_answer *answer,
                                               struct psc_error *error);

/** The interfaces of link-local addresses, from /proc/net/if_inet6. */
struct decode_links {
    struct decode_link {
        struct psc_address address;
        uint32_t ifindex; /**< 0: more than one interface has this address */
    } list[64];
    size_t count; /**< further addresses are left out: their interface stays unknown */
};

/** Parses the text of /proc/net/if_inet6. */
PSC_NODISCARD enum psc_status decode_if_inet6(const char *text, size_t size,
                                              struct decode_links *links, struct psc_error *error);

/**
 * Adds the rows of /proc/net/{tcp,tcp6,udp,udp6}, which have no cookies and no interfaces.
 * @param states PSC_STATE_BIT()s to keep
 * @param links the interfaces of link-local addresses
 * @return PSC_MALFORMED if the text is not what the kernel prints, or ends within a line
 */
PSC_NODISCARD enum psc_status decode_proc_net(const char *text, size_t size,
                                              enum psc_protocol protocol, uint32_t states,
                                              const struct decode_links *links,
                                              struct psc_builder *builder, struct psc_error *error);

#endif
