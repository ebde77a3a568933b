// ip_helper.h - the socket tables of iphlpapi.dll. Decoding is apart from reading, so that the tests can
// decode tables that no test machine has.
//
// Sources: Microsoft's pages on GetExtendedTcpTable, GetExtendedUdpTable and MIB_TCPROW_OWNER_PID with
// its relatives. The tables of bound ports are not documented.
#ifndef PSC_PLATFORM_WINDOWS_IP_HELPER_H
#define PSC_PLATFORM_WINDOWS_IP_HELPER_H

#include "model/builder.h"

/** The tables of a protocol. */
enum ip_helper_table {
    IP_HELPER_OWNERS, /**< MIB_*TABLE_OWNER_PID */
    IP_HELPER_BOUND, /**< MIB_TCPTABLE2, MIB_TCP6TABLE2: TCP ports that are bound and nothing else */
};

/**
 * Reads a table and adds its rows. Nothing if this machine does not support the protocol.
 * @param states PSC_STATE_BIT()s to keep
 */
PSC_NODISCARD enum psc_status ip_helper_read(enum psc_protocol protocol, uint32_t states,
                                             struct psc_builder *builder, struct psc_error *error);

/**
 * The same for ports that are bound, but neither listening nor connected.
 * @param protocol of TCP
 * @return PSC_UNSUPPORTED if this Windows does not list them
 */
PSC_NODISCARD enum psc_status ip_helper_read_bound(enum psc_protocol protocol,
                                                   struct psc_builder *builder,
                                                   struct psc_error *error);

/** Whether an interface has this index. */
typedef bool ip_helper_is_interface(uint32_t index);

/**
 * Adds the rows of a table. Pure except for @p is_interface; @p bytes need not be aligned.
 *
 * A row without an owner has none if its connection is over; otherwise its owner is unknown. Scope ids
 * count for link-local addresses only, and only if an interface has that index. Microsoft documents
 * network byte order and programs in use disagree, so a scope id is tried as it is, then swapped.
 * @return PSC_MALFORMED if the table is shorter than its row count says
 */
PSC_NODISCARD enum psc_status
ip_helper_decode(const void *bytes, size_t size, enum ip_helper_table table,
                 enum psc_protocol protocol, uint32_t states, ip_helper_is_interface *is_interface,
                 struct psc_builder *builder, struct psc_error *error);

#endif
