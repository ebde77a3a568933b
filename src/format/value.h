// value.h - what a column says of a row, before it becomes text. Three functions write and compare the
// values of all columns.
#ifndef PSC_FORMAT_VALUE_H
#define PSC_FORMAT_VALUE_H

#include "format/json.h"

enum value_kind {
    VALUE_UNKNOWN,   /**< the system did not say: `-` in a table, empty in CSV, null in JSON */
    VALUE_NONE,      /**< does not apply to this row: empty, null in JSON; sorts by number */
    VALUE_NUMBER,    /**< number */
    VALUE_WORD,      /**< text: one of a fixed list, NULL: empty, null in JSON; sorts by number */
    VALUE_TEXT,      /**< text: untrusted */
    VALUE_TIME,      /**< number: milliseconds since 1970-01-01 UTC */
    VALUE_ENDPOINT,  /**< endpoint */
    VALUE_ARGUMENTS, /**< process: its command line */
    VALUE_OWNERS,    /**< owners; sorts by number */
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
    uint64_t number;
    union {
        struct {
            const char *text;
            const char *in_table; /**< the word in tables; NULL: the same */
            const uint8_t *code;  /**< follows a word in parentheses; NULL: none */
        };
        struct {
            const struct psc_address *address;
            const char *interface; /**< its name, NULL where it has none */
            const char *name;      /**< of the address by reverse DNS, or NULL */
            const char *absent;    /**< not NULL: there is no address, and text says this */
            uint32_t ifindex;      /**< 0: none */
            uint16_t port;
            bool ipv6;
            bool looked_up;    /**< the name was asked for, so JSON has it or null */
            bool address_only; /**< without the port */
        } endpoint;
        const struct psc_process *process;
        struct {
            const struct psc_snapshot *snapshot;
            struct psc_owners list;
        } owners;
    };
    enum value_kind kind;
    enum value_audience audience;
    enum color color; /**< in tables */
    unsigned more;    /**< further values that a table only counts: `nginx +4` */
};

void value_write_text(struct out *out, const struct value *value);
void value_write_json(struct json *json, const char *key, const struct value *value);

/** What a value sorts by. Most values are equal if `first` is; then the rest is zero. */
struct value_key {
    uint64_t first, second, third;
    const char *text; /**< borrowed from the value; NULL: none, which sorts last */
};

/** Values of one column, unknown ones last; of arguments only the first one counts. */
struct value_key value_sort_key(const struct value *value);
/** @return as strcmp() */
int value_compare(const struct value_key *a, const struct value_key *b);

#endif
