// policy.h - what may listen: a text that people read, keep in git and edit.
//
//   # comment
//   allow PROTO ADDRESS:PORT [PROGRAM] [user=NAME]
//
// PROTO     tcp, udp or *
// ADDRESS   0.0.0.0, [::], 10.1.2.3, 0.0.0.0%eth0, [fe80::1%eth0]; a network such as 10.0.0.0/8 or
//           [fd00::]/8; loopback, link, address or all for every address of that exposure; * for any
// PORT      a number, a range such as 8000-8100, or *
// PROGRAM   base name of the executable, or its path if it contains a /; with * ? [ a pattern; - for a
//           socket that no process holds, such as one of the kernel; none for any program
// NAME      user that the process runs as
//
// A word in "quotes" is literal: nothing in it is a pattern, and its escapes are \" \\ and \xNN (a
// byte). There are no PIDs in a policy, so that a restart changes nothing.
#ifndef PSC_AUDIT_POLICY_H
#define PSC_AUDIT_POLICY_H

#include "base/error.h"
#include "model/address.h"
#include "model/ports.h"
#include "model/snapshot.h"

/** What an entry says about addresses. */
enum psc_policy_scope {
    PSC_POLICY_ANY,
    PSC_POLICY_EXPOSURE, /**< those of one exposure */
    PSC_POLICY_NETWORK,  /**< one address, or a network */
};

/** One line. Strings are raw bytes. */
struct psc_policy_entry {
    size_t line;        /**< in its file, from 1 */
    uint32_t protocols; /**< PSC_PROTOCOL_BIT()s */
    enum psc_policy_scope scope;
    enum psc_exposure exposure;
    struct psc_network network;
    bool ipv6;        /**< how the network is written */
    const char *zone; /**< name of an interface, or its number if it has no name; NULL: any */
    struct psc_port_range ports;
    const char *program; /**< NULL: any */
    bool pattern;        /**< the program is a glob */
    bool unowned;        /**< no process holds the socket; program is NULL */
    const char *user;    /**< NULL: any */
    char *text;          /**< the line in its one form, without its end; owned */
    char *words;         /**< what zone, program and user point into; owned */
};

/** Begins empty: `struct psc_policy policy = {0}`; ends with psc_policy_done(). */
struct psc_policy {
    struct psc_policy_entry *entries;
    size_t count, capacity;
};

void psc_policy_done(struct psc_policy *policy);

/**
 * Reads a policy into an empty one.
 * @param bytes the text, with or without a byte order mark; not NUL-terminated; lines end in LF or CRLF
 * @param file name of the file, for the sentence `FILE:LINE: ...`
 * @return PSC_USAGE for a malformed line; the policy stays empty then
 */
PSC_NODISCARD enum psc_status psc_policy_parse(struct psc_policy *policy, const char *bytes,
                                               size_t size, const char *file,
                                               struct psc_error *error);

/**
 * Fills an empty policy with what listens: a line for each program and address, sorted, so that equal
 * sets of listeners give equal policies. A port that the system chose becomes the range that it
 * chooses from, because the program gets another one at its next start.
 * @param ranges of TCP and of UDP
 */
PSC_NODISCARD enum psc_status psc_policy_learn(struct psc_policy *policy,
                                               const struct psc_snapshot *snapshot,
                                               const struct psc_port_ranges ranges[2],
                                               struct psc_error *error);

/**
 * The line of an entry, in its one form: psc_policy_parse() reads it to an equal entry.
 * @return to be freed by the caller; NULL when out of memory
 */
PSC_NODISCARD char *psc_policy_entry_text(const struct psc_policy_entry *entry);

/**
 * Whether an entry allows one owner to hold a listener. An owner or executable that is unknown is
 * allowed unless the snapshot is privileged: then it is no match for an entry with a program.
 * @param row number of a listener in the snapshot
 * @param owner one of its owners; NULL if it has none
 */
bool psc_policy_entry_allows(const struct psc_policy_entry *entry,
                             const struct psc_snapshot *snapshot, size_t row,
                             const struct psc_process *owner);

#endif
