// ip_helper.c - asks iphlpapi.dll for a socket table.
//
// Its functions are looked up, because it is not one of the libraries that Windows takes from System32
// by itself: a program that is linked with it can be made to load another one of that name.
#include "platform/windows/ip_helper.h"

#include <stdlib.h>
#include <winsock2.h>
#include <ws2ipdef.h>

#include <iphlpapi.h>

#include "platform/windows/win32.h"

#define LIBRARY L"iphlpapi.dll"
#define FIRST_SIZE 65536
#define NAME_SIZE 257 // NDIS_IF_MAX_STRING_SIZE + 1
// A table may grow between two questions, but not for ever.
#define ATTEMPTS 16
// GetTcpTable's page: under load a question may fail for no reason, and is to be asked again.
#define ODD_ERRORS 2

// GetExtendedTcpTable and GetExtendedUdpTable but for the type of the class.
typedef DWORD WINAPI get_table(void *protocol, DWORD *size, BOOL order, ULONG family, int class,
                               ULONG reserved);
// InternalGetBoundTcpEndpointTable and its twin: the table comes from the heap that is passed in.
typedef DWORD WINAPI get_bound_table(void **protocol, HANDLE heap, DWORD flags);
typedef PCHAR WINAPI index_to_name(ULONG index, PCHAR name);

static bool is_interface(uint32_t index) {
    char name[NAME_SIZE];
    index_to_name *to_name = (index_to_name *)system_function(LIBRARY, "if_indextoname");
    return index != 0 && to_name != NULL && to_name(index, name) != NULL;
}

static bool is_udp(enum psc_protocol protocol) {
    return protocol == PSC_PROTOCOL_UDP4 || protocol == PSC_PROTOCOL_UDP6;
}

static ULONG family_of(enum psc_protocol protocol) {
    return protocol == PSC_PROTOCOL_TCP6 || protocol == PSC_PROTOCOL_UDP6 ? AF_INET6 : AF_INET;
}

static int class_of(enum psc_protocol protocol, uint32_t states) {
    bool listeners = (states & ~PSC_STATE_BIT(PSC_STATE_LISTENING)) == 0;
    return is_udp(protocol) ? (int)UDP_TABLE_OWNER_PID
           : listeners      ? (int)TCP_TABLE_OWNER_PID_LISTENER
                            : (int)TCP_TABLE_OWNER_PID_ALL;
}

// Returns the table, to be freed, or NULL with the number of the error. `*size` is that of the table.
static void *ask(get_table *get, enum psc_protocol protocol, uint32_t states, DWORD *size,
                 DWORD *number) {
    void *buffer = NULL;
    DWORD room = FIRST_SIZE;
    int odd = 0;
    *number = ERROR_INSUFFICIENT_BUFFER;
    for (int i = 0; i < ATTEMPTS; i++) {
        free(buffer);
        buffer = malloc(room);
        if (buffer == NULL) {
            *number = ERROR_NOT_ENOUGH_MEMORY;
            return NULL;
        }
        *size = room;
        *number = get(buffer, size, FALSE, family_of(protocol), class_of(protocol, states), 0);
        if (*number == NO_ERROR) {
            *size = room;
            return buffer;
        }
        if (*number == ERROR_INSUFFICIENT_BUFFER) {
            room = (*size > room ? *size : room) + room / 4 + 4096;
        } else if (odd++ == ODD_ERRORS) {
            break;
        }
    }
    free(buffer);
    return NULL;
}

enum psc_status ip_helper_read(enum psc_protocol protocol, uint32_t states,
                               struct psc_builder *builder, struct psc_error *error) {
    const char *name = is_udp(protocol) ? "GetExtendedUdpTable" : "GetExtendedTcpTable";
    get_table *get = (get_table *)system_function(LIBRARY, name);
    if (get == NULL) {
        return psc_fail(error, PSC_UNSUPPORTED, "this Windows has no %s", name);
    }
    DWORD size;
    DWORD number;
    void *bytes = ask(get, protocol, states, &size, &number);
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
    bool ipv6 = family_of(protocol) == AF_INET6;
    const char *name =
        ipv6 ? "InternalGetBoundTcp6EndpointTable" : "InternalGetBoundTcpEndpointTable";
    get_bound_table *get = (get_bound_table *)system_function(LIBRARY, name);
    if (get == NULL) {
        return psc_fail(error, PSC_UNSUPPORTED, "this Windows has no %s", name);
    }
    void *bytes = NULL;
    HANDLE heap = GetProcessHeap();
    DWORD number = get(&bytes, heap, 0);
    if (number != NO_ERROR || bytes == NULL) {
        // Nobody promises that it works, and nothing else depends on it.
        return psc_fail(error, PSC_UNSUPPORTED, "%s: Windows error %lu", name, number);
    }
    enum psc_status status =
        ip_helper_decode(bytes, HeapSize(heap, 0, bytes), IP_HELPER_BOUND, protocol,
                         PSC_STATE_BIT(PSC_STATE_BOUND), is_interface, builder, error);
    HeapFree(heap, 0, bytes);
    return status;
}
