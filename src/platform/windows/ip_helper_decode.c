// ip_helper_decode.c - the bytes of a table to rows; a pure function.
#include <stddef.h>
#include <string.h>
#include <winsock2.h>
#include <ws2ipdef.h>

#include <iphlpapi.h>

#include "platform/windows/ip_helper.h"

// By the number of enum MIB_TCP_STATE. 100 is MIB_TCP_STATE_RESERVED, a socket that is only bound.
static const enum psc_state tcp_states[] = {
    [0] = PSC_STATE_UNKNOWN,     [1] = PSC_STATE_CLOSED,       [2] = PSC_STATE_LISTENING,
    [3] = PSC_STATE_SYN_SENT,    [4] = PSC_STATE_SYN_RECEIVED, [5] = PSC_STATE_ESTABLISHED,
    [6] = PSC_STATE_FIN_WAIT_1,  [7] = PSC_STATE_FIN_WAIT_2,   [8] = PSC_STATE_CLOSE_WAIT,
    [9] = PSC_STATE_CLOSING,     [10] = PSC_STATE_LAST_ACK,    [11] = PSC_STATE_TIME_WAIT,
    [12] = PSC_STATE_DELETE_TCB,
};
#define TCP_STATE_COUNT (sizeof tcp_states / sizeof tcp_states[0])
#define BOUND_NUMBER 100

// Connections that are over for their process, so that it is no news if there is none.
#define OVER                                                                                       \
    (PSC_STATE_BIT(PSC_STATE_TIME_WAIT) | PSC_STATE_BIT(PSC_STATE_CLOSED) |                        \
     PSC_STATE_BIT(PSC_STATE_DELETE_TCB))

#define ABSENT SIZE_MAX

// Where the fields of a row are.
struct row_layout {
    size_t size, state, local, port, zone, remote, remote_port, owner;
};

static const struct row_layout layouts[][PSC_PROTOCOL_COUNT] =
    {
        [IP_HELPER_OWNERS] =
            {
                [PSC_PROTOCOL_TCP4] = {sizeof(MIB_TCPROW_OWNER_PID),
                                       offsetof(MIB_TCPROW_OWNER_PID, dwState),
                                       offsetof(MIB_TCPROW_OWNER_PID, dwLocalAddr),
                                       offsetof(MIB_TCPROW_OWNER_PID, dwLocalPort), ABSENT,
                                       offsetof(MIB_TCPROW_OWNER_PID, dwRemoteAddr),
                                       offsetof(MIB_TCPROW_OWNER_PID, dwRemotePort),
                                       offsetof(MIB_TCPROW_OWNER_PID, dwOwningPid)},
                [PSC_PROTOCOL_TCP6] = {sizeof(MIB_TCP6ROW_OWNER_PID),
                                       offsetof(MIB_TCP6ROW_OWNER_PID, dwState),
                                       offsetof(MIB_TCP6ROW_OWNER_PID, ucLocalAddr),
                                       offsetof(MIB_TCP6ROW_OWNER_PID, dwLocalPort),
                                       offsetof(MIB_TCP6ROW_OWNER_PID, dwLocalScopeId),
                                       offsetof(MIB_TCP6ROW_OWNER_PID, ucRemoteAddr),
                                       offsetof(MIB_TCP6ROW_OWNER_PID, dwRemotePort),
                                       offsetof(MIB_TCP6ROW_OWNER_PID, dwOwningPid)},
                [PSC_PROTOCOL_UDP4] =
                    {sizeof(MIB_UDPROW_OWNER_PID),
                     ABSENT, offsetof(MIB_UDPROW_OWNER_PID, dwLocalAddr),
                     offsetof(MIB_UDPROW_OWNER_PID, dwLocalPort),
                     ABSENT, ABSENT, ABSENT, offsetof(MIB_UDPROW_OWNER_PID, dwOwningPid)},
                [PSC_PROTOCOL_UDP6] =
                    {sizeof(MIB_UDP6ROW_OWNER_PID),
                     ABSENT, offsetof(MIB_UDP6ROW_OWNER_PID, ucLocalAddr),
                     offsetof(MIB_UDP6ROW_OWNER_PID, dwLocalPort),
                     offsetof(MIB_UDP6ROW_OWNER_PID, dwLocalScopeId),
                     ABSENT, ABSENT, offsetof(MIB_UDP6ROW_OWNER_PID, dwOwningPid)},
            },
        [IP_HELPER_BOUND] =
            {
                [PSC_PROTOCOL_TCP4] = {sizeof(MIB_TCPROW2), ABSENT,
                                       offsetof(MIB_TCPROW2, dwLocalAddr),
                                       offsetof(MIB_TCPROW2, dwLocalPort), ABSENT, ABSENT, ABSENT,
                                       offsetof(MIB_TCPROW2, dwOwningPid)},
                [PSC_PROTOCOL_TCP6] = {sizeof(MIB_TCP6ROW2), ABSENT,
                                       offsetof(MIB_TCP6ROW2, LocalAddr),
                                       offsetof(MIB_TCP6ROW2, dwLocalPort),
                                       offsetof(MIB_TCP6ROW2, dwLocalScopeId), ABSENT, ABSENT,
                                       offsetof(MIB_TCP6ROW2, dwOwningPid)},
            },
};

_Static_assert(offsetof(MIB_TCPTABLE_OWNER_PID, table) == sizeof(DWORD) &&
                   offsetof(MIB_TCP6TABLE_OWNER_PID, table) == sizeof(DWORD) &&
                   offsetof(MIB_UDPTABLE_OWNER_PID, table) == sizeof(DWORD) &&
                   offsetof(MIB_UDP6TABLE_OWNER_PID, table) == sizeof(DWORD) &&
                   offsetof(MIB_TCPTABLE2, table) == sizeof(DWORD) &&
                   offsetof(MIB_TCP6TABLE2, table) == sizeof(DWORD),
               "the rows follow their number");

static uint32_t number_at(const char *row, size_t offset) {
    uint32_t number = 0;
    if (offset != ABSENT) {
        memcpy(&number, row + offset, sizeof number);
    }
    return number;
}

// A port stands in network byte order in the first half of its field; the second means nothing.
static uint16_t port_at(const char *row, size_t offset) {
    uint8_t bytes[2];
    memcpy(bytes, row + offset, sizeof bytes);
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static uint32_t swap_bytes(uint32_t number) {
    return number << 24 | (number & 0xff00) << 8 | (number >> 8 & 0xff00) | number >> 24;
}

static uint32_t read_zone(const uint8_t address[16], uint32_t raw,
                          ip_helper_is_interface *is_interface) {
    bool link_local = (address[0] == 0xfe && (address[1] & 0xc0) == 0x80) ||
                      (address[0] == 0xff && (address[1] & 0x0f) == 2);
    if (!link_local || raw == 0 || is_interface(raw)) {
        return link_local ? raw : 0;
    }
    uint32_t swapped = swap_bytes(raw);
    return is_interface(swapped) ? swapped : 0;
}

static void set_state(struct psc_endpoint *row, uint32_t number) {
    row->state = number < TCP_STATE_COUNT ? (uint8_t)tcp_states[number]
                 : number == BOUND_NUMBER ? (uint8_t)PSC_STATE_BOUND
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
    row.ifindex = read_zone(row.local.bytes, number_at(bytes, layout->zone), is_interface);
    if (psc_endpoint_is_udp(&row)) {
        row.state = PSC_STATE_UDP_UNCONNECTED; // Windows does not tell whom it is connected to
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

enum psc_status ip_helper_decode(const void *bytes, size_t size, enum ip_helper_kind kind,
                                 enum psc_protocol protocol, uint32_t states,
                                 ip_helper_is_interface *is_interface, struct psc_builder *builder,
                                 struct psc_error *error) {
    const struct row_layout *layout = &layouts[kind][protocol];
    if (size < sizeof(DWORD)) {
        return psc_fail(error, PSC_MALFORMED, "iphlpapi: a protocol without a size");
    }
    size_t count = number_at(bytes, 0);
    if (count > (size - sizeof(DWORD)) / layout->size) {
        return psc_fail(error, PSC_MALFORMED,
                        "iphlpapi: a protocol that is too short for its rows");
    }
    const char *at = (const char *)bytes + sizeof(DWORD);
    for (size_t i = 0; i < count; i++, at += layout->size) {
        struct psc_endpoint row = decode_row(at, layout, protocol, is_interface);
        if ((states & PSC_STATE_BIT(row.state)) != 0 && psc_builder_add(builder, &row) != PSC_OK) {
            return psc_no_memory(error);
        }
    }
    return PSC_OK;
}
