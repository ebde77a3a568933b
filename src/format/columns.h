// columns.h - what the writers know of a column.
#ifndef PSC_FORMAT_COLUMNS_H
#define PSC_FORMAT_COLUMNS_H

#include "base/sort.h"
#include "format/format.h"
#include "format/out.h"

/** One line of output: a row, and the owner that it shows. */
struct row {
    const struct psc_snapshot *snapshot;
    const struct psc_layout *layout;
    size_t index;
    const struct psc_endpoint *endpoint;
    const struct psc_process *owner; /**< NULL: none, or not known */
    size_t others;                   /**< owners that the line leaves out */
};

struct psc_column {
    const char *name;    /**< on the command line, in JSON and in CSV */
    const char *heading; /**< in tables */
    unsigned width;      /**< in tables; longer values push the rest to the right */
    unsigned gap;        /**< spaces behind it */
    bool foreign;        /**< holds text of strangers, which CSV puts in quotes */
    bool in_json;        /**< shown in JSON unless columns are picked */
    bool in_csv;         /**< shown in CSV unless columns are picked */
    struct psc_needs needs;
    void (*text)(struct out *out, const struct row *row);
    void (*json)(struct out *out, const struct row *row);
    /** A number to sort by, or NULL. */
    uint64_t (*key)(const struct psc_snapshot *snapshot, uint32_t row);
    /** Decides between equal numbers, or NULL; the context is the snapshot. */
    psc_sort_compare *compare;
    const char *help;
};

/** The fields of one row as members of a JSON object, without its braces. */
void columns_json(struct out *out, const struct psc_columns *columns, const struct row *row);
/** The line of a row that shows its oldest owner. */
struct row columns_row(const struct psc_snapshot *snapshot, const struct psc_layout *layout,
                       size_t index);

#endif
