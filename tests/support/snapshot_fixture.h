// snapshot_fixture.h - snapshots from a few words: rows as netstat prints them, and their owners.
#ifndef SUPPORT_SNAPSHOT_FIXTURE_H
#define SUPPORT_SNAPSHOT_FIXTURE_H

#include "model/builder.h"

/** A process; fields that are not set are not known. */
struct fixture_process {
    const char *name, *path; /**< a path without a name gives the name, too */
    const char *arguments;   /**< separated by single spaces */
    const char *user;
    const char *account;             /**< system, service or person */
    bool examined;                   /**< whether the flags are known */
    uint8_t exe_flags, script_flags; /**< PSC_EXE_* bits */
    const char *script;
    bool deleted;
    uint32_t other_pid; /**< a second owner of the row, which another row describes; 0: none */
};

/** A row and its owners. */
struct fixture_row {
    const char *row;
    int uid;      /**< of the socket; below 0: not known */
    uint32_t pid; /**< of its owner; 0: not known */
    struct fixture_process process;
};

/**
 * A snapshot of rows, with interfaces `lo`, `eth0` and, as number 3, one with a hostile name. Rows with
 * the same PID have the same process, which is that of the first of them.
 */
struct psc_snapshot *snapshot_fixture(const struct fixture_row *rows, size_t count);

/** The same as a user sees it who may examine every process. */
struct psc_snapshot *snapshot_fixture_privileged(const struct fixture_row *rows, size_t count);

#endif
