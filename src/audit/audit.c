// audit.c - groups the rows of a snapshot into listeners and puts each to the rules.
#include "audit/audit.h"

#include <stdlib.h>
#include <string.h>

#include "audit/rules.h"
#include "base/array.h"
#include "base/sort.h"

const struct psc_notice psc_audit_scope = {
    "firewall-not-asked", 0,
    "exposure is what the sockets themselves allow: a firewall in front of them was not asked"};

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
    return psc_fail(error, PSC_USAGE, "'%s' is not a severity: it is high, medium, low or info",
                    word);
}

void psc_audit_done(struct psc_audit *audit) {
    free(audit->listeners);
    free(audit->findings);
    free(audit->owners);
    *audit = (struct psc_audit){0};
}

// Listeners ---------------------------------------------------------------------------------------

static bool same_place(const struct psc_endpoint *a, const struct psc_endpoint *b) {
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

// Adds a row to a listener; its owners go to the end of all.
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
    listener->rows++;
}

// Rows of one place stand side by side, but those of connections may stand between them.
static void group_rows(struct psc_audit *audit) {
    const struct psc_snapshot *snapshot = audit->snapshot;
    size_t owner_count = 0;
    for (size_t row = 0; row < psc_snapshot_count(snapshot); row++) {
        const struct psc_endpoint *endpoint = psc_snapshot_endpoint(snapshot, row);
        enum psc_exposure exposure = psc_endpoint_exposure(endpoint);
        if (exposure == PSC_EXPOSURE_NONE) {
            continue;
        }
        struct psc_listener *latest = &audit->listeners[audit->listener_count];
        if (audit->listener_count > 0 &&
            same_place(psc_snapshot_endpoint(snapshot, latest[-1].row), endpoint)) {
            latest--;
        } else {
            *latest = (struct psc_listener){.row = row, .owners_known = true, .exposure = exposure};
            audit->listener_count++;
        }
        add_row(audit, latest, row, &owner_count);
    }
}

static size_t count_owners(const struct psc_snapshot *snapshot) {
    size_t count = 0;
    for (size_t row = 0; row < psc_snapshot_count(snapshot); row++) {
        count += psc_snapshot_owners(snapshot, row).count;
    }
    return count;
}

// Findings ----------------------------------------------------------------------------------------

static enum psc_status add_finding(struct psc_audit *audit, const struct psc_finding *finding) {
    if (!PSC_ARRAY_RESERVE(audit->findings, audit->finding_capacity, audit->finding_count + 1)) {
        return PSC_NO_MEMORY;
    }
    audit->findings[audit->finding_count++] = *finding;
    return PSC_OK;
}

static bool allows_row(const struct psc_audit *audit, size_t row, bool *used) {
    bool allowed = false;
    for (size_t i = 0; i < audit->policy->count; i++) {
        if (psc_policy_entry_allows(&audit->policy->entries[i], audit->snapshot, row)) {
            used[i] = true;
            allowed = true;
        }
    }
    return allowed;
}

// Whether a policy allows every socket of a listener. Notes which entries were of use.
static bool is_allowed(const struct psc_audit *audit, const struct psc_listener *listener,
                       bool *used) {
    bool allowed = true;
    for (size_t row = listener->row, seen = 0; seen < listener->rows; row++) {
        if (psc_endpoint_exposure(psc_snapshot_endpoint(audit->snapshot, row)) !=
            PSC_EXPOSURE_NONE) {
            allowed = allows_row(audit, row, used) && allowed;
            seen++;
        }
    }
    return allowed;
}

// The table of rules stands with the worst first, so that the findings come in this order, too.
static enum psc_status judge(struct psc_audit *audit, struct psc_listener *listener, bool *used) {
    bool allowed = audit->policy != NULL && is_allowed(audit, listener, used);
    enum psc_status status = PSC_OK;
    listener->first_finding = audit->finding_count;
    for (size_t i = 0; status == PSC_OK && i < audit_rule_count(); i++) {
        const struct audit_rule *rule = audit_rule_at(i);
        struct psc_finding finding = {.rule = &rule->rule};
        bool fires = rule->check != NULL
                         ? !(rule->rule.settled && allowed) &&
                               rule->check(audit->snapshot, listener, &finding.subject)
                         : rule == audit_rule_not_allowed() && audit->policy != NULL && !allowed;
        if (fires) {
            status = add_finding(audit, &finding);
            listener->findings++;
        }
    }
    if (listener->findings > 0 && status == PSC_OK) {
        listener->worst = audit->findings[listener->first_finding].rule->severity;
    }
    return status;
}

static enum psc_status note_missing(struct psc_audit *audit, const bool *used) {
    enum psc_status status = PSC_OK;
    audit->missing = audit->finding_count;
    for (size_t i = 0; audit->policy != NULL && status == PSC_OK && i < audit->policy->count; i++) {
        const struct psc_policy_entry *entry = &audit->policy->entries[i];
        if (!used[i]) {
            struct psc_finding finding = {
                .rule = &audit_rule_not_listening()->rule, .subject = entry->text, .entry = entry};
            status = add_finding(audit, &finding);
        }
    }
    return status;
}

// Order -------------------------------------------------------------------------------------------

static int keep_order(uint32_t a, uint32_t b, const void *context) {
    (void)context;
    return (a > b) - (a < b);
}

static enum psc_status sort_listeners(struct psc_audit *audit) {
    size_t count = audit->listener_count;
    struct psc_sort_item *order = malloc((count + 1) * sizeof *order);
    struct psc_listener *sorted = malloc((count + 1) * sizeof *sorted);
    enum psc_status status = order == NULL || sorted == NULL ? PSC_NO_MEMORY : PSC_OK;
    for (size_t i = 0; status == PSC_OK && i < count; i++) {
        const struct psc_listener *listener = &audit->listeners[i];
        uint64_t key = (uint64_t)(PSC_SEVERITY_HIGH - listener->worst) << 8 |
                       (uint64_t)(PSC_EXPOSURE_ALL - listener->exposure);
        order[i] = (struct psc_sort_item){key, (uint32_t)i};
    }
    if (status == PSC_OK) {
        status = psc_sort(order, count, keep_order, NULL);
    }
    if (status == PSC_OK) {
        for (size_t i = 0; i < count; i++) {
            sorted[i] = audit->listeners[order[i].index];
        }
        free(audit->listeners);
        audit->listeners = sorted;
        sorted = NULL;
    }
    free(order);
    free(sorted);
    return status;
}

enum psc_status psc_audit_run(struct psc_audit *audit, const struct psc_snapshot *snapshot,
                              const struct psc_policy *policy, struct psc_error *error) {
    *audit = (struct psc_audit){.snapshot = snapshot, .policy = policy};
    bool *used = calloc(policy != NULL ? policy->count + 1 : 1, sizeof *used);
    audit->listeners = calloc(psc_snapshot_count(snapshot) + 1, sizeof *audit->listeners);
    audit->owners = malloc((count_owners(snapshot) + 1) * sizeof *audit->owners);
    enum psc_status status = PSC_NO_MEMORY;
    if (used != NULL && audit->listeners != NULL && audit->owners != NULL) {
        group_rows(audit);
        status = PSC_OK;
    }
    for (size_t i = 0; status == PSC_OK && i < audit->listener_count; i++) {
        status = judge(audit, &audit->listeners[i], used);
    }
    if (status == PSC_OK) {
        status = note_missing(audit, used);
    }
    if (status == PSC_OK) {
        status = sort_listeners(audit);
    }
    free(used);
    if (status != PSC_OK) {
        psc_audit_done(audit);
        return psc_no_memory(error);
    }
    return PSC_OK;
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
