// platform.h - what an operating system must provide. One implementation is linked into a program:
// src/platform/linux, or the one of the tests.
#ifndef PORTSCOPE_PLATFORM_H
#define PORTSCOPE_PLATFORM_H

#include "portscope/builder.h"

/** Roads that a request closes, so that the others can be tested and compared. */
enum {
    PSC_AVOID_NETLINK = 1U << 0, /**< read /proc/net instead of asking sock_diag */
    PSC_AVOID_BPF = 1U << 1,     /**< walk through /proc/PID/fd instead of asking a BPF iterator */
    PSC_AVOID_KCMP = 1U << 2,    /**< walk every thread's files instead of comparing tables */
};

/** What to ask the system for. Begins with psc_request_init(). */
struct psc_request {
    uint32_t tables;       /**< PSC_TABLE_BIT()s worth asking for */
    uint32_t states;       /**< PSC_STATE_BIT()s worth asking for */
    bool owners;           /**< whether to look for owners */
    bool few;              /**< few rows are likely: look for owners when it is known of what */
    unsigned avoid;        /**< PSC_AVOID_* bits */
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
 * owns a row together with others is also asked for its start, because the eldest is shown.
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
/** Returns after so many milliseconds. */
void psc_platform_sleep(unsigned milliseconds);

#endif
