// advice.c - texts that name tools and settings of Linux. The fake platform of the tests uses them too.
#include "platform/platform.h"

const char *psc_platform_advice(enum psc_advice topic) {
    static const char *const advice[PSC_ADVICE_COUNT] = {
        [PSC_ADVICE_LOW_PORT] = "root or CAP_NET_BIND_SERVICE",
        [PSC_ADVICE_RESERVED_SOFT] = ("in net.ipv4.ip_local_reserved_ports, reserved for other "
                                      "programs; an explicit bind works"),
        [PSC_ADVICE_RESERVED_BY] = "an administrator",
        [PSC_ADVICE_LIST_RESERVED_TCP] = "sysctl net.ipv4.ip_local_reserved_ports",
        [PSC_ADVICE_LIST_RESERVED_UDP] = "sysctl net.ipv4.ip_local_reserved_ports",
        [PSC_ADVICE_FREE_RESERVED] = "sysctl -w net.ipv4.ip_local_reserved_ports=LIST, as root",
        [PSC_ADVICE_IGNORED_REQUEST] = "ignored SIGTERM",
        [PSC_ADVICE_FORCE] = "sends SIGKILL",
        [PSC_ADVICE_INTERFACE_STATISTICS] = "ip -s link",
        [PSC_ADVICE_PROTOCOL_STATISTICS] = "nstat -a",
        [PSC_ADVICE_ROUTES] = "ip route",
        [PSC_ADVICE_UNIX_SOCKETS] = "ss -x",
        [PSC_ADVICE_CONNECTION_TEMPLATES] = "netstat -y on Windows",
        [PSC_ADVICE_MULTICAST_GROUPS] = "ip maddress",
        [PSC_ADVICE_MASQUERADING] = "conntrack -L",
        [PSC_ADVICE_RAW_SOCKETS] = "ss -w",
        [PSC_ADVICE_SCTP] = "ss --sctp",
    };
    return advice[topic];
}
