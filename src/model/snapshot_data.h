// snapshot_data.h - what is inside a snapshot; for builder.c, which fills it, and snapshot.c.
#ifndef PSC_MODEL_SNAPSHOT_DATA_H
#define PSC_MODEL_SNAPSHOT_DATA_H

#include "model/snapshot.h"

/** Memory for strings: allocated piece by piece, freed as a whole. */
struct arena {
    struct arena_block *blocks; /**< the newest first; only that one has free bytes */
    size_t free_bytes;
};

/** @return @p size bytes without alignment, or NULL */
char *arena_allocate(struct arena *arena, size_t size);
void arena_done(struct arena *arena);

/** Names of numbers, sorted by number. */
struct names {
    struct name {
        uint32_t number;
        const char *text; /**< in the arena; NULL: it has none */
    } * list;
    size_t count, capacity;
};

/** @return the entry, or NULL */
const struct name *names_find(const struct names *names, uint32_t number);

struct psc_snapshot {
    struct psc_endpoint *endpoints;
    size_t count;
    uint32_t *first_owner; /**< count + 1 indexes into `owners`; NULL: not searched for */
    uint32_t *owners;      /**< indexes of processes, row by row */
    struct psc_process *processes;
    size_t process_count;
    const char **remote_names; /**< one for each row; NULL: not asked for */
    struct names interfaces, users;
    struct psc_notice *notices;
    size_t notice_count;
    const char *host;
    int64_t time;
    bool privileged;
    struct arena texts;
};

#endif
