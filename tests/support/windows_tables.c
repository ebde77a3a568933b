// windows_tables.c - the socket tables of iphlpapi.dll, from rows as netstat prints them.
#include "support/windows_tables.h"

#include <winsock2.h>
#include <ws2ipdef.h>

#include <iphlpapi.h>

#include "platform/windows/win32.h"
#include "support/netstat_row.h"
#include "support/test.h"

// The tables of one test program: a count, then the rows.
static struct table {
    DWORD count;
    size_t used;
    char rows[4096];
} tables[PSC_PROTOCOL_COUNT], bound_tables[PSC_PROTOCOL_COUNT];

static DWORD state_number(const struct psc_endpoint *row) {
    static const uint8_t numbers[PSC_STATE_COUNT] = {
        [PSC_STATE_LISTENING] = 2,   [PSC_STATE_SYN_SENT] = 3,   [PSC_STATE_SYN_RECEIVED] = 4,
        [PSC_STATE_ESTABLISHED] = 5, [PSC_STATE_FIN_WAIT_2] = 7, [PSC_STATE_TIME_WAIT] = 11,
    };
    return numbers[row->state];
}

static void add(struct table *table, const void *row, size_t size) {
    assert_true(table->used + size <= sizeof table->rows);
    memcpy(table->rows + table->used, row, size);
    table->used += size;
    table->count++;
}

static DWORD ipv4(const struct psc_address *address) {
    DWORD number;
    memcpy(&number, address->bytes, sizeof number);
    return number;
}

static void add_row(const struct psc_endpoint *row, DWORD pid) {
    struct table *table = &tables[row->protocol];
    DWORD local = htons(row->local_port);
    DWORD remote = htons(row->remote_port);
    DWORD state = state_number(row);
    if (row->state == PSC_STATE_BOUND) {
        assert_int_equal(row->protocol, PSC_PROTOCOL_TCP4);
        MIB_TCPROW2 bound = {
            .dwLocalAddr = ipv4(&row->local), .dwLocalPort = local, .dwOwningPid = pid};
        add(&bound_tables[row->protocol], &bound, sizeof bound);
    } else if (row->protocol == PSC_PROTOCOL_TCP4) {
        MIB_TCPROW_OWNER_PID tcp = {state, ipv4(&row->local), local, ipv4(&row->remote), remote,
                                    pid};
        add(table, &tcp, sizeof tcp);
    } else if (row->protocol == PSC_PROTOCOL_UDP4) {
        MIB_UDPROW_OWNER_PID udp = {ipv4(&row->local), local, pid};
        add(table, &udp, sizeof udp);
    } else if (row->protocol == PSC_PROTOCOL_TCP6) {
        MIB_TCP6ROW_OWNER_PID tcp = {.dwLocalScopeId = row->ifindex,
                                     .dwLocalPort = local,
                                     .dwRemotePort = remote,
                                     .dwState = state,
                                     .dwOwningPid = pid};
        memcpy(tcp.ucLocalAddr, row->local.bytes, 16);
        add(table, &tcp, sizeof tcp);
    } else {
        MIB_UDP6ROW_OWNER_PID udp = {
            .dwLocalScopeId = row->ifindex, .dwLocalPort = local, .dwOwningPid = pid};
        memcpy(udp.ucLocalAddr, row->local.bytes, 16);
        add(table, &udp, sizeof udp);
    }
}

void windows_tables_set(const char *const *rows, size_t count) {
    memset(tables, 0, sizeof tables);
    memset(bound_tables, 0, sizeof bound_tables);
    // In reverse, because Windows does not sort unless told to.
    for (size_t i = count; i-- > 0;) {
        struct psc_endpoint row = netstat_row(rows[i]);
        add_row(&row, strtoul(strrchr(rows[i], ' '), NULL, 10));
    }
}

static void copy_table(void *to, const struct table *table) {
    memcpy(to, &table->count, sizeof table->count);
    memcpy((char *)to + sizeof table->count, table->rows, table->used);
}

static DWORD WINAPI get_tcp(void *table, DWORD *size, BOOL order, ULONG family, int class,
                            ULONG reserved) {
    (void)order, (void)class, (void)reserved;
    assert_true(*size >= sizeof tables[0]);
    copy_table(table, &tables[family == AF_INET6 ? PSC_PROTOCOL_TCP6 : PSC_PROTOCOL_TCP4]);
    return NO_ERROR;
}

static DWORD WINAPI get_udp(void *table, DWORD *size, BOOL order, ULONG family, int class,
                            ULONG reserved) {
    (void)order, (void)class, (void)reserved;
    assert_true(*size >= sizeof tables[0]);
    copy_table(table, &tables[family == AF_INET6 ? PSC_PROTOCOL_UDP6 : PSC_PROTOCOL_UDP4]);
    return NO_ERROR;
}

static DWORD get_bound(void **to, HANDLE heap, DWORD flags, const struct table *table) {
    *to = HeapAlloc(heap, flags, sizeof table->count + table->used);
    copy_table(*to, table);
    return NO_ERROR;
}

static DWORD WINAPI get_bound_tcp4(void **table, HANDLE heap, DWORD flags) {
    return get_bound(table, heap, flags, &bound_tables[PSC_PROTOCOL_TCP4]);
}

static DWORD WINAPI get_bound_tcp6(void **table, HANDLE heap, DWORD flags) {
    return get_bound(table, heap, flags, &bound_tables[PSC_PROTOCOL_TCP6]);
}

static PCHAR WINAPI index_to_name(ULONG index, PCHAR name) {
    return index == 5 || index == 16 ? name : NULL;
}

system_function_pointer *__real_system_function(const wchar_t *library, const char *name);
system_function_pointer *__wrap_system_function(const wchar_t *library, const char *name);
system_function_pointer *__wrap_system_function(const wchar_t *library, const char *name) {
    static const struct {
        const char *name;
        system_function_pointer *function;
    } functions[] = {
        {"GetExtendedTcpTable", (system_function_pointer *)get_tcp},
        {"GetExtendedUdpTable", (system_function_pointer *)get_udp},
        {"InternalGetBoundTcpEndpointTable", (system_function_pointer *)get_bound_tcp4},
        {"InternalGetBoundTcp6EndpointTable", (system_function_pointer *)get_bound_tcp6},
        {"if_indextoname", (system_function_pointer *)index_to_name},
    };
    for (size_t i = 0; i < COUNT(functions); i++) {
        if (strcmp(functions[i].name, name) == 0) {
            return functions[i].function;
        }
    }
    return __real_system_function(library, name);
}
