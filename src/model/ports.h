// ports.h - sets of ports, the ranges that a system keeps, and the verdict on whether a server can have
// a port. Pure functions: the platform reads the table and the ranges, and tries to bind.
#ifndef PSC_MODEL_PORTS_H
#define PSC_MODEL_PORTS_H

#include "base/error.h"
#include "model/snapshot.h"

// Sets of ports -----------------------------------------------------------------------------------

/** The ports from `first` to `last`, both included. */
struct psc_port_range {
    uint16_t first;
    uint16_t last;
};

/** Reads `80` or `8000-8010`, from 0 to 65535, and moves @p text past it. */
bool psc_port_range_read(const char **text, struct psc_port_range *range);

/** A set of ports. `{0}` is the empty one. */
struct psc_port_set {
    struct psc_port_range *ranges; /**< owned; sorted, and at least one port apart */
    size_t count;
    size_t capacity;
};

void psc_port_set_done(struct psc_port_set *set);

/** Adds a range, which may overlap others. Fails only with PSC_NO_MEMORY, and adds nothing then. */
PSC_NODISCARD enum psc_status psc_port_set_add(struct psc_port_set *set, uint16_t first,
                                               uint16_t last);

/** Adds a list like `80,443,8000-8100`. If it is malformed, nothing is added. */
PSC_NODISCARD enum psc_status psc_port_set_parse(struct psc_port_set *set, const char *list,
                                                 struct psc_error *error);

/** The range that a port is in, or NULL. Valid until the set changes. */
const struct psc_port_range *psc_port_set_find(const struct psc_port_set *set, uint16_t port);

// The system's own ranges -------------------------------------------------------------------------

/** Bits of psc_port_ranges.known. */
enum {
    PSC_RANGES_RESERVED = 1U << 0,
    PSC_RANGES_DYNAMIC = 1U << 1,
};

/** What the system does with ports by itself. */
struct psc_port_ranges {
    unsigned known; /**< PSC_RANGES_* bits; a field without its bit has its usual value */
    struct psc_port_set reserved; /**< owned */
    bool reserved_refuses;       /**< binding to a reserved port fails (Windows); else they are only
                                       left out when the system chooses a port (Linux) */
    uint16_t dynamic_first;      /**< the system chooses ports from here … */
    uint16_t dynamic_last;       /**< … to here */
    uint32_t first_unprivileged; /**< lower ports need a privilege; 0: none does */
    unsigned time_wait_seconds;  /**< how long a closed connection keeps its port */
};

void psc_port_ranges_done(struct psc_port_ranges *ranges);

bool psc_port_is_reserved(const struct psc_port_ranges *ranges, uint16_t port);
/** @param port not 0 */
bool psc_port_is_dynamic(const struct psc_port_ranges *ranges, uint16_t port);

// What a server asks for --------------------------------------------------------------------------

/** Ports on a command line: `3000`, `5353/udp` or `8000-8010/tcp`. */
struct psc_port_spec {
    uint16_t first, last;
    bool udp;
};

/** Reads one word; it may begin with `:`. @p udp is what a word without `/tcp` or `/udp` means. */
PSC_NODISCARD enum psc_status psc_port_spec_parse(const char *word, bool udp,
                                                  struct psc_port_spec *spec,
                                                  struct psc_error *error);

/** Where a server would listen. */
struct psc_bind_address {
    bool one_address;           /**< else any address of both families */
    bool ipv6;                  /**< of that address */
    struct psc_address address; /**< if one_address */
    uint32_t ifindex;           /**< of that address, else 0 */
};

/** Reads one address, in brackets or not, that a server could bind. */
PSC_NODISCARD enum psc_status psc_bind_address_parse(const char *text,
                                                     struct psc_bind_address *bind_address,
                                                     struct psc_error *error);

/** The result of an attempt to bind. */
enum psc_probe_result {
    PSC_PROBE_FREE,       /**< bound */
    PSC_PROBE_REUSABLE,   /**< bound, but only with SO_REUSEADDR (Linux) */
    PSC_PROBE_TAKEN,      /**< another socket has it */
    PSC_PROBE_DENIED,     /**< this user may not bind such a port */
    PSC_PROBE_RESERVED,   /**< the system keeps it for itself (Windows) */
    PSC_PROBE_NO_ADDRESS, /**< this machine does not have the address */
    PSC_PROBE_NO_FAMILY,  /**< this machine does not support the protocol or family */
};

/** One attempt to bind. */
struct psc_probe {
    enum psc_protocol protocol; /**< protocol and family */
    struct psc_address address; /**< all zero: any; for IPv6 then without IPv4 */
    uint32_t ifindex;           /**< interface of a link-local address, else 0 */
    uint16_t port;              /**< host byte order, not 0 */
};

/**
 * The attempts that tell whether a server can bind: one for each family, or one for the one address.
 * @return how many, at most two
 */
size_t psc_port_probes(const struct psc_bind_address *bind_address, uint16_t port, bool udp,
                       struct psc_probe probes[2]);

// The verdict -------------------------------------------------------------------------------------

/** The verdicts, once: X(name, word for programs, whether a server can have the port, sentence). */
#define PSC_VERDICT_LIST(X)                                                                        \
    X(FREE, "free", true, "is free")                                                               \
    X(CLOSING, "free-closing", true, "is free, connections closing")                               \
    X(FREE_REUSEADDR, "free-reuseaddr", true, "is free for servers with SO_REUSEADDR")             \
    X(FREE_NOT_LOCALHOST, "free-localhost-taken", true, "is free, but localhost is taken")         \
    X(IN_USE, "in-use", false, "is in use")                                                        \
    X(IN_USE_ELSEWHERE, "in-use-elsewhere", false, "is in use on another address")                 \
    X(RESERVED, "reserved", false, "is reserved")                                                  \
    X(NEEDS_PRIVILEGE, "needs-privilege", false, "needs privilege")                                \
    X(ADDRESS_UNAVAILABLE, "address-unavailable", false,                                           \
      "is not available: no interface has that address")

enum psc_verdict {
#define PSC_VERDICT_ENUM(name, word, free, sentence) PSC_VERDICT_##name,
    PSC_VERDICT_LIST(PSC_VERDICT_ENUM)
#undef PSC_VERDICT_ENUM
};

const char *psc_verdict_word(enum psc_verdict verdict);
const char *psc_verdict_sentence(enum psc_verdict verdict);
bool psc_verdict_is_free(enum psc_verdict verdict);
/** Whether no socket has the port, so that a server with enough privileges could have it. */
bool psc_verdict_is_vacant(enum psc_verdict verdict);

/** What was found out about one port. */
struct psc_port_check {
    uint16_t port;
    bool udp;
    enum psc_verdict verdict;
    bool dynamic;        /**< the system may give it to an outgoing connection at any time */
    bool reserved_soft;  /**< the system never chooses it, but an explicit bind works */
    bool holder_unknown; /**< taken, and no row says by which socket */
    bool time_wait;      /**< only closed connections (TIME_WAIT) have it */
    bool elsewhere;      /**< free, though another address has a listener that does not matter */
    bool partial;        /**< in use, but not at the address that the server asks for */
    uint16_t reserved_first, reserved_last; /**< the range around it, if the verdict is RESERVED */
    uint16_t next_free; /**< a port after it that is free; 0: none, or not searched for */
};

/**
 * Decides on one port.
 * @param results of psc_port_probes(), @p count of them
 * @param snapshot at least the rows with this local port
 * @param check in: port and udp; out: the rest but next_free
 */
void psc_port_decide(const struct psc_bind_address *bind_address,
                     const enum psc_probe_result *results, size_t count,
                     const struct psc_snapshot *snapshot, const struct psc_port_ranges *ranges,
                     struct psc_port_check *check);

/** Whether a row has a local port: it listens, is bound, or is connected from there. */
bool psc_endpoint_holds_port(const struct psc_endpoint *endpoint, uint16_t port, bool udp);
/** Whether a row listens on a local port or is bound to it; a client that is connected does not. */
bool psc_endpoint_serves_port(const struct psc_endpoint *endpoint, uint16_t port, bool udp);

#endif
