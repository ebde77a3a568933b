// proc_net.h - the socket tables from /proc/net/{tcp,tcp6,udp,udp6}, for where netlink is closed:
// slower, without interfaces and cookies. Reading and parsing are apart.
#ifndef PSC_PLATFORM_LINUX_PROC_NET_H
#define PSC_PLATFORM_LINUX_PROC_NET_H

#include "model/builder.h"

/**
 * Reads one table and adds its rows. A family that this kernel does not have is an empty table.
 * @param proc the open proc directory
 */
PSC_NODISCARD enum psc_status proc_net_read(int proc, enum psc_protocol protocol, uint32_t states,
                                            struct psc_builder *builder, struct psc_error *error);

/** The interfaces of link-local addresses, from /proc/net/if_inet6. */
struct proc_net_links {
    struct proc_net_link {
        struct psc_address address;
        uint32_t ifindex; /**< 0: two interfaces have this address, so it tells nothing */
    } list[64];
    size_t count; /**< interfaces beyond the 64th are left out: their zone stays unknown */
};

/**
 * Parses the text of /proc/net/if_inet6. Pure.
 */
PSC_NODISCARD enum psc_status proc_net_parse_links(const char *text, size_t size,
                                                   struct proc_net_links *links,
                                                   struct psc_error *error);

/**
 * Parses the text of a table and adds its rows. Pure.
 * @param states PSC_STATE_BIT()s to keep
 * @param links for the zones of link-local addresses
 * @return PSC_MALFORMED for a text that is not what the kernel prints, or breaks off in a line
 */
PSC_NODISCARD enum psc_status proc_net_parse(const char *text, size_t size,
                                             enum psc_protocol protocol, uint32_t states,
                                             const struct proc_net_links *links,
                                             struct psc_builder *builder, struct psc_error *error);

#endif
