// address.c - text of IP addresses and networks.
#include "model/address.h"

#include <string.h>

static size_t format_decimal(unsigned value, char *text) {
    size_t length = 0;
    if (value >= 100) {
        text[length++] = (char)('0' + value / 100);
    }
    if (value >= 10) {
        text[length++] = (char)('0' + value / 10 % 10);
    }
    text[length++] = (char)('0' + value % 10);
    return length;
}

static size_t format_ipv4(const uint8_t bytes[4], char *text) {
    size_t length = 0;
    for (int i = 0; i < 4; i++) {
        if (i > 0) {
            text[length++] = '.';
        }
        length += format_decimal(bytes[i], text + length);
    }
    text[length] = '\0';
    return length;
}

static size_t format_group(unsigned value, char *text) {
    size_t length = 0;
    for (int shift = 12; shift >= 0; shift -= 4) {
        unsigned digit = value >> shift & 0xf;
        if (digit != 0 || length > 0 || shift == 0) {
            text[length++] = "0123456789abcdef"[digit];
        }
    }
    return length;
}

// RFC 5952, 4.2: the longest run of zero groups becomes `::`, the first of equals, never a single.
static int longest_zero_run(const unsigned groups[8], int *length) {
    int best = -1;
    *length = 1;
    for (int i = 0; i < 8;) {
        int end = i;
        while (end < 8 && groups[end] == 0) {
            end++;
        }
        if (end - i > *length) {
            best = i;
            *length = end - i;
        }
        i = end > i ? end : i + 1;
    }
    return best;
}

static bool is_mapped(const uint8_t bytes[16]) {
    static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};
    return memcmp(bytes, prefix, sizeof prefix) == 0;
}

static size_t format_ipv6(const uint8_t bytes[16], char *text) {
    if (is_mapped(bytes)) {
        memcpy(text, "::ffff:", 7);
        return 7 + format_ipv4(bytes + 12, text + 7);
    }
    unsigned groups[8];
    for (int i = 0; i < 8; i++) {
        groups[i] = (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
    }
    int run_length;
    int run = longest_zero_run(groups, &run_length);
    size_t length = 0;
    for (int i = 0; i < 8; i++) {
        if (i == run) {
            text[length++] = ':';
            text[length++] = ':';
            i += run_length - 1;
            continue;
        }
        if (i > 0 && text[length - 1] != ':') {
            text[length++] = ':';
        }
        length += format_group(groups[i], text + length);
    }
    text[length] = '\0';
    return length;
}

size_t psc_address_format(const struct psc_address *address, bool ipv6,
                          char text[PSC_ADDRESS_TEXT]) {
    return ipv6 ? format_ipv6(address->bytes, text) : format_ipv4(address->bytes, text);
}

static bool parse_ipv4(const char *text, size_t length, uint8_t bytes[4]) {
    size_t at = 0;
    for (int i = 0; i < 4; i++) {
        if (i > 0 && (at >= length || text[at++] != '.')) {
            return false;
        }
        size_t start = at;
        unsigned value = 0;
        while (at < length && at - start < 3 && text[at] >= '0' && text[at] <= '9') {
            value = value * 10 + (unsigned)(text[at++] - '0');
        }
        // A leading zero means octal to some readers and decimal to others.
        if (at == start || value > 255 || (text[start] == '0' && at - start > 1)) {
            return false;
        }
        bytes[i] = (uint8_t)value;
    }
    return at == length;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Reads groups `a:b:…`, returns their bytes or -1. Those that end the address (`last`) may have a
// dotted quad as their end.
static int parse_groups(const char *text, size_t length, bool last, uint8_t bytes[16]) {
    int count = 0;
    for (size_t at = 0; at < length;) {
        size_t start = at;
        unsigned value = 0;
        while (at < length && hex_digit(text[at]) >= 0 && at - start < 4) {
            value = value << 4 | (unsigned)hex_digit(text[at++]);
        }
        if (at < length && text[at] == '.') {
            bool fits =
                last && count <= 12 && parse_ipv4(text + start, length - start, bytes + count);
            return fits ? count + 4 : -1;
        }
        if (at == start || count > 14) {
            return -1;
        }
        bytes[count++] = (uint8_t)(value >> 8);
        bytes[count++] = (uint8_t)value;
        if (at < length && (text[at++] != ':' || at == length)) {
            return -1;
        }
    }
    return count;
}

static bool parse_ipv6(const char *text, size_t length, uint8_t bytes[16]) {
    size_t gap = 0;
    while (gap + 1 < length && (text[gap] != ':' || text[gap + 1] != ':')) {
        gap++;
    }
    if (gap + 1 >= length) {
        return parse_groups(text, length, true, bytes) == 16;
    }
    uint8_t head[16];
    uint8_t tail[16];
    int before = parse_groups(text, gap, false, head);
    int after = parse_groups(text + gap + 2, length - gap - 2, true, tail);
    if (before < 0 || after < 0 || before + after > 14) {
        return false;
    }
    memset(bytes, 0, 16);
    memcpy(bytes, head, (size_t)before);
    memcpy(bytes + 16 - after, tail, (size_t)after);
    return true;
}

static bool parse_address(const char *text, size_t length, struct psc_address *address,
                          bool *ipv6) {
    struct psc_address parsed = {{0}};
    bool colon = memchr(text, ':', length) != NULL;
    if (!(colon ? parse_ipv6 : parse_ipv4)(text, length, parsed.bytes)) {
        return false;
    }
    *address = parsed;
    *ipv6 = colon;
    return true;
}

bool psc_address_parse(const char *text, struct psc_address *address, bool *ipv6) {
    return parse_address(text, strlen(text), address, ipv6);
}

static void map_ipv4(const struct psc_address *address, struct psc_address *mapped) {
    struct psc_address result = {{[10] = 0xff, [11] = 0xff}};
    memcpy(result.bytes + 12, address->bytes, 4);
    *mapped = result;
}

static bool parse_bits(const char *text, unsigned most, unsigned *bits) {
    unsigned value = 0;
    size_t length = strlen(text);
    if (length == 0 || length > 3 || (length > 1 && text[0] == '0')) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    *bits = value;
    return value <= most;
}

static uint8_t mask_byte(unsigned bits, unsigned index) {
    unsigned before = index * 8;
    unsigned kept = bits <= before ? 0 : bits - before < 8 ? bits - before : 8;
    return (uint8_t)(0xff00U >> kept);
}

bool psc_network_parse(const char *text, struct psc_network *network) {
    const char *slash = strchr(text, '/');
    size_t length = slash != NULL ? (size_t)(slash - text) : strlen(text);
    if (length >= 2 && text[0] == '[' && text[length - 1] == ']') {
        text++;
        length -= 2;
    }
    struct psc_network result;
    bool ipv6;
    if (!parse_address(text, length, &result.prefix, &ipv6)) {
        return false;
    }
    unsigned bits = ipv6 ? 128 : 32;
    if (slash != NULL && !parse_bits(slash + 1, bits, &bits)) {
        return false;
    }
    if (!ipv6) {
        map_ipv4(&result.prefix, &result.prefix);
        bits += 96;
    }
    for (unsigned i = 0; i < 16; i++) {
        result.prefix.bytes[i] &= mask_byte(bits, i);
    }
    result.bits = (uint8_t)bits;
    *network = result;
    return true;
}

bool psc_network_contains(const struct psc_network *network, const struct psc_address *address,
                          bool ipv6) {
    struct psc_address mapped;
    if (!ipv6) {
        map_ipv4(address, &mapped);
        address = &mapped;
    }
    for (unsigned i = 0; i < 16; i++) {
        if ((address->bytes[i] & mask_byte(network->bits, i)) != network->prefix.bytes[i]) {
            return false;
        }
    }
    return true;
}
