// endpoint.h - one row: the local and remote end of a socket, its state, and what is known of it.
#ifndef PSC_MODEL_ENDPOINT_H
#define PSC_MODEL_ENDPOINT_H

#include "base/error.h"
#include "model/address.h"

/** The four tables of a system, in the order in which they are listed. */
enum psc_protocol {
    PSC_PROTOCOL_TCP4,
    PSC_PROTOCOL_TCP6,
    PSC_PROTOCOL_UDP4,
    PSC_PROTOCOL_UDP6,
};

#define PSC_PROTOCOL_COUNT 4
/** The bit of a table in a set of tables. */
#define PSC_PROTOCOL_BIT(table) (1U << (table))
#define PSC_PROTOCOLS_TCP                                                                          \
    (PSC_PROTOCOL_BIT(PSC_PROTOCOL_TCP4) | PSC_PROTOCOL_BIT(PSC_PROTOCOL_TCP6))
#define PSC_PROTOCOLS_UDP                                                                          \
    (PSC_PROTOCOL_BIT(PSC_PROTOCOL_UDP4) | PSC_PROTOCOL_BIT(PSC_PROTOCOL_UDP6))
#define PSC_PROTOCOLS_IPV4                                                                         \
    (PSC_PROTOCOL_BIT(PSC_PROTOCOL_TCP4) | PSC_PROTOCOL_BIT(PSC_PROTOCOL_UDP4))
#define PSC_PROTOCOLS_IPV6                                                                         \
    (PSC_PROTOCOL_BIT(PSC_PROTOCOL_TCP6) | PSC_PROTOCOL_BIT(PSC_PROTOCOL_UDP6))
#define PSC_PROTOCOLS_ALL (PSC_PROTOCOLS_TCP | PSC_PROTOCOLS_UDP)

/**
 * The states, once: X(name, word). The words are those that Windows' netstat prints. UDP has no
 * states, and its two kinds of socket have no word; they stand here so that one mask says which
 * rows are wanted.
 */
#define PSC_STATE_LIST(X)                                                                          \
    X(CLOSED, "CLOSED")                                                                            \
    X(LISTENING, "LISTENING")                                                                      \
    X(SYN_SENT, "SYN_SENT")                                                                        \
    X(SYN_RECEIVED, "SYN_RECEIVED")                                                                \
    X(ESTABLISHED, "ESTABLISHED")                                                                  \
    X(FIN_WAIT_1, "FIN_WAIT_1")                                                                    \
    X(FIN_WAIT_2, "FIN_WAIT_2")                                                                    \
    X(CLOSE_WAIT, "CLOSE_WAIT")                                                                    \
    X(CLOSING, "CLOSING")                                                                          \
    X(LAST_ACK, "LAST_ACK")                                                                        \
    X(TIME_WAIT, "TIME_WAIT")                                                                      \
    X(DELETE_TCB, "DELETE_TCB")                                                                    \
    X(BOUND, "BOUND")                                                                              \
    X(UNKNOWN, "UNKNOWN")                                                                          \
    X(UDP_UNCONNECTED, "")                                                                         \
    X(UDP_CONNECTED, "")

enum psc_state {
#define PSC_STATE_ENUM(name, word) PSC_STATE_##name,
    PSC_STATE_LIST(PSC_STATE_ENUM)
#undef PSC_STATE_ENUM
        PSC_STATE_COUNT
};

/** The bit of a state in a set of states. */
#define PSC_STATE_BIT(state) (1U << (state))
#define PSC_STATES_ALL ((1U << PSC_STATE_COUNT) - 1U)
/** Sockets that wait for anybody. */
#define PSC_STATES_LISTENERS                                                                       \
    (PSC_STATE_BIT(PSC_STATE_LISTENING) | PSC_STATE_BIT(PSC_STATE_UDP_UNCONNECTED))
/** Sockets that talk to somebody, or did until a moment ago. */
#define PSC_STATES_CONNECTIONS                                                                     \
    (PSC_STATES_ALL & ~(PSC_STATES_LISTENERS | PSC_STATE_BIT(PSC_STATE_BOUND)))
#define PSC_STATES_UDP                                                                             \
    (PSC_STATE_BIT(PSC_STATE_UDP_UNCONNECTED) | PSC_STATE_BIT(PSC_STATE_UDP_CONNECTED))

/**
 * The index of the loopback interface: Linux gives it no other in any network namespace
 * (LOOPBACK_IFINDEX in its net/flow.h), and neither does Windows.
 */
#define PSC_IFINDEX_LOOPBACK 1

/** Who can reach a listener, as far as the socket alone decides; firewalls are not asked. */
enum psc_exposure {
    PSC_EXPOSURE_NONE,     /**< not a listener: reached by its peer only */
    PSC_EXPOSURE_LOOPBACK, /**< this machine, also by any address of the loopback interface */
    PSC_EXPOSURE_LINK,     /**< neighbours on the same link: 169.254.0.0/16, fe80::/10 */
    PSC_EXPOSURE_ADDRESS,  /**< whoever reaches the one address it is bound to */
    PSC_EXPOSURE_ALL,      /**< whoever reaches any address of this machine */
};

/** Bits of psc_endpoint.known: the fields that the system gave. A field without its bit is zero. */
enum {
    PSC_KNOWN_UID = 1U << 0,
    PSC_KNOWN_INODE = 1U << 1,
    PSC_KNOWN_COOKIE = 1U << 2,
    PSC_KNOWN_RECV_QUEUE = 1U << 3,
    PSC_KNOWN_SEND_QUEUE = 1U << 4,
    PSC_KNOWN_V6ONLY = 1U << 5,
    /** Whoever holds the socket is known, also where that is nobody (TIME_WAIT). */
    PSC_KNOWN_OWNERS = 1U << 6,
    PSC_KNOWN_PID = 1U << 7,
};

/** One socket. Plain data; owners are kept beside it, in the snapshot. */
struct psc_endpoint {
    struct psc_address local;
    struct psc_address remote; /**< all zero without a peer */
    uint16_t local_port;       /**< host byte order */
    uint16_t remote_port;      /**< host byte order */
    uint8_t protocol;          /**< enum psc_protocol */
    uint8_t state;             /**< enum psc_state */
    uint8_t state_number;      /**< what the system said, where state is PSC_STATE_UNKNOWN */
    bool v6only;               /**< an IPv6 listener that takes no IPv4; PSC_KNOWN_V6ONLY */
    uint32_t ifindex;          /**< index of the interface the socket is bound to, 0 for none */
    uint32_t known;            /**< PSC_KNOWN_* bits */
    uint32_t uid;              /**< user that made the socket */
    /** Bytes received and not yet read; for a TCP listener connections not yet accepted. */
    uint32_t recv_queue;
    /** Bytes sent and not yet acknowledged; for a TCP listener the greatest recv_queue allowed. */
    uint32_t send_queue;
    uint32_t pid;    /**< Windows: process that the table names beside the socket */
    uint64_t inode;  /**< Linux: names the socket in /proc/PID/fd; 0 when no file refers to it */
    uint64_t cookie; /**< Linux: names the socket in one network namespace, never used again */
};

static inline bool psc_endpoint_is_udp(const struct psc_endpoint *endpoint) {
    return endpoint->protocol >= PSC_PROTOCOL_UDP4;
}

static inline bool psc_endpoint_is_ipv6(const struct psc_endpoint *endpoint) {
    return endpoint->protocol == PSC_PROTOCOL_TCP6 || endpoint->protocol == PSC_PROTOCOL_UDP6;
}

/** The word of a state; "" for the two of UDP. Static storage. */
const char *psc_state_word(enum psc_state state);

/**
 * The states that a word means, as spelled by netstat, ss or lsof (`listen`, `TIME-WAIT`,
 * `fin_wait1`, `unconn`, …) in any case.
 * @return a set of PSC_STATE_BIT()s, 0 for a word that none of them uses
 */
uint32_t psc_state_parse(const char *word);

/** Whether it has a peer, so that remote and remote_port mean something. */
bool psc_endpoint_has_peer(const struct psc_endpoint *endpoint);

/** Who can reach it. */
enum psc_exposure psc_endpoint_exposure(const struct psc_endpoint *endpoint);

/** `loopback`, `link`, `address`, `all`; NULL for PSC_EXPOSURE_NONE. Static storage. */
const char *psc_exposure_word(enum psc_exposure exposure);

/**
 * The order of a listing: table, local address, zone, port, remote address, port; then what tells
 * apart sockets that share all of these.
 * @return less than, equal to or greater than zero
 */
int psc_endpoint_compare(const struct psc_endpoint *a, const struct psc_endpoint *b);

/** Whether two rows are the same socket, seen twice in one dump that raced with changes. */
bool psc_endpoint_same(const struct psc_endpoint *a, const struct psc_endpoint *b);

/** Sorts rows by psc_endpoint_compare() and drops duplicates. Fails only with PSC_NO_MEMORY. */
PSC_NODISCARD enum psc_status psc_endpoint_sort(struct psc_endpoint *rows, size_t *count);

#endif
