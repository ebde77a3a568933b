// address.h - text of IP addresses and networks: RFC 4291 in, RFC 5952 out.
#ifndef PSC_MODEL_ADDRESS_H
#define PSC_MODEL_ADDRESS_H

#include "model/endpoint.h"

/** Enough for any address with its NUL: `ffff:…:ffff:255.255.255.255`. */
#define PSC_ADDRESS_TEXT 46

/**
 * Writes an address without brackets, port or zone, IPv6 in the form of RFC 5952.
 * @return the length, without the NUL
 */
size_t psc_address_format(const struct psc_address *address, bool ipv6,
                          char text[PSC_ADDRESS_TEXT]);

/**
 * Reads an IPv4 or IPv6 address; no brackets, port, zone, leading zeros in IPv4 or blanks.
 * @param ipv6 out: which of the two it is
 * @return whether the whole of @p text is an address; nothing is written otherwise
 */
bool psc_address_parse(const char *text, struct psc_address *address, bool *ipv6);

/** Addresses that share their first bits. IPv4 is kept as IPv4-mapped IPv6 (RFC 4291, 2.5.5.2). */
struct psc_network {
    struct psc_address prefix; /**< bits behind the prefix are zero */
    uint8_t bits;              /**< 0 … 128; an IPv4 /n is kept as 96 + n */
};

/**
 * Reads `ADDRESS`, `[ADDRESS]` or `ADDRESS/BITS`.
 * @return whether the whole of @p text is a network; nothing is written otherwise
 */
bool psc_network_parse(const char *text, struct psc_network *network);

/** Whether an address lies in a network. IPv4 and IPv4-mapped IPv6 addresses are the same. */
bool psc_network_contains(const struct psc_network *network, const struct psc_address *address,
                          bool ipv6);

#endif
