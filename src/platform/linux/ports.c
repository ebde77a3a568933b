// ports.c - whether a port can be bound, and what the kernel does with ports by itself.
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/number.h"
#include "platform/linux/proc_fs.h"
#include "platform/platform.h"

#define TIME_WAIT_SECONDS 60 // TCP_TIMEWAIT_LEN of include/net/tcp.h, which cannot be set

union socket_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static bool is_ipv6(const struct psc_probe *probe) {
    return probe->protocol == PSC_PROTOCOL_TCP6 || probe->protocol == PSC_PROTOCOL_UDP6;
}

static socklen_t fill_address(const struct psc_probe *probe, union socket_address *address) {
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

// Binds once and closes. Returns 0 or an errno value.
static int try_bind(const struct psc_probe *probe, bool reuse) {
    bool udp = probe->protocol == PSC_PROTOCOL_UDP4 || probe->protocol == PSC_PROTOCOL_UDP6;
    int family = is_ipv6(probe) ? AF_INET6 : AF_INET;
    int probing = socket(family, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
    if (probing < 0) {
        return errno;
    }
    const int yes = 1;
    union socket_address address;
    socklen_t size = fill_address(probe, &address);
    int error = 0;
    if ((is_ipv6(probe) && setsockopt(probing, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes) != 0) ||
        (reuse && setsockopt(probing, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0) ||
        bind(probing, &address.any, size) != 0) {
        error = errno;
    }
    close(probing);
    return error;
}

enum psc_status psc_platform_probe(const struct psc_probe *probe, enum psc_probe_result *result,
                                   struct psc_error *error) {
    bool tcp = probe->protocol == PSC_PROTOCOL_TCP4 || probe->protocol == PSC_PROTOCOL_TCP6;
    int number = try_bind(probe, false);
    *result = PSC_PROBE_FREE;
    if (number == EADDRINUSE && tcp) {
        // With UDP the option would let us in beside somebody who set it too, and take his packets.
        number = try_bind(probe, true);
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
        return psc_fail(error, PSC_SYSTEM, "cannot try to bind to port %u: %s", probe->port,
                        strerror(number));
    }
}

// Reads one of the settings of ip(7). An unreadable one, as in some containers, says nothing.
static bool read_setting(int proc, const char *name, struct proc_bytes *bytes) {
    char path[PROC_PATH_SIZE] = "sys/net/ipv4/";
    strncat(path, name, sizeof path - strlen(path) - 1);
    return proc_read(proc, path, bytes) == 0;
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
        ranges->known |= PSC_RANGES_UNPRIVILEGED;
    }
}

enum psc_status psc_platform_port_ranges(const struct psc_request *request, bool udp,
                                         struct psc_port_ranges *ranges, struct psc_error *error) {
    (void)udp; // Linux treats both alike
    memset(ranges, 0, sizeof *ranges);
    ranges->first_unprivileged = IPPORT_RESERVED;
    ranges->time_wait_seconds = TIME_WAIT_SECONDS;
    int proc = open(request->proc_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (proc < 0) {
        return psc_fail(error, PSC_SYSTEM, "cannot open %s: %s", request->proc_root,
                        strerror(errno));
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
