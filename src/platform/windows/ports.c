// ports.c - attempts to bind, and the port ranges that Windows keeps or hands out by itself.
#include <stdlib.h>
#include <string.h>
#include <winsock2.h>
#include <ws2tcpip.h>

#include "platform/platform.h"
#include "platform/socket_address.h"
#include "platform/windows/netsh.h"
#include "platform/windows/win32.h"

// The defaults of Windows.
#define USUAL_TIME_WAIT_SECONDS 120 // TcpTimedWaitDelay
#define USUAL_DYNAMIC_FIRST 49152
#define USUAL_DYNAMIC_LAST 65535

// Binds once and closes the socket. Returns 0 or an error number. SO_EXCLUSIVEADDRUSE refuses a port
// that its holder would share. A socket that never listens makes no firewall ask the user.
static int try_bind(const struct psc_probe *probe) {
    const BOOL yes = TRUE;
    bool ipv6 = psc_protocol_is_ipv6(probe->protocol);
    bool udp = psc_protocol_is_udp(probe->protocol);
    union socket_address address;
    socklen_t size =
        socket_address_set(&address, ipv6, &probe->address, probe->ifindex, probe->port);
    SOCKET probing = socket(address.any.sa_family, udp ? SOCK_DGRAM : SOCK_STREAM, 0);
    if (probing == INVALID_SOCKET) {
        return WSAGetLastError();
    }
    const char *value = (const char *)&yes;
    int error = 0;
    if ((ipv6 && setsockopt(probing, IPPROTO_IPV6, IPV6_V6ONLY, value, sizeof yes) != 0) ||
        setsockopt(probing, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, value, sizeof yes) != 0 ||
        bind(probing, &address.any, size) != 0) {
        error = WSAGetLastError();
    }
    closesocket(probing);
    return error;
}

// The same on every address.
static int try_bind_any(const struct psc_probe *probe) {
    struct psc_probe any = {.protocol = probe->protocol, .port = probe->port};
    return try_bind(&any);
}

enum psc_status psc_platform_probe(const struct psc_probe *probe, enum psc_probe_result *result,
                                   struct psc_error *error) {
    static const struct {
        int number;
        enum psc_probe_result result;
    } results[] = {
        {0, PSC_PROBE_FREE},
        {WSAEADDRINUSE, PSC_PROBE_TAKEN},
        {WSAEACCES, PSC_PROBE_RESERVED},
        {WSAEADDRNOTAVAIL, PSC_PROBE_NO_ADDRESS},
        {WSAEAFNOSUPPORT, PSC_PROBE_NO_FAMILY},
        {WSAEPROTONOSUPPORT, PSC_PROBE_NO_FAMILY},
    };
    WSADATA ignored;
    int number = WSAStartup(MAKEWORD(2, 2), &ignored);
    if (number != 0) {
        return windows_fail(error, (unsigned long)number, "cannot use the network");
    }
    number = try_bind(probe);
    // On one address also a port that another socket has exclusively is refused like a reserved one.
    if (number == WSAEACCES && try_bind_any(probe) != WSAEACCES) {
        number = WSAEADDRINUSE;
    }
    WSACleanup();
    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) {
        if (results[i].number == number) {
            *result = results[i].result;
            return PSC_OK;
        }
    }
    return windows_fail(error, (unsigned long)number, "cannot bind to a port");
}

// Adds what both families exclude, which is not always the same.
static enum psc_status read_reserved(bool udp, char answer[NETSH_ANSWER_SIZE],
                                     struct psc_port_ranges *ranges) {
    static const wchar_t *const commands[2][2] = {
        {L"int ipv4 show excludedportrange protocol=tcp",
         L"int ipv6 show excludedportrange protocol=tcp"},
        {L"int ipv4 show excludedportrange protocol=udp",
         L"int ipv6 show excludedportrange protocol=udp"},
    };
    for (int family = 0; family < 2; family++) {
        if (!netsh_run(commands[udp][family], answer)) {
            return PSC_OK; // a probe still finds a reserved port, but not its range
        }
        if (netsh_parse_excluded(answer, &ranges->reserved) != PSC_OK) {
            return PSC_NO_MEMORY;
        }
    }
    ranges->known |= PSC_RANGES_RESERVED;
    return PSC_OK;
}

enum psc_status psc_platform_port_ranges(const struct psc_request *request, bool udp,
                                         struct psc_port_ranges *ranges, struct psc_error *error) {
    (void)request;
    *ranges = (struct psc_port_ranges){
        .reserved_refuses = true,
        .dynamic_first = USUAL_DYNAMIC_FIRST,
        .dynamic_last = USUAL_DYNAMIC_LAST,
        .time_wait_seconds = USUAL_TIME_WAIT_SECONDS,
    };
    char *answer = malloc(NETSH_ANSWER_SIZE);
    if (answer == NULL || read_reserved(udp, answer, ranges) != PSC_OK) {
        free(answer);
        return psc_no_memory(error);
    }
    if (netsh_run(udp ? L"int ipv4 show dynamicport udp" : L"int ipv4 show dynamicport tcp",
                  answer) &&
        netsh_parse_dynamic(answer, &ranges->dynamic_first, &ranges->dynamic_last)) {
        ranges->known |= PSC_RANGES_DYNAMIC;
    }
    free(answer);
    return PSC_OK;
}
