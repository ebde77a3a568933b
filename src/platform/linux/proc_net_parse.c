// proc_net_parse.c - the text of /proc/net to rows; pure functions.
#include <string.h>

#include "platform/linux/kernel_state.h"
#include "platform/linux/proc_net.h"

// One line; `at` stops at the first character that does not fit.
struct line {
    const char *at, *end;
    bool bad;
};

static void skip_blanks(struct line *line) {
    while (line->at < line->end && *line->at == ' ') {
        line->at++;
    }
}

static void expect(struct line *line, char c) {
    if (line->at < line->end && *line->at == c) {
        line->at++;
    } else {
        line->bad = true;
    }
}

static int digit_value(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char low = (char)(c | 0x20);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : 99;
}

// Reads a number of `digits` digits exactly, or of 1 to 20 where that is 0.
static uint64_t number(struct line *line, unsigned base, unsigned digits) {
    uint64_t value = 0;
    unsigned count = 0;
    unsigned most = digits != 0 ? digits : 20;
    while (line->at < line->end && count < most && digit_value(*line->at) < (int)base) {
        value = value * base + (unsigned)digit_value(*line->at++);
        count++;
    }
    if (count == 0 || (digits != 0 && count != digits)) {
        line->bad = true;
    }
    return value;
}

static uint64_t field(struct line *line, unsigned base, unsigned digits) {
    skip_blanks(line);
    return number(line, base, digits);
}

static void skip_field(struct line *line) {
    skip_blanks(line);
    if (line->at == line->end) {
        line->bad = true;
    }
    while (line->at < line->end && *line->at != ' ') {
        line->at++;
    }
}

// The kernel prints each 32-bit word of an address in its own byte order, as `%08X`.
static void address(struct line *line, bool ipv6, struct psc_address *address, uint16_t *port) {
    skip_blanks(line);
    for (size_t i = 0; i < (ipv6 ? 4U : 1U); i++) {
        uint32_t word = (uint32_t)number(line, 16, 8);
        memcpy(address->bytes + i * sizeof word, &word, sizeof word);
    }
    expect(line, ':');
    *port = (uint16_t)number(line, 16, 4);
}

static uint32_t find_zone(const struct proc_net_links *links, const struct psc_address *address) {
    for (size_t i = 0; i < links->count; i++) {
        if (memcmp(&links->list[i].address, address, sizeof *address) == 0) {
            return links->list[i].ifindex;
        }
    }
    return 0;
}

//   sl  local_address rem_address   st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode …
static void parse_row(struct line *line, const struct proc_net_links *links,
                      struct psc_endpoint *row) {
    bool ipv6 = psc_endpoint_is_ipv6(row);
    field(line, 10, 0);
    expect(line, ':');
    address(line, ipv6, &row->local, &row->local_port);
    address(line, ipv6, &row->remote, &row->remote_port);
    kernel_state_set(row, (unsigned)field(line, 16, 2));
    row->send_queue = (uint32_t)field(line, 16, 8);
    expect(line, ':');
    row->recv_queue = (uint32_t)number(line, 16, 8);
    skip_field(line); // timer
    skip_field(line); // retransmits
    uint32_t uid = (uint32_t)field(line, 10, 0);
    skip_field(line); // timeout
    kernel_state_set_owner(row, field(line, 10, 0), uid);

    row->known |= PSC_KNOWN_RECV_QUEUE;
    if (row->state == PSC_STATE_LISTENING) {
        row->send_queue = 0; // here, unlike in sock_diag, not the greatest length of the queue
    } else {
        row->known |= PSC_KNOWN_SEND_QUEUE;
    }
    if (!psc_endpoint_has_peer(row)) {
        memset(&row->remote, 0, sizeof row->remote);
        row->remote_port = 0;
    }
    row->ifindex = ipv6 ? find_zone(links, &row->local) : 0;
}

// Takes the next line off a text; a last line without its newline was cut off.
static bool next_line(const char **text, const char *end, struct line *line) {
    const char *newline = memchr(*text, '\n', (size_t)(end - *text));
    *line = (struct line){.at = *text, .end = newline != NULL ? newline : end};
    line->bad = newline == NULL;
    bool any = *text < end;
    *text = newline != NULL ? newline + 1 : end;
    return any;
}

enum psc_status proc_net_parse(const char *text, size_t size, enum psc_protocol protocol,
                               uint32_t states, const struct proc_net_links *links,
                               struct psc_builder *builder, struct psc_error *error) {
    const char *end = text + size;
    struct line line;
    if (!next_line(&text, end, &line) || line.bad) {
        return psc_fail(error, PSC_MALFORMED, "/proc/net: the heading is missing");
    }
    for (size_t count = 1; next_line(&text, end, &line); count++) {
        struct psc_endpoint row = {.protocol = (uint8_t)protocol};
        if (!line.bad) {
            parse_row(&line, links, &row);
        }
        if (line.bad) {
            return psc_fail(error, PSC_MALFORMED, "/proc/net: row %zu cannot be understood", count);
        }
        if ((states & PSC_STATE_BIT(row.state)) != 0 && psc_builder_add(builder, &row) != PSC_OK) {
            return psc_no_memory(error);
        }
    }
    return PSC_OK;
}

static void add_link(struct proc_net_links *links, const struct psc_address *address,
                     uint32_t ifindex) {
    for (size_t i = 0; i < links->count; i++) {
        if (memcmp(&links->list[i].address, address, sizeof *address) == 0) {
            links->list[i].ifindex = 0;
            return;
        }
    }
    if (links->count < sizeof links->list / sizeof links->list[0]) {
        links->list[links->count++] = (struct proc_net_link){*address, ifindex};
    }
}

// fe80000000000000000000fffe000001 02 40 20 80     eth0: address, interface, prefix, scope, flags
enum psc_status proc_net_parse_links(const char *text, size_t size, struct proc_net_links *links,
                                     struct psc_error *error) {
    const char *end = text + size;
    struct line line;
    links->count = 0;
    while (next_line(&text, end, &line)) {
        struct psc_address address = {{0}};
        for (size_t i = 0; i < sizeof address.bytes; i++) {
            address.bytes[i] = (uint8_t)number(&line, 16, 2);
        }
        uint32_t ifindex = (uint32_t)field(&line, 16, 0);
        if (line.bad) {
            return psc_fail(error, PSC_MALFORMED, "/proc/net/if_inet6 cannot be understood");
        }
        if (address.bytes[0] == 0xfe && (address.bytes[1] & 0xc0) == 0x80) {
            add_link(links, &address, ifindex);
        }
    }
    return PSC_OK;
}
