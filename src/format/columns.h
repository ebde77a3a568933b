// columns.h - the column table: what a row can show, and picking, writing and sorting by it.
#ifndef PSC_FORMAT_COLUMNS_H
#define PSC_FORMAT_COLUMNS_H

#include "format/table.h"

/** A row with its oldest owner. */
struct row row_of(const struct psc_snapshot *snapshot, size_t index);

enum psc_format {
    PSC_FORMAT_TABLE,
    PSC_FORMAT_JSON,
    PSC_FORMAT_NDJSON,
    PSC_FORMAT_CSV,        /**< of a listing */
    PSC_FORMAT_PROMETHEUS, /**< of an audit */
};

/** Where a column is shown unless others are picked: in a table that shows … */
enum {
    PSC_SHOW_PID = 1U << 0,
    PSC_SHOW_PROCESS = 1U << 1,
    PSC_SHOW_PATH = 1U << 2,
    PSC_SHOW_WIDE = 1U << 3,    /**< user, start and command line of the owner */
    PSC_SHOW_NETSTAT = 1U << 4, /**< in every table */
    PSC_SHOW_JSON = 1U << 5,    /**< in JSON and NDJSON */
    PSC_SHOW_CSV = 1U << 6,
};

struct psc_column {
    const char *name;    /**< on the command line, in JSON and in CSV */
    const char *heading; /**< in tables */
    const char *help;    /**< one line */
    struct value (*value)(const struct row *row);
    unsigned width; /**< in tables; longer values move the rest of the line to the right */
    unsigned shown; /**< PSC_SHOW_* bits */
    bool quoted;    /**< in CSV, because it has untrusted text */
    struct psc_needs needs;
};

#define PSC_COLUMNS_MAX 32

/** Columns, picked and ordered. Begins empty: `struct psc_columns columns = {0}`. */
struct psc_columns {
    size_t count;
    const struct psc_column *list[PSC_COLUMNS_MAX];
};

/** How to write a report. */
struct psc_layout {
    enum psc_format format;
    bool color;           /**< of a table */
    const char *line_end; /**< of a table; CSV has "\r\n" and the other formats "\n" everywhere */
    // What follows is only for listings.
    struct psc_columns columns;
    bool headings;     /**< title and headings of a table, header line of CSV */
    bool every_owner;  /**< a table has a line for each owner instead of `nginx +4` */
    bool remote_names; /**< show names of remote addresses, which were looked up */
};

/** Static storage. @return NULL after the last one */
const struct psc_column *psc_column_at(size_t index);

/** Adds the columns of a format. @p show has PSC_SHOW_* bits of what a table shows beside netstat's. */
void psc_columns_default(struct psc_columns *columns, enum psc_format format, unsigned show);

/** Reads `local,pid,process`. On an error nothing is written to @p columns. */
PSC_NODISCARD enum psc_status psc_columns_parse(struct psc_columns *columns, const char *list,
                                                struct psc_error *error);

/** Reads the name of one column, or `-NAME` to sort by it in reverse. */
PSC_NODISCARD enum psc_status psc_column_parse(const char *name, const struct psc_column **column,
                                               bool *reverse, struct psc_error *error);

/** What columns need of a snapshot. @p sort is one more column, or NULL. */
struct psc_needs psc_columns_need(const struct psc_columns *columns, const struct psc_column *sort);

/** Sorts row numbers by a column; rows that are equal there keep their order. */
PSC_NODISCARD enum psc_status psc_column_sort(const struct psc_column *column, bool reverse,
                                              const struct psc_snapshot *snapshot, uint32_t *order,
                                              struct psc_error *error);

/** Columns by names that exist, as psc_columns_parse() reads them. */
struct psc_columns columns_named(const char *names);

/** The value of one column, by its name. */
void column_write(struct out *out, const char *name, const struct row *row);
/** The headings, or the values of a row, as cells of the open line. */
void columns_write_headings(struct table *table, const struct psc_columns *columns);
void columns_write_cells(struct table *table, const struct psc_columns *columns,
                         const struct row *row);
/** The values of a row as members of the open object. */
void columns_write_json(struct json *json, const struct psc_columns *columns,
                        const struct row *row);

#endif
