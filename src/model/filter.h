// filter.h - which rows are wanted: values of one filter are OR, different filters AND.
#ifndef PSC_MODEL_FILTER_H
#define PSC_MODEL_FILTER_H

#include "base/error.h"
#include "model/ports.h"

/**
 * The filters by name, once, for the command line and the public library:
 * X(name, word for its value or NULL, parser, reader of one value, field of struct psc_filter, help).
 */
#define PSC_FILTER_LIST(X)                                                                         \
    X("port", "PORTS", parse_ports, NULL, any_port,                                                \
      "local or remote port: 80,443,8000-8100; also :PORTS")                                       \
    X("lport", "PORTS", parse_ports, NULL, local_port, "local port")                               \
    X("rport", "PORTS", parse_ports, NULL, remote_port, "remote port")                             \
    X("proto", "PROTOS", parse_mask, read_protocol, protocols, "tcp, udp, tcp4, tcp6, udp4, udp6") \
    X("state", "STATES", parse_mask, read_state, states,                                           \
      "listening, established, ... as in netstat, ss or lsof")                                     \
    X("pid", "PIDS", parse_list, read_pid, pids, "process that owns the socket")                   \
    X("process", "GLOBS", parse_list, read_glob, processes,                                        \
      "name or path of its executable: nginx,'node*'")                                             \
    X("user", "GLOBS", parse_list, read_glob, users, "user of the socket or of its process")       \
    X("address", "NETS", parse_list, read_network, any_address,                                    \
      "local or remote address: 10.0.0.0/8,::1")                                                   \
    X("local", "NETS", parse_list, read_network, local_address, "local address")                   \
    X("remote", "NETS", parse_list, read_network, remote_address, "remote address")                \
    X("exposed", NULL, parse_flag, NULL, exposed, "only listeners that other machines can reach")

/** Ports; an empty set accepts every row. */
struct psc_port_filter {
    bool negated;
    struct psc_port_set set;
};

/** Other values; an empty list accepts every row. */
struct psc_value_filter {
    bool negated;
    size_t count, capacity;
    union psc_filter_value {
        uint32_t mask;
        uint32_t pid;
        struct psc_network network;
        char *glob; /**< owned; matched without regard to case */
    } * values;     /**< owned */
};

/** What to keep. */
struct psc_filter {
    uint32_t protocols; /**< PSC_PROTOCOL_BIT()s */
    uint32_t states;    /**< PSC_STATE_BIT()s */
    bool exposed;       /**< only listeners that other machines can reach */
    struct psc_port_filter any_port, local_port, remote_port;
    struct psc_value_filter any_address, local_address, remote_address; /**< networks */
    struct psc_value_filter pids;
    struct psc_value_filter processes;  /**< globs: name or path of an owner, or its path's end */
    struct psc_value_filter users;      /**< globs: name or number of an owner's or socket's user */
    bool protocols_given, states_given; /**< by psc_filter_set() */
    bool protocols_negated, states_negated;
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
