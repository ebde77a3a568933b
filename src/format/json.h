// json.h - JSON on an output stream. The writer places commas, spaces and line breaks.
#ifndef PSC_FORMAT_JSON_H
#define PSC_FORMAT_JSON_H

#include "format/out.h"
#include "model/snapshot.h"

enum json_kind {
    JSON_OBJECT,
    JSON_ARRAY,
    JSON_LINES, /**< an array whose elements start a line each */
};

/** Begins as `{.out = out}`; of OUT_JSON. */
struct json {
    struct out *out;
    size_t depth;     /**< open objects and arrays */
    bool starts_line; /**< the next member does */
    struct {
        enum json_kind kind;
        bool filled; /**< it has a member or an element */
    } open[10];      /**< by depth; the arguments of an owner in a check are the deepest, at 8 */
};

// The key of everything below is ASCII that needs no escapes; NULL for an element of an array.

void json_begin(struct json *json, const char *key, enum json_kind kind);
void json_end(struct json *json);
/** The next member starts a line, indented by its depth. */
void json_start_line(struct json *json);

void json_null(struct json *json, const char *key);
void json_bool(struct json *json, const char *key, bool value);
/** A boolean that is null where it is not known. */
void json_known_bool(struct json *json, const char *key, bool known, bool value);
void json_number(struct json *json, const char *key, uint64_t number);
/** A number that is null where it is 0. */
void json_count(struct json *json, const char *key, uint64_t number);
/** Untrusted text; NULL becomes null. */
void json_text(struct json *json, const char *key, const char *text);
/** A string is what is written to the stream between these two. */
void json_begin_string(struct json *json, const char *key);
void json_end_string(struct json *json);

/** The members `host` and `time`. */
void json_host_and_time(struct json *json, const struct psc_snapshot *snapshot);
/**
 * Begins a document: `schema`, `host`, `time` and `notices`.
 * @param last one more notice, or NULL
 */
void json_begin_document(struct json *json, const char *schema, const struct psc_snapshot *snapshot,
                         const struct psc_notice *last);
/** Ends the outermost object and its line. */
void json_end_document(struct json *json);

#endif
