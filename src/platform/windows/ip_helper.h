// ip_helper.h - the socket tables of iphlpapi.dll. Asking and decoding are apart, so that tables that no
// test machine has can be decoded too.
//
// Sources: Microsoft's pages of GetExtendedTcpTable, GetExtendedUdpTable, MIB_TCPROW_OWNER_PID and
// its kin; for ports that are only bound there is no page.
#ifndef PSC_PLATFORM_WINDOWS_IP_HELPER_H
#define PSC_PLATFORM_WINDOWS_IP_HELPER_H

#include "model/builder.h"

/** The tables that Windows keeps of a protocol and family. */
enum ip_helper_kind {
    IP_HELPER_OWNERS, /**< MIB_*TABLE_OWNER_PID */
    IP_HELPER_BOUND, /**< MIB_TCPTABLE2, MIB_TCP6TABLE2: TCP ports that are bound and nothing else */
};

/**
 * Asks for one table and adds its rows. A family that this machine does not speak is an empty table.
 * @param states PSC_STATE_BIT()s to keep
 */
PSC_NODISCARD enum psc_status ip_helper_read(enum psc_protocol protocol, uint32_t states,
                                             struct psc_builder *builder, struct psc_error *error);

/**
 * The same for ports that are bound, but neither listening nor connected.
 * @param protocol a TCP one
 * @return PSC_UNSUPPORTED where this Windows does not tell of them
 */
PSC_NODISCARD enum psc_status ip_helper_read_bound(enum psc_protocol protocol,
                                                   struct psc_builder *builder,
                                                   struct psc_error *error);

/** Whether an interface has this index. */
typedef bool ip_helper_is_interface(uint32_t index);

/**
 * Adds the rows of a table. Pure but for @p is_interface, and @p bytes need not be aligned.
 *
 * A row without an owner is owned by nobody if its connection is over; else who owns it is unknown.
 * A zone counts for link-local addresses only, and only if it is an interface. The pages say that it
 * comes in network byte order, programs that are in use differ: it is tried as it is, then swapped.
 * @return PSC_MALFORMED when there are fewer bytes than the table says
 */
PSC_NODISCARD enum psc_status
ip_helper_decode(const void *bytes, size_t size, enum ip_helper_kind kind,
                 enum psc_protocol protocol, uint32_t states, ip_helper_is_interface *is_interface,
                 struct psc_builder *builder, struct psc_error *error);

#endif
