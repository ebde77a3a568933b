// policy.c - learns what listens, and matches it with what may.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/policy_data.h"
#include "base/array.h"
#include "base/sort.h"
#include "model/filter.h"

static void free_strings(struct psc_policy_entry *entry) {
    free(entry->text);
    free(entry->words);
}

void psc_policy_done(struct psc_policy *policy) {
    for (size_t i = 0; i < policy->count; i++) {
        free_strings(&policy->entries[i]);
    }
    free(policy->entries);
    *policy = (struct psc_policy){0};
}

enum psc_status policy_add(struct psc_policy *policy, struct psc_policy_entry *entry) {
    if (!PSC_ARRAY_RESERVE(policy->entries, policy->capacity, policy->count + 1)) {
        return PSC_NO_MEMORY;
    }
    policy->entries[policy->count++] = *entry;
    *entry = (struct psc_policy_entry){0};
    return PSC_OK;
}

// Learning ----------------------------------------------------------------------------------------

// From here on Linux chooses the ports of sockets that did not ask for one, and so does Windows.
#define FIRST_CHOSEN_PORT 32768

static bool is_listener(const struct psc_endpoint *endpoint) {
    return psc_endpoint_exposure(endpoint) != PSC_EXPOSURE_NONE;
}

// The name of an interface, or its number where it has none.
static const char *zone_text(const struct psc_snapshot *snapshot, uint32_t zone,
                             char number[PSC_ADDRESS_TEXT]) {
    const char *name = psc_snapshot_interface(snapshot, zone);
    snprintf(number, PSC_ADDRESS_TEXT, "%lu", (unsigned long)zone);
    return name != NULL ? name : number;
}

static const char *program_of(const struct psc_snapshot *snapshot, size_t row) {
    const struct psc_process *owner = psc_snapshot_oldest(snapshot, row);
    return owner != NULL && (owner->known & PSC_PROCESS_NAME) != 0 ? owner->name : NULL;
}

static enum psc_status keep_words(struct psc_policy_entry *entry, const char *zone,
                                  const char *program) {
    size_t zone_size = zone != NULL ? strlen(zone) + 1 : 0;
    size_t program_size = program != NULL ? strlen(program) + 1 : 0;
    entry->words = malloc(zone_size + program_size + 1);
    if (entry->words == NULL) {
        return PSC_NO_MEMORY;
    }
    if (zone != NULL) {
        entry->zone = memcpy(entry->words, zone, zone_size);
    }
    if (program != NULL) {
        entry->program = memcpy(entry->words + zone_size, program, program_size);
    }
    return PSC_OK;
}

static enum psc_status learn_row(struct psc_policy *policy, const struct psc_snapshot *snapshot,
                                 size_t row) {
    const struct psc_endpoint *endpoint = psc_snapshot_endpoint(snapshot, row);
    char address[PSC_ADDRESS_TEXT];
    char number[PSC_ADDRESS_TEXT];
    bool udp = psc_endpoint_is_udp(endpoint);
    struct psc_policy_entry entry = {
        .protocols = udp ? PSC_PROTOCOLS_UDP : PSC_PROTOCOLS_TCP,
        .where = PSC_POLICY_NETWORK,
        .ipv6 = psc_endpoint_is_ipv6(endpoint),
        .first_port = endpoint->local_port,
        .last_port = endpoint->local_port,
    };
    const char *program = program_of(snapshot, row);
    if (udp && program != NULL && endpoint->local_port >= FIRST_CHOSEN_PORT) {
        entry.first_port = FIRST_CHOSEN_PORT;
        entry.last_port = UINT16_MAX;
    }
    psc_address_format(&endpoint->local, entry.ipv6, address);
    (void)psc_network_parse(address, &entry.network);
    const char *zone =
        endpoint->ifindex != 0 ? zone_text(snapshot, endpoint->ifindex, number) : NULL;
    bool learnt = keep_words(&entry, zone, program) == PSC_OK && policy_write(&entry) == PSC_OK &&
                  policy_add(policy, &entry) == PSC_OK;
    free_strings(&entry);
    return learnt ? PSC_OK : PSC_NO_MEMORY;
}

static int compare_numbers(unsigned a, unsigned b) {
    return (a > b) - (a < b);
}

// Protocol, family, address, then port, so that a diff shows what belongs together side by side.
static int compare_entries(uint32_t a, uint32_t b, const void *context) {
    const struct psc_policy_entry *entries = context;
    const struct psc_policy_entry *x = &entries[a];
    const struct psc_policy_entry *y = &entries[b];
    int order = compare_numbers(x->protocols, y->protocols);
    if (order == 0) {
        order = compare_numbers(x->ipv6, y->ipv6);
    }
    if (order == 0) {
        order = memcmp(x->network.prefix.bytes, y->network.prefix.bytes, 16);
    }
    if (order == 0) {
        order = compare_numbers(x->first_port, y->first_port);
    }
    return order != 0 ? order : strcmp(x->text, y->text);
}

static enum psc_status sort_entries(struct psc_policy *policy) {
    struct psc_sort_item *order = malloc((policy->count + 1) * sizeof *order);
    struct psc_policy_entry *sorted = malloc((policy->count + 1) * sizeof *sorted);
    enum psc_status status = PSC_NO_MEMORY;
    if (order == NULL || sorted == NULL) {
        goto out;
    }
    for (size_t i = 0; i < policy->count; i++) {
        order[i] = (struct psc_sort_item){0, (uint32_t)i};
    }
    status = psc_sort(order, policy->count, compare_entries, policy->entries);
    if (status != PSC_OK) {
        goto out;
    }
    size_t kept = 0;
    for (size_t i = 0; i < policy->count; i++) {
        struct psc_policy_entry *entry = &policy->entries[order[i].index];
        if (kept > 0 && strcmp(sorted[kept - 1].text, entry->text) == 0) {
            free_strings(entry);
        } else {
            sorted[kept++] = *entry;
        }
    }
    free(policy->entries);
    policy->entries = sorted;
    policy->capacity = policy->count + 1;
    policy->count = kept;
    sorted = NULL;
out:
    free(order);
    free(sorted);
    return status;
}

enum psc_status psc_policy_learn(struct psc_policy *policy, const struct psc_snapshot *snapshot,
                                 struct psc_error *error) {
    enum psc_status status = PSC_OK;
    for (size_t row = 0; status == PSC_OK && row < psc_snapshot_count(snapshot); row++) {
        if (is_listener(psc_snapshot_endpoint(snapshot, row))) {
            status = learn_row(policy, snapshot, row);
        }
    }
    if (status == PSC_OK) {
        status = sort_entries(policy);
    }
    if (status != PSC_OK) {
        psc_policy_done(policy);
        return psc_no_memory(error);
    }
    return PSC_OK;
}

// Matching ----------------------------------------------------------------------------------------

static bool allows_address(const struct psc_policy_entry *entry,
                           const struct psc_snapshot *snapshot,
                           const struct psc_endpoint *endpoint) {
    char number[PSC_ADDRESS_TEXT];
    switch (entry->where) {
    case PSC_POLICY_ANYWHERE:
        return true;
    case PSC_POLICY_EXPOSURE:
        return psc_endpoint_exposure(endpoint) == entry->exposure;
    case PSC_POLICY_NETWORK:
        break;
    }
    return psc_network_contains(&entry->network, &endpoint->local,
                                psc_endpoint_is_ipv6(endpoint)) &&
           (entry->zone == NULL ||
            (endpoint->ifindex != 0 &&
             strcmp(entry->zone, zone_text(snapshot, endpoint->ifindex, number)) == 0));
}

static bool is_program(const struct psc_policy_entry *entry, const char *actual) {
    return actual != NULL && (entry->pattern ? psc_glob_match(entry->program, actual)
                                             : strcmp(entry->program, actual) == 0);
}

static bool allows_program(const struct psc_policy_entry *entry, const struct psc_process *owner) {
    bool is_path = strchr(entry->program, '/') != NULL;
    bool known = is_path ? owner->path != NULL : owner->name != NULL || owner->path != NULL;
    return !known || is_program(entry, owner->name) || is_program(entry, owner->path);
}

// The user of the process, or where that is not known, the user that made the socket.
static bool allows_user(const struct psc_policy_entry *entry, const struct psc_snapshot *snapshot,
                        size_t row) {
    const struct psc_endpoint *endpoint = psc_snapshot_endpoint(snapshot, row);
    const struct psc_process *owner = psc_snapshot_oldest(snapshot, row);
    if (owner != NULL && owner->user != NULL) {
        return strcmp(entry->user, owner->user) == 0;
    }
    if ((endpoint->known & PSC_KNOWN_UID) == 0) {
        return true;
    }
    char number[16];
    snprintf(number, sizeof number, "%lu", (unsigned long)endpoint->uid);
    const char *name = psc_snapshot_user(snapshot, endpoint->uid);
    return strcmp(entry->user, number) == 0 || (name != NULL && strcmp(entry->user, name) == 0);
}

bool psc_policy_entry_allows(const struct psc_policy_entry *entry,
                             const struct psc_snapshot *snapshot, size_t row) {
    const struct psc_endpoint *endpoint = psc_snapshot_endpoint(snapshot, row);
    const struct psc_process *owner = psc_snapshot_oldest(snapshot, row);
    return (entry->protocols & PSC_PROTOCOL_BIT(endpoint->protocol)) != 0 &&
           endpoint->local_port >= entry->first_port && endpoint->local_port <= entry->last_port &&
           allows_address(entry, snapshot, endpoint) &&
           (entry->program == NULL || owner == NULL || allows_program(entry, owner)) &&
           (entry->user == NULL || allows_user(entry, snapshot, row));
}
