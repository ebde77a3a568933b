// take.h - takes a snapshot of what a command needs: rows, owners, and no more about them than it shows.
#ifndef PORTSCOPE_TAKE_H
#define PORTSCOPE_TAKE_H

#include "portscope/format.h"
#include "portscope/platform.h"

struct take {
    const struct psc_filter *filter;
    struct psc_request request;
    struct psc_needs needs; /**< what is shown of the rows that the filter lets through */
    bool remote_names;      /**< reverse DNS */
};

/** Asks the system for what the filter wants, and for no owners unless the filter or @p needs do. */
void take_init(struct take *take, const struct psc_filter *filter, struct psc_needs needs);

/** @param snapshot out: owned by the caller; NULL on failure */
PSC_NODISCARD enum psc_status take_snapshot(const struct take *take, struct psc_snapshot **snapshot,
                                            struct psc_error *error);

#endif
