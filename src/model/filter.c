// filter.c - reads lists of filter values, and judges rows by them.
#include "model/filter.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"

const struct psc_filter psc_filter_everything = {
    .protocols = PSC_PROTOCOLS_ALL,
    .states = PSC_STATES_ALL,
};

void psc_filter_init(struct psc_filter *filter) {
    *filter = psc_filter_everything;
}

static void globs_done(struct psc_globs *globs) {
    for (size_t i = 0; i < globs->count; i++) {
        free(globs->patterns[i]);
    }
    free(globs->patterns);
}

void psc_filter_done(struct psc_filter *filter) {
    psc_port_set_done(&filter->any_port.set);
    psc_port_set_done(&filter->local_port.set);
    psc_port_set_done(&filter->remote_port.set);
    free(filter->any_address.values);
    free(filter->local_address.values);
    free(filter->remote_address.values);
    free(filter->pids.values);
    globs_done(&filter->processes);
    globs_done(&filter->users);
    psc_filter_init(filter);
}

// Lists -------------------------------------------------------------------------------------------

static char *copy_text(const char *text) {
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    return copy != NULL ? memcpy(copy, text, size) : NULL;
}

// Reads the next comma-separated word; an empty one is an error that the caller words.
typedef enum psc_status read_word(void *values, const char *word, struct psc_error *error);

static enum psc_status each_word(const char *list, read_word *read, void *values,
                                 struct psc_error *error) {
    enum psc_status status = PSC_OK;
    char *copy = copy_text(list);
    if (copy == NULL) {
        return psc_no_memory(error);
    }
    for (char *word = copy; status == PSC_OK && word != NULL;) {
        char *comma = strchr(word, ',');
        if (comma != NULL) {
            *comma++ = '\0';
        }
        status = read(values, word, error);
        word = comma;
    }
    free(copy);
    return status;
}

// Strips the `!`, and keeps a negated and a plain list of one filter apart.
static enum psc_status begin_list(const char **list, bool given, bool *negated,
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

// Makes room for one more value. The old array stays valid when it fails.
static void *grow(void *values, size_t count, size_t size) {
    bool full = (count & (count - 1)) == 0; // the capacity is the next power of two
    return full ? realloc(values, (count == 0 ? 1 : 2 * count) * size) : values;
}

// Ports -------------------------------------------------------------------------------------------

enum psc_status psc_ports_parse(struct psc_ports *ports, const char *list,
                                struct psc_error *error) {
    bool negated = ports->negated;
    enum psc_status status = begin_list(&list, ports->set.count > 0, &negated, error);
    if (status != PSC_OK) {
        return status;
    }
    status = psc_port_set_parse(&ports->set, list, error);
    if (status == PSC_OK) {
        ports->negated = negated;
    }
    return status;
}

// PIDs --------------------------------------------------------------------------------------------

static enum psc_status read_pid(void *values, const char *word, struct psc_error *error) {
    struct psc_pids *pids = values;
    uint64_t pid;
    if (!psc_number_parse(word, UINT32_MAX, &pid)) {
        return psc_fail(error, PSC_USAGE,
                        "'%s' is not a process number: allowed are numbers and lists like 12,13",
                        word);
    }
    uint32_t *grown = grow(pids->values, pids->count, sizeof *grown);
    if (grown == NULL) {
        return psc_no_memory(error);
    }
    pids->values = grown;
    pids->values[pids->count++] = (uint32_t)pid;
    return PSC_OK;
}

enum psc_status psc_pids_parse(struct psc_pids *pids, const char *list, struct psc_error *error) {
    size_t before = pids->count;
    bool negated = pids->negated;
    enum psc_status status = begin_list(&list, before > 0, &negated, error);
    if (status == PSC_OK) {
        status = each_word(list, read_pid, pids, error);
    }
    if (status == PSC_OK) {
        pids->negated = negated;
    } else {
        pids->count = before;
    }
    return status;
}

// Globs -------------------------------------------------------------------------------------------

static enum psc_status read_glob(void *values, const char *word, struct psc_error *error) {
    struct psc_globs *globs = values;
    if (*word == '\0') {
        return psc_fail(error, PSC_USAGE,
                        "'%s' is no name: allowed are names and globs, and lists like nginx,node*",
                        word);
    }
    char **grown = grow(globs->patterns, globs->count, sizeof *grown);
    if (grown == NULL) {
        return psc_no_memory(error);
    }
    globs->patterns = grown;
    char *copy = copy_text(word);
    if (copy == NULL) {
        return psc_no_memory(error);
    }
    globs->patterns[globs->count++] = copy;
    return PSC_OK;
}

enum psc_status psc_globs_parse(struct psc_globs *globs, const char *list,
                                struct psc_error *error) {
    size_t before = globs->count;
    bool negated = globs->negated;
    enum psc_status status = begin_list(&list, before > 0, &negated, error);
    if (status == PSC_OK) {
        status = each_word(list, read_glob, globs, error);
    }
    if (status == PSC_OK) {
        globs->negated = negated;
    }
    while (status != PSC_OK && globs->count > before) {
        free(globs->patterns[--globs->count]);
    }
    return status;
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

// Matches one byte against the set behind `[`. Returns the end of the set, NULL if it has none.
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
    // Going back to the last star only is enough, so this takes no more than length times length.
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

// Networks ----------------------------------------------------------------------------------------

static enum psc_status read_network(void *values, const char *word, struct psc_error *error) {
    struct psc_networks *networks = values;
    struct psc_network network;
    if (!psc_network_parse(word, &network)) {
        return psc_fail(error, PSC_USAGE,
                        "'%s' is not an address: allowed are IPv4 and IPv6 addresses, networks "
                        "like 10.0.0.0/8 or fe80::/10, and lists of them",
                        word);
    }
    struct psc_network *grown = grow(networks->values, networks->count, sizeof *grown);
    if (grown == NULL) {
        return psc_no_memory(error);
    }
    networks->values = grown;
    networks->values[networks->count++] = network;
    return PSC_OK;
}

enum psc_status psc_networks_parse(struct psc_networks *networks, const char *list,
                                   struct psc_error *error) {
    size_t before = networks->count;
    bool negated = networks->negated;
    enum psc_status status = begin_list(&list, before > 0, &negated, error);
    if (status == PSC_OK) {
        status = each_word(list, read_network, networks, error);
    }
    if (status == PSC_OK) {
        networks->negated = negated;
    } else {
        networks->count = before;
    }
    return status;
}

// Tables and states -------------------------------------------------------------------------------

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
                    "'%s' is not a protocol: allowed are tcp, udp, tcp4, tcp6, udp4, udp6", word);
}

static enum psc_status read_state(void *values, const char *word, struct psc_error *error) {
    uint32_t states = psc_state_parse(word);
    *(uint32_t *)values |= states;
    return states != 0 ? PSC_OK
                       : psc_fail(error, PSC_USAGE,
                                  "'%s' is not a state: allowed are the words of netstat, ss and "
                                  "lsof, like listening, established, time_wait, close_wait, "
                                  "syn_sent, bound, unconn",
                                  word);
}

static enum psc_status parse_mask(uint32_t *mask, uint32_t all, const char *list, read_word *read,
                                  struct psc_error *error) {
    bool negated = false;
    uint32_t named = 0;
    enum psc_status status = begin_list(&list, false, &negated, error);
    if (status == PSC_OK) {
        status = each_word(list, read, &named, error);
    }
    if (status == PSC_OK) {
        *mask = negated ? all & ~named : named;
    }
    return status;
}

enum psc_status psc_protocols_parse(uint32_t *protocols, const char *list,
                                    struct psc_error *error) {
    uint32_t named = 0;
    enum psc_status status = parse_mask(&named, PSC_PROTOCOLS_ALL, list, read_protocol, error);
    if (status == PSC_OK) {
        *protocols &= named;
    }
    return status;
}

enum psc_status psc_states_parse(uint32_t *states, const char *list, struct psc_error *error) {
    return parse_mask(states, PSC_STATES_ALL, list, read_state, error);
}

// Judging rows ------------------------------------------------------------------------------------

static bool networks_have(const struct psc_networks *networks, const struct psc_address *address,
                          bool ipv6) {
    for (size_t i = 0; i < networks->count; i++) {
        if (psc_network_contains(&networks->values[i], address, ipv6)) {
            return true;
        }
    }
    return false;
}

static bool ports_pass(const struct psc_ports *ports, bool local, bool remote,
                       const struct psc_endpoint *row) {
    if (ports->set.count == 0) {
        return true;
    }
    bool matches = (local && psc_port_set_find(&ports->set, row->local_port) != NULL) ||
                   (remote && psc_port_set_find(&ports->set, row->remote_port) != NULL);
    return matches != ports->negated;
}

static bool pass_ports(const struct psc_filter *filter, const struct psc_endpoint *row, bool peer) {
    return ports_pass(&filter->any_port, true, peer, row) &&
           ports_pass(&filter->local_port, true, false, row) &&
           ports_pass(&filter->remote_port, false, peer, row);
}

static bool networks_pass(const struct psc_networks *networks, const struct psc_address *local,
                          const struct psc_address *remote, bool ipv6) {
    if (networks->count == 0) {
        return true;
    }
    bool matches = (local != NULL && networks_have(networks, local, ipv6)) ||
                   (remote != NULL && networks_have(networks, remote, ipv6));
    return matches != networks->negated;
}

static bool pass_addresses(const struct psc_filter *filter, const struct psc_endpoint *row,
                           bool peer) {
    bool ipv6 = psc_endpoint_is_ipv6(row);
    const struct psc_address *local = &row->local;
    const struct psc_address *remote = peer ? &row->remote : NULL;
    return networks_pass(&filter->any_address, local, remote, ipv6) &&
           networks_pass(&filter->local_address, local, NULL, ipv6) &&
           networks_pass(&filter->remote_address, NULL, remote, ipv6);
}

bool psc_filter_endpoint(const struct psc_filter *filter, const struct psc_endpoint *endpoint) {
    bool peer = psc_endpoint_has_peer(endpoint);
    return (filter->protocols & PSC_PROTOCOL_BIT(endpoint->protocol)) != 0 &&
           (filter->states & PSC_STATE_BIT(endpoint->state)) != 0 &&
           (!filter->exposed || psc_endpoint_exposure(endpoint) > PSC_EXPOSURE_LOOPBACK) &&
           pass_ports(filter, endpoint, peer) && pass_addresses(filter, endpoint, peer);
}

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

bool psc_pids_have(const struct psc_pids *pids, uint32_t pid) {
    for (size_t i = 0; i < pids->count; i++) {
        if (pids->values[i] == pid) {
            return true;
        }
    }
    return false;
}

bool psc_globs_have(const struct psc_globs *globs, const char *text) {
    for (size_t i = 0; i < globs->count; i++) {
        if (psc_glob_match(globs->patterns[i], text)) {
            return true;
        }
    }
    return false;
}
