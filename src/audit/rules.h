// rules.h - what audit.c knows of a rule.
#ifndef PSC_AUDIT_RULES_H
#define PSC_AUDIT_RULES_H

#include "audit/audit.h"

/**
 * Whether a rule fires for a listener.
 * @param subject out: what it is about, if there is more to say than the listener
 */
typedef bool audit_check(const struct psc_snapshot *snapshot, const struct psc_listener *listener,
                         const char **subject);

struct audit_rule {
    struct psc_rule rule;
    audit_check *check; /**< NULL: the policy decides */
};

/** The table, the worst first. */
size_t audit_rule_count(void);
const struct audit_rule *audit_rule_at(size_t index);

/** The two that the policy decides. */
const struct audit_rule *audit_rule_not_allowed(void);
const struct audit_rule *audit_rule_not_listening(void);

#endif
