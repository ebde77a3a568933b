// ports.c - whether a port can be bound, and which ports Windows keeps or hands out by itself.
#include <stdlib.h>
#include <string.h>
#include <winsock2.h>
#include <ws2tcpip.h>

#include "platform/platform.h"
#include "platform/windows/netsh.h"
#include "platform/windows/win32.h"

#define TIME_WAIT_SECONDS 120 // TcpTimedWaitDelay, where nobody changed it

union socket_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static bool is_ipv6(const struct psc_probe *probe) {
    return probe->protocol == PSC_PROTOCOL_TCP6 || probe->protocol == PSC_PROTOCOL_UDP6;
}

static int fill_address(const struct psc_probe *probe, union socket_address *address) {
    memset(address, 0, sizeof *address);
    if (is_ipv6(probe)) {
        address->v6.sin6_family = AF_INET6;
        address->v6.sin6_port = htons(probe->port);
        address->v6.sin6_scope_id = probe->ifindex;
        memcpy(&address->v6.sin6_addr, probe->address.bytes, 16);
        return sizeof address->v6;
    }
    address->v4.sin_family = AF_INET;
    address->v4.sin_port = htons(probe->port);
    memcpy(&address->v4.sin_addr, probe->address.bytes, 4);
    return sizeof address->v4;
}

// Binds once and closes. Returns 0 or an error number. The option keeps us from sharing the port with
// somebody who allows it; never listening keeps the firewall from asking the user.
static int try_bind(const struct psc_probe *probe) {
    const BOOL yes = TRUE;
    bool udp = probe->protocol == PSC_PROTOCOL_UDP4 || probe->protocol == PSC_PROTOCOL_UDP6;
    union socket_address address;
    int size = fill_address(probe, &address);
    SOCKET probing = socket(address.any.sa_family, udp ? SOCK_DGRAM : SOCK_STREAM, 0);
    if (probing == INVALID_SOCKET) {
        return WSAGetLastError();
    }
    const char *value = (const char *)&yes;
    int error = 0;
    if ((is_ipv6(probe) &&
         setsockopt(probing, IPPROTO_IPV6, IPV6_V6ONLY, value, sizeof yes) != 0) ||
        setsockopt(probing, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, value, sizeof yes) != 0 ||
        bind(probing, &address.any, size) != 0) {
        error = WSAGetLastError();
    }
    closesocket(probing);
    return error;
}

// WSAEACCES is the answer for a port that Windows keeps, but for one address also for a port that
// somebody has alone. Bound to any address, the latter is WSAEADDRINUSE.
static int try_any_address(const struct psc_probe *probe) {
    struct psc_probe any = *probe;
    memset(&any.address, 0, sizeof any.address);
    any.ifindex = 0;
    return try_bind(&any);
}

enum psc_status psc_platform_probe(const struct psc_probe *probe, enum psc_probe_result *result,
                                   struct psc_error *error) {
    WSADATA ignored;
    int number = WSAStartup(MAKEWORD(2, 2), &ignored);
    if (number != 0) {
        return windows_fail(error, (unsigned long)number, "cannot use the network");
    }
    number = try_bind(probe);
    if (number == WSAEACCES && try_any_address(probe) != WSAEACCES) {
        number = WSAEADDRINUSE;
    }
    WSACleanup();
    switch (number) {
    case 0:
        *result = PSC_PROBE_FREE;
        return PSC_OK;
    case WSAEADDRINUSE:
        *result = PSC_PROBE_TAKEN;
        return PSC_OK;
    case WSAEACCES:
        *result = PSC_PROBE_RESERVED;
        return PSC_OK;
    case WSAEADDRNOTAVAIL:
        *result = PSC_PROBE_NO_ADDRESS;
        return PSC_OK;
    case WSAEAFNOSUPPORT:
    case WSAEPROTONOSUPPORT:
        *result = PSC_PROBE_NO_FAMILY;
        return PSC_OK;
    default:
        return windows_fail(error, (unsigned long)number, "cannot try to bind to a port");
    }
}

enum psc_status psc_platform_port_ranges(const struct psc_request *request, bool udp,
                                         struct psc_port_ranges *ranges, struct psc_error *error) {
    static const wchar_t *const excluded[2][2] = {
        {L"int ipv4 show excludedportrange protocol=tcp",
         L"int ipv6 show excludedportrange protocol=tcp"},
        {L"int ipv4 show excludedportrange protocol=udp",
         L"int ipv6 show excludedportrange protocol=udp"},
    };
    (void)request;
    memset(ranges, 0, sizeof *ranges);
    ranges->reserved_refuses = true;
    ranges->time_wait_seconds = TIME_WAIT_SECONDS;
    char *answer = malloc(NETSH_ANSWER_SIZE);
    if (answer == NULL) {
        return psc_no_memory(error);
    }
    // Where netsh does not run, the probe still tells that a port is kept.
    enum psc_status status = PSC_OK;
    ranges->known = PSC_RANGES_RESERVED | PSC_RANGES_UNPRIVILEGED;
    for (int family = 0; family < 2 && status == PSC_OK; family++) {
        if (netsh_run(excluded[udp][family], answer)) {
            status = netsh_parse_excluded(answer, &ranges->reserved);
        } else {
            ranges->known &= ~(unsigned)PSC_RANGES_RESERVED;
        }
    }
    if (netsh_run(udp ? L"int ipv4 show dynamicport udp" : L"int ipv4 show dynamicport tcp",
                  answer) &&
        netsh_parse_dynamic(answer, &ranges->dynamic_first, &ranges->dynamic_last)) {
        ranges->known |= PSC_RANGES_DYNAMIC;
    }
    free(answer);
    return status == PSC_OK ? PSC_OK : psc_no_memory(error);
}
