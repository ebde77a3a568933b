// value.h - what a column says of a row, before it becomes text. Three functions write and compare the
// values of all columns.
#ifndef PSC_FORMAT_VALUE_H
#define PSC_FORMAT_VALUE_H

#include "format/json.h"

/** What one line shows. */
struct row {
    const struct psc_snapshot *snapshot;
    size_t index;
    const struct psc_endpoint *endpoint;
    struct psc_owners owners;
    bool owners_known;
    const struct psc_process *owner; /**< the one that is shown; NULL: none, or not known */
    unsigned more_owners;            /**< that the line only counts */
    bool remote_names;               /**< names of remote addresses were looked up */
};

enum value_kind {
    VALUE_UNKNOWN,   /**< the system did not say: `-` in a table, empty in CSV, null in JSON */
    VALUE_NONE,      /**< does not apply to this row: empty, null in JSON */
    VALUE_NUMBER,    /**< number */
    VALUE_WORD,      /**< text: one of a fixed list with an order of its own; NULL as VALUE_NONE */
    VALUE_TEXT,      /**< text: untrusted */
    VALUE_TIME,      /**< number: milliseconds since 1970-01-01 UTC */
    VALUE_ENDPOINT,  /**< of the row: the local address and port, or the remote ones */
    VALUE_ARGUMENTS, /**< of the row: the command line of its owner */
    VALUE_OWNERS,    /**< of the row */
};

/** Where a value is shown that stands in for one the system did not give. Sorting ignores it. */
enum value_audience {
    VALUE_FOR_ALL,    /**< it is no stand-in */
    VALUE_FOR_TEXT,   /**< tables and CSV; null in JSON */
    VALUE_FOR_TABLES, /**< tables; unknown elsewhere */
};

enum color {
    COLOR_NONE,
    COLOR_BOLD,
    COLOR_RED,
    COLOR_GREEN,
    COLOR_YELLOW,
    COLOR_DIM,
};

struct value {
    uint64_t number; /**< also what a word, a missing value and a list of owners sort by */
    const char *text;
    const char *in_table; /**< a word in tables; NULL: the same */
    const uint8_t *code;  /**< follows a word in parentheses; NULL: none */
    const struct row *row;
    enum value_kind kind;
    enum value_audience audience;
    enum color color; /**< in tables */
    unsigned more;    /**< further values that a table only counts: `nginx +4` */
    bool remote;
    bool address_only; /**< an endpoint without its port */
};

void value_write_text(struct out *out, const struct value *value);
void value_write_json(struct json *json, const char *key, const struct value *value);

/** What a value sorts by. For most values the first number says everything, and the rest is zero. */
struct value_key {
    uint64_t numbers[3];
    const char *text; /**< of the snapshot; NULL: none, which sorts last */
};

/** Values of one column, unknown ones last; of arguments only the first one counts. */
struct value_key value_sort_key(const struct value *value);
/** @return as strcmp() */
int value_compare(const struct value_key *a, const struct value_key *b);

#endif
