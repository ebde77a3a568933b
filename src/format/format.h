// format.h - the column table, and the writers that turn a snapshot into text on a stream.
#ifndef PSC_FORMAT_FORMAT_H
#define PSC_FORMAT_FORMAT_H

#include <stdio.h>

#include "model/ports.h"
#include "model/snapshot.h"

enum psc_format {
    PSC_FORMAT_TABLE,
    PSC_FORMAT_JSON,
    PSC_FORMAT_NDJSON,
    PSC_FORMAT_CSV,
};

struct psc_column;

/** Columns, picked and ordered. Begins empty: `struct psc_columns columns = {0}`. */
struct psc_columns {
    size_t count;
    const struct psc_column *list[32];
};

/** How to write. */
struct psc_layout {
    enum psc_format format;
    struct psc_columns columns;
    bool headings;        /**< the title and headings of a table, the header line of CSV */
    bool every_owner;     /**< a table line for each owner instead of `nginx +4` */
    bool color;           /**< escape sequences are welcome */
    bool remote_names;    /**< names in place of remote addresses, where they were looked up */
    const char *line_end; /**< of tables; JSON has "\n" and CSV "\r\n" everywhere */
};

/** What a table shows beside netstat's first four columns. */
enum {
    PSC_SHOW_PID = 1U << 0,
    PSC_SHOW_PROCESS = 1U << 1,
    PSC_SHOW_PATH = 1U << 2,
    PSC_SHOW_WIDE = 1U << 3, /**< user, start and command line of the owner */
};

/** Appends the columns of a form. @p show counts for tables; the other forms show everything. */
void psc_columns_default(struct psc_columns *columns, enum psc_format form, unsigned show);

/** Reads `local,pid,process`. On an error nothing is written to @p columns. */
PSC_NODISCARD enum psc_status psc_columns_parse(struct psc_columns *columns, const char *list,
                                                struct psc_error *error);

/** Reads the name of one column, `-NAME` to reverse the order that it sorts by. */
PSC_NODISCARD enum psc_status psc_column_parse(const char *name, const struct psc_column **column,
                                               bool *reverse, struct psc_error *error);
/** The column table: its size, and a column's name and one-line description. Static storage. */
size_t psc_column_count(void);
const char *psc_column_name(size_t index);
const char *psc_column_help(size_t index);

/** What a column shows, or all of a set do. */
struct psc_needs psc_column_needs(const struct psc_column *column);
struct psc_needs psc_columns_need(const struct psc_columns *columns);

/** Orders row numbers by a column; rows that are equal there keep their order. */
PSC_NODISCARD enum psc_status psc_column_sort(const struct psc_column *column, bool reverse,
                                              const struct psc_snapshot *snapshot, uint32_t *order,
                                              struct psc_error *error);

/**
 * Writes the snapshot.
 * @param order row numbers in the order to write them, psc_snapshot_count() of them; NULL for the
 * snapshot's own order
 * @return PSC_OUTPUT as soon as the stream fails; nothing is buffered outside of the stream then
 */
PSC_NODISCARD enum psc_status psc_format_write(FILE *stream, const struct psc_snapshot *snapshot,
                                               const uint32_t *order,
                                               const struct psc_layout *layout);

/** What a check of ports found. */
struct psc_check_report {
    const struct psc_port_check *checks;
    size_t count;
    const struct psc_snapshot *snapshot;     /**< rows of these ports */
    const struct psc_port_ranges *ranges[2]; /**< of TCP and of UDP */
    const char *line_end;
};

/** A line for each port, and for those that are not free who has them and what to do. */
PSC_NODISCARD enum psc_status psc_format_checks(FILE *stream,
                                                const struct psc_check_report *report);
/** The same facts as one JSON document. */
PSC_NODISCARD enum psc_status psc_format_checks_json(FILE *stream,
                                                     const struct psc_check_report *report);

/**
 * Writes `node (pid 4242, user alice, up 2 h 13 min)`. A failure stays in the stream.
 * @param now as psc_snapshot_time()
 */
void psc_format_process(FILE *stream, const struct psc_process *process, int64_t now);

#endif
