// ports.c - attempts to bind, and the port ranges of the kernel.
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/number.h"
#include "platform/linux/ports.h"
#include "platform/linux/proc_fs.h"
#include "platform/platform.h"
#include "platform/socket_address.h"

#define TIME_WAIT_SECONDS 60 // TCP_TIMEWAIT_LEN of include/net/tcp.h, a constant

#ifndef SO_BINDTOIFINDEX
#define SO_BINDTOIFINDEX 62 // Linux 5.0
#endif

// Binds once, on one interface unless that is 0, and closes. Returns 0 or an errno value.
static int try_bind(const struct psc_probe *probe, bool tcp, bool reuse, uint32_t interface) {
    const int yes = 1;
    union socket_address address;
    bool ipv6 = psc_protocol_is_ipv6(probe->protocol);
    socklen_t size =
        socket_address_set(&address, ipv6, &probe->address, probe->ifindex, probe->port);
    int probing = socket(address.any.sa_family, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
    if (probing < 0) {
        return errno;
    }
    int number = 0;
    if ((ipv6 && setsockopt(probing, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes) != 0) ||
        (reuse && setsockopt(probing, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0) ||
        (interface != 0 &&
         setsockopt(probing, SOL_SOCKET, SO_BINDTOIFINDEX, &interface, sizeof interface) != 0) ||
        bind(probing, &address.any, size) != 0) {
        number = errno;
    }
    close(probing);
    return number;
}

enum psc_status psc_platform_probe(const struct psc_probe *probe, enum psc_probe_result *result,
                                   struct psc_error *error) {
    bool tcp = !psc_protocol_is_udp(probe->protocol);
    int number = try_bind(probe, tcp, false, 0);
    *result = PSC_PROBE_FREE;
    if (number == EADDRINUSE && tcp) {
        // Not for UDP: there the option shares the port with every socket that also sets it, and would
        // receive its packets.
        number = try_bind(probe, tcp, true, 0);
        *result = PSC_PROBE_REUSABLE;
    }
    switch (number) {
    case 0:
        return PSC_OK;
    case EADDRINUSE:
        *result = PSC_PROBE_TAKEN;
        return PSC_OK;
    case EACCES:
    case EPERM:
        *result = PSC_PROBE_DENIED;
        return PSC_OK;
    case EADDRNOTAVAIL:
    case ENODEV:
        *result = PSC_PROBE_NO_ADDRESS;
        return PSC_OK;
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
        *result = PSC_PROBE_NO_FAMILY;
        return PSC_OK;
    default:
        return psc_fail(error, PSC_SYSTEM, "cannot try to bind port %u: %s", probe->port,
                        strerror(number));
    }
}

bool ports_is_on_loopback(const struct psc_endpoint *listener, uint32_t other) {
    const struct psc_probe probe = {.protocol = (enum psc_protocol)listener->protocol,
                                    .address = listener->local,
                                    .port = listener->local_port};
    bool tcp = !psc_endpoint_is_udp(listener);
    return try_bind(&probe, tcp, false, other) == 0 &&
           try_bind(&probe, tcp, false, PSC_IFINDEX_LOOPBACK) == EADDRINUSE;
}

// Reads a setting of ip(7). Some containers have none.
static bool read_setting(int proc, const char *name, struct proc_bytes *bytes) {
    char path[PROC_PATH_SIZE];
    snprintf(path, sizeof path, "sys/net/ipv4/%s", name);
    return proc_read_setting(proc, path, bytes) == 0;
}

static void read_reserved(char *text, struct psc_port_ranges *ranges) {
    struct psc_error ignored;
    text[strcspn(text, "\n")] = '\0';
    if (text[0] == '\0' || psc_port_set_parse(&ranges->reserved, text, &ignored) == PSC_OK) {
        ranges->known |= PSC_RANGES_RESERVED;
    }
}

static void read_dynamic(const char *text, struct psc_port_ranges *ranges) {
    uint64_t first;
    uint64_t last;
    bool good = psc_number_read(&text, NULL, UINT16_MAX, &first);
    text += strspn(text, "\t ");
    if (good && psc_number_read(&text, NULL, UINT16_MAX, &last) && first <= last) {
        ranges->dynamic_first = (uint16_t)first;
        ranges->dynamic_last = (uint16_t)last;
        ranges->known |= PSC_RANGES_DYNAMIC;
    }
}

static void read_unprivileged(const char *text, struct psc_port_ranges *ranges) {
    uint64_t first;
    if (psc_number_read(&text, NULL, UINT16_MAX + 1, &first)) {
        ranges->first_unprivileged = (uint32_t)first;
    }
}

enum psc_status psc_platform_port_ranges(const struct psc_request *request, bool udp,
                                         struct psc_port_ranges *ranges, struct psc_error *error) {
    (void)udp; // the ranges are those of both protocols
    memset(ranges, 0, sizeof *ranges);
    ranges->first_unprivileged = IPPORT_RESERVED;
    ranges->time_wait_seconds = TIME_WAIT_SECONDS;
    int proc = proc_open(request->proc_root, error);
    if (proc < 0) {
        return PSC_SYSTEM;
    }
    struct proc_bytes bytes = {0};
    if (read_setting(proc, "ip_local_reserved_ports", &bytes)) {
        read_reserved(bytes.bytes, ranges);
    }
    if (read_setting(proc, "ip_local_port_range", &bytes)) {
        read_dynamic(bytes.bytes, ranges);
    }
    if (read_setting(proc, "ip_unprivileged_port_start", &bytes)) {
        read_unprivileged(bytes.bytes, ranges);
    }
    free(bytes.bytes);
    close(proc);
    return PSC_OK;
}
