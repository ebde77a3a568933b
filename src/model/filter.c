// filter.c - reads filters by name, and decides which rows pass.
#include "model/filter.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/number.h"

const struct psc_filter psc_filter_everything = {
    .protocols = PSC_PROTOCOLS_ALL,
    .states = PSC_STATES_ALL,
};

void psc_filter_init(struct psc_filter *filter) {
    *filter = psc_filter_everything;
}

void psc_filter_done(struct psc_filter *filter) {
    psc_port_set_done(&filter->any_port.set);
    psc_port_set_done(&filter->local_port.set);
    psc_port_set_done(&filter->remote_port.set);
    free(filter->any_address.values);
    free(filter->local_address.values);
    free(filter->remote_address.values);
    free(filter->pids.values);
    psc_strbuf_done(&filter->processes.patterns);
    psc_strbuf_done(&filter->users.patterns);
    psc_filter_init(filter);
}

// Lists -------------------------------------------------------------------------------------------

// Strips the `!`. A filter that was given before must be given the same way again.
static enum psc_status read_negation(const char **list, bool given, bool *negated,
                                     struct psc_error *error) {
    bool negates = **list == '!';
    if (given && negates != *negated) {
        return psc_fail(error, PSC_USAGE,
                        "'%s': this filter is given both with and without '!'; use one of them",
                        *list);
    }
    *negated = negates;
    *list += negates ? 1 : 0;
    return PSC_OK;
}

// Adds one word, which may be empty, to the values of a filter.
typedef enum psc_status read_word(void *values, const char *word, struct psc_error *error);

static enum psc_status read_words(const char *list, read_word *read, void *values,
                                  struct psc_error *error) {
    struct psc_strbuf copy = {0};
    psc_strbuf_add_text(&copy, list);
    enum psc_status status = copy.failed ? psc_no_memory(error) : PSC_OK;
    for (char *word = copy.bytes; status == PSC_OK && word != NULL;) {
        char *comma = strchr(word, ',');
        if (comma != NULL) {
            *comma++ = '\0';
        }
        status = read(values, word, error);
        word = comma;
    }
    psc_strbuf_done(&copy);
    return status;
}

// Reads a list into values of which some are perhaps given.
static enum psc_status read_list(const char *list, bool given, bool *negated, read_word *read,
                                 void *values, struct psc_error *error) {
    bool negates = *negated;
    enum psc_status status = read_negation(&list, given, &negates, error);
    if (status != PSC_OK) {
        return status;
    }
    status = read_words(list, read, values, error);
    if (status == PSC_OK) {
        *negated = negates;
    }
    return status;
}

// Values ------------------------------------------------------------------------------------------

static enum psc_status read_pid(void *values, const char *word, struct psc_error *error) {
    struct psc_pid_filter *pids = values;
    uint64_t pid;
    if (!psc_number_parse(word, UINT32_MAX, &pid)) {
        return psc_fail(error, PSC_USAGE, "'%s' is not a PID; use numbers, or lists like 12,13",
                        word);
    }
    if (!PSC_ARRAY_RESERVE(pids->values, pids->capacity, pids->count + 1)) {
        return psc_no_memory(error);
    }
    pids->values[pids->count++] = (uint32_t)pid;
    return PSC_OK;
}

static enum psc_status read_glob(void *values, const char *word, struct psc_error *error) {
    struct psc_strbuf *patterns = values;
    if (*word == '\0') {
        return psc_fail(error, PSC_USAGE,
                        "'%s' is not a name; use names, globs, or lists like nginx,node*", word);
    }
    psc_strbuf_add(patterns, word, strlen(word) + 1);
    return patterns->failed ? psc_no_memory(error) : PSC_OK;
}

static enum psc_status read_network(void *values, const char *word, struct psc_error *error) {
    struct psc_network_filter *networks = values;
    struct psc_network network;
    if (!psc_network_parse(word, &network)) {
        return psc_fail(error, PSC_USAGE,
                        "'%s' is not an address; use IPv4 or IPv6 addresses, networks like "
                        "10.0.0.0/8 or fe80::/10, or lists of them",
                        word);
    }
    if (!PSC_ARRAY_RESERVE(networks->values, networks->capacity, networks->count + 1)) {
        return psc_no_memory(error);
    }
    networks->values[networks->count++] = network;
    return PSC_OK;
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool same_word(const char *a, const char *b) {
    while (*a != '\0' && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) == lower(*b);
}

static enum psc_status read_protocol(void *values, const char *word, struct psc_error *error) {
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
        if (same_word(word, words[i].word)) {
            *(uint32_t *)values |= words[i].protocols;
            return PSC_OK;
        }
    }
    return psc_fail(error, PSC_USAGE,
                    "'%s' is not a protocol; use tcp, udp, tcp4, tcp6, udp4 or udp6", word);
}

static enum psc_status read_state(void *values, const char *word, struct psc_error *error) {
    uint32_t states = psc_state_parse(word);
    if (states == 0) {
        return psc_fail(error, PSC_USAGE,
                        "'%s' is not a state; use the words of netstat, ss or lsof, like "
                        "listening, established, time_wait, close_wait, syn_sent, bound, unconn",
                        word);
    }
    *(uint32_t *)values |= states;
    return PSC_OK;
}

// Filters by name ---------------------------------------------------------------------------------

typedef enum psc_status parse_value(struct psc_filter *filter, void *field, const char *value,
                                    struct psc_error *error);
static parse_value parse_ports, parse_protocols, parse_states, parse_pids, parse_globs,
    parse_networks, parse_flag;

static enum psc_status parse_flag(struct psc_filter *filter, void *field, const char *value,
                                  struct psc_error *error) {
    (void)filter, (void)value, (void)error;
    *(bool *)field = true;
    return PSC_OK;
}

static enum psc_status parse_ports(struct psc_filter *filter, void *field, const char *value,
                                   struct psc_error *error) {
    struct psc_port_filter *ports = field;
    bool negated = ports->negated;
    (void)filter;
    enum psc_status status = read_negation(&value, ports->set.count > 0, &negated, error);
    if (status != PSC_OK) {
        return status;
    }
    status = psc_port_set_parse(&ports->set, value, error);
    if (status == PSC_OK) {
        ports->negated = negated;
    }
    return status;
}

static enum psc_status parse_pids(struct psc_filter *filter, void *field, const char *value,
                                  struct psc_error *error) {
    struct psc_pid_filter *pids = field;
    size_t before = pids->count;
    (void)filter;
    enum psc_status status = read_list(value, before > 0, &pids->negated, read_pid, pids, error);
    pids->count = status == PSC_OK ? pids->count : before;
    return status;
}

static enum psc_status parse_globs(struct psc_filter *filter, void *field, const char *value,
                                   struct psc_error *error) {
    struct psc_glob_filter *globs = field;
    size_t before = globs->patterns.size;
    (void)filter;
    enum psc_status status =
        read_list(value, before > 0, &globs->negated, read_glob, &globs->patterns, error);
    globs->patterns.size = status == PSC_OK ? globs->patterns.size : before;
    return status;
}

static enum psc_status parse_networks(struct psc_filter *filter, void *field, const char *value,
                                      struct psc_error *error) {
    struct psc_network_filter *networks = field;
    size_t before = networks->count;
    (void)filter;
    enum psc_status status =
        read_list(value, before > 0, &networks->negated, read_network, networks, error);
    networks->count = status == PSC_OK ? networks->count : before;
    return status;
}

static enum psc_status parse_mask(uint32_t *mask, bool *given, uint32_t all, read_word *read,
                                  const char *value, struct psc_error *error) {
    bool negated = false;
    uint32_t named = 0;
    enum psc_status status = read_list(value, false, &negated, read, &named, error);
    if (status == PSC_OK) {
        *mask = (*given ? *mask : 0) | (negated ? all & ~named : named);
        *given = true;
    }
    return status;
}

static enum psc_status parse_protocols(struct psc_filter *filter, void *field, const char *value,
                                       struct psc_error *error) {
    return parse_mask(field, &filter->protocols_given, PSC_PROTOCOLS_ALL, read_protocol, value,
                      error);
}

static enum psc_status parse_states(struct psc_filter *filter, void *field, const char *value,
                                    struct psc_error *error) {
    return parse_mask(field, &filter->states_given, PSC_STATES_ALL, read_state, value, error);
}

enum psc_status psc_filter_set(struct psc_filter *filter, const char *name, const char *value,
                               struct psc_error *error) {
    static const struct {
        const char *name, *value;
        parse_value *parse;
        size_t field;
    } rows[] = {
#define FILTER_ROW(name, value, parse, field, help)                                                \
    {(name), (value), (parse), offsetof(struct psc_filter, field)},
        PSC_FILTER_LIST(FILTER_ROW)
#undef FILTER_ROW
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].name, name) != 0) {
            continue;
        }
        if ((rows[i].value == NULL) != (value == NULL)) {
            return psc_fail(error, PSC_USAGE, "filter %s takes %s", name,
                            value == NULL ? "a value" : "no value");
        }
        return rows[i].parse(filter, (char *)filter + rows[i].field, value, error);
    }
    return psc_fail(error, PSC_USAGE, "'%s' is not a filter", name);
}

// Globs -------------------------------------------------------------------------------------------

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

static bool has_network(const struct psc_network_filter *networks,
                        const struct psc_address *address, bool ipv6) {
    for (size_t i = 0; i < networks->count; i++) {
        if (psc_network_contains(&networks->values[i], address, ipv6)) {
            return true;
        }
    }
    return false;
}

static bool pass_networks(const struct psc_network_filter *networks, bool local, bool remote,
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
    bool processes = filter->processes.patterns.size > 0;
    bool users = filter->users.patterns.size > 0;
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

static bool has_pid(const struct psc_pid_filter *pids, uint32_t pid) {
    for (size_t i = 0; i < pids->count; i++) {
        if (pids->values[i] == pid) {
            return true;
        }
    }
    return false;
}

bool psc_filter_pids(const struct psc_filter *filter, const struct psc_snapshot *snapshot,
                     size_t row) {
    const struct psc_pid_filter *pids = &filter->pids;
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
static bool has_glob(const struct psc_glob_filter *globs, const char *text) {
    const struct psc_strbuf *patterns = &globs->patterns;
    for (size_t at = 0; text != NULL && at < patterns->size;) {
        if (psc_glob_match(patterns->bytes + at, text)) {
            return true;
        }
        at += strlen(patterns->bytes + at) + 1;
    }
    return false;
}

// The last part of a path. A process's name may have more in it, such as its services.
static const char *file_name(const char *path) {
    const char *name = path;
    for (; path != NULL && *path != '\0'; path++) {
        name = *path == '/' || *path == '\\' ? path + 1 : name;
    }
    return name;
}

static bool has_socket_user(const struct psc_glob_filter *users,
                            const struct psc_snapshot *snapshot, size_t row) {
    const struct psc_endpoint *endpoint = psc_snapshot_endpoint(snapshot, row);
    char number[16];
    snprintf(number, sizeof number, "%lu", (unsigned long)endpoint->uid);
    return (endpoint->known & PSC_KNOWN_UID) != 0 &&
           (has_glob(users, number) || has_glob(users, psc_snapshot_user(snapshot, endpoint->uid)));
}

bool psc_filter_names(const struct psc_filter *filter, const struct psc_snapshot *snapshot,
                      size_t row) {
    const struct psc_glob_filter *processes = &filter->processes;
    const struct psc_glob_filter *users = &filter->users;
    struct psc_owners owners = psc_snapshot_owners(snapshot, row);
    bool process = false;
    bool user = users->patterns.size > 0 && has_socket_user(users, snapshot, row);
    for (size_t i = 0; i < owners.count; i++) {
        const struct psc_process *owner = psc_snapshot_process(snapshot, owners.processes[i]);
        process = process || has_glob(processes, owner->name) || has_glob(processes, owner->path) ||
                  has_glob(processes, file_name(owner->path));
        user = user || has_glob(users, owner->user);
    }
    return (processes->patterns.size == 0 || process != processes->negated) &&
           (users->patterns.size == 0 || user != users->negated);
}
