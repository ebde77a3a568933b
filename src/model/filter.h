// filter.h - which rows are wanted: values of one filter are OR, different filters AND.
#ifndef PSC_MODEL_FILTER_H
#define PSC_MODEL_FILTER_H

#include "base/error.h"
#include "base/strbuf.h"
#include "model/ports.h"

/**
 * The filters by name, once, for the command line and the public library:
 * X(name, word for its value or NULL, parser, field of struct psc_filter, help).
 */
#define PSC_FILTER_LIST(X)                                                                         \
    X("port", "PORTS", parse_ports, any_port,                                                      \
      "local or remote port: 80,443,8000-8100; also :PORTS")                                       \
    X("lport", "PORTS", parse_ports, local_port, "local port")                                     \
    X("rport", "PORTS", parse_ports, remote_port, "remote port")                                   \
    X("proto", "PROTOS", parse_protocols, protocols, "tcp, udp, tcp4, tcp6, udp4, udp6")           \
    X("state", "STATES", parse_states, states,                                                     \
      "listening, established, ... as in netstat, ss or lsof")                                     \
    X("pid", "PIDS", parse_pids, pids, "process that owns the socket")                             \
    X("process", "GLOBS", parse_globs, processes, "name or path of its executable: nginx,'node*'") \
    X("user", "GLOBS", parse_globs, users, "user of the socket or of its process")                 \
    X("address", "NETS", parse_networks, any_address, "local or remote address: 10.0.0.0/8,::1")   \
    X("local", "NETS", parse_networks, local_address, "local address")                             \
    X("remote", "NETS", parse_networks, remote_address, "remote address")                          \
    X("exposed", NULL, parse_flag, exposed, "only listeners that other machines can reach")

/** Ports; an empty set accepts every row. */
struct psc_port_filter {
    bool negated;
    struct psc_port_set set;
};

/** Process numbers; none accept every row. */
struct psc_pid_filter {
    bool negated;
    size_t count, capacity;
    uint32_t *values; /**< owned */
};

/** Globs, matched without regard to case; none accept every row. */
struct psc_glob_filter {
    bool negated;
    struct psc_strbuf patterns; /**< each followed by a NUL */
};

/** Networks; none accept every row. */
struct psc_network_filter {
    bool negated;
    size_t count, capacity;
    struct psc_network *values; /**< owned */
};

/** What to keep. */
struct psc_filter {
    uint32_t protocols; /**< PSC_PROTOCOL_BIT()s */
    uint32_t states;    /**< PSC_STATE_BIT()s */
    bool exposed;       /**< only listeners that other machines can reach */
    struct psc_port_filter any_port, local_port, remote_port;
    struct psc_network_filter any_address, local_address, remote_address;
    struct psc_pid_filter pids;
    struct psc_glob_filter processes; /**< name or path of an owner, or the last part of its path */
    struct psc_glob_filter users;     /**< name or number of an owner's or the socket's user */
    bool protocols_given; /**< by name; else protocols is all, or what a program chose */
    bool states_given;
};

/** Keeps everything, for reading only. */
extern const struct psc_filter psc_filter_everything;

/** Begins as psc_filter_everything. */
void psc_filter_init(struct psc_filter *filter);
/** Frees what psc_filter_set() allocated. */
void psc_filter_done(struct psc_filter *filter);

/**
 * Adds to one filter of PSC_FILTER_LIST. A list of values is separated by commas; `!` before the whole
 * list negates it. A filter that is set twice is the union of both, and cannot be both negated and
 * not. On failure the filter is unchanged, and the error names the word and what is allowed.
 * @param value NULL for a filter without a value
 */
PSC_NODISCARD enum psc_status psc_filter_set(struct psc_filter *filter, const char *name,
                                             const char *value, struct psc_error *error);

/** What must be known of a row's owners to decide on it. */
struct psc_needs psc_filter_needs(const struct psc_filter *filter);

/** Whether the filter names ports, so that few rows are likely to pass it. */
bool psc_filter_names_ports(const struct psc_filter *filter);

/** Whether a row passes every filter that does not look at its owners. */
bool psc_filter_endpoint(const struct psc_filter *filter, const struct psc_endpoint *endpoint);
/** Whether a row with known owners passes by their PIDs; a row without any has PID 0. */
bool psc_filter_pids(const struct psc_filter *filter, const struct psc_snapshot *snapshot,
                     size_t row);
/** Whether a row passes by its users and the names of its owners, as psc_filter_needs() asks for. */
bool psc_filter_names(const struct psc_filter *filter, const struct psc_snapshot *snapshot,
                      size_t row);

/** `*` any bytes, `?` one byte, `[a-z]` `[!a-z]` one of a set; ASCII letters of either case match. */
bool psc_glob_match(const char *pattern, const char *text);

#endif
