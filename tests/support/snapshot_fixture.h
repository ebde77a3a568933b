// snapshot_fixture.h - snapshots made of a few words: rows as netstat prints them, and who holds them.
#ifndef SUPPORT_SNAPSHOT_FIXTURE_H
#define SUPPORT_SNAPSHOT_FIXTURE_H

#include "model/builder.h"

/** A process; fields that are not set are not known. */
struct made_process {
    const char *name, *path; /**< a path without a name has the name in it */
    const char *arguments;   /**< apart by single spaces */
    const char *user;
    const char *account; /**< system, service or person */
    bool placed;         /**< whether the place is known */
    uint8_t place;       /**< PSC_PLACE_* bits */
    bool deleted;
};

/** A row and its holder. */
struct made_row {
    const char *row;
    int uid;      /**< of the socket; below 0: not known */
    uint32_t pid; /**< of its holder; 0: hidden */
    struct made_process process;
};

/**
 * A snapshot of rows, with interfaces `lo`, `eth0` and, as number 3, one with a hostile name. Rows with
 * the same PID have the same process, which is that of the first of them.
 */
struct psc_snapshot *made_snapshot(const struct made_row *rows, size_t count);

#endif
