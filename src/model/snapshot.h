// snapshot.h - the read side: the sockets at one moment, and the processes that owned them.
//
// The snapshot owns every row, process, name and notice reachable from it, and one call frees it. Until
// then every pointer into it is valid. A snapshot never changes after it is finished. A row may have
// several owners, and a process may own several rows.
#ifndef PSC_MODEL_SNAPSHOT_H
#define PSC_MODEL_SNAPSHOT_H

#include "model/endpoint.h"
#include "model/process.h"

/** What a reader should know about the rows as a whole. */
struct psc_notice {
    const char *kind; /**< stable word for programs, such as `owners-hidden` */
    size_t count;     /**< how many rows it is about, or 0 if it is about all */
    const char *text; /**< one English sentence, printable ASCII */
};

struct psc_snapshot;

/** The owners of one row, oldest first. */
struct psc_owners {
    const uint32_t *processes; /**< numbers for psc_snapshot_process() */
    size_t count;
};

/** Room for the number of an interface, with its NUL. */
#define PSC_ZONE_NUMBER_SIZE 11

void psc_snapshot_free(struct psc_snapshot *snapshot);

/** Name of this machine; raw bytes. */
const char *psc_snapshot_host(const struct psc_snapshot *snapshot);
/** When it was taken: milliseconds since 1970-01-01 UTC. */
int64_t psc_snapshot_time(const struct psc_snapshot *snapshot);

/** Whether every process could be examined: an unknown owner is not one that was merely hidden. */
bool psc_snapshot_is_privileged(const struct psc_snapshot *snapshot);

size_t psc_snapshot_count(const struct psc_snapshot *snapshot);
/** @param index below psc_snapshot_count(); rows come in the order of psc_endpoint_compare() */
const struct psc_endpoint *psc_snapshot_endpoint(const struct psc_snapshot *snapshot, size_t index);
struct psc_owners psc_snapshot_owners(const struct psc_snapshot *snapshot, size_t index);
/** Of all rows together; a process counts once for each row that it owns. */
size_t psc_snapshot_owner_count(const struct psc_snapshot *snapshot);
const struct psc_process *psc_snapshot_process(const struct psc_snapshot *snapshot,
                                               uint32_t process);
/** The oldest owner, or NULL; with PSC_KNOWN_OWNERS the row has none. */
const struct psc_process *psc_snapshot_oldest(const struct psc_snapshot *snapshot, size_t index);

/** Name of an interface, or NULL if it has none, or is gone. */
const char *psc_snapshot_interface(const struct psc_snapshot *snapshot, uint32_t ifindex);
/** Name of an interface, or its number, which is then written to @p number. */
const char *psc_snapshot_zone(const struct psc_snapshot *snapshot, uint32_t ifindex,
                              char number[PSC_ZONE_NUMBER_SIZE]);
/** Name of a user, or NULL if it has none, or users were not asked for. */
const char *psc_snapshot_user(const struct psc_snapshot *snapshot, uint32_t uid);
/** Name of a row's remote address, or NULL if it has none, or names were not asked for. */
const char *psc_snapshot_remote_name(const struct psc_snapshot *snapshot, size_t index);

size_t psc_snapshot_notice_count(const struct psc_snapshot *snapshot);
const struct psc_notice *psc_snapshot_notice(const struct psc_snapshot *snapshot, size_t index);

#endif
