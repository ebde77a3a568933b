// address.h - IP addresses and networks: what kind they are, and their text (RFC 4291 in, RFC 5952 out).
#ifndef PSC_MODEL_ADDRESS_H
#define PSC_MODEL_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** An address in network byte order; IPv4 fills the first four bytes, the rest is zero. */
struct psc_address {
    uint8_t bytes[16];
};

/** `0.0.0.0` or `::`. */
bool psc_address_is_any(const struct psc_address *address);

/** 169.254.0.0/16 or fe80::/10. */
bool psc_address_is_link_local(const struct psc_address *address, bool ipv6);

/** 224.0.0.0/4 or ff00::/8. */
bool psc_address_is_multicast(const struct psc_address *address, bool ipv6);

/** Whether an address needs its interface to mean anything: fe80::/10 and link-local multicast. */
bool psc_address_needs_zone(const struct psc_address *address, bool ipv6);

/** Whether an IPv6 address is an IPv4-mapped one, in ::ffff:0:0/96 (RFC 4291, 2.5.5.2). */
bool psc_address_is_mapped(const struct psc_address *ipv6);
/** The IPv4-mapped form of an IPv4 address. */
struct psc_address psc_address_map(const struct psc_address *ipv4);
/** The IPv4 address in an IPv4-mapped one. */
struct psc_address psc_address_unmap(const struct psc_address *mapped);

/** Enough for any address with its NUL: `ffff:…:ffff:255.255.255.255`. */
#define PSC_ADDRESS_TEXT 46

/**
 * Writes an address without brackets, port or zone, IPv6 in the form of RFC 5952.
 * @return the length, without the NUL
 */
size_t psc_address_format(const struct psc_address *address, bool ipv6,
                          char text[PSC_ADDRESS_TEXT]);

/**
 * Reads an IPv4 or IPv6 address without brackets, port, zone, blanks or, in IPv4, leading zeros.
 * @param ipv6 out: whether it is an IPv6 address
 * @return whether the whole of @p text is an address; nothing is written otherwise
 */
bool psc_address_parse(const char *text, struct psc_address *address, bool *ipv6);

/** Addresses that share their first bits. */
struct psc_network {
    struct psc_address prefix; /**< IPv6 or IPv4-mapped; the bits after the prefix are zero */
    uint8_t bits;              /**< 0 to 128; 96 + n for an IPv4 network of n bits */
};

/**
 * Reads `ADDRESS`, `[ADDRESS]` or `ADDRESS/BITS`.
 * @return whether the whole of @p text is a network; nothing is written otherwise
 */
bool psc_network_parse(const char *text, struct psc_network *network);

/** Whether an address is in a network. IPv4 and IPv4-mapped IPv6 addresses are the same. */
bool psc_network_contains(const struct psc_network *network, const struct psc_address *address,
                          bool ipv6);

#endif
