// collect.h - collects a snapshot: the rows a filter wants, with what is shown of their owners and no more.
#ifndef PSC_LIB_COLLECT_H
#define PSC_LIB_COLLECT_H

#include "model/snapshot.h"
#include "platform/platform.h"

struct psc_collection_plan {
    const struct psc_filter *filter; /**< borrowed */
    struct psc_request request;      /**< what the filter and the needs ask of the platform */
    struct psc_needs needs;          /**< what is shown of the rows that pass the filter */
    bool remote_names;               /**< look up names of remote addresses (reverse DNS) */
    bool recheck; /**< drop sockets without an owner that a second look does not find */
};

/** Plans for the rows of @p filter. Owners are searched for only if the filter or @p needs do. */
void psc_collection_plan_init(struct psc_collection_plan *plan, const struct psc_filter *filter,
                              struct psc_needs needs);

/** @param snapshot out: owned by the caller; NULL on failure */
PSC_NODISCARD enum psc_status psc_collect_snapshot(const struct psc_collection_plan *plan,
                                                   struct psc_snapshot **snapshot,
                                                   struct psc_error *error);

#endif
