// audit.c - groups the rows of a snapshot into listeners and applies the rules to each.
#include "audit/audit.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

const struct psc_notice psc_audit_scope = {
    "firewall-not-checked", 0,
    "exposure is what the sockets allow; firewalls are not taken into account"};

static const char *const severity_words[PSC_SEVERITY_COUNT] = {
    [PSC_SEVERITY_INFO] = "info",
    [PSC_SEVERITY_LOW] = "low",
    [PSC_SEVERITY_MEDIUM] = "medium",
    [PSC_SEVERITY_HIGH] = "high",
};

const char *psc_severity_word(enum psc_severity severity) {
    return severity_words[severity];
}

enum psc_status psc_severity_parse(const char *word, enum psc_severity *severity,
                                   struct psc_error *error) {
    for (enum psc_severity i = PSC_SEVERITY_INFO; i <= PSC_SEVERITY_HIGH; i++) {
        if (strcmp(word, severity_words[i]) == 0) {
            *severity = i;
            return PSC_OK;
        }
    }
    return psc_fail(error, PSC_USAGE, "'%s' is not a severity; use high, medium, low or info",
                    word);
}

// Listeners ---------------------------------------------------------------------------------------

static bool is_same_listener(const struct psc_endpoint *a, const struct psc_endpoint *b) {
    return a->protocol == b->protocol && a->local_port == b->local_port &&
           a->ifindex == b->ifindex && memcmp(&a->local, &b->local, sizeof a->local) == 0;
}

static bool has_owner(const uint32_t *owners, size_t count, uint32_t owner) {
    for (size_t i = 0; i < count; i++) {
        if (owners[i] == owner) {
            return true;
        }
    }
    return false;
}

// Adds a row to a listener whose owners are the last in audit->owners.
static void add_row(struct psc_audit *audit, struct psc_listener *listener, size_t row,
                    size_t *owner_count) {
    const struct psc_endpoint *endpoint = psc_snapshot_endpoint(audit->snapshot, row);
    struct psc_owners owners = psc_snapshot_owners(audit->snapshot, row);
    uint32_t *known = audit->owners + *owner_count - listener->owners.count;
    for (size_t i = 0; i < owners.count; i++) {
        if (!has_owner(known, listener->owners.count, owners.processes[i])) {
            audit->owners[(*owner_count)++] = owners.processes[i];
            listener->owners.count++;
        }
    }
    listener->owners.processes = known;
    listener->owners_known = listener->owners_known && (endpoint->known & PSC_KNOWN_OWNERS) != 0;
    listener->sockets++;
    listener->end = row + 1;
}

// The rows of one listener follow each other, but connections may be between them.
static void group_rows(struct psc_audit *audit) {
    const struct psc_snapshot *snapshot = audit->snapshot;
    size_t owner_count = 0;
    for (size_t row = 0; row < psc_snapshot_count(snapshot); row++) {
        const struct psc_endpoint *endpoint = psc_snapshot_endpoint(snapshot, row);
        enum psc_exposure exposure = psc_endpoint_exposure(endpoint);
        if (exposure == PSC_EXPOSURE_NONE) {
            continue;
        }
        struct psc_listener *next = &audit->listeners[audit->listener_count];
        if (audit->listener_count > 0 &&
            is_same_listener(psc_snapshot_endpoint(snapshot, next[-1].row), endpoint)) {
            next--;
        } else {
            *next = (struct psc_listener){.row = row, .owners_known = true, .exposure = exposure};
            audit->listener_count++;
        }
        add_row(audit, next, row, &owner_count);
    }
}

// The policy --------------------------------------------------------------------------------------

// Whether any line allows an owner of a row, NULL for a row without one. Marks the lines that do.
static bool allows(const struct psc_audit *audit, size_t row, const struct psc_process *owner,
                   bool *used) {
    bool allowed = false;
    for (size_t i = 0; i < audit->policy->count; i++) {
        if (psc_policy_entry_allows(&audit->policy->entries[i], audit->snapshot, row, owner)) {
            used[i] = true;
            allowed = true;
        }
    }
    return allowed;
}

static void check_policy(const struct psc_audit *audit, struct psc_listener *listener, bool *used) {
    listener->allowed = true;
    for (size_t row = listener->row; row < listener->end; row++) {
        if (psc_endpoint_exposure(psc_snapshot_endpoint(audit->snapshot, row)) ==
            PSC_EXPOSURE_NONE) {
            continue;
        }
        struct psc_owners owners = psc_snapshot_owners(audit->snapshot, row);
        if (owners.count == 0 && !allows(audit, row, NULL, used)) {
            listener->allowed = false;
        }
        for (size_t i = 0; i < owners.count; i++) {
            const struct psc_process *owner =
                psc_snapshot_process(audit->snapshot, owners.processes[i]);
            if (!allows(audit, row, owner, used)) {
                listener->allowed = false;
                listener->refused = listener->refused != NULL ? listener->refused : owner;
            }
        }
    }
}

// Findings ----------------------------------------------------------------------------------------

static bool add_finding(struct psc_audit *audit, struct psc_finding finding) {
    if (!PSC_ARRAY_RESERVE(audit->findings, audit->finding_capacity, audit->finding_count + 1)) {
        return false;
    }
    audit->findings[audit->finding_count++] = finding;
    return true;
}

static bool check_listener(struct psc_audit *audit, struct psc_listener *listener, bool *used) {
    if (audit->policy != NULL) {
        check_policy(audit, listener, used);
    }
    listener->first_finding = audit->finding_count;
    for (size_t i = 0; i < psc_rule_count(); i++) {
        struct psc_finding finding = {.rule = psc_rule_at(i)};
        if (finding.rule->applies == NULL || (finding.rule->waivable && listener->allowed) ||
            !finding.rule->applies(audit, listener, finding.rule->parameter, &finding.subject)) {
            continue;
        }
        if (!add_finding(audit, finding)) {
            return false;
        }
        listener->findings++;
    }
    if (listener->findings > 0) { // in the order of the table, so that the first is the worst
        listener->worst = audit->findings[listener->first_finding].rule->severity;
    }
    return true;
}

static bool add_missing(struct psc_audit *audit, const bool *used) {
    audit->missing = audit->finding_count;
    for (size_t i = 0; audit->policy != NULL && i < audit->policy->count; i++) {
        const struct psc_policy_entry *entry = &audit->policy->entries[i];
        if (!used[i] && !add_finding(audit, (struct psc_finding){psc_rule_at(psc_rule_count() - 1),
                                                                 entry->text, entry})) {
            return false;
        }
    }
    return true;
}

static int compare_listeners(const void *a, const void *b) {
    const struct psc_listener *x = a;
    const struct psc_listener *y = b;
    return x->worst != y->worst         ? (x->worst < y->worst) - (x->worst > y->worst)
           : x->exposure != y->exposure ? (x->exposure < y->exposure) - (x->exposure > y->exposure)
                                        : (x->row > y->row) - (x->row < y->row);
}

enum psc_status psc_audit_run(struct psc_audit *audit, const struct psc_snapshot *snapshot,
                              const struct psc_policy *policy, struct psc_error *error) {
    *audit = (struct psc_audit){.snapshot = snapshot, .policy = policy};
    bool *used = calloc(policy != NULL ? policy->count + 1 : 1, sizeof *used);
    audit->listeners = calloc(psc_snapshot_count(snapshot) + 1, sizeof *audit->listeners);
    audit->owners = malloc((psc_snapshot_owner_count(snapshot) + 1) * sizeof *audit->owners);
    bool ok = used != NULL && audit->listeners != NULL && audit->owners != NULL;
    if (ok) {
        group_rows(audit);
    }
    for (size_t i = 0; ok && i < audit->listener_count; i++) {
        ok = check_listener(audit, &audit->listeners[i], used);
    }
    ok = ok && add_missing(audit, used);
    free(used);
    if (!ok) {
        psc_audit_done(audit);
        return psc_no_memory(error);
    }
    qsort(audit->listeners, audit->listener_count, sizeof *audit->listeners, compare_listeners);
    return PSC_OK;
}

void psc_audit_done(struct psc_audit *audit) {
    free(audit->listeners);
    free(audit->findings);
    free(audit->owners);
    *audit = (struct psc_audit){0};
}

// Counts ------------------------------------------------------------------------------------------

size_t psc_audit_count(const struct psc_audit *audit, enum psc_severity severity) {
    size_t count = 0;
    for (size_t i = 0; i < audit->finding_count; i++) {
        count += audit->findings[i].rule->severity == severity;
    }
    return count;
}

size_t psc_audit_exposed(const struct psc_audit *audit, enum psc_exposure exposure) {
    size_t count = 0;
    for (size_t i = 0; i < audit->listener_count; i++) {
        count += audit->listeners[i].exposure == exposure;
    }
    return count;
}
