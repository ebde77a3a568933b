// json.c - JSON on an output stream.
#include "format/json.h"

#include <string.h>

#include "base/time.h"

// What separates a member or element from the one before it; and its key.
static void begin_member(struct json *json, const char *key) {
    static const char line[] = ",\n        ";
    bool first = !json->open[json->depth].filled;
    if (json->starts_line || json->open[json->depth].kind == JSON_LINES) {
        out_bytes(json->out, line + first, 2 - (size_t)first + json->depth);
    } else {
        out_bytes(json->out, ", ", first ? 0 : 2);
    }
    json->starts_line = false;
    json->open[json->depth].filled = true;
    if (key != NULL) {
        out_bytes(json->out, "\"", 1);
        out_text(json->out, key);
        out_bytes(json->out, "\": ", 3);
    }
}

void json_begin(struct json *json, const char *key, enum json_kind kind) {
    begin_member(json, key);
    out_bytes(json->out, kind == JSON_OBJECT ? "{" : "[", 1);
    json->depth++;
    json->open[json->depth].kind = kind;
    json->open[json->depth].filled = false;
}

void json_end(struct json *json) {
    out_bytes(json->out, json->open[json->depth].kind == JSON_OBJECT ? "}" : "]", 1);
    json->depth--;
}

void json_start_line(struct json *json) {
    json->starts_line = true;
}

void json_null(struct json *json, const char *key) {
    begin_member(json, key);
    out_bytes(json->out, "null", 4);
}

void json_bool(struct json *json, const char *key, bool value) {
    begin_member(json, key);
    out_text(json->out, value ? "true" : "false");
}

void json_known_bool(struct json *json, const char *key, bool known, bool value) {
    if (known) {
        json_bool(json, key, value);
    } else {
        json_null(json, key);
    }
}

void json_number(struct json *json, const char *key, uint64_t number) {
    begin_member(json, key);
    out_number(json->out, number);
}

void json_count(struct json *json, const char *key, uint64_t number) {
    if (number > 0) {
        json_number(json, key, number);
    } else {
        json_null(json, key);
    }
}

void json_begin_string(struct json *json, const char *key) {
    begin_member(json, key);
    out_bytes(json->out, "\"", 1);
}

void json_end_string(struct json *json) {
    out_bytes(json->out, "\"", 1);
}

void json_text(struct json *json, const char *key, const char *text) {
    if (text == NULL) {
        json_null(json, key);
        return;
    }
    json_begin_string(json, key);
    out_untrusted(json->out, text);
    json_end_string(json);
}

// What documents have in common -------------------------------------------------------------------

void json_host_and_time(struct json *json, const struct psc_snapshot *snapshot) {
    char time[PSC_TIME_TEXT];
    psc_time_format(psc_snapshot_time(snapshot), true, time);
    json_text(json, "host", psc_snapshot_host(snapshot));
    json_text(json, "time", time);
}

static void write_notice(struct json *json, const struct psc_notice *notice) {
    json_begin(json, NULL, JSON_OBJECT);
    json_text(json, "kind", notice->kind);
    json_count(json, "count", notice->count);
    json_text(json, "text", notice->text);
    json_end(json);
}

void json_begin_document(struct json *json, const char *schema, const struct psc_snapshot *snapshot,
                         const struct psc_notice *last) {
    json_begin(json, NULL, JSON_OBJECT);
    json_text(json, "schema", schema);
    json_host_and_time(json, snapshot);
    json_start_line(json);
    json_begin(json, "notices", JSON_LINES);
    for (size_t i = 0; i < psc_snapshot_notice_count(snapshot); i++) {
        write_notice(json, psc_snapshot_notice(snapshot, i));
    }
    if (last != NULL) {
        write_notice(json, last);
    }
    json_end(json);
}

void json_end_document(struct json *json) {
    json_end(json);
    out_line_end(json->out, "\n");
    json->open[0].filled = false;
}
