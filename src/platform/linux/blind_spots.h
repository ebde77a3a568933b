// blind_spots.h - what an audit of this network namespace's TCP and UDP sockets does not see.
#ifndef PSC_PLATFORM_LINUX_BLIND_SPOTS_H
#define PSC_PLATFORM_LINUX_BLIND_SPOTS_H

#include "model/builder.h"

/**
 * Adds notices about sockets of other protocols, sockets in other network namespaces, and firewall rules.
 * Only looks, and only as far as this user may: what cannot be read adds no notice.
 * @param proc the open proc directory
 */
void blind_spots_note(int proc, struct psc_builder *builder);

/**
 * The number of sockets of a protocol, of IPv4 and IPv6. Pure.
 * @param sockstat the texts of /proc/net/sockstat and sockstat6, each after a newline
 */
uint64_t blind_spots_count(const char *sockstat, const char *protocol);

/**
 * Whether a netlink datagram of NFT_MSG_GETCHAIN has a chain that packets pass through: one with a hook.
 * Pure; the bytes need not be aligned.
 * @param done out: no more datagrams follow
 */
bool blind_spots_has_hook(const char *bytes, size_t size, bool *done);

#endif
