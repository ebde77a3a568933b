// builder_data.h - what is inside a builder; for builder.c (rows, names, notices) and
// builder_owners.c (links, processes, selection).
#ifndef PSC_MODEL_BUILDER_DATA_H
#define PSC_MODEL_BUILDER_DATA_H

#include "model/builder.h"
#include "model/snapshot_data.h"

/** A process holds an endpoint. */
struct link {
    uint32_t endpoint;
    uint32_t process;
};

struct psc_builder {
    const struct psc_filter *filter;
    struct psc_snapshot *snapshot;
    size_t endpoint_capacity, process_capacity, notice_capacity;

    struct link *links;
    size_t link_count, link_capacity;
    uint32_t *process_slots; // open addressing: process number + 1, 0 is free
    size_t slot_count;       // a power of two, or 0
    uint32_t latest;         // the process linked last, which is likely to be the next

    bool *wanted; // by process: owns a row
    const char *unowned_kind, *unowned_why;
    size_t undecided; // rows that were dropped though nobody knows whether they were wanted
};

/** Puts the owners of every row in order, the oldest first. */
PSC_NODISCARD enum psc_status builder_sort_owners(struct psc_snapshot *snapshot);

#endif
