// socket_address.h - a socket address for the system's calls.
#ifndef PSC_PLATFORM_SOCKET_ADDRESS_H
#define PSC_PLATFORM_SOCKET_ADDRESS_H

#if __has_include(<winsock2.h>)
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <netinet/in.h>
#endif

#include <string.h>

#include "model/address.h"

union socket_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/** @return the size of the address */
static inline socklen_t socket_address_set(union socket_address *to, bool ipv6,
                                           const struct psc_address *address, uint32_t ifindex,
                                           uint16_t port) {
    memset(to, 0, sizeof *to);
    if (ipv6) {
        to->v6.sin6_family = AF_INET6;
        to->v6.sin6_port = htons(port);
        to->v6.sin6_scope_id = ifindex;
        memcpy(&to->v6.sin6_addr, address->bytes, 16);
        return sizeof to->v6;
    }
    to->v4.sin_family = AF_INET;
    to->v4.sin_port = htons(port);
    memcpy(&to->v4.sin_addr, address->bytes, 4);
    return sizeof to->v4;
}

#endif
