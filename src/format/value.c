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

// Whether there is nothing that a program could read.
static bool is_absent(const struct value *value) {
    return (value->kind == VALUE_WORD && value->text == NULL) ||
           (value->kind == VALUE_ENDPOINT && value->remote &&
            !psc_endpoint_has_peer(value->row->endpoint));
}

// Text --------------------------------------------------------------------------------------------

static const struct psc_address *address_of(const struct value *value) {
    return value->remote ? &value->row->endpoint->remote : &value->row->endpoint->local;
}

static uint16_t port_of(const struct value *value) {
    return value->remote ? value->row->endpoint->remote_port : value->row->endpoint->local_port;
}

static bool is_ipv6(const struct value *value) {
    return psc_endpoint_is_ipv6(value->row->endpoint);
}

// The interface of a remote address is the socket's.
static uint32_t ifindex_of(const struct value *value) {
    bool has_zone = !value->remote || psc_address_needs_zone(address_of(value), is_ipv6(value));
    return has_zone ? value->row->endpoint->ifindex : 0;
}

static const char *name_of(const struct value *value) {
    const struct row *row = value->row;
    bool asked = value->remote && !value->address_only;
    return asked ? psc_snapshot_remote_name(row->snapshot, row->index) : NULL;
}

static void write_zone(struct out *out, const struct value *value) {
    char number[PSC_ZONE_NUMBER_SIZE];
    out_untrusted(out, psc_snapshot_zone(value->row->snapshot, ifindex_of(value), number));
}

static void write_address(struct out *out, const struct value *value) {
    char *text = out_reserve(out, PSC_ADDRESS_TEXT);
    out_advance(out, psc_address_format(address_of(value), is_ipv6(value), text));
}

static void write_no_peer(struct out *out, const struct value *value) {
    if (!value->address_only) {
        out_text(out, psc_endpoint_is_udp(value->row->endpoint) ? "*:*"
                      : is_ipv6(value)                          ? "[::]:0"
                                                                : "0.0.0.0:0");
    }
}

static void write_endpoint(struct out *out, const struct value *value) {
    bool brackets = is_ipv6(value) && !value->address_only;
    const char *name = name_of(value);
    if (name != NULL) {
        out_untrusted(out, name);
    } else {
        out_bytes(out, "[", brackets);
        write_address(out, value);
        if (ifindex_of(value) != 0) {
            out_bytes(out, "%", 1);
            write_zone(out, value);
        }
        out_bytes(out, "]", brackets);
    }
    if (!value->address_only) {
        out_bytes(out, ":", 1);
        out_number(out, port_of(value));
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

static void write_time(struct out *out, int64_t time) {
    char *text = out_reserve(out, PSC_TIME_TEXT);
    out_advance(out, psc_time_format(time, false, text));
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

static void write_owners(struct out *out, const struct row *row) {
    for (size_t i = 0; i < row->owners.count; i++) {
        out_spaces(out, i > 0);
        out_number(out, psc_snapshot_process(row->snapshot, row->owners.processes[i])->pid);
    }
    out_text(out, row->owners.count == 0 ? "0" : "");
}

void value_write_text(struct out *out, const struct value *value) {
    bool table = out->quoting == OUT_FOR_PEOPLE;
    bool unknown = (value->audience == VALUE_FOR_TABLES && !table) ||
                   (value->kind == VALUE_ARGUMENTS && value->row->owner->command_line_size == 0);
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
        write_time(out, (int64_t)value->number);
        break;
    case VALUE_ENDPOINT:
        (is_absent(value) ? write_no_peer : write_endpoint)(out, value);
        break;
    case VALUE_ARGUMENTS:
        write_arguments(out, value->row->owner);
        break;
    case VALUE_OWNERS:
        write_owners(out, value->row);
        break;
    }
    if (value->more > 0 && table) {
        out_format(out, " +%u", value->more);
    }
}

// JSON --------------------------------------------------------------------------------------------

static void json_address(struct json *json, const char *key, const struct value *value) {
    json_begin_string(json, key);
    write_address(json->out, value);
    json_end_string(json);
}

static void json_endpoint(struct json *json, const char *key, const struct value *value) {
    json_begin(json, key, JSON_OBJECT);
    json_address(json, "address", value);
    json_number(json, "port", port_of(value));
    if (ifindex_of(value) != 0) {
        json_begin_string(json, "zone");
        write_zone(json->out, value);
        json_end_string(json);
    } else {
        json_null(json, "zone");
    }
    if (value->remote && value->row->remote_names) {
        json_text(json, "name", name_of(value));
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
    json_begin(json, NULL, JSON_OBJECT);
    json_number(json, "pid", process->pid);
    json_text(json, "name", process->name);
    json_text(json, "path", process->path);
    if ((process->known & PSC_PROCESS_COMMAND_LINE) != 0) {
        json_arguments(json, "command_line", process);
    } else {
        json_null(json, "command_line");
    }
    json_text(json, "user", process->user);
    if ((process->known & PSC_PROCESS_STARTED) != 0) {
        json_begin_string(json, "started");
        write_time(json->out, process->started);
        json_end_string(json);
    } else {
        json_null(json, "started");
    }
    json_end(json);
}

static void json_owners(struct json *json, const char *key, const struct row *row) {
    json_begin(json, key, JSON_ARRAY);
    for (size_t i = 0; i < row->owners.count; i++) {
        json_process(json, psc_snapshot_process(row->snapshot, row->owners.processes[i]));
    }
    json_end(json);
}

void value_write_json(struct json *json, const char *key, const struct value *value) {
    switch (!is_known(value) || is_absent(value) ? VALUE_NONE : value->kind) {
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
        (value->address_only ? json_address : json_endpoint)(json, key, value);
        break;
    case VALUE_ARGUMENTS:
        json_arguments(json, key, value->row->owner);
        break;
    case VALUE_OWNERS:
        json_owners(json, key, value->row);
        break;
    }
}

// Order -------------------------------------------------------------------------------------------

// The first eight bytes as a number, and what follows them.
static struct value_key text_key(const char *text) {
    struct value_key key = {{0}, NULL};
    for (unsigned i = 0; i < 8; i++) {
        key.numbers[0] = key.numbers[0] << 8 | (unsigned char)*text;
        text += *text != '\0';
    }
    key.text = (key.numbers[0] & 0xff) != 0 ? text : NULL;
    return key;
}

// IPv4 comes first, its address and port in one number; the 128 bits and the port of IPv6 follow a bit.
static struct value_key endpoint_key(const struct value *value) {
    const uint8_t *bytes = address_of(value)->bytes;
    uint64_t words[2] = {0};
    for (size_t i = 0; i < 16; i++) {
        words[i / 8] = words[i / 8] << 8 | bytes[i];
    }
    if (!is_ipv6(value)) {
        return (struct value_key){{words[0] >> 16 | port_of(value)}, NULL};
    }
    return (struct value_key){{(uint64_t)1 << 63 | words[0] >> 1, words[0] << 63 | words[1] >> 1,
                               (words[1] & 1) << 16 | port_of(value)},
                              NULL};
}

struct value_key value_sort_key(const struct value *value) {
    if (!is_known(value)) {
        return (struct value_key){{UINT64_MAX}, NULL};
    }
    switch (value->kind) {
    case VALUE_TEXT:
        return text_key(value->text);
    case VALUE_ARGUMENTS:
        return text_key(value->row->owner->command_line);
    case VALUE_ENDPOINT:
        return endpoint_key(value);
    default:
        return (struct value_key){{value->number}, NULL};
    }
}

int value_compare(const struct value_key *a, const struct value_key *b) {
    for (size_t i = 0; i < 3; i++) {
        if (a->numbers[i] != b->numbers[i]) {
            return a->numbers[i] < b->numbers[i] ? -1 : 1;
        }
    }
    if (a->text == NULL || b->text == NULL) {
        return (a->text == NULL) - (b->text == NULL);
    }
    return strcmp(a->text, b->text);
}
