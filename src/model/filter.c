// filter.c - reads filters by name, and decides which rows pass.
#include "model/filter.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/number.h"
#include "base/strbuf.h"
#include "base/text.h"

const struct psc_filter psc_filter_everything = {
    .protocols = PSC_PROTOCOLS_ALL,
    .states = PSC_STATES_ALL,
};

void psc_filter_init(struct psc_filter *filter) {
    *filter = psc_filter_everything;
}

static void free_globs(struct psc_value_filter *globs) {
    for (size_t i = 0; i < globs->count; i++) {
        free(globs->values[i].glob);
    }
    free(globs->values);
}

void psc_filter_done(struct psc_filter *filter) {
    psc_port_set_done(&filter->any_port.set);
    psc_port_set_done(&filter->local_port.set);
    psc_port_set_done(&filter->remote_port.set);
    free(filter->any_address.values);
    free(filter->local_address.values);
    free(filter->remote_address.values);
    free(filter->pids.values);
    free_globs(&filter->processes);
    free_globs(&filter->users);
    psc_filter_init(filter);
}

// Values ------------------------------------------------------------------------------------------

// Reads one word of a list, which may be empty.
typedef enum psc_status read_value(const char *word, union psc_filter_value *value,
                                   struct psc_error *error);
static read_value read_pid, read_glob, read_network, read_protocol, read_state;

static enum psc_status read_pid(const char *word, union psc_filter_value *value,
                                struct psc_error *error) {
    uint64_t pid;
    if (!psc_number_parse(word, UINT32_MAX, &pid)) {
        return psc_fail(error, PSC_USAGE, "'%s' is not a PID; use numbers, or lists like 12,13",
                        word);
    }
    value->pid = (uint32_t)pid;
    return PSC_OK;
}

static enum psc_status read_glob(const char *word, union psc_filter_value *value,
                                 struct psc_error *error) {
    struct psc_strbuf copy = {0};
    if (*word == '\0') {
        return psc_fail(error, PSC_USAGE,
                        "'%s' is not a name; use names, globs, or lists like nginx,node*", word);
    }
    psc_strbuf_add_text(&copy, word);
    value->glob = psc_strbuf_detach(&copy);
    return value->glob != NULL ? PSC_OK : psc_no_memory(error);
}

static enum psc_status read_network(const char *word, union psc_filter_value *value,
                                    struct psc_error *error) {
    if (!psc_network_parse(word, &value->network)) {
        return psc_fail(error, PSC_USAGE,
                        "'%s' is not an address; use IPv4 or IPv6 addresses, networks like "
                        "10.0.0.0/8 or fe80::/10, or lists of them",
                        word);
    }
    return PSC_OK;
}

static enum psc_status read_protocol(const char *word, union psc_filter_value *value,
                                     struct psc_error *error) {
    // The words with `v` are those of Windows' `netstat -p`.
    static const struct {
        const char *word;
        uint32_t protocols;
    } words[] = {
        {"tcp", PSC_PROTOCOLS_TCP},
        {"udp", PSC_PROTOCOLS_UDP},
        {"tcp4", PSC_PROTOCOL_BIT(PSC_PROTOCOL_TCP4)},
        {"tcp6", PSC_PROTOCOL_BIT(PSC_PROTOCOL_TCP6)},
        {"udp4", PSC_PROTOCOL_BIT(PSC_PROTOCOL_UDP4)},
        {"udp6", PSC_PROTOCOL_BIT(PSC_PROTOCOL_UDP6)},
        {"tcpv4", PSC_PROTOCOL_BIT(PSC_PROTOCOL_TCP4)},
        {"tcpv6", PSC_PROTOCOL_BIT(PSC_PROTOCOL_TCP6)},
        {"udpv4", PSC_PROTOCOL_BIT(PSC_PROTOCOL_UDP4)},
        {"udpv6", PSC_PROTOCOL_BIT(PSC_PROTOCOL_UDP6)},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (psc_glob_match(words[i].word, word)) { // in either case
            value->mask = words[i].protocols;
            return PSC_OK;
        }
    }
    return psc_fail(error, PSC_USAGE,
                    "'%s' is not a protocol; use tcp, udp, tcp4, tcp6, udp4 or udp6", word);
}

static enum psc_status read_state(const char *word, union psc_filter_value *value,
                                  struct psc_error *error) {
    value->mask = psc_state_parse(word);
    if (value->mask == 0) {
        return psc_fail(error, PSC_USAGE,
                        "'%s' is not a state; use the words of netstat, ss or lsof, like "
                        "listening, established, time_wait, close_wait, syn_sent, bound, unconn",
                        word);
    }
    return PSC_OK;
}

// Adds the values of a list, without its `!`. After an error some may be added.
static enum psc_status read_values(const char *list, read_value *read,
                                   struct psc_value_filter *values, struct psc_error *error) {
    struct psc_strbuf copy = {0};
    psc_strbuf_add_text(&copy, list);
    enum psc_status status = copy.failed ? psc_no_memory(error) : PSC_OK;
    for (char *word = copy.bytes; status == PSC_OK && word != NULL;) {
        char *comma = strchr(word, ',');
        if (comma != NULL) {
            *comma++ = '\0';
        }
        if (!PSC_ARRAY_RESERVE(values->values, values->capacity, values->count + 1)) {
            status = psc_no_memory(error);
            break;
        }
        status = read(word, &values->values[values->count], error);
        values->count += status == PSC_OK;
        word = comma;
    }
    psc_strbuf_done(&copy);
    return status;
}

// Filters by name ---------------------------------------------------------------------------------

// Adds what is given to a field of the filter.
typedef enum psc_status parse_filter(struct psc_filter *filter, void *field, read_value *read,
                                     const char *given, struct psc_error *error);
static parse_filter parse_flag, parse_ports, parse_list, parse_mask;

// Strips the `!`. A filter that was given before must be given the same way again.
static enum psc_status read_negation(const char **list, bool before, bool *negated,
                                     struct psc_error *error) {
    bool negates = **list == '!';
    if (before && negates != *negated) {
        return psc_fail(error, PSC_USAGE,
                        "'%s': this filter is given both with and without '!'; use one of them",
                        *list);
    }
    *negated = negates;
    *list += negates ? 1 : 0;
    return PSC_OK;
}

static enum psc_status parse_flag(struct psc_filter *filter, void *field, read_value *read,
                                  const char *given, struct psc_error *error) {
    (void)filter, (void)read, (void)given, (void)error;
    *(bool *)field = true;
    return PSC_OK;
}

static enum psc_status parse_ports(struct psc_filter *filter, void *field, read_value *read,
                                   const char *given, struct psc_error *error) {
    struct psc_port_filter *ports = field;
    bool negated = ports->negated;
    (void)filter, (void)read;
    enum psc_status status = read_negation(&given, ports->set.count > 0, &negated, error);
    if (status != PSC_OK) {
        return status;
    }
    status = psc_port_set_parse(&ports->set, given, error);
    if (status == PSC_OK) {
        ports->negated = negated;
    }
    return status;
}

static enum psc_status parse_list(struct psc_filter *filter, void *field, read_value *read,
                                  const char *given, struct psc_error *error) {
    struct psc_value_filter *values = field;
    size_t before = values->count;
    bool negated = values->negated;
    (void)filter;
    enum psc_status status = read_negation(&given, before > 0, &negated, error);
    if (status != PSC_OK) {
        return status;
    }
    status = read_values(given, read, values, error);
    if (status == PSC_OK) {
        values->negated = negated;
        return PSC_OK;
    }
    while (values->count > before) {
        values->count--;
        if (read == read_glob) {
            free(values->values[values->count].glob);
        }
    }
    return status;
}

static enum psc_status parse_mask(struct psc_filter *filter, void *field, read_value *read,
                                  const char *given, struct psc_error *error) {
    bool states = field == &filter->states;
    bool *before = states ? &filter->states_given : &filter->protocols_given;
    bool *negated = states ? &filter->states_negated : &filter->protocols_negated;
    uint32_t all = states ? PSC_STATES_ALL : PSC_PROTOCOLS_ALL;
    uint32_t *mask = field;
    bool negates = *negated;
    struct psc_value_filter values = {0};
    enum psc_status status = read_negation(&given, *before, &negates, error);
    if (status == PSC_OK) {
        status = read_values(given, read, &values, error);
    }
    if (status == PSC_OK) {
        uint32_t named = !*before ? 0 : negates ? all & ~*mask : *mask;
        for (size_t i = 0; i < values.count; i++) {
            named |= values.values[i].mask;
        }
        *mask = negates ? all & ~named : named;
        *negated = negates;
        *before = true;
    }
    free(values.values);
    return status;
}

enum psc_status psc_filter_set(struct psc_filter *filter, const char *name, const char *value,
                               struct psc_error *error) {
    static const struct {
        const char *name;
        parse_filter *parse;
        read_value *read;
        size_t field;
    } rows[] = {
#define FILTER_ROW(name, value, parse, read, field, help)                                          \
    {(name), (parse), (read), offsetof(struct psc_filter, field)},
        PSC_FILTER_LIST(FILTER_ROW)
#undef FILTER_ROW
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].name, name) != 0) {
            continue;
        }
        if ((rows[i].parse == parse_flag) != (value == NULL)) {
            return psc_fail(error, PSC_USAGE, "filter %s takes %s", name,
                            value == NULL ? "a value" : "no value");
        }
        return rows[i].parse(filter, (char *)filter + rows[i].field, rows[i].read, value, error);
    }
    return psc_fail(error, PSC_USAGE, "'%s' is not a filter", name);
}

// Globs -------------------------------------------------------------------------------------------

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

// Matches one byte against the set after `[`. Returns the end of the set, NULL if it has none.
static const char *match_set(const char *set, char c, bool *matches) {
    bool negated = *set == '!' || *set == '^';
    set += negated ? 1 : 0;
    bool found = false;
    const char *at = set;
    do {
        if (*at == '\0') {
            return NULL;
        }
        char first = lower(*at++);
        char last = first;
        if (*at == '-' && at[1] != ']' && at[1] != '\0') {
            last = lower(at[1]);
            at += 2;
        }
        found = found || (c >= first && c <= last);
    } while (*at != ']');
    *matches = found != negated;
    return at + 1;
}

// Matches one byte; returns what follows in the pattern, or NULL.
static const char *match_one(const char *pattern, char c) {
    if (*pattern == '[') {
        bool matches;
        const char *end = match_set(pattern + 1, c, &matches);
        if (end != NULL) {
            return matches ? end : NULL;
        }
    }
    return *pattern == '?' || lower(*pattern) == c ? pattern + 1 : NULL;
}

bool psc_glob_match(const char *pattern, const char *text) {
    // Only the last star is tried again, so the time is at most the product of the lengths.
    const char *star = NULL;
    const char *retry = NULL;
    while (*text != '\0') {
        const char *next;
        if (*pattern == '*') {
            star = ++pattern;
            retry = text;
        } else if (*pattern != '\0' && (next = match_one(pattern, lower(*text))) != NULL) {
            pattern = next;
            text++;
        } else if (star != NULL) {
            pattern = star;
            text = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*') {
        pattern++;
    }
    return *pattern == '\0';
}

// Rows --------------------------------------------------------------------------------------------

static bool pass_ports(const struct psc_port_filter *ports, bool local, bool remote,
                       const struct psc_endpoint *row) {
    if (ports->set.count == 0) {
        return true;
    }
    bool matches = (local && psc_port_set_find(&ports->set, row->local_port) != NULL) ||
                   (remote && psc_port_set_find(&ports->set, row->remote_port) != NULL);
    return matches != ports->negated;
}

static bool has_network(const struct psc_value_filter *networks, const struct psc_address *address,
                        bool ipv6) {
    for (size_t i = 0; i < networks->count; i++) {
        if (psc_network_contains(&networks->values[i].network, address, ipv6)) {
            return true;
        }
    }
    return false;
}

static bool pass_networks(const struct psc_value_filter *networks, bool local, bool remote,
                          const struct psc_endpoint *row) {
    if (networks->count == 0) {
        return true;
    }
    bool ipv6 = psc_endpoint_is_ipv6(row);
    bool matches = (local && has_network(networks, &row->local, ipv6)) ||
                   (remote && has_network(networks, &row->remote, ipv6));
    return matches != networks->negated;
}

bool psc_filter_endpoint(const struct psc_filter *filter, const struct psc_endpoint *endpoint) {
    bool peer = psc_endpoint_has_peer(endpoint);
    return (filter->protocols & PSC_PROTOCOL_BIT(endpoint->protocol)) != 0 &&
           (filter->states & PSC_STATE_BIT(endpoint->state)) != 0 &&
           (!filter->exposed || psc_endpoint_exposure(endpoint) > PSC_EXPOSURE_LOOPBACK) &&
           pass_ports(&filter->any_port, true, peer, endpoint) &&
           pass_ports(&filter->local_port, true, false, endpoint) &&
           pass_ports(&filter->remote_port, false, peer, endpoint) &&
           pass_networks(&filter->any_address, true, peer, endpoint) &&
           pass_networks(&filter->local_address, true, false, endpoint) &&
           pass_networks(&filter->remote_address, false, peer, endpoint);
}

// Owners ------------------------------------------------------------------------------------------

struct psc_needs psc_filter_needs(const struct psc_filter *filter) {
    bool processes = filter->processes.count > 0;
    bool users = filter->users.count > 0;
    return (struct psc_needs){
        .owners = filter->pids.count > 0 || processes || users,
        .users = users,
        .details = (processes ? PSC_PROCESS_NAME | PSC_PROCESS_PATH : 0U) |
                   (users ? (unsigned)PSC_PROCESS_USER : 0U),
    };
}

bool psc_filter_names_ports(const struct psc_filter *filter) {
    return filter->any_port.set.count > 0 || filter->local_port.set.count > 0 ||
           filter->remote_port.set.count > 0;
}

static bool has_pid(const struct psc_value_filter *pids, uint32_t pid) {
    for (size_t i = 0; i < pids->count; i++) {
        if (pids->values[i].pid == pid) {
            return true;
        }
    }
    return false;
}

bool psc_filter_pids(const struct psc_filter *filter, const struct psc_snapshot *snapshot,
                     size_t row) {
    const struct psc_value_filter *pids = &filter->pids;
    if (pids->count == 0) {
        return true;
    }
    struct psc_owners owners = psc_snapshot_owners(snapshot, row);
    bool known = (psc_snapshot_endpoint(snapshot, row)->known & PSC_KNOWN_OWNERS) != 0;
    bool matches = owners.count == 0 && known && has_pid(pids, 0);
    for (size_t i = 0; i < owners.count && !matches; i++) {
        matches = has_pid(pids, psc_snapshot_process(snapshot, owners.processes[i])->pid);
    }
    return matches != pids->negated;
}

// Whether a text, which may be NULL, matches a pattern.
static bool has_glob(const struct psc_value_filter *globs, const char *text) {
    for (size_t i = 0; text != NULL && i < globs->count; i++) {
        if (psc_glob_match(globs->values[i].glob, text)) {
            return true;
        }
    }
    return false;
}

static bool has_socket_user(const struct psc_value_filter *users,
                            const struct psc_snapshot *snapshot, size_t row) {
    const struct psc_endpoint *endpoint = psc_snapshot_endpoint(snapshot, row);
    char number[16];
    snprintf(number, sizeof number, "%lu", (unsigned long)endpoint->uid);
    return (endpoint->known & PSC_KNOWN_UID) != 0 &&
           (has_glob(users, number) || has_glob(users, psc_snapshot_user(snapshot, endpoint->uid)));
}

bool psc_filter_names(const struct psc_filter *filter, const struct psc_snapshot *snapshot,
                      size_t row) {
    const struct psc_value_filter *processes = &filter->processes;
    const struct psc_value_filter *users = &filter->users;
    struct psc_owners owners = psc_snapshot_owners(snapshot, row);
    bool process = false;
    bool user = users->count > 0 && has_socket_user(users, snapshot, row);
    for (size_t i = 0; i < owners.count; i++) {
        const struct psc_process *owner = psc_snapshot_process(snapshot, owners.processes[i]);
        process = process || has_glob(processes, owner->name) || has_glob(processes, owner->path) ||
                  (owner->path != NULL && // a name may have more in it, such as services
                   has_glob(processes, psc_base_name(owner->path, "/\\")));
        user = user || has_glob(users, owner->user);
    }
    return (processes->count == 0 || process != processes->negated) &&
           (users->count == 0 || user != users->negated);
}
