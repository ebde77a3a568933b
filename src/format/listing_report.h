// listing_report.h - a snapshot as a table, JSON, NDJSON or CSV.
#ifndef PSC_FORMAT_LISTING_REPORT_H
#define PSC_FORMAT_LISTING_REPORT_H

#include "format/columns.h"

/**
 * @param order row numbers in the order of output, psc_snapshot_count() of them; NULL: the snapshot's
 * @return PSC_OUTPUT if the stream fails; nothing is buffered outside of the stream afterwards
 */
PSC_NODISCARD enum psc_status psc_listing_write(FILE *stream, const struct psc_snapshot *snapshot,
                                                const uint32_t *order,
                                                const struct psc_layout *layout,
                                                struct psc_error *error);

#endif
