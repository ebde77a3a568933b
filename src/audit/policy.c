// policy.c - learns a policy from what listens, and matches listeners with one.
#include "audit/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/products.h"
#include "base/strbuf.h"
#include "model/filter.h"

static void free_entry(struct psc_policy_entry *entry) {
    free(entry->text);
    free(entry->words);
}

void psc_policy_done(struct psc_policy *policy) {
    for (size_t i = 0; i < policy->count; i++) {
        free_entry(&policy->entries[i]);
    }
    free(policy->entries);
    *policy = (struct psc_policy){0};
}

// PID 1 of systemd holds the sockets of socket units, and passes them to the programs that it starts.
static bool is_service_manager(const struct psc_process *process) {
    return process->pid == 1 && process->name != NULL && strcmp(process->name, "systemd") == 0;
}

// Learning ----------------------------------------------------------------------------------------

// Where bindresvport(3) looks for a free port.
static const struct psc_port_range rpc_ports = {512, 1023};

static bool is_rpc_service(const struct psc_process *process) {
    static const char *const programs[] = {"rpc.*", "rpcbind", "ypbind", "ypserv"};
    return product_is_program(process, programs, sizeof programs / sizeof programs[0]);
}

// The ports that a program may get at its next start.
static struct psc_port_range stable_ports(const struct psc_endpoint *endpoint,
                                          const struct psc_process *owner,
                                          const struct psc_port_ranges *ranges) {
    uint16_t port = endpoint->local_port;
    if (product_knows_port(PSC_PROTOCOL_BIT(endpoint->protocol), port)) {
        return (struct psc_port_range){port, port};
    }
    if (psc_port_is_dynamic(ranges, port) && !psc_port_is_reserved(ranges, port)) {
        return (struct psc_port_range){ranges->dynamic_first, ranges->dynamic_last};
    }
    bool rpc =
        owner != NULL && is_rpc_service(owner) && port >= rpc_ports.first && port <= rpc_ports.last;
    return rpc ? rpc_ports : (struct psc_port_range){port, port};
}

// Adds a line for one owner of a row; NULL: it has none.
static void learn_owner(struct psc_strbuf *lines, const struct psc_snapshot *snapshot, size_t row,
                        const struct psc_process *owner, const struct psc_port_ranges *ranges) {
    const struct psc_endpoint *endpoint = psc_snapshot_endpoint(snapshot, row);
    bool udp = psc_endpoint_is_udp(endpoint);
    struct psc_policy_entry entry = {
        .protocols = udp ? PSC_PROTOCOLS_UDP : PSC_PROTOCOLS_TCP,
        .scope = PSC_POLICY_NETWORK,
        .ipv6 = psc_endpoint_is_ipv6(endpoint),
        .ports = {endpoint->local_port, endpoint->local_port},
        .unowned = owner == NULL && psc_snapshot_is_privileged(snapshot),
    };
    // The service manager does not tell which program it is going to start.
    entry.program = owner != NULL && !is_service_manager(owner) ? owner->name : NULL;
    if (entry.program != NULL || entry.unowned) { // else any program could use the whole range
        entry.ports = stable_ports(endpoint, owner, &ranges[udp]);
    }
    char address[PSC_ADDRESS_TEXT];
    char number[PSC_ZONE_NUMBER_SIZE];
    psc_address_format(&endpoint->local, entry.ipv6, address);
    (void)psc_network_parse(address, &entry.network);
    entry.zone =
        endpoint->ifindex != 0 ? psc_snapshot_zone(snapshot, endpoint->ifindex, number) : NULL;
    char *line = psc_policy_entry_text(&entry);
    lines->failed = lines->failed || line == NULL;
    psc_strbuf_add_text(lines, line != NULL ? line : "");
    psc_strbuf_add_text(lines, "\n");
    free(line);
}

static void learn_row(struct psc_strbuf *lines, const struct psc_snapshot *snapshot, size_t row,
                      const struct psc_port_ranges *ranges) {
    struct psc_owners owners = psc_snapshot_owners(snapshot, row);
    if (owners.count == 0) {
        learn_owner(lines, snapshot, row, NULL, ranges);
    }
    for (size_t i = 0; i < owners.count; i++) {
        const struct psc_process *owner = psc_snapshot_process(snapshot, owners.processes[i]);
        if (owners.count == 1 || !is_service_manager(owner)) {
            learn_owner(lines, snapshot, row, owner, ranges);
        }
    }
}

// Protocol, family, address, then port, so that a diff shows related lines together.
static int compare_entries(const void *a, const void *b) {
    const struct psc_policy_entry *x = a;
    const struct psc_policy_entry *y = b;
    if (x->protocols != y->protocols) {
        return x->protocols < y->protocols ? -1 : 1;
    }
    if (x->ipv6 != y->ipv6) {
        return x->ipv6 ? 1 : -1;
    }
    int order = memcmp(&x->network.prefix, &y->network.prefix, sizeof x->network.prefix);
    if (order == 0) {
        order = x->ports.first - y->ports.first;
    }
    return order != 0 ? order : strcmp(x->text, y->text);
}

static void sort_entries(struct psc_policy *policy) {
    struct psc_policy_entry *entries = policy->entries;
    size_t kept = 0;
    qsort(entries, policy->count, sizeof *entries, compare_entries);
    for (size_t i = 0; i < policy->count; i++) {
        if (kept > 0 && strcmp(entries[kept - 1].text, entries[i].text) == 0) {
            free_entry(&entries[i]);
        } else {
            entries[kept++] = entries[i];
        }
    }
    policy->count = kept;
}

enum psc_status psc_policy_learn(struct psc_policy *policy, const struct psc_snapshot *snapshot,
                                 const struct psc_port_ranges ranges[2], struct psc_error *error) {
    struct psc_strbuf lines = {0};
    for (size_t row = 0; row < psc_snapshot_count(snapshot); row++) {
        const struct psc_endpoint *endpoint = psc_snapshot_endpoint(snapshot, row);
        if (psc_endpoint_exposure(endpoint) != PSC_EXPOSURE_NONE) {
            learn_row(&lines, snapshot, row, ranges);
        }
    }
    enum psc_status status = lines.failed
                                 ? psc_no_memory(error)
                                 : psc_policy_parse(policy, lines.bytes != NULL ? lines.bytes : "",
                                                    lines.size, "policy", error);
    psc_strbuf_done(&lines);
    if (status == PSC_OK && policy->count > 0) {
        sort_entries(policy);
    }
    return status;
}

// Matching ----------------------------------------------------------------------------------------

static bool allows_address(const struct psc_policy_entry *entry,
                           const struct psc_snapshot *snapshot,
                           const struct psc_endpoint *endpoint) {
    char number[PSC_ZONE_NUMBER_SIZE];
    switch (entry->scope) {
    case PSC_POLICY_ANY:
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
             strcmp(entry->zone, psc_snapshot_zone(snapshot, endpoint->ifindex, number)) == 0));
}

static bool is_program(const struct psc_policy_entry *entry, const char *actual) {
    return actual != NULL && (entry->pattern ? psc_glob_match(entry->program, actual)
                                             : strcmp(entry->program, actual) == 0);
}

// Without the path, the name may be one that the process gave itself.
static bool allows_program(const struct psc_policy_entry *entry, const struct psc_process *owner,
                           bool privileged) {
    if (entry->program == NULL) {
        return !entry->unowned || (owner == NULL);
    }
    bool is_path = strchr(entry->program, '/') != NULL;
    if (owner == NULL || (owner->path == NULL && (privileged || is_path || owner->name == NULL))) {
        return !privileged;
    }
    return is_program(entry, owner->name) || is_program(entry, owner->path);
}

// The user of the process or, if that is unknown, the user that made the socket.
static bool allows_user(const struct psc_policy_entry *entry, const struct psc_snapshot *snapshot,
                        const struct psc_endpoint *endpoint, const struct psc_process *owner) {
    char number[16];
    if (entry->user == NULL) {
        return true;
    }
    if (owner != NULL && owner->user != NULL) {
        return strcmp(entry->user, owner->user) == 0;
    }
    if ((endpoint->known & PSC_KNOWN_UID) == 0) {
        return true;
    }
    snprintf(number, sizeof number, "%lu", (unsigned long)endpoint->uid);
    const char *name = psc_snapshot_user(snapshot, endpoint->uid);
    return strcmp(entry->user, number) == 0 || (name != NULL && strcmp(entry->user, name) == 0);
}

bool psc_policy_entry_allows(const struct psc_policy_entry *entry,
                             const struct psc_snapshot *snapshot, size_t row,
                             const struct psc_process *owner) {
    const struct psc_endpoint *endpoint = psc_snapshot_endpoint(snapshot, row);
    if ((entry->protocols & PSC_PROTOCOL_BIT(endpoint->protocol)) == 0 ||
        endpoint->local_port < entry->ports.first || endpoint->local_port > entry->ports.last ||
        !allows_address(entry, snapshot, endpoint)) {
        return false;
    }
    return (owner != NULL && is_service_manager(owner)) ||
           (allows_program(entry, owner, psc_snapshot_is_privileged(snapshot)) &&
            allows_user(entry, snapshot, endpoint, owner));
}
