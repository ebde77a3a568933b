// platform.h - what an operating system must provide. One implementation is linked into a program:
// src/platform/linux, src/platform/windows, or the one of the tests.
#ifndef PSC_PLATFORM_PLATFORM_H
#define PSC_PLATFORM_PLATFORM_H

#include "model/builder.h"

/** Roads that a request closes, so that the others can be tested and compared. */
enum {
    PSC_DISABLE_NETLINK = 1U << 0, /**< read /proc/net instead of asking sock_diag */
    PSC_DISABLE_BPF = 1U << 1,  /**< walk through /proc/PID/fd instead of asking a BPF iterator */
    PSC_DISABLE_KCMP = 1U << 2, /**< walk every thread's files instead of comparing tables */
};

/** What to ask the system for. Begins with psc_request_init(). */
struct psc_request {
    uint32_t protocols;    /**< PSC_PROTOCOL_BIT()s worth asking for */
    uint32_t states;       /**< PSC_STATE_BIT()s worth asking for */
    bool owners;           /**< whether to look for owners */
    bool expect_few_rows;  /**< few rows are likely: look for owners when it is known of what */
    unsigned disable;      /**< PSC_AVOID_* bits */
    unsigned threads;      /**< how many may look for owners; 0 lets the platform choose */
    const char *proc_root; /**< where Linux' proc file system is mounted; borrowed */
};

/** Everything, with owners, from the usual places. */
void psc_request_init(struct psc_request *request);

/**
 * Adds the endpoints, seals the builder, names the zones, and links the owners if asked to.
 * What could not be seen becomes a notice. Processes that vanish meanwhile are no error.
 */
PSC_NODISCARD enum psc_status psc_platform_collect(const struct psc_request *request,
                                                   struct psc_builder *builder,
                                                   struct psc_error *error);

/**
 * Finds out about the processes that still own a row.
 * @param details PSC_PROCESS_* bits; what is known already is not asked again. A process that
 * owns a row together with others is also asked for its start, because the oldest is shown.
 */
PSC_NODISCARD enum psc_status psc_platform_resolve(const struct psc_request *request,
                                                   unsigned details, struct psc_builder *builder,
                                                   struct psc_error *error);

/** Names the users whose sockets are in the builder. */
PSC_NODISCARD enum psc_status psc_platform_name_users(struct psc_builder *builder,
                                                      struct psc_error *error);

/**
 * Names the remote addresses by reverse DNS, in parallel.
 * @param deadline_ms what has not answered by then stays without a name
 */
PSC_NODISCARD enum psc_status psc_platform_name_remotes(struct psc_builder *builder,
                                                        unsigned deadline_ms,
                                                        struct psc_error *error);

// Ports --------------------------------------------------------------------------------------------

/** What came of trying to bind to a port. */
enum psc_probe_result {
    PSC_PROBE_FREE,       /**< bound */
    PSC_PROBE_REUSABLE,   /**< bound, but only as servers do that set SO_REUSEADDR (Linux) */
    PSC_PROBE_TAKEN,      /**< somebody has it */
    PSC_PROBE_DENIED,     /**< this user may not have such a port */
    PSC_PROBE_RESERVED,   /**< the system keeps it for itself (Windows) */
    PSC_PROBE_NO_ADDRESS, /**< this machine does not have the address */
    PSC_PROBE_NO_FAMILY,  /**< this machine does not speak the protocol or family */
};

/** Where to bind. */
struct psc_probe {
    enum psc_protocol protocol; /**< protocol and family */
    struct psc_address address; /**< all zero: any; for IPv6 then without IPv4 */
    uint32_t ifindex;           /**< interface of a link-local address, else 0 */
    uint16_t port;              /**< host byte order, not 0 */
};

/**
 * Binds as a server would and gives the port back at once. Never listens, and never takes a port
 * away from anybody.
 */
PSC_NODISCARD enum psc_status psc_platform_probe(const struct psc_probe *probe,
                                                 enum psc_probe_result *result,
                                                 struct psc_error *error);

/** What the system does with ports by itself. */
struct psc_port_ranges {
    struct psc_ports reserved;   /**< kept for somebody; given is false where there are none */
    bool reserved_refuses;       /**< binding to one fails (Windows); else they are only left out
                                      when the system chooses a port (Linux) */
    uint16_t dynamic_first;      /**< the system chooses ports from here … */
    uint16_t dynamic_last;       /**< … to here; 0 where that is not known */
    uint32_t first_unprivileged; /**< lower ones take rights; 0: none does */
    unsigned time_wait_seconds;  /**< how long a closed connection keeps its port */
};

static inline bool psc_port_is_reserved(const struct psc_port_ranges *ranges, uint16_t port) {
    return ranges->reserved.given && psc_ports_have(&ranges->reserved, port);
}

/** @param port not 0 */
static inline bool psc_port_is_dynamic(const struct psc_port_ranges *ranges, uint16_t port) {
    return port >= ranges->dynamic_first && port <= ranges->dynamic_last;
}

/** @param udp whether of UDP; else of TCP */
PSC_NODISCARD enum psc_status psc_platform_port_ranges(const struct psc_request *request, bool udp,
                                                       struct psc_port_ranges *ranges,
                                                       struct psc_error *error);

// Ending a process ---------------------------------------------------------------------------------

/** A process that cannot be mistaken for another one: held until psc_platform_close_process(). */
struct psc_process_handle;

/**
 * Takes hold of a process.
 * @param identity as the resolver gave it; another process of this PID is not the one that is meant
 * @param held out: NULL on failure
 * @return PSC_GONE if it has ended, PSC_DENIED
 */
PSC_NODISCARD enum psc_status psc_platform_open_process(const struct psc_request *request,
                                                        uint32_t pid, uint64_t identity,
                                                        struct psc_process_handle **held,
                                                        struct psc_error *error);
/** Asks it to end, or makes it. @return PSC_GONE, PSC_DENIED; PSC_UNSUPPORTED: it cannot be asked */
PSC_NODISCARD enum psc_status psc_platform_terminate_process(struct psc_process_handle *held,
                                                             bool force, struct psc_error *error);
/** Waits until it has ended. @return whether it has */
bool psc_platform_wait_process(struct psc_process_handle *held, unsigned milliseconds);
void psc_platform_close_process(struct psc_process_handle *held);

/** Whether a process is this one, or one that waits for it: a shell, a terminal, its session. */
bool psc_platform_is_self_or_ancestor(const struct psc_request *request, uint32_t pid);
/** Whether it holds the machine up, so that nobody must end it: PID 0, 1, on Windows 4 and others. */
bool psc_platform_is_critical(uint32_t pid);

// The machine --------------------------------------------------------------------------------------

/** Bytes for a description with its NUL. */
#define PSC_DESCRIPTION_SIZE 256
/** Says which ways of asking this build and this machine have, a line for each kind. */
void psc_platform_describe(char text[PSC_DESCRIPTION_SIZE]);

/** Bytes for a host name with its NUL. */
#define PSC_HOST_SIZE 256
/** Name of this machine; `localhost` where it has none. */
void psc_platform_host(char host[PSC_HOST_SIZE]);
/** Milliseconds since 1970-01-01 UTC. */
int64_t psc_platform_time(void);
/** Milliseconds since some moment, never going back. */
int64_t psc_platform_clock(void);
/** Returns after so many milliseconds. */
void psc_platform_sleep(unsigned milliseconds);

#endif
