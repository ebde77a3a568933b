// ip_helper.c - reads and decodes the socket tables of iphlpapi.dll.
//
// Its functions are looked up at run time, because Windows does not always take it from System32: a
// program that is linked with it can be made to load another library of that name.
#include "platform/windows/ip_helper.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <winsock2.h>
#include <ws2ipdef.h>

#include <iphlpapi.h>

#include "platform/windows/win32.h"

// Decoding -----------------------------------------------------------------------------------------

// By the number in enum MIB_TCP_STATE.
static const enum psc_state tcp_states[] = {
    [1] = PSC_STATE_CLOSED,       [2] = PSC_STATE_LISTENING,   [3] = PSC_STATE_SYN_SENT,
    [4] = PSC_STATE_SYN_RECEIVED, [5] = PSC_STATE_ESTABLISHED, [6] = PSC_STATE_FIN_WAIT_1,
    [7] = PSC_STATE_FIN_WAIT_2,   [8] = PSC_STATE_CLOSE_WAIT,  [9] = PSC_STATE_CLOSING,
    [10] = PSC_STATE_LAST_ACK,    [11] = PSC_STATE_TIME_WAIT,  [12] = PSC_STATE_DELETE_TCB,
};
#define TCP_STATE_COUNT (sizeof tcp_states / sizeof tcp_states[0])
#define BOUND_NUMBER 100 // MIB_TCP_STATE_RESERVED, a socket that is only bound

// Connections that are over, so that a missing owner is nothing unknown.
#define OVER                                                                                       \
    (PSC_STATE_BIT(PSC_STATE_TIME_WAIT) | PSC_STATE_BIT(PSC_STATE_CLOSED) |                        \
     PSC_STATE_BIT(PSC_STATE_DELETE_TCB))

#define ABSENT SIZE_MAX

// The offsets of a row's fields.
struct row_layout {
    size_t size, state, local, port, scope, remote, remote_port, owner;
};

#define LAYOUT(row, state, local, scope, remote, remote_port)                                      \
    {                                                                                              \
        sizeof(row), state, offsetof(row, local), offsetof(row, dwLocalPort), scope, remote,       \
            remote_port, offsetof(row, dwOwningPid)                                                \
    }
#define WITH_PEER(row, local, scope, remote)                                                       \
    LAYOUT(row, offsetof(row, dwState), local, scope, offsetof(row, remote),                       \
           offsetof(row, dwRemotePort))
#define WITHOUT_PEER(row, local, scope) LAYOUT(row, ABSENT, local, scope, ABSENT, ABSENT)
#define SCOPE(row) offsetof(row, dwLocalScopeId)

static const struct row_layout layouts[][PSC_PROTOCOL_COUNT] = {
    [IP_HELPER_OWNERS][PSC_PROTOCOL_TCP4] =
        WITH_PEER(MIB_TCPROW_OWNER_PID, dwLocalAddr, ABSENT, dwRemoteAddr),
    [IP_HELPER_OWNERS][PSC_PROTOCOL_TCP6] =
        WITH_PEER(MIB_TCP6ROW_OWNER_PID, ucLocalAddr, SCOPE(MIB_TCP6ROW_OWNER_PID), ucRemoteAddr),
    [IP_HELPER_OWNERS][PSC_PROTOCOL_UDP4] = WITHOUT_PEER(MIB_UDPROW_OWNER_PID, dwLocalAddr, ABSENT),
    [IP_HELPER_OWNERS][PSC_PROTOCOL_UDP6] =
        WITHOUT_PEER(MIB_UDP6ROW_OWNER_PID, ucLocalAddr, SCOPE(MIB_UDP6ROW_OWNER_PID)),
    [IP_HELPER_BOUND][PSC_PROTOCOL_TCP4] = WITHOUT_PEER(MIB_TCPROW2, dwLocalAddr, ABSENT),
    [IP_HELPER_BOUND][PSC_PROTOCOL_TCP6] =
        WITHOUT_PEER(MIB_TCP6ROW2, LocalAddr, SCOPE(MIB_TCP6ROW2)),
};

_Static_assert(offsetof(MIB_TCPTABLE_OWNER_PID, table) == sizeof(DWORD) &&
                   offsetof(MIB_TCP6TABLE_OWNER_PID, table) == sizeof(DWORD) &&
                   offsetof(MIB_UDPTABLE_OWNER_PID, table) == sizeof(DWORD) &&
                   offsetof(MIB_UDP6TABLE_OWNER_PID, table) == sizeof(DWORD) &&
                   offsetof(MIB_TCPTABLE2, table) == sizeof(DWORD) &&
                   offsetof(MIB_TCP6TABLE2, table) == sizeof(DWORD),
               "the rows follow their count");

// Returns 0 for a field that the row does not have.
static uint32_t number_at(const char *row, size_t offset) {
    uint32_t number = 0;
    if (offset != ABSENT) {
        memcpy(&number, row + offset, sizeof number);
    }
    return number;
}

// A port is in network byte order in the first half of its field; the second half is undefined.
static uint16_t port_at(const char *row, size_t offset) {
    uint8_t bytes[2];
    memcpy(bytes, row + offset, sizeof bytes);
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static uint32_t decode_scope(const struct psc_endpoint *row, uint32_t raw,
                             ip_helper_is_interface *is_interface) {
    if (!psc_address_needs_zone(&row->local, psc_endpoint_is_ipv6(row))) {
        return 0;
    }
    uint32_t swapped = htonl(raw);
    return is_interface(raw) ? raw : is_interface(swapped) ? swapped : 0;
}

static void set_state(struct psc_endpoint *row, uint32_t number) {
    row->state = number == BOUND_NUMBER                   ? (uint8_t)PSC_STATE_BOUND
                 : number > 0 && number < TCP_STATE_COUNT ? (uint8_t)tcp_states[number]
                                                          : (uint8_t)PSC_STATE_UNKNOWN;
    if (row->state == PSC_STATE_UNKNOWN) {
        row->state_number = number < UINT8_MAX ? (uint8_t)number : UINT8_MAX;
    }
}

static void set_owner(struct psc_endpoint *row, uint32_t pid) {
    if (pid != 0) {
        row->pid = pid;
        row->known |= PSC_KNOWN_PID;
    } else if ((PSC_STATE_BIT(row->state) & OVER) != 0) {
        row->known |= PSC_KNOWN_OWNERS;
    }
}

static struct psc_endpoint decode_row(const char *bytes, const struct row_layout *layout,
                                      enum psc_protocol protocol,
                                      ip_helper_is_interface *is_interface) {
    struct psc_endpoint row = {.protocol = (uint8_t)protocol};
    size_t length = psc_endpoint_is_ipv6(&row) ? 16 : 4;
    memcpy(row.local.bytes, bytes + layout->local, length);
    row.local_port = port_at(bytes, layout->port);
    row.ifindex = decode_scope(&row, number_at(bytes, layout->scope), is_interface);
    if (psc_endpoint_is_udp(&row)) {
        row.state = PSC_STATE_UDP_UNCONNECTED; // these tables have no peers
    } else if (layout->state == ABSENT) {
        row.state = PSC_STATE_BOUND;
    } else {
        set_state(&row, number_at(bytes, layout->state));
    }
    if (psc_endpoint_has_peer(&row)) {
        memcpy(row.remote.bytes, bytes + layout->remote, length);
        row.remote_port = port_at(bytes, layout->remote_port);
    }
    set_owner(&row, number_at(bytes, layout->owner));
    return row;
}

enum psc_status ip_helper_decode(const void *bytes, size_t size, enum ip_helper_table table,
                                 enum psc_protocol protocol, uint32_t states,
                                 ip_helper_is_interface *is_interface, struct psc_builder *builder,
                                 struct psc_error *error) {
    const struct row_layout *layout = &layouts[table][protocol];
    const char *at = bytes;
    if (size < sizeof(DWORD) || number_at(at, 0) > (size - sizeof(DWORD)) / layout->size) {
        return psc_fail(error, PSC_MALFORMED, "iphlpapi: a table is shorter than its row count");
    }
    size_t count = number_at(at, 0);
    at += sizeof(DWORD);
    for (size_t i = 0; i < count; i++, at += layout->size) {
        struct psc_endpoint row = decode_row(at, layout, protocol, is_interface);
        if ((states & PSC_STATE_BIT(row.state)) != 0) {
            psc_builder_add(builder, &row);
        }
    }
    return PSC_OK;
}

// Reading ------------------------------------------------------------------------------------------

#define LIBRARY L"iphlpapi.dll"
#define FIRST_SIZE 65536
#define INTERFACE_NAME_SIZE 257 // NDIS_IF_MAX_STRING_SIZE + 1
// A table may grow between two calls, but not forever.
#define MAX_CALLS 16
// GetTcpTable's page: under load a call may fail without a reason, and has to be repeated.
#define MAX_ODD_ERRORS 2

// GetExtendedTcpTable and GetExtendedUdpTable, except for the type of the class.
typedef DWORD WINAPI get_table(void *table, DWORD *size, BOOL order, ULONG family, int class,
                               ULONG reserved);
// InternalGetBoundTcpEndpointTable and its twin allocate the table from the heap that they get.
typedef DWORD WINAPI get_bound_table(void **table, HANDLE heap, DWORD flags);
typedef PCHAR WINAPI index_to_name(ULONG index, PCHAR name);

static bool is_interface(uint32_t index) {
    char name[INTERFACE_NAME_SIZE];
    index_to_name *to_name = (index_to_name *)system_function(LIBRARY, "if_indextoname");
    return index != 0 && to_name != NULL && to_name(index, name) != NULL;
}

static ULONG family_of(enum psc_protocol protocol) {
    return psc_protocol_is_ipv6(protocol) ? AF_INET6 : AF_INET;
}

static int class_of(enum psc_protocol protocol, uint32_t states) {
    bool listeners = (states & ~PSC_STATE_BIT(PSC_STATE_LISTENING)) == 0;
    return psc_protocol_is_udp(protocol) ? (int)UDP_TABLE_OWNER_PID
           : listeners                   ? (int)TCP_TABLE_OWNER_PID_LISTENER
                                         : (int)TCP_TABLE_OWNER_PID_ALL;
}

// Returns the table, to be freed by the caller, or NULL and an error number. `*size` is the size of the
// allocation.
static void *read_table(get_table *get, enum psc_protocol protocol, uint32_t states, DWORD *size,
                        DWORD *number) {
    *size = FIRST_SIZE;
    *number = ERROR_INSUFFICIENT_BUFFER;
    for (int i = 0, odd_errors = 0; i < MAX_CALLS && odd_errors <= MAX_ODD_ERRORS; i++) {
        void *buffer = malloc(*size);
        if (buffer == NULL) {
            *number = ERROR_NOT_ENOUGH_MEMORY;
            return NULL;
        }
        DWORD needed = *size;
        *number = get(buffer, &needed, FALSE, family_of(protocol), class_of(protocol, states), 0);
        if (*number == NO_ERROR) {
            return buffer;
        }
        free(buffer);
        if (*number == ERROR_INSUFFICIENT_BUFFER) {
            *size = (needed > *size ? needed : *size) + *size / 4 + 4096;
        } else {
            odd_errors++;
        }
    }
    return NULL;
}

enum psc_status ip_helper_read(enum psc_protocol protocol, uint32_t states,
                               struct psc_builder *builder, struct psc_error *error) {
    const char *name =
        psc_protocol_is_udp(protocol) ? "GetExtendedUdpTable" : "GetExtendedTcpTable";
    get_table *get = (get_table *)system_function(LIBRARY, name);
    if (get == NULL) {
        return psc_fail(error, PSC_UNSUPPORTED, "this Windows has no %s", name);
    }
    DWORD size;
    DWORD number;
    void *bytes = read_table(get, protocol, states, &size, &number);
    if (bytes == NULL) {
        bool no_family = number == ERROR_NOT_SUPPORTED && family_of(protocol) == AF_INET6;
        return no_family ? PSC_OK : windows_fail(error, number, "cannot read the socket table");
    }
    enum psc_status status = ip_helper_decode(bytes, size, IP_HELPER_OWNERS, protocol, states,
                                              is_interface, builder, error);
    free(bytes);
    return status;
}

enum psc_status ip_helper_read_bound(enum psc_protocol protocol, struct psc_builder *builder,
                                     struct psc_error *error) {
    const char *name = family_of(protocol) == AF_INET6 ? "InternalGetBoundTcp6EndpointTable"
                                                       : "InternalGetBoundTcpEndpointTable";
    get_bound_table *get = (get_bound_table *)system_function(LIBRARY, name);
    void *bytes = NULL;
    HANDLE heap = GetProcessHeap();
    // It is not documented and may fail for any reason; nothing else depends on it.
    if (get == NULL || get(&bytes, heap, 0) != NO_ERROR || bytes == NULL) {
        return psc_fail(error, PSC_UNSUPPORTED, "this Windows does not list bound ports");
    }
    enum psc_status status =
        ip_helper_decode(bytes, HeapSize(heap, 0, bytes), IP_HELPER_BOUND, protocol,
                         PSC_STATE_BIT(PSC_STATE_BOUND), is_interface, builder, error);
    HeapFree(heap, 0, bytes);
    return status;
}
