// advice.c - texts that name tools and settings of Windows. The fake platform of the tests uses them too.
#include "platform/platform.h"

const char *psc_platform_advice(enum psc_advice topic) {
    static const char *const advice[PSC_ADVICE_COUNT] = {
        [PSC_ADVICE_LOW_PORT] = "no privilege on Windows",
        [PSC_ADVICE_RESERVED_SOFT] = "reserved by an administrator; an explicit bind works",
        [PSC_ADVICE_RESERVED_BY] = "Hyper-V, WinNAT or an administrator",
        [PSC_ADVICE_LIST_RESERVED_TCP] = "netsh int ipv4 show excludedportrange protocol=tcp",
        [PSC_ADVICE_LIST_RESERVED_UDP] = "netsh int ipv4 show excludedportrange protocol=udp",
        [PSC_ADVICE_FREE_RESERVED] =
            "net stop winnat, as administrator, and net start winnat later",
        [PSC_ADVICE_IGNORED_REQUEST] = "ignored the request to close",
        [PSC_ADVICE_FORCE] = "terminates it",
        [PSC_ADVICE_INTERFACE_STATISTICS] = "netstat -e",
        [PSC_ADVICE_PROTOCOL_STATISTICS] = "netstat -s",
        [PSC_ADVICE_ROUTES] = "route print",
        [PSC_ADVICE_UNIX_SOCKETS] = "netstat -x, which lists Network Direct",
        [PSC_ADVICE_CONNECTION_TEMPLATES] = "netstat -y",
        [PSC_ADVICE_MULTICAST_GROUPS] = "netsh interface ip show joins",
        [PSC_ADVICE_MASQUERADING] = "netsh routing ip nat show global",
        [PSC_ADVICE_RAW_SOCKETS] = "a packet capture: Windows does not list raw sockets",
        [PSC_ADVICE_SCTP] = "ss --sctp on Linux: Windows has no SCTP",
    };
    return advice[topic];
}
