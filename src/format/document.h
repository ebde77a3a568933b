// document.h - what all JSON of a snapshot begins with.
#ifndef PSC_FORMAT_DOCUMENT_H
#define PSC_FORMAT_DOCUMENT_H

#include "format/out.h"
#include "model/snapshot.h"

/** The members `host` and `time`. */
void document_host_and_time(struct out *out, const struct psc_snapshot *snapshot);

/**
 * The member `notices`, on lines of its own.
 * @param another one behind those of the snapshot, or NULL
 */
void document_notices(struct out *out, const struct psc_snapshot *snapshot,
                      const struct psc_notice *another);

#endif
