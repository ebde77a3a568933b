// listing_report.h - a snapshot as a table, JSON, NDJSON or CSV.
#ifndef PSC_FORMAT_LISTING_REPORT_H
#define PSC_FORMAT_LISTING_REPORT_H

#include "format/columns.h"

/** How to write a listing. */
struct psc_layout {
    enum psc_format format;
    struct psc_columns columns;
    bool headings;        /**< title and headings of a table, header line of CSV */
    bool every_owner;     /**< a table has a line for each owner instead of `nginx +4` */
    bool color;           /**< of tables */
    bool remote_names;    /**< show names of remote addresses, which were looked up */
    const char *line_end; /**< of tables; JSON has "\n" and CSV "\r\n" everywhere */
};

/**
 * @param order row numbers in the order of output, psc_snapshot_count() of them; NULL: the snapshot's
 * @return PSC_OUTPUT if the stream fails; nothing is buffered outside of the stream afterwards
 */
PSC_NODISCARD enum psc_status psc_listing_write(FILE *stream, const struct psc_snapshot *snapshot,
                                                const uint32_t *order,
                                                const struct psc_layout *layout,
                                                struct psc_error *error);

#endif
