// value.c - writes and compares the values of all columns.
#include "format/value.h"

#include <string.h>

#include "base/time.h"
#include "model/address.h"

// People see a page of a command line, which may be megabytes long; programs get all of it.
#define MAX_ARGUMENT_BYTES 4096

static bool is_known(const struct value *value) {
    return value->kind != VALUE_UNKNOWN && value->audience == VALUE_FOR_ALL;
}

// Text --------------------------------------------------------------------------------------------

static void write_zone(struct out *out, const struct value *value) {
    if (value->endpoint.interface != NULL) {
        out_untrusted(out, value->endpoint.interface);
    } else {
        out_number(out, value->endpoint.ifindex);
    }
}

static void write_address(struct out *out, const struct value *value) {
    char *text = out_reserve(out, PSC_ADDRESS_TEXT);
    out_advance(out, psc_address_format(value->endpoint.address, value->endpoint.ipv6, text));
}

static void write_endpoint(struct out *out, const struct value *value) {
    bool brackets = value->endpoint.ipv6 && !value->endpoint.address_only;
    if (value->endpoint.absent != NULL) {
        out_text(out, value->endpoint.absent);
        return;
    }
    if (value->endpoint.name != NULL && !value->endpoint.address_only) {
        out_untrusted(out, value->endpoint.name);
    } else {
        out_bytes(out, "[", brackets);
        write_address(out, value);
        if (value->endpoint.ifindex != 0) {
            out_bytes(out, "%", 1);
            write_zone(out, value);
        }
        out_bytes(out, "]", brackets);
    }
    if (!value->endpoint.address_only) {
        out_bytes(out, ":", 1);
        out_number(out, value->endpoint.port);
    }
}

static void write_word(struct out *out, const struct value *value) {
    bool other = value->in_table != NULL && out->quoting == OUT_FOR_PEOPLE;
    if (value->text != NULL) {
        out_text(out, other ? value->in_table : value->text);
    }
    if (value->code != NULL) {
        out_format(out, "(%u)", *value->code);
    }
}

static void write_time(struct out *out, const struct value *value) {
    char *text = out_reserve(out, PSC_TIME_TEXT);
    out_advance(out, psc_time_format((int64_t)value->number, false, text));
}

static void write_arguments(struct out *out, const struct psc_process *process) {
    const char *text = process->command_line;
    size_t size = process->command_line_size;
    bool cut = size > MAX_ARGUMENT_BYTES && out->quoting == OUT_FOR_PEOPLE;
    size_t shown = cut ? MAX_ARGUMENT_BYTES : size;
    while (cut && ((unsigned char)text[shown] & 0xc0) == 0x80) {
        shown--; // not in the middle of a character
    }
    for (size_t at = 0, length; at < shown; at += length + 1) {
        const char *end = memchr(text + at, '\0', shown - at);
        length = end != NULL ? (size_t)(end - text) - at : shown - at;
        out_spaces(out, at > 0);
        out_untrusted_bytes(out, text + at, length);
    }
    if (cut) {
        out_untrusted(out, "… ");
        out_format(out, "(%zu more bytes)", size - shown);
    }
}

static void write_owners(struct out *out, const struct value *value) {
    const struct psc_owners *list = &value->owners.list;
    for (size_t i = 0; i < list->count; i++) {
        out_spaces(out, i > 0);
        out_number(out, psc_snapshot_process(value->owners.snapshot, list->processes[i])->pid);
    }
    out_text(out, list->count == 0 ? "0" : "");
}

void value_write_text(struct out *out, const struct value *value) {
    bool table = out->quoting == OUT_FOR_PEOPLE;
    bool unknown = (value->audience == VALUE_FOR_TABLES && !table) ||
                   (value->kind == VALUE_ARGUMENTS && value->process->command_line_size == 0);
    switch (unknown ? VALUE_UNKNOWN : value->kind) {
    case VALUE_UNKNOWN:
        out_text(out, table ? "-" : "");
        break;
    case VALUE_NONE:
        break;
    case VALUE_NUMBER:
        out_number(out, value->number);
        break;
    case VALUE_WORD:
        write_word(out, value);
        break;
    case VALUE_TEXT: // an empty name must not look like a missing one
        out_untrusted(out, value->text[0] != '\0' ? value->text : "\"\"");
        break;
    case VALUE_TIME:
        write_time(out, value);
        break;
    case VALUE_ENDPOINT:
        write_endpoint(out, value);
        break;
    case VALUE_ARGUMENTS:
        write_arguments(out, value->process);
        break;
    case VALUE_OWNERS:
        write_owners(out, value);
        break;
    }
    if (value->more > 0 && table) {
        out_format(out, " +%u", value->more);
    }
}

// JSON --------------------------------------------------------------------------------------------

static void json_endpoint(struct json *json, const char *key, const struct value *value) {
    if (!value->endpoint.address_only) {
        json_begin(json, key, JSON_OBJECT);
        key = "address";
    }
    json_begin_string(json, key);
    write_address(json->out, value);
    json_end_string(json);
    if (value->endpoint.address_only) {
        return;
    }
    json_number(json, "port", value->endpoint.port);
    if (value->endpoint.ifindex != 0) {
        json_begin_string(json, "zone");
        write_zone(json->out, value);
        json_end_string(json);
    } else {
        json_null(json, "zone");
    }
    if (value->endpoint.looked_up) {
        json_text(json, "name", value->endpoint.name);
    }
    json_end(json);
}

static void json_arguments(struct json *json, const char *key, const struct psc_process *process) {
    const char *end = process->command_line + process->command_line_size;
    json_begin(json, key, JSON_ARRAY);
    for (const char *at = process->command_line; at < end; at += strlen(at) + 1) {
        json_text(json, NULL, at);
    }
    json_end(json);
}

static void json_process(struct json *json, const struct psc_process *process) {
    bool arguments = (process->known & PSC_PROCESS_COMMAND_LINE) != 0;
    bool started = (process->known & PSC_PROCESS_STARTED) != 0;
    struct value command_line = {.kind = arguments ? VALUE_ARGUMENTS : VALUE_UNKNOWN,
                                 .process = process};
    struct value start = {.kind = started ? VALUE_TIME : VALUE_UNKNOWN,
                          .number = (uint64_t)process->started};
    json_begin(json, NULL, JSON_OBJECT);
    json_number(json, "pid", process->pid);
    json_text(json, "name", process->name);
    json_text(json, "path", process->path);
    value_write_json(json, "command_line", &command_line);
    json_text(json, "user", process->user);
    value_write_json(json, "started", &start);
    json_end(json);
}

static void json_owners(struct json *json, const char *key, const struct value *value) {
    const struct psc_owners *list = &value->owners.list;
    json_begin(json, key, JSON_ARRAY);
    for (size_t i = 0; i < list->count; i++) {
        json_process(json, psc_snapshot_process(value->owners.snapshot, list->processes[i]));
    }
    json_end(json);
}

void value_write_json(struct json *json, const char *key, const struct value *value) {
    bool absent = !is_known(value) || value->kind == VALUE_NONE ||
                  (value->kind == VALUE_WORD && value->text == NULL) ||
                  (value->kind == VALUE_ENDPOINT && value->endpoint.absent != NULL);
    switch (absent ? VALUE_NONE : value->kind) {
    case VALUE_UNKNOWN:
    case VALUE_NONE:
        json_null(json, key);
        break;
    case VALUE_NUMBER:
        json_number(json, key, value->number);
        break;
    case VALUE_WORD:
    case VALUE_TIME:
        json_begin_string(json, key);
        value_write_text(json->out, value);
        json_end_string(json);
        break;
    case VALUE_TEXT:
        json_text(json, key, value->text);
        break;
    case VALUE_ENDPOINT:
        json_endpoint(json, key, value);
        break;
    case VALUE_ARGUMENTS:
        json_arguments(json, key, value->process);
        break;
    case VALUE_OWNERS:
        json_owners(json, key, value);
        break;
    }
}

// Order -------------------------------------------------------------------------------------------

// The first eight bytes as a number, and what follows them.
static struct value_key text_key(const char *text) {
    struct value_key key = {0};
    for (unsigned i = 0; i < 8; i++) {
        key.first = key.first << 8 | (unsigned char)*text;
        text += *text != '\0';
    }
    key.text = (key.first & 0xff) != 0 ? text : NULL;
    return key;
}

static struct value_key endpoint_key(const struct value *value) {
    const uint8_t *bytes = value->endpoint.address->bytes;
    uint64_t words[2] = {0};
    if (!value->endpoint.ipv6) {
        uint64_t address = (uint64_t)bytes[0] << 24 | (uint64_t)bytes[1] << 16 |
                           (uint64_t)bytes[2] << 8 | bytes[3];
        return (struct value_key){.first = address << 16 | value->endpoint.port};
    }
    for (size_t i = 0; i < 16; i++) {
        words[i / 8] = words[i / 8] << 8 | bytes[i];
    }
    return (struct value_key){.first = (uint64_t)1 << 63 | words[0] >> 1,
                              .second = words[0] << 63 | words[1] >> 1,
                              .third = (words[1] & 1) << 16 | value->endpoint.port};
}

struct value_key value_sort_key(const struct value *value) {
    if (!is_known(value)) {
        return (struct value_key){.first = UINT64_MAX};
    }
    switch (value->kind) {
    case VALUE_TEXT:
        return text_key(value->text);
    case VALUE_ARGUMENTS:
        return text_key(value->process->command_line);
    case VALUE_ENDPOINT:
        return endpoint_key(value);
    default:
        return (struct value_key){.first = value->number};
    }
}

int value_compare(const struct value_key *a, const struct value_key *b) {
    if (a->first != b->first) {
        return a->first < b->first ? -1 : 1;
    }
    if (a->second != b->second) {
        return a->second < b->second ? -1 : 1;
    }
    if (a->third != b->third) {
        return a->third < b->third ? -1 : 1;
    }
    if (a->text == NULL || b->text == NULL) {
        return (a->text == NULL) - (b->text == NULL);
    }
    return strcmp(a->text, b->text);
}
