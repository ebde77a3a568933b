// audit.h - which listeners are exposed, and what is noteworthy about them: a snapshot in, findings out.
#ifndef PSC_AUDIT_AUDIT_H
#define PSC_AUDIT_AUDIT_H

#include "audit/policy.h"

enum psc_severity {
    PSC_SEVERITY_NONE, /**< of a listener without a finding */
    PSC_SEVERITY_INFO,
    PSC_SEVERITY_LOW,
    PSC_SEVERITY_MEDIUM,
    PSC_SEVERITY_HIGH,
};
#define PSC_SEVERITY_COUNT (PSC_SEVERITY_HIGH + 1)

/** `info`, `low`, `medium`, `high`; NULL for PSC_SEVERITY_NONE. Static storage. */
const char *psc_severity_word(enum psc_severity severity);
PSC_NODISCARD enum psc_status psc_severity_parse(const char *word, enum psc_severity *severity,
                                                 struct psc_error *error);

/** Something that is worth a look. Static storage; docs/audit-rules.md explains each. */
struct psc_rule {
    const char *id; /**< stable: scripts and alerts name it */
    enum psc_severity severity;
    bool settled;       /**< a policy that allows the listener has answered it */
    const char *why;    /**< one sentence with its full stop */
    const char *advice; /**< what to do: one sentence with its full stop */
};

/** The rule table. */
size_t psc_rule_count(void);
const struct psc_rule *psc_rule_at(size_t index);

/** All sockets that listen on one address, zone and port of one table. */
struct psc_listener {
    size_t row;               /**< the first of them in the snapshot; the others follow it */
    size_t rows;              /**< how many there are: several share a port by SO_REUSEPORT */
    struct psc_owners owners; /**< of all of them, each once, the first row's first */
    bool owners_known;        /**< no owner of any of them is hidden */
    enum psc_exposure exposure;
    enum psc_severity worst; /**< of its findings */
    size_t first_finding, findings;
};

/** A rule that fired. */
struct psc_finding {
    const struct psc_rule *rule;
    /** What it is about: a product, an executable. Raw bytes; NULL where the listener says it all. */
    const char *subject;
    const struct psc_policy_entry
        *entry; /**< that nothing listens for; NULL: a listener's finding */
};

/** What came of it; ends with psc_audit_done(). Borrows the snapshot and the policy. */
struct psc_audit {
    const struct psc_snapshot *snapshot;
    const struct psc_policy *policy; /**< NULL: none */
    struct psc_listener *listeners;  /**< the worst first, then those with the widest exposure */
    size_t listener_count;
    /** Side by side for each listener, the worst first; behind `missing` those of the policy alone. */
    struct psc_finding *findings;
    size_t finding_count, finding_capacity;
    size_t missing;
    uint32_t *owners; /**< what the listeners' owners point into */
};

/**
 * Judges every listener of a snapshot. The snapshot should know owners with their names, paths,
 * arguments, users, accounts and places (PSC_AUDIT_DETAILS); a rule whose facts are not known is
 * silent.
 * @param policy what may listen, or NULL. A listener that it allows is only asked about what a
 * policy cannot settle, and one that it does not allow is a finding.
 */
PSC_NODISCARD enum psc_status psc_audit_run(struct psc_audit *audit,
                                            const struct psc_snapshot *snapshot,
                                            const struct psc_policy *policy,
                                            struct psc_error *error);
void psc_audit_done(struct psc_audit *audit);

#define PSC_AUDIT_DETAILS                                                                          \
    (PSC_PROCESS_NAME | PSC_PROCESS_PATH | PSC_PROCESS_COMMAND_LINE | PSC_PROCESS_USER |           \
     PSC_PROCESS_STARTED | PSC_PROCESS_ACCOUNT | PSC_PROCESS_EXE_FLAGS)

/** How many findings have a severity. */
size_t psc_audit_count(const struct psc_audit *audit, enum psc_severity severity);
/** How many listeners have an exposure. */
size_t psc_audit_exposed(const struct psc_audit *audit, enum psc_exposure exposure);

/** That firewalls are not asked; what is written of an audit says it once. */
extern const struct psc_notice psc_audit_scope;

#endif
