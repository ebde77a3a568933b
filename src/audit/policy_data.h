// policy_data.h - what the parts of the policy share: policy.c (learning, matching), policy_parse.c and
// policy_text.c.
#ifndef PSC_AUDIT_POLICY_DATA_H
#define PSC_AUDIT_POLICY_DATA_H

#include "audit/policy.h"

/**
 * Takes an entry over, and with it its strings: it is left without any. It stays the caller's if that
 * fails, which is only for want of memory.
 */
PSC_NODISCARD enum psc_status policy_add(struct psc_policy *policy, struct psc_policy_entry *entry);

/** Gives an entry its text. Fails only with PSC_NO_MEMORY. */
PSC_NODISCARD enum psc_status policy_write(struct psc_policy_entry *entry);

#endif
