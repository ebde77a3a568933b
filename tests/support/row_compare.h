// row_compare.h - rows of a socket table as text, wherever they come from, and the comparison of two tables.
#ifndef SUPPORT_ROW_COMPARE_H
#define SUPPORT_ROW_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/snapshot.h"

/** One row, spelled as portscope does. */
struct row {
    char protocol[8];  /**< `tcp` or `udp`, for both families */
    char local[96];    /**< `127.0.0.1:80`, `[fe80::1%lo]:80` */
    char remote[96];   /**< the same, `*` without a peer */
    char state[16];    /**< the word that Windows prints, "" for UDP */
    char queues[32];   /**< `RECV/SEND` */
    char socket[48];   /**< `uid=0 inode=12` */
    char v6only[8];    /**< `0` or `1`, `-` where the kernel does not say */
    char owners[1024]; /**< sorted: `12 13`, or `12/name 13/name`; "" for none, `-` for hidden */
};

/** What is compared besides protocol, addresses and state. */
enum {
    ROW_ZONE = 1U << 0,
    ROW_QUEUES = 1U << 1,
    ROW_SOCKET = 1U << 2,
    ROW_OWNERS = 1U << 3,
    ROW_MAPPED = 1U << 4,         /**< `[::ffff:1.2.3.4]:5` is not the same as `1.2.3.4:5` */
    ROW_LISTENER_LIMIT = 1U << 5, /**< a listener's Send-Q, which /proc/net does not have */
    ROW_DEVICE = 1U << 6,         /**< the zone of an address that is not link-local */
    ROW_V6ONLY = 1U << 7,
};
#define ROW_ALL ((1U << 8) - 1)
/** What netstat's text formats have no column for is left out. */
#define ROW_PRINTED (ROW_ALL & ~(unsigned)ROW_V6ONLY)
/** What /proc/net has. */
#define ROW_BY_PROC_NET (ROW_ALL & ~(unsigned)(ROW_DEVICE | ROW_V6ONLY | ROW_LISTENER_LIMIT))

/** Begins as `{0}`. */
struct rows {
    struct row *list;
    size_t count, capacity;
};

/** Appends an empty row. */
struct row *rows_add(struct rows *rows);
void rows_done(struct rows *rows);

/** Fills everything but the owners, from what is known of an endpoint. */
void row_set_endpoint(struct row *row, const struct psc_endpoint *endpoint);
/** Sorts words separated by blanks, and drops repeated ones. */
void row_set_owners(struct row *row, const char *words);

/** One row of a snapshot. */
void rows_add_snapshot_row(struct rows *rows, const struct psc_snapshot *snapshot, size_t index);
/** Fails the test unless an endpoint has all that its source tells of it, and nothing else. */
void row_assert_known(const struct psc_endpoint *endpoint, bool by_netlink);

/** All rows of a snapshot. */
void rows_add_snapshot(struct rows *rows, const struct psc_snapshot *snapshot);

/** Writes rows to a file and reads them back, without owners. */
void rows_write(const struct rows *rows, const char *path);
void rows_read(struct rows *rows, const char *path);

/** Fails the test unless both have the same rows, each as often; prints those that differ. */
void rows_assert_equal(const struct rows *actual, const struct rows *expected, unsigned parts,
                       const char *title);

#endif
