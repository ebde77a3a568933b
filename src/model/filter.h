// filter.h - which endpoints are wanted: values of one filter are OR, different filters AND.
#ifndef PSC_MODEL_FILTER_H
#define PSC_MODEL_FILTER_H

#include "base/error.h"
#include "model/ports.h"

/** A list of ports; empty: not given. */
struct psc_ports {
    bool negated;
    struct psc_port_set set;
};

/** A list of process numbers. */
struct psc_pids {
    bool negated;
    size_t count;
    uint32_t *values; /**< owned */
};

/** A list of globs, matched without regard to case. */
struct psc_globs {
    bool negated;
    size_t count;
    char **patterns; /**< owned, and so is each string */
};

/** A list of networks. */
struct psc_networks {
    bool negated;
    size_t count;
    struct psc_network *values; /**< owned */
};

/** What to keep. Begins as "everything" with psc_filter_init(). */
struct psc_filter {
    uint32_t protocols; /**< PSC_PROTOCOL_BIT()s */
    uint32_t states;    /**< PSC_STATE_BIT()s */
    bool exposed;       /**< only listeners that something outside this machine can reach */
    struct psc_ports any_port, local_port, remote_port;
    struct psc_networks any_address, local_address, remote_address;
    struct psc_pids pids;
    struct psc_globs processes; /**< name or path of an owner, or what its path ends in */
    struct psc_globs users;     /**< name or number of an owner's or the socket's user */
};

void psc_filter_init(struct psc_filter *filter);

/** What psc_filter_init() makes, for reading only. */
extern const struct psc_filter psc_filter_everything;

/** Releases what the parse functions allocated. */
void psc_filter_done(struct psc_filter *filter);

/**
 * Each reads one filter's list, `!` in front of it negates the whole. A filter given twice is the
 * union of both; a negated and a plain list of the same filter do not go together. On an error
 * the filter is as it was, and the sentence names the word and what is allowed.
 */
PSC_NODISCARD enum psc_status psc_ports_parse(struct psc_ports *ports, const char *list,
                                              struct psc_error *error);
PSC_NODISCARD enum psc_status psc_pids_parse(struct psc_pids *pids, const char *list,
                                             struct psc_error *error);
PSC_NODISCARD enum psc_status psc_globs_parse(struct psc_globs *globs, const char *list,
                                              struct psc_error *error);
PSC_NODISCARD enum psc_status psc_networks_parse(struct psc_networks *networks, const char *list,
                                                 struct psc_error *error);
/** @param tables out: narrowed to those named */
PSC_NODISCARD enum psc_status psc_protocols_parse(uint32_t *tables, const char *list,
                                                  struct psc_error *error);
/** @param states out: those named */
PSC_NODISCARD enum psc_status psc_states_parse(uint32_t *states, const char *list,
                                               struct psc_error *error);

/** `*` any bytes, `?` one byte, `[a-z]` `[!a-z]` one of a set; ASCII letters of either case match. */
bool psc_glob_match(const char *pattern, const char *text);

/** Whether a row passes every filter that needs no owner. */
bool psc_filter_endpoint(const struct psc_filter *filter, const struct psc_endpoint *endpoint);

/** What must be known of a row's owners to decide on it. */
struct psc_needs psc_filter_needs(const struct psc_filter *filter);

/** Whether the filter names ports, so that few rows are likely to pass it. */
bool psc_filter_names_ports(const struct psc_filter *filter);

/**
 * Whether one owner satisfies a list, leaving its negation aside: an owner matches `!12` exactly
 * when it does not match `12`, and a row when none of its owners matches `12`.
 */
bool psc_pids_have(const struct psc_pids *pids, uint32_t pid);
bool psc_globs_have(const struct psc_globs *globs, const char *text);

#endif
