// netns_fixture_rows.h - the rows that netns_fixture.c makes: all of them, and what is known of each.
#ifndef SUPPORT_NETNS_FIXTURE_ROWS_H
#define SUPPORT_NETNS_FIXTURE_ROWS_H

#include "model/builder.h"

enum netns_fixture_source {
    NETNS_FIXTURE_BY_NETLINK,
    NETNS_FIXTURE_BY_PROC_NET,
};

/** How many rows of a table a source shows. */
size_t netns_fixture_row_count(enum psc_protocol protocol, enum netns_fixture_source source);

/**
 * Fails the running test unless the builder holds exactly the rows of a table, field by field.
 * @param uid who made the sockets
 */
void netns_fixture_check_rows(const struct psc_builder *builder, enum psc_protocol protocol,
                              enum netns_fixture_source source, uint32_t uid);

#endif
