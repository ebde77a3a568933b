// platform.h - what an operating system provides to the program. Exactly one implementation is linked:
// platform/linux, platform/windows, or the one of the tests. Functions that can fail fill the error
// with a sentence; error numbers of the system never leave an implementation.
#ifndef PSC_PLATFORM_PLATFORM_H
#define PSC_PLATFORM_PLATFORM_H

#include "model/builder.h"
#include "model/ports.h"

/** Methods that a request switches off, so that the others can be tested and compared. */
enum {
    PSC_DISABLE_NETLINK = 1U << 0, /**< read /proc/net instead of asking sock_diag */
    PSC_DISABLE_BPF = 1U << 1,     /**< walk /proc/PID/fd instead of running the BPF iterator */
    PSC_DISABLE_KCMP = 1U << 2,    /**< read the descriptors of every thread, shared or not */
};

/** What to read from the system, and how. */
struct psc_request {
    const struct psc_filter
        *filter;           /**< the platform may leave out rows that it rejects; borrowed */
    bool owners;           /**< whether to search for owners */
    bool blind_spots;      /**< whether to add notices about what the rows do not show */
    bool probe_interfaces; /**< whether to bind ports to learn which listeners are on loopback only,
                                where the tables do not say */
    unsigned disable;      /**< PSC_DISABLE_* bits */
    unsigned threads;      /**< threads that search for owners; 0: as many as help */
    const char *proc_root; /**< mount point of Linux' proc file system; borrowed */
};

/** Everything, with owners, by every method. */
void psc_request_init(struct psc_request *request);

/**
 * Adds the rows, seals the builder, names the interfaces of scoped addresses, and links owners if the
 * request asks for them. What could not be seen becomes a notice. Processes that exit in the meantime
 * are no error.
 */
PSC_NODISCARD enum psc_status psc_platform_collect(const struct psc_request *request,
                                                   struct psc_builder *builder,
                                                   struct psc_error *error);

/**
 * Fills in the processes that own a row.
 * @param details PSC_PROCESS_* bits; what is known already is not read again. A process that shares
 * a row with others also gets its start time, because rows show their oldest owner.
 */
PSC_NODISCARD enum psc_status psc_platform_resolve(const struct psc_request *request,
                                                   unsigned details, struct psc_builder *builder,
                                                   struct psc_error *error);

/** Names the users of the sockets in the builder. */
PSC_NODISCARD enum psc_status psc_platform_name_users(struct psc_builder *builder,
                                                      struct psc_error *error);

/**
 * Names remote addresses by reverse DNS, in parallel.
 * @param deadline_ms addresses that have no answer by then stay without a name
 */
PSC_NODISCARD enum psc_status psc_platform_name_remotes(struct psc_builder *builder,
                                                        unsigned deadline_ms,
                                                        struct psc_error *error);

// Ports --------------------------------------------------------------------------------------------

/** Binds a port as a server does, and closes the socket at once. Never listens, never shares a port. */
PSC_NODISCARD enum psc_status psc_platform_probe(const struct psc_probe *probe,
                                                 enum psc_probe_result *result,
                                                 struct psc_error *error);

/**
 * Reads the ranges of one protocol. What cannot be read is left out of `known` and is no error.
 * @param udp whether of UDP; else of TCP
 * @param ranges out: for psc_port_ranges_done(), whatever the result
 */
PSC_NODISCARD enum psc_status psc_platform_port_ranges(const struct psc_request *request, bool udp,
                                                       struct psc_port_ranges *ranges,
                                                       struct psc_error *error);

// Ending a process ---------------------------------------------------------------------------------

/** A process that stays identified, even if it exits and its PID is used again. */
struct psc_process_handle;

/**
 * Opens a process.
 * @param identity as psc_platform_resolve() gave it; a process with this PID but another identity is
 * reported as gone
 * @param process out: for psc_platform_close_process(); NULL on failure
 * @return PSC_GONE, PSC_DENIED; PSC_UNSUPPORTED if its PID is not one of this PID namespace
 */
PSC_NODISCARD enum psc_status psc_platform_open_process(const struct psc_request *request,
                                                        uint32_t pid, uint64_t identity,
                                                        struct psc_process_handle **process,
                                                        struct psc_error *error);
/**
 * Asks a process to exit (SIGTERM, closing its windows), or ends it.
 * @return PSC_GONE, PSC_DENIED; PSC_UNSUPPORTED if there is no means to ask this process
 */
PSC_NODISCARD enum psc_status psc_platform_terminate_process(struct psc_process_handle *process,
                                                             bool force, struct psc_error *error);
/** Waits until a process has exited. @return whether it has */
bool psc_platform_wait_process(struct psc_process_handle *process, unsigned milliseconds);
/** @param process may be NULL */
void psc_platform_close_process(struct psc_process_handle *process);

/**
 * Whether a process is this one or an ancestor of it, such as the shell or the terminal. Of a proc file
 * system of another PID namespace, ancestors are not known, and psc_platform_open_process() opens none.
 */
bool psc_platform_is_self_or_ancestor(const struct psc_request *request, uint32_t pid);
/** Whether the system cannot run without a process: PID 0 and 1, on Windows 4, csrss.exe and others. */
bool psc_platform_is_critical(uint32_t pid);

// Giving up privileges -----------------------------------------------------------------------------

enum psc_confinement {
    PSC_CONFINE_COLLECTING, /**< before collecting: on Linux, no program is started from here
                                 on; Windows still needs netsh */
    PSC_CONFINE_REPORTING,  /**< after collecting: no program, no privileges, no file but the
                                 output */
};

/**
 * Gives up for good what the rest of the run does not need, as far as this system can. Affects the
 * whole process and fails silently; psc_platform_describe() says what this system has.
 * @param output file that is still to be written when reporting; NULL: none
 */
void psc_platform_confine(enum psc_confinement confinement, const char *output);

/**
 * Why this process has privileges that its user does not have, in words to follow `is refused: `; such a
 * process must not use them on files and processes of the user's choice. Static storage.
 * @return NULL if it has no such privileges
 */
const char *psc_platform_borrowed_privileges(void);

// Words of this system -----------------------------------------------------------------------------

/** What advice is about. The comment says how a caller uses the text. */
enum psc_advice {
    PSC_ADVICE_LOW_PORT,      /**< who may bind a privileged port: `ports below 1024 need …` */
    PSC_ADVICE_RESERVED_SOFT, /**< a note: the port is reserved, but an explicit bind works */
    PSC_ADVICE_RESERVED_BY,   /**< who reserves ports: `reserved by …` */
    PSC_ADVICE_LIST_RESERVED_TCP, /**< a command that lists reserved TCP ports */
    PSC_ADVICE_LIST_RESERVED_UDP, /**< a command that lists reserved UDP ports */
    PSC_ADVICE_FREE_RESERVED,   /**< a command, with an explanation, that releases reserved ports */
    PSC_ADVICE_IGNORED_REQUEST, /**< what a process did that was asked to exit: `ignored …` */
    PSC_ADVICE_FORCE,           /**< what force does to a process that did not exit: `sends …` */

    // Commands for what other options of netstat show.
    PSC_ADVICE_INTERFACE_STATISTICS,
    PSC_ADVICE_PROTOCOL_STATISTICS,
    PSC_ADVICE_ROUTES,
    PSC_ADVICE_UNIX_SOCKETS,
    PSC_ADVICE_CONNECTION_TEMPLATES,
    PSC_ADVICE_MULTICAST_GROUPS,
    PSC_ADVICE_MASQUERADING,
    PSC_ADVICE_RAW_SOCKETS,
    PSC_ADVICE_SCTP,

    PSC_ADVICE_COUNT
};

/** Text that names tools or settings of this system. Static storage, never NULL or empty. */
const char *psc_platform_advice(enum psc_advice topic);

/** Bytes for a description with its NUL. */
#define PSC_DESCRIPTION_SIZE 256
/** Lists the methods that this build can use on this machine, a line for sockets and one for owners. */
void psc_platform_describe(char text[PSC_DESCRIPTION_SIZE]);

// The machine --------------------------------------------------------------------------------------

/** Bytes for a host name with its NUL. */
#define PSC_HOST_SIZE 256
/** The name of this machine, `localhost` if it has none. */
void psc_platform_host(char host[PSC_HOST_SIZE]);
/** Milliseconds since 1970-01-01 UTC. */
int64_t psc_platform_time(void);
/** Milliseconds of a clock that never goes back; its start is arbitrary. */
int64_t psc_platform_clock(void);
void psc_platform_sleep(unsigned milliseconds);

/** Raises a stack limit that is too low for this program. @return PSC_UNSUPPORTED if it may not */
PSC_NODISCARD enum psc_status psc_platform_require_stack(struct psc_error *error);

#endif
