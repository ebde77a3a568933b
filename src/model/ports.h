// ports.h - can a server have this port? The verdict from the socket table, the ranges that the system
// keeps, and real attempts to bind; pure functions, the platform does the asking.
#ifndef PSC_MODEL_PORTS_H
#define PSC_MODEL_PORTS_H

#include "platform/platform.h"

/** The verdicts, once: X(name, word for programs, whether a server can have the port, sentence). */
#define PSC_VERDICT_LIST(X)                                                                        \
    X(FREE, "free", true, "is free")                                                               \
    X(CLOSING, "free-closing", true, "is free, connections closing")                               \
    X(IN_USE, "in-use", false, "is in use")                                                        \
    X(IN_USE_ELSEWHERE, "in-use-elsewhere", false, "is in use on another address")                 \
    X(RESERVED, "reserved", false, "is reserved")                                                  \
    X(NEEDS_PRIVILEGE, "needs-privilege", false, "needs rights")                                   \
    X(ADDRESS_UNAVAILABLE, "address-unavailable", false,                                           \
      "cannot be had: this machine does not have that address")

enum psc_verdict {
#define PSC_VERDICT_ENUM(name, word, free, sentence) PSC_VERDICT_##name,
    PSC_VERDICT_LIST(PSC_VERDICT_ENUM)
#undef PSC_VERDICT_ENUM
};

const char *psc_verdict_word(enum psc_verdict verdict);
const char *psc_verdict_sentence(enum psc_verdict verdict);
bool psc_verdict_is_free(enum psc_verdict verdict);
/** Whether nobody has the port, so that a server with the rights that it takes could have it. */
bool psc_verdict_is_vacant(enum psc_verdict verdict);

/** Ports that somebody wants, as `3000`, `5353/udp` or `8000-8010/tcp`. */
struct psc_port_spec {
    uint16_t first, last;
    bool udp;
};

/** Reads one wish. @p udp is what a word without `/tcp` or `/udp` means. */
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

/** What was found out about one port. */
struct psc_port_check {
    uint16_t port;
    bool udp;
    enum psc_verdict verdict;
    bool dynamic; /**< the system may give it to an outgoing connection any time */
    bool
        reserved_soft; /**< kept for some program when the system chooses, but an explicit bind works */
    bool holder_unknown; /**< taken, and no row says by whom */
    bool time_wait;      /**< nothing has it but connections that are closed (TIME_WAIT) */
    bool elsewhere; /**< free, though somebody listens on it at an address that does not matter */
    uint16_t reserved_first, reserved_last; /**< the range around it, if the verdict is RESERVED */
    uint16_t next_free; /**< a port after it that is free; 0: none, or not asked */
};

/**
 * Attempts to bind, at most two: one for each family, or one for the one address.
 * @return how many
 */
size_t psc_port_probes(const struct psc_bind_address *place, uint16_t port, bool udp,
                       struct psc_probe probes[2]);

/**
 * Judges.
 * @param results what came of psc_port_probes(), @p count of them
 * @param snapshot rows with this local port at least
 * @param check in: port and udp; out: the rest but next_free
 */
void psc_port_decide(const struct psc_bind_address *place, const enum psc_probe_result *results,
                     size_t count, const struct psc_snapshot *snapshot,
                     const struct psc_port_ranges *ranges, struct psc_port_check *check);

/** Whether a row has to do with a port being taken: somebody listens, is bound, or is connected by it. */
bool psc_port_check_holds(const struct psc_port_check *check, const struct psc_endpoint *endpoint);
/** Whether a row listens on the port or is bound to it: no client that is merely connected. */
bool psc_port_check_serves(const struct psc_port_check *check, const struct psc_endpoint *endpoint);

#endif
