// audit.h - which listeners are exposed and what is wrong with them: a pure function of a snapshot and
// a policy.
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

/** All sockets that listen on one address, interface and port of one protocol. */
struct psc_listener {
    size_t row, end;          /**< the rows from the first socket to after the last; connections may
                                   be among them */
    size_t sockets;           /**< several share a port through SO_REUSEPORT */
    struct psc_owners owners; /**< of all sockets, each once, the first socket's first */
    bool owners_known;        /**< no socket's owners are unknown */
    bool allowed;             /**< the policy allows every owner of every socket */
    const struct psc_process *refused; /**< an owner that it does not allow; NULL: none is known */
    enum psc_exposure exposure;
    enum psc_severity worst; /**< of its findings */
    size_t first_finding, findings;
};

struct psc_audit;

/** One kind of finding. Static storage; docs/audit-rules.md explains each. */
struct psc_rule {
    const char *id; /**< stable: scripts and alerts name it */
    enum psc_severity severity;
    bool waivable; /**< a policy that allows the listener silences it */
    /**
     * Whether it applies to a listener. NULL: it is about the policy.
     * @param parameter that of the rule
     * @param subject out: the product, executable or script it is about; unchanged if there is none
     */
    bool (*applies)(const struct psc_audit *audit, const struct psc_listener *listener,
                    unsigned parameter, const char **subject);
    unsigned parameter;      /**< what `applies` looks for */
    const char *rationale;   /**< why it matters: a sentence with its full stop */
    const char *remediation; /**< what to do: a sentence with its full stop */
};

/** The rule table, the worst first; the last rule is the policy's. */
size_t psc_rule_count(void);
const struct psc_rule *psc_rule_at(size_t index);

/** A rule that applies. */
struct psc_finding {
    const struct psc_rule *rule;
    /** The product, the file or the line of the policy that it is about. Raw bytes; NULL: none. */
    const char *subject;
    /** A line that no listener matches; NULL for the finding of a listener. */
    const struct psc_policy_entry *entry;
};

/** The result; ends with psc_audit_done(). Borrows the snapshot and the policy. */
struct psc_audit {
    const struct psc_snapshot *snapshot;
    const struct psc_policy *policy; /**< NULL: none */
    struct psc_listener *listeners;  /**< the worst first, then by exposure, the widest first */
    size_t listener_count;
    /** Those of one listener are adjacent, the worst first; from `missing` on those of the policy. */
    struct psc_finding *findings;
    size_t finding_count, finding_capacity;
    size_t missing;
    uint32_t *owners; /**< what the listeners' owners point into */
};

/**
 * Applies every rule to every listener of a snapshot. The snapshot should have PSC_AUDIT_DETAILS of
 * the owners; a rule whose facts are unknown stays silent.
 * @param policy what may listen, or NULL. A listener that it allows is only checked for what a policy
 * cannot waive, and a listener that it does not allow is a finding.
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

/** Says that firewalls are not taken into account; every report of an audit includes it. */
extern const struct psc_notice psc_audit_scope;

#endif
