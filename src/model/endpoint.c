// endpoint.c - states, exposure and the order of rows.
#include "model/endpoint.h"

#include <stdlib.h>
#include <string.h>

#include "base/sort.h"

static const char *const state_words[] = {
#define STATE_WORD(name, word) [PSC_STATE_##name] = (word),
    PSC_STATE_LIST(STATE_WORD)
#undef STATE_WORD
};

const char *psc_state_word(enum psc_state state) {
    return (unsigned)state < PSC_STATE_COUNT ? state_words[state] : "UNKNOWN";
}

#define BIT(name) PSC_STATE_BIT(PSC_STATE_##name)
#define NOT_CONNECTED (PSC_STATES_UDP | BIT(LISTENING) | BIT(CLOSED) | BIT(BOUND))

// Words of other tools in the form of reduce(). Those of Windows are in state_words.
static const struct {
    const char *word;
    uint32_t states;
} synonyms[] = {
    {"all", PSC_STATES_ALL},
    {"big", PSC_STATES_ALL & ~(BIT(SYN_RECEIVED) | BIT(TIME_WAIT))},
    {"bound", BIT(BOUND)},
    {"boundinactive", BIT(BOUND)},
    {"bucket", BIT(SYN_RECEIVED) | BIT(TIME_WAIT)},
    {"close", BIT(CLOSED)},
    {"connected", PSC_STATES_ALL & ~NOT_CONNECTED},
    {"deletetcb", BIT(DELETE_TCB)},
    {"estab", BIT(ESTABLISHED)},
    {"idle", BIT(CLOSED)},
    {"listen", BIT(LISTENING)},
    {"synchronized", PSC_STATES_ALL & ~(NOT_CONNECTED | BIT(SYN_SENT))},
    {"synrcdv", BIT(SYN_RECEIVED)},
    {"synrcv", BIT(SYN_RECEIVED)},
    {"synrcvd", BIT(SYN_RECEIVED)},
    {"synrecv", BIT(SYN_RECEIVED)},
    {"synsend", BIT(SYN_SENT)},
    {"timedwait", BIT(TIME_WAIT)},
    {"unconn", BIT(UDP_UNCONNECTED)},
    {"unconnected", BIT(UDP_UNCONNECTED)},
};

// `FIN_WAIT_1`, `FIN-WAIT-1`, `fin_wait1` and `FinWait1` are one word.
static void reduce(const char *word, char *reduced, size_t size) {
    size_t length = 0;
    for (; *word != '\0' && length + 1 < size; word++) {
        if (*word != '_' && *word != '-') {
            bool upper = *word >= 'A' && *word <= 'Z';
            reduced[length++] = upper ? (char)(*word | 0x20) : *word;
        }
    }
    reduced[length] = '\0';
}

uint32_t psc_state_parse(const char *word) {
    char wanted[32];
    char known[32];
    reduce(word, wanted, sizeof wanted);
    for (unsigned state = 0; state < PSC_STATE_COUNT; state++) {
        reduce(state_words[state], known, sizeof known);
        if (known[0] != '\0' && strcmp(wanted, known) == 0) {
            return PSC_STATE_BIT(state);
        }
    }
    for (size_t i = 0; i < sizeof synonyms / sizeof synonyms[0]; i++) {
        if (strcmp(wanted, synonyms[i].word) == 0) {
            return synonyms[i].states;
        }
    }
    return 0;
}

bool psc_endpoint_has_peer(const struct psc_endpoint *endpoint) {
    return (PSC_STATE_BIT(endpoint->state) & PSC_STATES_CONNECTIONS) != 0;
}

static bool is_loopback(const struct psc_address *address, bool ipv6) {
    static const struct psc_address loopback = {{[15] = 1}};
    return ipv6 ? memcmp(address, &loopback, sizeof loopback) == 0 : address->bytes[0] == 127;
}

enum psc_exposure psc_endpoint_exposure(const struct psc_endpoint *endpoint) {
    if ((PSC_STATE_BIT(endpoint->state) & PSC_STATES_LISTENERS) == 0) {
        return PSC_EXPOSURE_NONE;
    }
    if (endpoint->ifindex == PSC_IFINDEX_LOOPBACK) {
        return PSC_EXPOSURE_LOOPBACK;
    }
    struct psc_address address = endpoint->local;
    bool ipv6 = psc_endpoint_is_ipv6(endpoint);
    if (ipv6 && psc_address_is_mapped(&address)) {
        address = psc_address_unmap(&address);
        ipv6 = false;
    }
    return psc_address_is_any(&address)                ? PSC_EXPOSURE_ALL
           : is_loopback(&address, ipv6)               ? PSC_EXPOSURE_LOOPBACK
           : psc_address_is_link_local(&address, ipv6) ? PSC_EXPOSURE_LINK
                                                       : PSC_EXPOSURE_ADDRESS;
}

const char *psc_exposure_word(enum psc_exposure exposure) {
    static const char *const words[] = {
        [PSC_EXPOSURE_NONE] = NULL,   [PSC_EXPOSURE_LOOPBACK] = "loopback",
        [PSC_EXPOSURE_LINK] = "link", [PSC_EXPOSURE_ADDRESS] = "address",
        [PSC_EXPOSURE_ALL] = "all",
    };
    return words[exposure];
}

static int compare_numbers(uint64_t a, uint64_t b) {
    return (a > b) - (a < b);
}

int psc_endpoint_compare(const struct psc_endpoint *a, const struct psc_endpoint *b) {
    int order = compare_numbers(a->protocol, b->protocol);
    if (order == 0) {
        order = memcmp(a->local.bytes, b->local.bytes, sizeof a->local.bytes);
    }
    if (order == 0) {
        order = compare_numbers(a->ifindex, b->ifindex);
    }
    if (order == 0) {
        order = compare_numbers(a->local_port, b->local_port);
    }
    if (order == 0) {
        order = memcmp(a->remote.bytes, b->remote.bytes, sizeof a->remote.bytes);
    }
    if (order == 0) {
        order = compare_numbers(a->remote_port, b->remote_port);
    }
    if (order == 0) {
        order = compare_numbers(a->cookie, b->cookie);
    }
    // A cookie identifies better: the inode is lost when the last file of a socket is closed.
    if (order != 0 || a->cookie != 0) {
        return order;
    }
    order = compare_numbers(a->inode, b->inode);
    return order != 0 ? order : compare_numbers(a->pid, b->pid);
}

bool psc_endpoint_same(const struct psc_endpoint *a, const struct psc_endpoint *b) {
    if (psc_endpoint_compare(a, b) != 0) {
        return false;
    }
    // Without a cookie or an inode, equal rows may be different sockets, as on Windows.
    return ((a->known | b->known) & (PSC_KNOWN_COOKIE | PSC_KNOWN_INODE)) != 0;
}

// Sorting -----------------------------------------------------------------------------------------

// Agrees with psc_endpoint_compare() as far as 64 bits reach: protocol, then for IPv4 address,
// interface and port, for IPv6 the head of the address.
static uint64_t sort_key(const struct psc_endpoint *endpoint) {
    const uint8_t *bytes = endpoint->local.bytes;
    uint64_t key = (uint64_t)endpoint->protocol << 62;
    if (psc_endpoint_is_ipv6(endpoint)) {
        uint64_t head = 0;
        for (int i = 0; i < 8; i++) {
            head = head << 8 | bytes[i];
        }
        return key | head >> 2;
    }
    uint64_t address =
        (uint64_t)bytes[0] << 24 | (uint64_t)bytes[1] << 16 | (uint64_t)bytes[2] << 8 | bytes[3];
    const uint32_t max_ifindex = 0x3fff; // and above: the port is left to the comparison
    uint64_t rest = endpoint->ifindex < max_ifindex
                        ? (uint64_t)endpoint->ifindex << 16 | endpoint->local_port
                        : (uint64_t)max_ifindex << 16;
    return key | address << 30 | rest;
}

static int compare_rows(uint32_t a, uint32_t b, const void *context) {
    const struct psc_endpoint *rows = context;
    return psc_endpoint_compare(&rows[a], &rows[b]);
}

// Moves the rows along the cycles of the order, so that no second array is needed.
static void permute(struct psc_endpoint *rows, struct psc_sort_item *order, size_t count) {
    for (size_t start = 0; start < count; start++) {
        struct psc_endpoint kept = rows[start];
        size_t at = start;
        while (order[at].index != start) {
            size_t from = order[at].index;
            rows[at] = rows[from];
            order[at].index = (uint32_t)at;
            at = from;
        }
        rows[at] = kept;
        order[at].index = (uint32_t)at;
    }
}

enum psc_status psc_endpoint_sort(struct psc_endpoint *rows, size_t *count) {
    if (*count == 0) {
        return PSC_OK;
    }
    struct psc_sort_item *order = malloc(*count * sizeof *order);
    if (order == NULL) {
        return PSC_NO_MEMORY;
    }
    for (size_t i = 0; i < *count; i++) {
        order[i] = (struct psc_sort_item){sort_key(&rows[i]), (uint32_t)i};
    }
    enum psc_status status = psc_sort(order, *count, compare_rows, rows);
    if (status == PSC_OK) {
        permute(rows, order, *count);
        size_t kept = 1;
        for (size_t i = 1; i < *count; i++) {
            if (!psc_endpoint_same(&rows[kept - 1], &rows[i])) {
                rows[kept++] = rows[i];
            }
        }
        *count = kept;
    }
    free(order);
    return status;
}
