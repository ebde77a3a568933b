// ports.c - the verdict on a port; pure functions.
#include "model/ports.h"

#include <string.h>

#include "base/number.h"

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

// Wishes ------------------------------------------------------------------------------------------

// Reads a number from 1 to 65535 and moves on behind it.
static bool read_port(const char **text, uint16_t *port) {
    uint64_t value = 0;
    bool read = psc_number_read(text, NULL, UINT16_MAX, &value);
    *port = (uint16_t)value;
    return read && value >= 1;
}

enum psc_status psc_port_spec_parse(const char *word, bool udp, struct psc_port_spec *spec,
                                    struct psc_error *error) {
    const char *at = word + (word[0] == ':');
    struct psc_port_spec parsed = {.udp = udp};
    bool good = read_port(&at, &parsed.first);
    parsed.last = parsed.first;
    if (good && *at == '-') {
        at++;
        good = read_port(&at, &parsed.last) && parsed.first <= parsed.last;
    }
    if (good && strcmp(at, "/udp") == 0) {
        parsed.udp = true;
    } else if (good && strcmp(at, "/tcp") == 0) {
        parsed.udp = false;
    } else if (!good || *at != '\0') {
        return psc_fail(error, PSC_USAGE,
                        "'%s' is not a port: allowed are 1 to 65535, ranges like 8000-8010, and "
                        "/tcp or /udp behind them",
                        word);
    }
    *spec = parsed;
    return PSC_OK;
}

// Probes ------------------------------------------------------------------------------------------

static enum psc_protocol table_of(bool udp, bool ipv6) {
    return udp    ? ipv6 ? PSC_PROTOCOL_UDP6 : PSC_PROTOCOL_UDP4
           : ipv6 ? PSC_PROTOCOL_TCP6
                  : PSC_PROTOCOL_TCP4;
}

size_t psc_port_probes(const struct psc_bind_address *place, uint16_t port, bool udp,
                       struct psc_probe probes[2]) {
    if (place->one_address) {
        probes[0] = (struct psc_probe){.protocol = table_of(udp, place->ipv6),
                                       .address = place->address,
                                       .ifindex = place->ifindex,
                                       .port = port};
        return 1;
    }
    probes[0] = (struct psc_probe){.protocol = table_of(udp, false), .port = port};
    probes[1] = (struct psc_probe){.protocol = table_of(udp, true), .port = port};
    return 2;
}

// Rows --------------------------------------------------------------------------------------------

bool psc_port_check_holds(const struct psc_port_check *check, const struct psc_endpoint *endpoint) {
    const uint32_t passing =
        PSC_STATE_BIT(PSC_STATE_TIME_WAIT) | PSC_STATE_BIT(PSC_STATE_SYN_RECEIVED);
    return endpoint->local_port == check->port && psc_endpoint_is_udp(endpoint) == check->udp &&
           (PSC_STATE_BIT(endpoint->state) & passing) == 0;
}

bool psc_port_check_serves(const struct psc_port_check *check,
                           const struct psc_endpoint *endpoint) {
    const uint32_t serving = PSC_STATES_LISTENERS | PSC_STATE_BIT(PSC_STATE_BOUND);
    return psc_port_check_holds(check, endpoint) && (PSC_STATE_BIT(endpoint->state) & serving) != 0;
}

// An address of either family in one form; `ipv6` is whether it is one of IPv6 alone.
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

// Whether a row has the very address that is wanted, or all of them.
static bool is_at_place(const struct psc_endpoint *endpoint, const struct psc_bind_address *place) {
    if (!place->one_address) {
        return psc_address_is_any(&endpoint->local);
    }
    struct point wanted = point_of(&place->address, place->ipv6);
    struct point held = point_of(&endpoint->local, psc_endpoint_is_ipv6(endpoint));
    bool covers = psc_address_is_any(&endpoint->local) &&
                  (held.ipv6 == wanted.ipv6 || (held.ipv6 && !endpoint->v6only));
    return covers || same_address(&held, &wanted);
}

// Whether it is an address that the name `localhost` stands for, or any. Nobody looks for it on others
// of 127.0.0.0/8, where resolvers and the like have theirs.
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
    return (PSC_STATE_BIT(endpoint->state) & PSC_STATES_LISTENERS) != 0 &&
           (endpoint->ifindex == 0 || endpoint->ifindex == PSC_IFINDEX_LOOPBACK) &&
           is_localhost(&endpoint->local, psc_endpoint_is_ipv6(endpoint));
}

struct view {
    bool at_place;  // somebody serves at the wanted address
    bool served;    // somebody serves at any address
    bool held;      // somebody has the port, or is only connected by it
    bool localhost; // somebody else would answer on `localhost`
    bool listening; // somebody listens at any address
    bool time_wait; // a connection was closed
};

static struct view look(const struct psc_bind_address *place, const struct psc_snapshot *snapshot,
                        const struct psc_port_check *check) {
    struct view view = {.held = false};
    for (size_t i = 0; i < psc_snapshot_count(snapshot); i++) {
        const struct psc_endpoint *endpoint = psc_snapshot_endpoint(snapshot, i);
        if (!psc_port_check_holds(check, endpoint)) {
            view.time_wait =
                view.time_wait || (endpoint->local_port == check->port && !check->udp &&
                                   endpoint->state == PSC_STATE_TIME_WAIT);
            continue;
        }
        view.held = true;
        bool serves = psc_port_check_serves(check, endpoint);
        view.served = view.served || serves;
        view.at_place = view.at_place || (serves && is_at_place(endpoint, place));
        view.listening =
            view.listening || (PSC_STATE_BIT(endpoint->state) & PSC_STATES_LISTENERS) != 0;
        view.localhost = view.localhost || answers_localhost(endpoint);
    }
    return view;
}

// The verdict ---------------------------------------------------------------------------------------

static bool any(const enum psc_probe_result *results, size_t count, enum psc_probe_result result) {
    for (size_t i = 0; i < count; i++) {
        if (results[i] == result) {
            return true;
        }
    }
    return false;
}

static bool all(const enum psc_probe_result *results, size_t count, enum psc_probe_result result) {
    for (size_t i = 0; i < count; i++) {
        if (results[i] != result) {
            return false;
        }
    }
    return true;
}

static void find_range(const struct psc_ports *ports, struct psc_port_check *check) {
    check->reserved_first = check->reserved_last = check->port;
    if (!ports->given || !psc_ports_have(ports, check->port)) {
        return;
    }
    while (check->reserved_first > 0 &&
           psc_ports_have(ports, (uint16_t)(check->reserved_first - 1))) {
        check->reserved_first--;
    }
    while (check->reserved_last < UINT16_MAX &&
           psc_ports_have(ports, (uint16_t)(check->reserved_last + 1))) {
        check->reserved_last++;
    }
}

static enum psc_verdict judge(const struct psc_bind_address *place,
                              const enum psc_probe_result *results, size_t count,
                              const struct view *view) {
    bool denied = any(results, count, PSC_PROBE_DENIED);
    if (any(results, count, PSC_PROBE_TAKEN) || (denied && view->listening)) {
        return view->served && !view->at_place ? PSC_VERDICT_IN_USE_ELSEWHERE : PSC_VERDICT_IN_USE;
    }
    if (any(results, count, PSC_PROBE_RESERVED)) {
        return PSC_VERDICT_RESERVED;
    }
    if (denied) {
        return PSC_VERDICT_NEEDS_PRIVILEGE;
    }
    // A server does without a family that the machine does not speak, if it has another one.
    if (any(results, count, PSC_PROBE_NO_ADDRESS) || all(results, count, PSC_PROBE_NO_FAMILY)) {
        return PSC_VERDICT_ADDRESS_UNAVAILABLE;
    }
    // It binds. But a client of `localhost` tries ::1 and 127.0.0.1 and takes who answers first.
    if (view->localhost && (!place->one_address || is_localhost(&place->address, place->ipv6))) {
        return PSC_VERDICT_IN_USE_ELSEWHERE;
    }
    return any(results, count, PSC_PROBE_REUSABLE) ? PSC_VERDICT_CLOSING : PSC_VERDICT_FREE;
}

void psc_port_decide(const struct psc_bind_address *place, const enum psc_probe_result *results,
                     size_t count, const struct psc_snapshot *snapshot,
                     const struct psc_port_ranges *ranges, struct psc_port_check *check) {
    struct view view = look(place, snapshot, check);
    check->verdict = judge(place, results, count, &view);
    bool free = psc_verdict_is_free(check->verdict);
    check->dynamic = free && psc_port_is_dynamic(ranges, check->port);
    check->reserved_soft =
        free && !ranges->reserved_refuses && psc_port_is_reserved(ranges, check->port);
    bool taken = any(results, count, PSC_PROBE_TAKEN);
    check->time_wait =
        !view.held && (check->verdict == PSC_VERDICT_CLOSING || (taken && view.time_wait));
    check->holder_unknown = taken && !view.held && !check->time_wait;
    check->elsewhere = free && view.listening;
    if (check->verdict == PSC_VERDICT_RESERVED) {
        find_range(&ranges->reserved, check);
    }
}
