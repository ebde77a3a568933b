// address.c - IP addresses and networks, and their text.
#include "model/address.h"

#include <string.h>

#include "base/number.h"

bool psc_address_is_any(const struct psc_address *address) {
    static const struct psc_address any;
    return memcmp(address, &any, sizeof any) == 0;
}

bool psc_address_is_link_local(const struct psc_address *address, bool ipv6) {
    const uint8_t *bytes = address->bytes;
    return ipv6 ? bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80
                : bytes[0] == 169 && bytes[1] == 254;
}

bool psc_address_is_multicast(const struct psc_address *address, bool ipv6) {
    return ipv6 ? address->bytes[0] == 0xff : (address->bytes[0] & 0xf0) == 0xe0;
}

bool psc_address_needs_zone(const struct psc_address *address, bool ipv6) {
    // The low half of the second byte is the scope of a multicast address; 2 is one link.
    return ipv6 && (psc_address_is_link_local(address, true) ||
                    (psc_address_is_multicast(address, true) && (address->bytes[1] & 0x0f) == 2));
}

static const uint8_t mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};

bool psc_address_is_mapped(const struct psc_address *ipv6) {
    return memcmp(ipv6->bytes, mapped_prefix, sizeof mapped_prefix) == 0;
}

struct psc_address psc_address_map(const struct psc_address *ipv4) {
    struct psc_address mapped;
    memcpy(mapped.bytes, mapped_prefix, sizeof mapped_prefix);
    memcpy(mapped.bytes + sizeof mapped_prefix, ipv4->bytes, 4);
    return mapped;
}

struct psc_address psc_address_unmap(const struct psc_address *mapped) {
    struct psc_address ipv4 = {{0}};
    memcpy(ipv4.bytes, mapped->bytes + sizeof mapped_prefix, 4);
    return ipv4;
}

// Text --------------------------------------------------------------------------------------------

static size_t format_ipv4(const uint8_t bytes[4], char *text) {
    size_t length = 0;
    for (int i = 0; i < 4; i++) {
        if (i > 0) {
            text[length++] = '.';
        }
        length += psc_number_format(bytes[i], text + length);
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

static size_t format_ipv6(const struct psc_address *address, char *text) {
    const uint8_t *bytes = address->bytes;
    if (psc_address_is_mapped(address)) {
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
    return ipv6 ? format_ipv6(address, text) : format_ipv4(address->bytes, text);
}

static bool parse_ipv4(const char *text, const char *end, uint8_t bytes[4]) {
    for (int i = 0; i < 4; i++) {
        if (i > 0 && (text == end || *text++ != '.')) {
            return false;
        }
        const char *start = text;
        uint64_t value;
        // A leading zero means octal to some readers and decimal to others.
        if (!psc_number_read(&text, end, UINT8_MAX, &value) ||
            (*start == '0' && text - start > 1)) {
            return false;
        }
        bytes[i] = (uint8_t)value;
    }
    return text == end;
}

// Reads groups `a:b:…`, returns their bytes or -1. Only the groups that end the address (`last`) may
// end in a dotted quad.
static int parse_groups(const char *text, const char *end, bool last, uint8_t bytes[16]) {
    int count = 0;
    while (text < end) {
        const char *start = text;
        unsigned value = 0;
        while (text < end && psc_hex_digit(*text) >= 0 && text - start < 4) {
            value = value << 4 | (unsigned)psc_hex_digit(*text++);
        }
        if (text < end && *text == '.') {
            return last && count <= 12 && parse_ipv4(start, end, bytes + count) ? count + 4 : -1;
        }
        if (text == start || count > 14) {
            return -1;
        }
        bytes[count++] = (uint8_t)(value >> 8);
        bytes[count++] = (uint8_t)value;
        if (text < end && (*text++ != ':' || text == end)) {
            return -1;
        }
    }
    return count;
}

static bool parse_ipv6(const char *text, const char *end, uint8_t bytes[16]) {
    const char *gap = text;
    while (gap + 1 < end && (gap[0] != ':' || gap[1] != ':')) {
        gap++;
    }
    if (gap + 1 >= end) {
        return parse_groups(text, end, true, bytes) == 16;
    }
    uint8_t head[16];
    uint8_t tail[16];
    int before = parse_groups(text, gap, false, head);
    int after = parse_groups(gap + 2, end, true, tail);
    if (before < 0 || after < 0 || before + after > 14) {
        return false;
    }
    memset(bytes, 0, 16);
    memcpy(bytes, head, (size_t)before);
    memcpy(bytes + 16 - after, tail, (size_t)after);
    return true;
}

static bool parse_address(const char *text, const char *end, struct psc_address *address,
                          bool *ipv6) {
    struct psc_address parsed = {{0}};
    bool colon = memchr(text, ':', (size_t)(end - text)) != NULL;
    if (!(colon ? parse_ipv6 : parse_ipv4)(text, end, parsed.bytes)) {
        return false;
    }
    *address = parsed;
    *ipv6 = colon;
    return true;
}

bool psc_address_parse(const char *text, struct psc_address *address, bool *ipv6) {
    return parse_address(text, text + strlen(text), address, ipv6);
}

static uint8_t mask_byte(unsigned bits, unsigned index) {
    unsigned before = index * 8;
    unsigned kept = bits <= before ? 0 : bits - before < 8 ? bits - before : 8;
    return (uint8_t)(0xff00U >> kept);
}

bool psc_network_parse(const char *text, struct psc_network *network) {
    const char *slash = strchr(text, '/');
    const char *end = slash != NULL ? slash : text + strlen(text);
    if (end - text >= 2 && text[0] == '[' && end[-1] == ']') {
        text++;
        end--;
    }
    struct psc_network result;
    bool ipv6;
    if (!parse_address(text, end, &result.prefix, &ipv6)) {
        return false;
    }
    uint64_t bits = ipv6 ? 128 : 32;
    if (slash != NULL &&
        ((slash[1] == '0' && slash[2] != '\0') || !psc_number_parse(slash + 1, bits, &bits))) {
        return false;
    }
    if (!ipv6) {
        result.prefix = psc_address_map(&result.prefix);
        bits += 96;
    }
    for (unsigned i = 0; i < 16; i++) {
        result.prefix.bytes[i] &= mask_byte((unsigned)bits, i);
    }
    result.bits = (uint8_t)bits;
    *network = result;
    return true;
}

bool psc_network_contains(const struct psc_network *network, const struct psc_address *address,
                          bool ipv6) {
    struct psc_address mapped;
    if (!ipv6) {
        mapped = psc_address_map(address);
        address = &mapped;
    }
    for (unsigned i = 0; i < 16; i++) {
        if ((address->bytes[i] & mask_byte(network->bits, i)) != network->prefix.bytes[i]) {
            return false;
        }
    }
    return true;
}
