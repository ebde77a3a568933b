// ports.c - port sets, and the verdict on a port; pure functions.
#include "model/ports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/number.h"
#include "model/address.h"

// Sets of ports -----------------------------------------------------------------------------------

static bool read_port(const char **text, uint16_t *port) {
    uint64_t number = 0;
    bool good = psc_number_read(text, NULL, UINT16_MAX, &number);
    *port = (uint16_t)number;
    return good;
}

bool psc_port_range_read(const char **text, struct psc_port_range *range) {
    bool good = read_port(text, &range->first);
    range->last = range->first;
    if (good && **text == '-') {
        ++*text;
        good = read_port(text, &range->last);
    }
    return good && range->first <= range->last;
}

void psc_port_set_done(struct psc_port_set *set) {
    free(set->ranges);
    *set = (struct psc_port_set){0};
}

// The index of the first range that does not end before a port, or the count.
static size_t lower_bound(const struct psc_port_set *set, uint32_t port) {
    size_t low = 0;
    size_t high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (set->ranges[middle].last < port) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

enum psc_status psc_port_set_add(struct psc_port_set *set, uint16_t first, uint16_t last) {
    if (!PSC_ARRAY_RESERVE(set->ranges, set->capacity, set->count + 1)) {
        return PSC_NO_MEMORY;
    }
    // The new range replaces all that it touches or overlaps.
    struct psc_port_range merged = {first, last};
    size_t begin = lower_bound(set, first > 0 ? first - 1U : 0);
    size_t end = begin;
    for (; end < set->count && set->ranges[end].first <= last + 1U; end++) {
        merged.first =
            set->ranges[end].first < merged.first ? set->ranges[end].first : merged.first;
        merged.last = set->ranges[end].last > merged.last ? set->ranges[end].last : merged.last;
    }
    memmove(set->ranges + begin + 1, set->ranges + end, (set->count - end) * sizeof merged);
    set->ranges[begin] = merged;
    set->count = set->count + 1 - (end - begin);
    return PSC_OK;
}

enum psc_status psc_port_set_parse(struct psc_port_set *set, const char *list,
                                   struct psc_error *error) {
    struct psc_port_set parsed = {0};
    enum psc_status status = PSC_OK;
    for (const char *at = list; status == PSC_OK && at != NULL;) {
        const char *word = at;
        struct psc_port_range range;
        if (!psc_port_range_read(&at, &range) || (*at != ',' && *at != '\0')) {
            status = psc_fail(
                error, PSC_USAGE,
                "'%.*s' is not a port; use 0 to 65535, ranges like 8000-8100, or lists like "
                "80,443",
                (int)strcspn(word, ","), word);
        } else if (psc_port_set_add(&parsed, range.first, range.last) != PSC_OK) {
            status = psc_no_memory(error);
        }
        at = *at == ',' ? at + 1 : NULL;
    }
    for (size_t i = 0; status == PSC_OK && i < parsed.count; i++) {
        if (psc_port_set_add(set, parsed.ranges[i].first, parsed.ranges[i].last) != PSC_OK) {
            status = psc_no_memory(error);
        }
    }
    psc_port_set_done(&parsed);
    return status;
}

const struct psc_port_range *psc_port_set_find(const struct psc_port_set *set, uint16_t port) {
    size_t at = lower_bound(set, port);
    return at < set->count && set->ranges[at].first <= port ? &set->ranges[at] : NULL;
}

// The system's own ranges -------------------------------------------------------------------------

void psc_port_ranges_done(struct psc_port_ranges *ranges) {
    psc_port_set_done(&ranges->reserved);
}

bool psc_port_is_reserved(const struct psc_port_ranges *ranges, uint16_t port) {
    return psc_port_set_find(&ranges->reserved, port) != NULL;
}

bool psc_port_is_dynamic(const struct psc_port_ranges *ranges, uint16_t port) {
    return port >= ranges->dynamic_first && port <= ranges->dynamic_last;
}

// What a server asks for --------------------------------------------------------------------------

enum psc_status psc_port_spec_parse(const char *word, bool udp, struct psc_port_spec *spec,
                                    struct psc_error *error) {
    const char *at = word + (word[0] == ':');
    struct psc_port_range range;
    bool good = psc_port_range_read(&at, &range) && range.first > 0;
    if (strcmp(at, "/udp") == 0 || strcmp(at, "/tcp") == 0) {
        udp = at[1] == 'u';
    } else if (*at != '\0') {
        good = false;
    }
    if (!good) {
        return psc_fail(
            error, PSC_USAGE,
            "'%s' is not a port; use 1 to 65535 or a range like 8000-8010, optionally with "
            "/tcp or /udp",
            word);
    }
    *spec = (struct psc_port_spec){range.first, range.last, udp};
    return PSC_OK;
}

enum psc_status psc_bind_address_parse(const char *text, struct psc_bind_address *bind_address,
                                       struct psc_error *error) {
    struct psc_bind_address bind = {.one_address = true};
    char plain[PSC_ADDRESS_TEXT + 2];
    size_t length = strlen(text);
    bool brackets = length > 2 && text[0] == '[' && text[length - 1] == ']';
    snprintf(plain, sizeof plain, "%.*s", brackets ? (int)length - 2 : (int)length,
             text + (brackets ? 1 : 0));
    if (length >= sizeof plain || !psc_address_parse(plain, &bind.address, &bind.ipv6)) {
        return psc_fail(error, PSC_USAGE, "'%s' is not an IPv4 or IPv6 address", text);
    }
    if (psc_address_is_multicast(&bind.address, bind.ipv6)) {
        return psc_fail(error, PSC_USAGE,
                        "'%s' is a multicast address, which no server can bind alone; use an "
                        "address of this machine",
                        text);
    }
    if (bind.ipv6 && psc_address_is_link_local(&bind.address, true)) {
        return psc_fail(error, PSC_USAGE,
                        "'%s' is a link-local address, which needs an interface; use another one",
                        text);
    }
    // A server binds an IPv4-mapped address as the IPv4 address.
    if (bind.ipv6 && psc_address_is_mapped(&bind.address)) {
        bind.address = psc_address_unmap(&bind.address);
        bind.ipv6 = false;
    }
    *bind_address = bind;
    return PSC_OK;
}

static enum psc_protocol protocol_of(bool udp, bool ipv6) {
    return udp    ? ipv6 ? PSC_PROTOCOL_UDP6 : PSC_PROTOCOL_UDP4
           : ipv6 ? PSC_PROTOCOL_TCP6
                  : PSC_PROTOCOL_TCP4;
}

size_t psc_port_probes(const struct psc_bind_address *bind_address, uint16_t port, bool udp,
                       struct psc_probe probes[2]) {
    if (bind_address->one_address) {
        probes[0] = (struct psc_probe){.protocol = protocol_of(udp, bind_address->ipv6),
                                       .address = bind_address->address,
                                       .ifindex = bind_address->ifindex,
                                       .port = port};
        return 1;
    }
    probes[0] = (struct psc_probe){.protocol = protocol_of(udp, false), .port = port};
    probes[1] = (struct psc_probe){.protocol = protocol_of(udp, true), .port = port};
    return 2;
}

// What the table says -----------------------------------------------------------------------------

static bool has_state(const struct psc_endpoint *endpoint, uint32_t states) {
    return (PSC_STATE_BIT(endpoint->state) & states) != 0;
}

static bool has_port(const struct psc_endpoint *endpoint, uint16_t port, bool udp) {
    return endpoint->local_port == port && psc_endpoint_is_udp(endpoint) == udp;
}

bool psc_endpoint_holds_port(const struct psc_endpoint *endpoint, uint16_t port, bool udp) {
    const uint32_t passing =
        PSC_STATE_BIT(PSC_STATE_TIME_WAIT) | PSC_STATE_BIT(PSC_STATE_SYN_RECEIVED);
    return has_port(endpoint, port, udp) && !has_state(endpoint, passing);
}

bool psc_endpoint_serves_port(const struct psc_endpoint *endpoint, uint16_t port, bool udp) {
    return has_port(endpoint, port, udp) &&
           has_state(endpoint, PSC_STATES_LISTENERS | PSC_STATE_BIT(PSC_STATE_BOUND));
}

// An address of either family in one form; `ipv6` is false for an IPv4-mapped one, too.
struct point {
    struct psc_address address;
    bool ipv6;
};

static struct point point_of(const struct psc_address *address, bool ipv6) {
    return (struct point){.address = ipv6 ? *address : psc_address_map(address),
                          .ipv6 = ipv6 && !psc_address_is_mapped(address)};
}

static bool same_address(const struct point *a, const struct point *b) {
    return memcmp(&a->address, &b->address, sizeof a->address) == 0;
}

// Whether a row has the very address that a server asks for, or all of them.
static bool is_at_address(const struct psc_endpoint *endpoint,
                          const struct psc_bind_address *bind_address) {
    bool any = psc_address_is_any(&endpoint->local);
    if (!bind_address->one_address) {
        return any;
    }
    struct point wanted = point_of(&bind_address->address, bind_address->ipv6);
    struct point held = point_of(&endpoint->local, psc_endpoint_is_ipv6(endpoint));
    bool covers = any && (held.ipv6 == wanted.ipv6 || (held.ipv6 && !endpoint->v6only));
    return covers || same_address(&held, &wanted);
}

// Whether `localhost` is looked up as this address, or it is any. The rest of 127.0.0.0/8 does not
// count: local resolvers and the like listen there.
static bool is_localhost(const struct psc_address *address, bool ipv6) {
    static const struct point localhost[] = {
        {{{[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1}}, false},
        {{{[15] = 1}}, true},
    };
    struct point point = point_of(address, ipv6);
    return psc_address_is_any(address) || same_address(&point, &localhost[0]) ||
           same_address(&point, &localhost[1]);
}

static bool answers_localhost(const struct psc_endpoint *endpoint) {
    return has_state(endpoint, PSC_STATES_LISTENERS) &&
           (endpoint->ifindex == 0 || endpoint->ifindex == PSC_IFINDEX_LOOPBACK) &&
           is_localhost(&endpoint->local, psc_endpoint_is_ipv6(endpoint));
}

struct port_usage {
    bool held;              // a socket has the port, perhaps only for a connection
    bool served;            // … listens or is bound, at any address
    bool served_at_address; // … at the address that the server asks for
    bool listening;         // … listens, at any address
    bool answers_localhost; // … and would answer a client of `localhost`
    bool time_wait;         // a closed connection has the port
};

static struct port_usage find_usage(const struct psc_bind_address *bind_address,
                                    const struct psc_snapshot *snapshot, uint16_t port, bool udp) {
    struct port_usage usage = {.held = false};
    for (size_t i = 0; i < psc_snapshot_count(snapshot); i++) {
        const struct psc_endpoint *endpoint = psc_snapshot_endpoint(snapshot, i);
        if (!has_port(endpoint, port, udp)) {
            continue;
        }
        bool serves = psc_endpoint_serves_port(endpoint, port, udp);
        usage.held |= psc_endpoint_holds_port(endpoint, port, udp);
        usage.served |= serves;
        usage.served_at_address |= serves && is_at_address(endpoint, bind_address);
        usage.listening |= has_state(endpoint, PSC_STATES_LISTENERS);
        usage.answers_localhost |= answers_localhost(endpoint);
        usage.time_wait |= endpoint->state == PSC_STATE_TIME_WAIT;
    }
    return usage;
}

// The verdict -------------------------------------------------------------------------------------

static const struct {
    const char *word;
    bool free;
    const char *sentence;
} verdicts[] = {
#define VERDICT_ROW(name, word, free, sentence) [PSC_VERDICT_##name] = {word, free, sentence},
    PSC_VERDICT_LIST(VERDICT_ROW)
#undef VERDICT_ROW
};

const char *psc_verdict_word(enum psc_verdict verdict) {
    return verdicts[verdict].word;
}

const char *psc_verdict_sentence(enum psc_verdict verdict) {
    return verdicts[verdict].sentence;
}

bool psc_verdict_is_free(enum psc_verdict verdict) {
    return verdicts[verdict].free;
}

bool psc_verdict_is_vacant(enum psc_verdict verdict) {
    return psc_verdict_is_free(verdict) || verdict == PSC_VERDICT_NEEDS_PRIVILEGE;
}

#define RESULT(name) (1U << PSC_PROBE_##name)

static enum psc_verdict decide(const struct psc_bind_address *bind_address, unsigned results,
                               const struct port_usage *usage) {
    bool denied = (results & RESULT(DENIED)) != 0;
    bool reserved = (results & RESULT(RESERVED)) != 0;
    // Both are checked before the port, so that the table has to say whether it is in use.
    if ((results & RESULT(TAKEN)) != 0 || ((denied || reserved) && usage->listening)) {
        return PSC_VERDICT_IN_USE;
    }
    if (reserved) {
        return PSC_VERDICT_RESERVED;
    }
    if (denied) {
        return PSC_VERDICT_NEEDS_PRIVILEGE;
    }
    // A server does without a family that the machine does not support, if it has the other one.
    if ((results & RESULT(NO_ADDRESS)) != 0 || results == RESULT(NO_FAMILY)) {
        return PSC_VERDICT_ADDRESS_UNAVAILABLE;
    }
    // It binds. But a client of `localhost` tries ::1 and 127.0.0.1, and takes the first answer.
    if (usage->answers_localhost) {
        return bind_address->one_address ? PSC_VERDICT_FREE_NOT_LOCALHOST
                                         : PSC_VERDICT_IN_USE_ELSEWHERE;
    }
    return (results & RESULT(REUSABLE)) == 0 ? PSC_VERDICT_FREE
           : usage->held                     ? PSC_VERDICT_FREE_REUSEADDR
                                             : PSC_VERDICT_CLOSING;
}

void psc_port_decide(const struct psc_bind_address *bind_address,
                     const enum psc_probe_result *results, size_t count,
                     const struct psc_snapshot *snapshot, const struct psc_port_ranges *ranges,
                     struct psc_port_check *check) {
    unsigned found = 0;
    for (size_t i = 0; i < count; i++) {
        found |= 1U << results[i];
    }
    struct port_usage usage = find_usage(bind_address, snapshot, check->port, check->udp);
    check->verdict = decide(bind_address, found, &usage);
    bool free = psc_verdict_is_free(check->verdict);
    bool taken = (found & RESULT(TAKEN)) != 0;
    const struct psc_port_range *reserved = psc_port_set_find(&ranges->reserved, check->port);
    check->dynamic = free && psc_port_is_dynamic(ranges, check->port);
    check->reserved_soft = free && !ranges->reserved_refuses && reserved != NULL;
    check->time_wait =
        !usage.held && (check->verdict == PSC_VERDICT_CLOSING || (taken && usage.time_wait));
    check->holder_unknown = taken && !usage.held && !check->time_wait;
    check->elsewhere = check->verdict == PSC_VERDICT_FREE && usage.listening;
    check->partial =
        check->verdict == PSC_VERDICT_IN_USE && usage.served && !usage.served_at_address;
    if (check->verdict == PSC_VERDICT_RESERVED) {
        check->reserved_first = reserved != NULL ? reserved->first : check->port;
        check->reserved_last = reserved != NULL ? reserved->last : check->port;
    }
}
