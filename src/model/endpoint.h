// endpoint.h - one row: the local and remote end of a socket, its state, and what is known of it.
#ifndef PSC_MODEL_ENDPOINT_H
#define PSC_MODEL_ENDPOINT_H

#include "base/error.h"
#include "model/address.h"

/** The four socket tables of a system, in the order of a listing. */
enum psc_protocol {
    PSC_PROTOCOL_TCP4,
    PSC_PROTOCOL_TCP6,
    PSC_PROTOCOL_UDP4,
    PSC_PROTOCOL_UDP6,
};

#define PSC_PROTOCOL_COUNT 4
/** The bit of a protocol in a set. */
#define PSC_PROTOCOL_BIT(protocol) (1U << (protocol))
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
 * The states, once: X(name, word of Windows' netstat). UDP has no states. Its two kinds of socket are
 * listed, without a word, so that one mask covers all rows.
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

/** The bit of a state in a set. */
#define PSC_STATE_BIT(state) (1U << (state))
#define PSC_STATES_ALL ((1U << PSC_STATE_COUNT) - 1U)
/** Sockets that any peer can reach. */
#define PSC_STATES_LISTENERS                                                                       \
    (PSC_STATE_BIT(PSC_STATE_LISTENING) | PSC_STATE_BIT(PSC_STATE_UDP_UNCONNECTED))
/** Sockets that have a peer, or had one until a moment ago. */
#define PSC_STATES_CONNECTIONS                                                                     \
    (PSC_STATES_ALL & ~(PSC_STATES_LISTENERS | PSC_STATE_BIT(PSC_STATE_BOUND)))
#define PSC_STATES_UDP                                                                             \
    (PSC_STATE_BIT(PSC_STATE_UDP_UNCONNECTED) | PSC_STATE_BIT(PSC_STATE_UDP_CONNECTED))

/** The index of the loopback interface: fixed on Linux (net/flow.h) and on Windows. */
#define PSC_IFINDEX_LOOPBACK 1

/** From where a listener can be reached, firewalls not taken into account. */
enum psc_exposure {
    PSC_EXPOSURE_NONE,     /**< not a listener */
    PSC_EXPOSURE_LOOPBACK, /**< from this machine */
    PSC_EXPOSURE_LINK,     /**< from the same link: 169.254.0.0/16, fe80::/10 */
    PSC_EXPOSURE_ADDRESS,  /**< through one address of this machine */
    PSC_EXPOSURE_ALL,      /**< through every address of this machine */
};

/** Bits of psc_endpoint.known: the fields that the system gave. A field without its bit is zero. */
enum {
    PSC_KNOWN_UID = 1U << 0,
    PSC_KNOWN_INODE = 1U << 1,
    PSC_KNOWN_COOKIE = 1U << 2,
    PSC_KNOWN_RECV_QUEUE = 1U << 3,
    PSC_KNOWN_SEND_QUEUE = 1U << 4,
    PSC_KNOWN_V6ONLY = 1U << 5,
    /** All owners are known; a socket in TIME_WAIT, for example, has none. */
    PSC_KNOWN_OWNERS = 1U << 6,
    PSC_KNOWN_PID = 1U << 7,
};

/** One socket. Its owners are in the snapshot. */
struct psc_endpoint {
    struct psc_address local;
    struct psc_address remote; /**< all zero without a peer */
    uint16_t local_port;       /**< host byte order */
    uint16_t remote_port;      /**< host byte order */
    uint8_t protocol;          /**< enum psc_protocol */
    uint8_t state;             /**< enum psc_state */
    uint8_t state_number;      /**< the system's number of a PSC_STATE_UNKNOWN */
    bool v6only;               /**< IPv6 only, no IPv4-mapped peers */
    uint32_t ifindex;          /**< of the interface that the socket is bound to, or 0 */
    uint32_t known;            /**< PSC_KNOWN_* bits */
    uint32_t uid;              /**< user that created the socket */
    /** Bytes received and not yet read; for a TCP listener: connections not yet accepted. */
    uint32_t recv_queue;
    /** Bytes sent and not yet acknowledged; for a TCP listener: the maximum of recv_queue. */
    uint32_t send_queue;
    uint32_t pid;    /**< Windows: process in the socket table */
    uint64_t inode;  /**< Linux: of the socket in /proc/PID/fd; 0: it has no file */
    uint64_t cookie; /**< Linux: unique in its network namespace, for good */
};

static inline bool psc_protocol_is_udp(enum psc_protocol protocol) {
    return protocol >= PSC_PROTOCOL_UDP4;
}

static inline bool psc_protocol_is_ipv6(enum psc_protocol protocol) {
    return protocol == PSC_PROTOCOL_TCP6 || protocol == PSC_PROTOCOL_UDP6;
}

static inline bool psc_endpoint_is_udp(const struct psc_endpoint *endpoint) {
    return psc_protocol_is_udp(endpoint->protocol);
}

static inline bool psc_endpoint_is_ipv6(const struct psc_endpoint *endpoint) {
    return psc_protocol_is_ipv6(endpoint->protocol);
}

/** The word of a state; "" for the two of UDP. Static storage. */
const char *psc_state_word(enum psc_state state);

/**
 * The states that a word means, as spelled by netstat, ss or lsof (`listen`, `TIME-WAIT`,
 * `fin_wait1`, `unconn`, …) in any case.
 * @return a set of PSC_STATE_BIT()s; 0: not a state
 */
uint32_t psc_state_parse(const char *word);

/** Whether it has a peer, so that remote and remote_port mean something. */
bool psc_endpoint_has_peer(const struct psc_endpoint *endpoint);

enum psc_exposure psc_endpoint_exposure(const struct psc_endpoint *endpoint);

/** `loopback`, `link`, `address`, `all`; NULL for PSC_EXPOSURE_NONE. Static storage. */
const char *psc_exposure_word(enum psc_exposure exposure);

/**
 * The order of a listing: protocol, local address, interface, port, remote address, port; then what
 * distinguishes sockets that share all of these.
 * @return less than, equal to or greater than zero
 */
int psc_endpoint_compare(const struct psc_endpoint *a, const struct psc_endpoint *b);

/** Whether two rows are one socket, listed twice because the table changed during a dump. */
bool psc_endpoint_same(const struct psc_endpoint *a, const struct psc_endpoint *b);

/** Sorts rows by psc_endpoint_compare() and drops duplicates. Fails only with PSC_NO_MEMORY. */
PSC_NODISCARD enum psc_status psc_endpoint_sort(struct psc_endpoint *rows, size_t *count);

#endif
