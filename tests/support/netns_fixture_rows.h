// netns_fixture_rows.h - the rows that fixed_net.c makes: all of them, and what is known of each.
#ifndef SUPPORT_NETNS_FIXTURE_ROWS_H
#define SUPPORT_NETNS_FIXTURE_ROWS_H

#include "model/builder.h"

enum fixed_net_source {
    FIXED_NET_BY_NETLINK,
    FIXED_NET_BY_PROC_NET,
};

/** How many rows of a table a source shows. */
size_t fixed_net_row_count(enum psc_protocol protocol, enum fixed_net_source source);

/**
 * Fails the running test unless the builder holds exactly the rows of a table, field by field.
 * @param uid who made the sockets
 */
void fixed_net_check_rows(const struct psc_builder *builder, enum psc_protocol protocol,
                          enum fixed_net_source source, uint32_t uid);

#endif
