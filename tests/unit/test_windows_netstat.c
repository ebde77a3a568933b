// test_windows_netstat.c - rows captured from Windows' own netstat -anoq: made into the tables that they
// came from, they must come out again to the byte, line ends included.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <winsock2.h>
#include <ws2ipdef.h>

#include <iphlpapi.h>

#include "platform/windows/win32.h"
#include "support/netstat_row.h"
#include "support/run_cli.h"

// In the order of a listing.
static const char *const captured[] = {
    "  TCP    0.0.0.0:80             0.0.0.0:0              LISTENING       4",
    "  TCP    0.0.0.0:135            0.0.0.0:0              LISTENING       888",
    "  TCP    0.0.0.0:50100          0.0.0.0:0              BOUND           44328",
    "  TCP    10.10.10.9:80          10.10.16.3:39654       ESTABLISHED     4",
    "  TCP    127.0.0.1:57434        127.0.0.1:8082         FIN_WAIT_2      10308",
    "  TCP    172.31.44.127:80       34.53.83.121:45432     SYN_RECEIVED    4",
    "  TCP    192.168.1.6:49750      10.166.83.164:22       SYN_SENT        25956",
    "  TCP    192.168.141.226:63810  20.72.205.209:443      TIME_WAIT       0",
    "  TCP    [::1]:49675            [::]:0                 LISTENING       11392",
    "  TCP    [dead:beef::d41:83fd:7923:988f]:111  [::]:0                 LISTENING       2492",
    "  UDP    0.0.0.0:5353           *:*                                    28508",
    "  UDP    [::1]:1900             *:*                                    884",
    "  UDP    [fe80::182e:1ba9:7b17:351d%5]:1900  *:*                                    884",
    "  UDP    [fe80::2952:170d:f2f2:1464%16]:60720  *:*                                    2872",
};
#define CAPTURED (sizeof captured / sizeof captured[0])

static DWORD pid_of(const char *row) {
    return strtoul(strrchr(row, ' '), NULL, 10);
}

static DWORD state_number(const struct psc_endpoint *row) {
    static const uint8_t numbers[PSC_STATE_COUNT] = {
        [PSC_STATE_LISTENING] = 2,   [PSC_STATE_SYN_SENT] = 3,   [PSC_STATE_SYN_RECEIVED] = 4,
        [PSC_STATE_ESTABLISHED] = 5, [PSC_STATE_FIN_WAIT_2] = 7, [PSC_STATE_TIME_WAIT] = 11,
    };
    return numbers[row->state];
}

static DWORD ipv4(const struct psc_address *address) {
    DWORD number;
    memcpy(&number, address->bytes, sizeof number);
    return number;
}

// Writes one row in the form of its table. Returns its size.
static size_t encode(const char *text, const struct psc_endpoint *row, char *to) {
    DWORD local = htons(row->local_port);
    DWORD remote = htons(row->remote_port);
    if (row->protocol == PSC_PROTOCOL_TCP4) {
        MIB_TCPROW_OWNER_PID tcp = {
            state_number(row), ipv4(&row->local), local, ipv4(&row->remote), remote, pid_of(text)};
        memcpy(to, &tcp, sizeof tcp);
        return sizeof tcp;
    }
    if (row->protocol == PSC_PROTOCOL_UDP4) {
        MIB_UDPROW_OWNER_PID udp = {ipv4(&row->local), local, pid_of(text)};
        memcpy(to, &udp, sizeof udp);
        return sizeof udp;
    }
    if (row->protocol == PSC_PROTOCOL_TCP6) {
        MIB_TCP6ROW_OWNER_PID tcp = {.dwLocalScopeId = row->ifindex,
                                     .dwLocalPort = local,
                                     .dwRemotePort = remote,
                                     .dwState = state_number(row),
                                     .dwOwningPid = pid_of(text)};
        memcpy(tcp.ucLocalAddr, row->local.bytes, 16);
        memcpy(to, &tcp, sizeof tcp);
        return sizeof tcp;
    }
    MIB_UDP6ROW_OWNER_PID udp = {
        .dwLocalScopeId = row->ifindex, .dwLocalPort = local, .dwOwningPid = pid_of(text)};
    memcpy(udp.ucLocalAddr, row->local.bytes, 16);
    memcpy(to, &udp, sizeof udp);
    return sizeof udp;
}

// The rows of one table, last first, because Windows is not asked to sort.
static void fill_table(char *bytes, enum psc_protocol protocol) {
    DWORD count = 0;
    char *at = bytes + sizeof count;
    for (size_t i = CAPTURED; i-- > 0;) {
        struct psc_endpoint row = netstat_row(captured[i]);
        if (row.protocol == protocol && row.state != PSC_STATE_BOUND) {
            at += encode(captured[i], &row, at);
            count++;
        }
    }
    memcpy(bytes, &count, sizeof count);
}

static DWORD WINAPI get_tcp(void *protocol, DWORD *size, BOOL order, ULONG family, int class,
                            ULONG reserved) {
    (void)size, (void)order, (void)class, (void)reserved;
    fill_table(protocol, family == AF_INET6 ? PSC_PROTOCOL_TCP6 : PSC_PROTOCOL_TCP4);
    return NO_ERROR;
}

static DWORD WINAPI get_udp(void *protocol, DWORD *size, BOOL order, ULONG family, int class,
                            ULONG reserved) {
    (void)size, (void)order, (void)class, (void)reserved;
    fill_table(protocol, family == AF_INET6 ? PSC_PROTOCOL_UDP6 : PSC_PROTOCOL_UDP4);
    return NO_ERROR;
}

static DWORD WINAPI get_bound_tcp(void **table, HANDLE heap, DWORD flags) {
    MIB_TCPTABLE2 *bound = HeapAlloc(heap, flags | HEAP_ZERO_MEMORY, sizeof *bound);
    for (size_t i = 0; i < CAPTURED; i++) {
        struct psc_endpoint row = netstat_row(captured[i]);
        if (row.state == PSC_STATE_BOUND) {
            bound->dwNumEntries = 1;
            bound->table[0].dwLocalPort = htons(row.local_port);
            bound->table[0].dwOwningPid = pid_of(captured[i]);
        }
    }
    *table = bound;
    return NO_ERROR;
}

static DWORD WINAPI get_bound_tcp6(void **table, HANDLE heap, DWORD flags) {
    *table = HeapAlloc(heap, flags | HEAP_ZERO_MEMORY, sizeof(MIB_TCP6TABLE2));
    return NO_ERROR;
}

static PCHAR WINAPI any_index(ULONG index, PCHAR name) {
    return index == 5 || index == 16 ? name : NULL;
}

system_function_pointer *__wrap_system_function(const wchar_t *library, const char *name);
system_function_pointer *__wrap_system_function(const wchar_t *library, const char *name) {
    static const struct {
        const char *name;
        system_function_pointer *function;
    } functions[] = {
        {"GetExtendedTcpTable", (system_function_pointer *)get_tcp},
        {"GetExtendedUdpTable", (system_function_pointer *)get_udp},
        {"InternalGetBoundTcpEndpointTable", (system_function_pointer *)get_bound_tcp},
        {"InternalGetBoundTcp6EndpointTable", (system_function_pointer *)get_bound_tcp6},
        {"if_indextoname", (system_function_pointer *)any_index},
    };
    (void)library;
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        if (strcmp(functions[i].name, name) == 0) {
            return functions[i].function;
        }
    }
    return NULL;
}

static void captured_rows_to_the_byte(void **state) {
    char expected[8192] =
        "\r\nActive Connections\r\n\r\n"
        "  Proto  Local Address          Foreign Address        State           PID\r\n";
    struct run run;
    (void)state;
    for (size_t i = 0; i < CAPTURED; i++) {
        strcat(strcat(expected, captured[i]), "\r\n");
    }
    run_cli(&run, "portscope -anoq --strict");
    assert_string_equal(run.out, expected);
    assert_string_equal(run.err, "");
    assert_int_equal(run.exit, 0);
    run_done(&run);
}

static void every_other_form_has_them(void **state) {
    static const char *const lines[] = {"portscope -anoq --csv", "portscope -anoq --json",
                                        "portscope -anoq --ndjson"};
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct run run;
        run_cli(&run, lines[i]);
        assert_int_equal(run.exit, 0);
        assert_non_null(strstr(run.out, "fe80::2952:170d:f2f2:1464"));
        assert_true((strchr(run.out, '\r') != NULL) == (i == 0)); // CSV ends lines so everywhere
        run_done(&run);
    }
}

static void http_sys_is_named_to_who_asks_for_its_port(void **state) {
    struct run run;
    (void)state;
    run_cli(&run, "portscope :80 -ano");
    assert_non_null(strstr(run.out, "System"));
    assert_non_null(strstr(run.err, "netsh http show servicestate"));
    run_done(&run);
    run_cli(&run, "portscope :135 -ano");
    assert_null(strstr(run.err, "HTTP.sys"));
    run_done(&run);
    run_cli(&run, "portscope -ano");
    assert_null(strstr(run.err, "HTTP.sys"));
    run_done(&run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(captured_rows_to_the_byte),
        cmocka_unit_test(every_other_form_has_them),
        cmocka_unit_test(http_sys_is_named_to_who_asks_for_its_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
