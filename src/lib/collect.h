// collect.h - takes a snapshot of what a command needs: rows, owners, and no more about them than it shows.
#ifndef PSC_LIB_COLLECT_H
#define PSC_LIB_COLLECT_H

#include "format/format.h"
#include "platform/platform.h"

struct collection_plan {
    const struct psc_filter *filter;
    struct psc_request request;
    struct psc_needs needs; /**< what is shown of the rows that the filter lets through */
    bool remote_names;      /**< reverse DNS */
};

/** Asks the system for what the filter wants, and for no owners unless the filter or @p needs do. */
void collection_plan_init(struct collection_plan *take, const struct psc_filter *filter,
                          struct psc_needs needs);

/** @param snapshot out: owned by the caller; NULL on failure */
PSC_NODISCARD enum psc_status collect_snapshot(const struct collection_plan *take,
                                               struct psc_snapshot **snapshot,
                                               struct psc_error *error);

#endif
