// test_address.c - address: text of addresses and networks. The libc decides on many generated
// addresses, and on texts that are almost one.
#include <arpa/inet.h>

#include "model/address.h"
#include "support/test.h"

static uint32_t next_random(uint32_t *seed) {
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

// Addresses with runs of zeros, which the text of IPv6 shortens.
static void random_bytes(uint32_t *seed, uint8_t *bytes, size_t size) {
    uint32_t zeros = next_random(seed) % 5;
    for (size_t i = 0; i < size; i += 2) {
        bool zero = next_random(seed) % 4 < zeros;
        bytes[i] = zero || next_random(seed) % 3 == 0 ? 0 : (uint8_t)next_random(seed);
        bytes[i + 1] = zero ? 0 : (uint8_t)next_random(seed);
    }
    if (size == 16 && next_random(seed) % 16 == 0) {
        memset(bytes, 0, 10);
        memset(bytes + 10, 0xff, 2);
    }
}

// glibc also writes the deprecated IPv4-compatible addresses with dots (`::1.2.3.4`), which
// RFC 5952, section 5, does not ask for.
static bool is_compatible(const uint8_t bytes[16]) {
    static const uint8_t zeros[12] = {0};
    return memcmp(bytes, zeros, sizeof zeros) == 0 && (bytes[12] != 0 || bytes[13] != 0);
}

static void check_generated(int family, uint32_t *seed) {
    struct psc_address address = {{0}};
    struct psc_address parsed;
    char expected[INET6_ADDRSTRLEN];
    char text[PSC_ADDRESS_TEXT];
    bool ipv6 = family != AF_INET6; // must be written
    random_bytes(seed, address.bytes, family == AF_INET6 ? 16 : 4);
    size_t length = psc_address_format(&address, family == AF_INET6, text);
    assert_int_equal(length, strlen(text));
    if (family == AF_INET || !is_compatible(address.bytes)) {
        assert_non_null(inet_ntop(family, address.bytes, expected, sizeof expected));
        assert_string_equal(text, expected);
    }
    assert_true(psc_address_parse(text, &parsed, &ipv6));
    assert_int_equal(ipv6, family == AF_INET6);
    assert_memory_equal(&parsed, &address, sizeof parsed);
}

static void formats_and_parses_like_libc(void **state) {
    uint32_t seed = 7;
    for (int i = 0; i < 100000; i++) {
        check_generated(i % 4 == 0 ? AF_INET : AF_INET6, &seed);
    }
}

static void check_text(const char *text) {
    uint8_t bytes[16];
    struct psc_address address;
    memset(&address, 0xa5, sizeof address);
    bool ipv6 = false;
    int family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
    bool expected = inet_pton(family, text, bytes) == 1;
    if (psc_address_parse(text, &address, &ipv6) != expected) {
        fail_msg("'%s' is %s address", text, expected ? "an" : "no");
    }
    if (expected) {
        assert_memory_equal(address.bytes, bytes, family == AF_INET6 ? 16 : 4);
        assert_int_equal(ipv6, family == AF_INET6);
    } else {
        assert_int_equal(address.bytes[0], 0xa5); // nothing was written
    }
}

static void change_text(char *text, size_t size, uint32_t *seed) {
    static const char alphabet[] = "::::...0123459afAFgx/%[] -";
    size_t length = strlen(text);
    size_t at = next_random(seed) % (length + 1);
    char letter = alphabet[next_random(seed) % (sizeof alphabet - 1)];
    uint32_t kind = next_random(seed) % 3;
    if (kind == 0 && length + 1 < size) {
        memmove(text + at + 1, text + at, length - at + 1);
        text[at] = letter;
    } else if (kind == 1 && at < length) {
        memmove(text + at, text + at + 1, length - at);
    } else if (at < length) {
        text[at] = letter;
    }
}

static void refuses_what_libc_refuses(void **state) {
    static const char *const seeds[] = {
        "192.0.2.1",       "0.0.0.0", "255.255.255.255", "::",           "::1",
        "1:2:3:4:5:6:7:8", "1::8",    "::ffff:10.0.0.1", "fe80::1:2:3",  "1:2:3:4:5:6:1.2.3.4",
        "1:2:3:4:5:6:7::", "::2:3",   "1.2.3.4::",       "1:1.2.3.4::2", "64:ff9b::1.2.3.4",
    };
    uint32_t seed = 11;
    for (int i = 0; i < 300000; i++) {
        char text[64];
        snprintf(text, sizeof text, "%s", seeds[(size_t)i % COUNT(seeds)]);
        for (uint32_t changes = next_random(&seed) % 4; changes > 0; changes--) {
            change_text(text, sizeof text, &seed);
        }
        check_text(text);
    }
}

static void reads_networks(void **state) {
    static const struct {
        const char *text, *prefix;
        unsigned bits;
    } cases[] = {
        {"10.1.2.3", "::ffff:10.1.2.3", 128},
        {"10.1.2.3/8", "::ffff:10.0.0.0", 104},
        {"10.1.2.3/31", "::ffff:10.1.2.2", 127},
        {"0.0.0.0/0", "::ffff:0.0.0.0", 96},
        {"::/0", "::", 0},
        {"::1", "::1", 128},
        {"[::1]", "::1", 128},
        {"[fe80::1]/10", "fe80::", 10},
        {"2001:db8:ffff::/33", "2001:db8:8000::", 33},
        {"", NULL, 0},
        {"10.1.2.3/", NULL, 0},
        {"10.1.2.3/33", NULL, 0},
        {"10.1.2.3/08", NULL, 0},
        {"10.1.2.3/+8", NULL, 0},
        {"10.1.2.3/8/8", NULL, 0},
        {"10.1.2/8", NULL, 0},
        {"::/129", NULL, 0},
        {"::/1000", NULL, 0},
        {"[::1", NULL, 0},
        {"::1]", NULL, 0},
        {"[]", NULL, 0},
        {"/8", NULL, 0},
        {"fe80::1%eth0", NULL, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct psc_network network = {.bits = 200};
        struct in6_addr prefix;
        assert_int_equal(psc_network_parse(cases[i].text, &network), cases[i].prefix != NULL);
        if (cases[i].prefix == NULL) {
            assert_int_equal(network.bits, 200); // nothing was written
            continue;
        }
        assert_int_equal(inet_pton(AF_INET6, cases[i].prefix, &prefix), 1);
        assert_memory_equal(network.prefix.bytes, &prefix, 16);
        assert_int_equal(network.bits, cases[i].bits);
    }
}

static void tells_which_addresses_are_in_a_network(void **state) {
    static const struct {
        const char *network, *address;
        bool contains;
    } cases[] = {
        {"10.0.0.0/8", "10.255.255.255", true},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"10.0.0.0/8", "::ffff:10.1.1.1", true},
        {"::ffff:10.0.0.0/104", "10.1.1.1", true},
        {"10.0.0.0/8", "a00::", false}, // the same first bits, but IPv6
        {"0.0.0.0/0", "203.0.113.1", true},
        {"0.0.0.0/0", "::1", false},
        {"::/0", "2001:db8::1", true},
        {"fe80::/10", "febf::1", true},
        {"fe80::/10", "fec0::1", false},
        {"127.0.0.1", "127.0.0.1", true},
        {"127.0.0.1", "127.0.0.2", false},
        {"192.0.2.128/25", "192.0.2.128", true},
        {"192.0.2.128/25", "192.0.2.127", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct psc_network network;
        struct psc_address address;
        bool ipv6;
        assert_true(psc_network_parse(cases[i].network, &network));
        assert_true(psc_address_parse(cases[i].address, &address, &ipv6));
        if (psc_network_contains(&network, &address, ipv6) != cases[i].contains) {
            fail_msg("%s in %s?", cases[i].address, cases[i].network);
        }
    }
}

// Every prefix length, against bits counted one by one.
static void contains_counts_bits(void **state) {
    uint32_t seed = 3;
    for (unsigned i = 0; i < 20000; i++) {
        struct psc_network network = {.bits = (uint8_t)(i % 129)};
        struct psc_address address;
        random_bytes(&seed, address.bytes, 16);
        network.prefix = address;
        for (unsigned bit = network.bits; bit < 128; bit++) {
            network.prefix.bytes[bit / 8] &= (uint8_t) ~(0x80U >> bit % 8);
        }
        unsigned changed = next_random(&seed) % 128;
        address.bytes[changed / 8] ^= (uint8_t)(0x80U >> changed % 8);
        assert_int_equal(psc_network_contains(&network, &address, true), changed >= network.bits);
    }
}

static struct psc_address address_of(const char *text, bool *ipv6) {
    struct psc_address address;
    assert_true(psc_address_parse(text, &address, ipv6));
    return address;
}

static void tells_kinds_of_addresses(void **state) {
    enum { ANY = 1, LINK = 2, MULTICAST = 4, ZONE = 8, MAPPED = 16 };
    static const struct {
        const char *text;
        unsigned kinds;
    } cases[] = {
        {"0.0.0.0", ANY},
        {"::", ANY},
        {"0.0.0.1", 0},
        {"::1", 0},
        {"169.253.255.255", 0},
        {"169.254.0.0", LINK},
        {"169.254.255.255", LINK},
        {"169.255.0.0", 0},
        {"fe7f:ffff::", 0},
        {"fe80::", LINK | ZONE},
        {"febf:ffff::1", LINK | ZONE},
        {"fec0::", 0},
        {"223.255.255.255", 0},
        {"224.0.0.0", MULTICAST},
        {"239.255.255.255", MULTICAST},
        {"240.0.0.0", 0},
        {"feff::", 0},
        {"ff02::fb", MULTICAST | ZONE},
        {"ff12::1", MULTICAST | ZONE},
        {"ff05::2", MULTICAST},
        {"::ffff:0.0.0.0", MAPPED},
        {"::ffff:169.254.1.1", MAPPED},
        {"::fffe:1.2.3.4", 0},
        {"1::ffff:1.2.3.4", 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        bool ipv6;
        struct psc_address address = address_of(cases[i].text, &ipv6);
        unsigned kinds = (psc_address_is_any(&address) ? ANY : 0U) |
                         (psc_address_is_link_local(&address, ipv6) ? LINK : 0U) |
                         (psc_address_is_multicast(&address, ipv6) ? MULTICAST : 0U) |
                         (psc_address_needs_zone(&address, ipv6) ? ZONE : 0U) |
                         (ipv6 && psc_address_is_mapped(&address) ? MAPPED : 0U);
        assert_int_equal(kinds, cases[i].kinds);
    }
}

static void maps_and_unmaps(void **state) {
    bool ipv6;
    struct psc_address ipv4 = address_of("192.0.2.1", &ipv6);
    struct psc_address expected = address_of("::ffff:192.0.2.1", &ipv6);
    struct psc_address mapped = psc_address_map(&ipv4);
    struct psc_address unmapped = psc_address_unmap(&mapped);
    assert_memory_equal(&mapped, &expected, sizeof mapped);
    assert_memory_equal(&unmapped, &ipv4, sizeof unmapped);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_and_parses_like_libc),
        cmocka_unit_test(refuses_what_libc_refuses),
        cmocka_unit_test(reads_networks),
        cmocka_unit_test(tells_which_addresses_are_in_a_network),
        cmocka_unit_test(contains_counts_bits),
        cmocka_unit_test(tells_kinds_of_addresses),
        cmocka_unit_test(maps_and_unmaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
