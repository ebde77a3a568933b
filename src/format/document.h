// document.h - what all JSON of a snapshot begins with.
#ifndef PORTSCOPE_DOCUMENT_H
#define PORTSCOPE_DOCUMENT_H

#include "out.h"
#include "portscope/snapshot.h"

/** The members `host` and `time`. */
void document_host_and_time(struct out *out, const struct psc_snapshot *snapshot);

/**
 * The member `notices`, on lines of its own.
 * @param another one behind those of the snapshot, or NULL
 */
void document_notices(struct out *out, const struct psc_snapshot *snapshot,
                      const struct psc_notice *another);

#endif
