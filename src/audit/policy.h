// policy.h - what may listen: a text that people read, keep in git, and change by hand.
//
//   # comment
//   allow PROTO ADDRESS:PORT [PROGRAM] [user=NAME]
//
// PROTO     tcp, udp or *
// ADDRESS   0.0.0.0, [::], 10.1.2.3, 0.0.0.0%eth0, [fe80::1%eth0]; a network such as 10.0.0.0/8 or
//           [fd00::]/8; loopback, link, address or all for whatever has that exposure; * for any
// PORT      a number, a range such as 8000-8100, or *
// PROGRAM   name of the executable, or its path if there is a / in it; with * ? [ a pattern
// NAME      user that the process runs as
//
// A word may stand in "quotes", and then means exactly what it says: \" \\ and \xNN (a byte) are the
// escapes, and nothing is a pattern. PIDs never enter, so that a restart changes nothing.
#ifndef PSC_AUDIT_POLICY_H
#define PSC_AUDIT_POLICY_H

#include "base/error.h"
#include "model/address.h"
#include "model/snapshot.h"

/** Which addresses an entry is about. */
enum psc_policy_where {
    PSC_POLICY_ANYWHERE,
    PSC_POLICY_EXPOSURE, /**< those of one exposure */
    PSC_POLICY_NETWORK,  /**< one address, or a network */
};

/** One line. Strings are raw bytes and owned by the policy. */
struct psc_policy_entry {
    size_t line;        /**< in its file, from 1; 0: it was learnt */
    uint32_t protocols; /**< PSC_PROTOCOL_BIT()s */
    enum psc_policy_where where;
    enum psc_exposure exposure;
    struct psc_network network;
    bool ipv6;        /**< how the network is written */
    const char *zone; /**< name of an interface, or its number where it has no name; NULL: any */
    uint16_t first_port, last_port;
    const char *program; /**< NULL: any */
    bool pattern;        /**< the program is a glob */
    const char *user;    /**< NULL: any */
    char *text;          /**< the line as psc_policy_format() writes it, without its end */
    char *words;         /**< what zone, program and user point into */
};

/** Begins empty: `struct psc_policy policy = {0}`; ends with psc_policy_done(). */
struct psc_policy {
    struct psc_policy_entry *entries;
    size_t count, capacity;
};

void psc_policy_done(struct psc_policy *policy);

/**
 * Reads a policy into an empty one.
 * @param bytes the text; not NUL-terminated, lines end in LF or CRLF
 * @param file name of the file, for the sentence `FILE:LINE: ...`
 * @return PSC_USAGE for a line that cannot be read, and then the policy stays empty
 */
PSC_NODISCARD enum psc_status psc_policy_parse(struct psc_policy *policy, const char *bytes,
                                               size_t size, const char *file,
                                               struct psc_error *error);

/**
 * Fills an empty policy with what listens: a line for each program and address, in an order that
 * depends on nothing else. UDP ports that the system chose become the range that it chooses from,
 * because the next start of the program will have another.
 */
PSC_NODISCARD enum psc_status psc_policy_learn(struct psc_policy *policy,
                                               const struct psc_snapshot *snapshot,
                                               struct psc_error *error);

/**
 * Writes all lines, each with LF.
 * @param text out: with a NUL behind it, to be freed; NULL on failure
 */
PSC_NODISCARD enum psc_status psc_policy_format(const struct psc_policy *policy, char **text,
                                                struct psc_error *error);

/**
 * Whether an entry lets a listener be. What is not known of a row, such as a hidden owner, is no
 * offence against an entry.
 * @param row number of a listener in the snapshot
 */
bool psc_policy_entry_allows(const struct psc_policy_entry *entry,
                             const struct psc_snapshot *snapshot, size_t row);

#endif
