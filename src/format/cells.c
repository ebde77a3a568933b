// cells.c - the values of the columns, as text and as JSON.
#include "format/cells.h"

#include <string.h>

#include "model/address.h"

// What stands for "the system does not say": a dash for people, an empty field in CSV.
static void unknown(struct out *out, const struct row *row) {
    if (row->layout->format == PSC_FORMAT_TABLE) {
        out_text(out, "-");
    }
}

static void null(struct out *out) {
    out_text(out, "null");
}

static bool knows(const struct row *row, uint32_t field) {
    return (row->endpoint->known & field) != 0;
}

static bool owner_knows(const struct row *row, unsigned detail) {
    return row->owner != NULL && (row->owner->known & detail) != 0;
}

// Protocol and family -----------------------------------------------------------------------------

void cell_text_protocol(struct out *out, const struct row *row) {
    bool udp = psc_endpoint_is_udp(row->endpoint);
    bool table = row->layout->format == PSC_FORMAT_TABLE;
    out_text(out, table ? udp ? "UDP" : "TCP" : udp ? "udp" : "tcp");
}

void cell_json_protocol(struct out *out, const struct row *row) {
    out_text(out, psc_endpoint_is_udp(row->endpoint) ? "\"udp\"" : "\"tcp\"");
}

void cell_text_family(struct out *out, const struct row *row) {
    out_text(out, psc_endpoint_is_ipv6(row->endpoint) ? "ipv6" : "ipv4");
}

void cell_json_family(struct out *out, const struct row *row) {
    out_text(out, psc_endpoint_is_ipv6(row->endpoint) ? "\"ipv6\"" : "\"ipv4\"");
}

// Addresses ---------------------------------------------------------------------------------------

static void out_address(struct out *out, const struct row *row, const struct psc_address *address) {
    char text[PSC_ADDRESS_TEXT];
    out_bytes(out, text, psc_address_format(address, psc_endpoint_is_ipv6(row->endpoint), text));
}

static void out_zone(struct out *out, const struct row *row, uint32_t zone) {
    if (zone != 0) {
        const char *name = psc_snapshot_interface(row->snapshot, zone);
        out_text(out, "%");
        if (name != NULL) {
            out_untrusted(out, name, strlen(name));
        } else {
            out_number(out, zone);
        }
    }
}

// The interface of a remote address is that of the socket, where such an address needs one.
static uint32_t remote_zone(const struct psc_endpoint *endpoint) {
    const uint8_t *bytes = endpoint->remote.bytes;
    bool link_local =
        psc_endpoint_is_ipv6(endpoint) && ((bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80) ||
                                           (bytes[0] == 0xff && (bytes[1] & 0x0f) == 2));
    return link_local ? endpoint->ifindex : 0;
}

static void out_end(struct out *out, const struct row *row, const struct psc_address *address,
                    uint32_t zone, uint16_t port) {
    bool ipv6 = psc_endpoint_is_ipv6(row->endpoint);
    out_text(out, ipv6 ? "[" : "");
    out_address(out, row, address);
    out_zone(out, row, zone);
    out_text(out, ipv6 ? "]:" : ":");
    out_number(out, port);
}

static void json_end(struct out *out, const struct row *row, const struct psc_address *address,
                     uint32_t zone, uint16_t port) {
    out_text(out, "{\"address\": \"");
    out_address(out, row, address);
    out_text(out, "\", \"port\": ");
    out_number(out, port);
    out_text(out, ", \"zone\": ");
    const char *name = psc_snapshot_interface(row->snapshot, zone);
    if (name != NULL || zone == 0) {
        out_json_text(out, name);
    } else {
        out_text(out, "\"");
        out_number(out, zone);
        out_text(out, "\"");
    }
}

void cell_text_local(struct out *out, const struct row *row) {
    const struct psc_endpoint *endpoint = row->endpoint;
    out_end(out, row, &endpoint->local, endpoint->ifindex, endpoint->local_port);
}

void cell_json_local(struct out *out, const struct row *row) {
    const struct psc_endpoint *endpoint = row->endpoint;
    json_end(out, row, &endpoint->local, endpoint->ifindex, endpoint->local_port);
    out_text(out, "}");
}

void cell_text_local_address(struct out *out, const struct row *row) {
    out_address(out, row, &row->endpoint->local);
    out_zone(out, row, row->endpoint->ifindex);
}

void cell_json_local_address(struct out *out, const struct row *row) {
    out_text(out, "\"");
    out_address(out, row, &row->endpoint->local);
    out_text(out, "\"");
}

void cell_text_local_port(struct out *out, const struct row *row) {
    out_number(out, row->endpoint->local_port);
}

void cell_json_local_port(struct out *out, const struct row *row) {
    cell_text_local_port(out, row);
}

void cell_text_remote(struct out *out, const struct row *row) {
    const struct psc_endpoint *endpoint = row->endpoint;
    const char *name = psc_snapshot_remote_name(row->snapshot, row->index);
    if (!psc_endpoint_has_peer(endpoint)) {
        out_text(out, psc_endpoint_is_udp(endpoint)    ? "*:*"
                      : psc_endpoint_is_ipv6(endpoint) ? "[::]:0"
                                                       : "0.0.0.0:0");
    } else if (name != NULL) {
        out_untrusted(out, name, strlen(name));
        out_text(out, ":");
        out_number(out, endpoint->remote_port);
    } else {
        out_end(out, row, &endpoint->remote, remote_zone(endpoint), endpoint->remote_port);
    }
}

void cell_json_remote(struct out *out, const struct row *row) {
    const struct psc_endpoint *endpoint = row->endpoint;
    if (!psc_endpoint_has_peer(endpoint)) {
        null(out);
        return;
    }
    json_end(out, row, &endpoint->remote, remote_zone(endpoint), endpoint->remote_port);
    if (row->layout->remote_names) {
        out_text(out, ", \"name\": ");
        out_json_text(out, psc_snapshot_remote_name(row->snapshot, row->index));
    }
    out_text(out, "}");
}

void cell_text_remote_address(struct out *out, const struct row *row) {
    if (psc_endpoint_has_peer(row->endpoint)) {
        out_address(out, row, &row->endpoint->remote);
        out_zone(out, row, remote_zone(row->endpoint));
    }
}

void cell_json_remote_address(struct out *out, const struct row *row) {
    if (!psc_endpoint_has_peer(row->endpoint)) {
        null(out);
        return;
    }
    out_text(out, "\"");
    out_address(out, row, &row->endpoint->remote);
    out_text(out, "\"");
}

void cell_text_remote_port(struct out *out, const struct row *row) {
    if (psc_endpoint_has_peer(row->endpoint)) {
        out_number(out, row->endpoint->remote_port);
    }
}

void cell_json_remote_port(struct out *out, const struct row *row) {
    if (psc_endpoint_has_peer(row->endpoint)) {
        out_number(out, row->endpoint->remote_port);
    } else {
        null(out);
    }
}

// State and exposure ------------------------------------------------------------------------------

void cell_text_state(struct out *out, const struct row *row) {
    const struct psc_endpoint *endpoint = row->endpoint;
    out_text(out, psc_state_word(endpoint->state));
    if (endpoint->state == PSC_STATE_UNKNOWN) {
        out_text(out, "(");
        out_number(out, endpoint->state_number);
        out_text(out, ")");
    }
}

void cell_json_state(struct out *out, const struct row *row) {
    if (psc_endpoint_is_udp(row->endpoint)) {
        null(out);
        return;
    }
    out_text(out, "\"");
    cell_text_state(out, row);
    out_text(out, "\"");
}

void cell_text_exposure(struct out *out, const struct row *row) {
    const char *word = psc_exposure_word(psc_endpoint_exposure(row->endpoint));
    out_text(out, word != NULL ? word : "");
}

void cell_json_exposure(struct out *out, const struct row *row) {
    out_json_text(out, psc_exposure_word(psc_endpoint_exposure(row->endpoint)));
}

// Owners ------------------------------------------------------------------------------------------

void cell_text_pid(struct out *out, const struct row *row) {
    if (row->owner != NULL) {
        out_number(out, row->owner->pid);
    } else if (knows(row, PSC_KNOWN_OWNERS)) {
        out_text(out, "0");
    } else {
        unknown(out, row);
    }
}

void cell_json_pid(struct out *out, const struct row *row) {
    if (row->owner == NULL && !knows(row, PSC_KNOWN_OWNERS)) {
        null(out);
    } else {
        cell_text_pid(out, row);
    }
}

// A cell about the owner: its text, a dash where that is unknown, nothing where nobody owns.
static void out_owner_text(struct out *out, const struct row *row, const char *text) {
    if (text != NULL) {
        // An empty name must not look like a missing field.
        out_untrusted(out, text[0] != '\0' ? text : "\"\"", text[0] != '\0' ? strlen(text) : 2);
    } else if (row->owner != NULL || !knows(row, PSC_KNOWN_OWNERS)) {
        unknown(out, row);
    }
}

static void out_others(struct out *out, const struct row *row) {
    if (row->others > 0 && row->layout->format == PSC_FORMAT_TABLE) {
        out_text(out, " +");
        out_number(out, row->others);
    }
}

void cell_text_process(struct out *out, const struct row *row) {
    out_owner_text(out, row, owner_knows(row, PSC_PROCESS_NAME) ? row->owner->name : NULL);
    out_others(out, row);
}

void cell_json_process(struct out *out, const struct row *row) {
    out_json_text(out, row->owner != NULL ? row->owner->name : NULL);
}

void cell_text_path(struct out *out, const struct row *row) {
    const char *text = row->owner != NULL ? row->owner->path : NULL;
    // Where the path may not be read the name is still better than nothing, but only for people.
    if (text == NULL && row->owner != NULL && row->layout->format == PSC_FORMAT_TABLE) {
        text = row->owner->name;
    }
    out_owner_text(out, row, text);
    out_others(out, row);
}

void cell_json_path(struct out *out, const struct row *row) {
    out_json_text(out, row->owner != NULL ? row->owner->path : NULL);
}

void cell_text_owner_user(struct out *out, const struct row *row) {
    if (row->owner == NULL) {
        cell_text_user(out, row);
    } else {
        out_owner_text(out, row, row->owner->user);
    }
}

void cell_json_owner_user(struct out *out, const struct row *row) {
    out_json_text(out, row->owner != NULL ? row->owner->user : NULL);
}

void cell_text_started(struct out *out, const struct row *row) {
    if (owner_knows(row, PSC_PROCESS_STARTED)) {
        out_time(out, row->owner->started, false);
    } else {
        out_owner_text(out, row, NULL);
    }
}

static void json_started(struct out *out, const struct psc_process *process) {
    if ((process->known & PSC_PROCESS_STARTED) == 0) {
        null(out);
        return;
    }
    out_text(out, "\"");
    out_time(out, process->started, false);
    out_text(out, "\"");
}

void cell_json_started(struct out *out, const struct row *row) {
    if (row->owner != NULL) {
        json_started(out, row->owner);
    } else {
        null(out);
    }
}

void cell_text_command_line(struct out *out, const struct row *row) {
    if (!owner_knows(row, PSC_PROCESS_COMMAND_LINE) || row->owner->command_line_size == 0) {
        out_owner_text(out, row, NULL);
        return;
    }
    const char *at = row->owner->command_line;
    const char *end = at + row->owner->command_line_size;
    while (at < end) {
        size_t size = strlen(at);
        out_untrusted(out, at, size);
        at += size + 1;
        if (at < end) {
            out_spaces(out, 1);
        }
    }
}

static void json_command_line(struct out *out, const struct psc_process *process) {
    if ((process->known & PSC_PROCESS_COMMAND_LINE) == 0) {
        null(out);
        return;
    }
    const char *at = process->command_line;
    const char *end = at + process->command_line_size;
    out_text(out, "[");
    while (at < end) {
        size_t size = strlen(at);
        out_json(out, at, size);
        at += size + 1;
        out_text(out, at < end ? ", " : "");
    }
    out_text(out, "]");
}

void cell_json_command_line(struct out *out, const struct row *row) {
    if (row->owner != NULL) {
        json_command_line(out, row->owner);
    } else {
        null(out);
    }
}

void cell_text_owners(struct out *out, const struct row *row) {
    struct psc_owners owners = psc_snapshot_owners(row->snapshot, row->index);
    for (size_t i = 0; i < owners.count; i++) {
        out_spaces(out, i > 0);
        out_number(out, psc_snapshot_process(row->snapshot, owners.processes[i])->pid);
    }
    if (owners.count == 0) {
        cell_text_pid(out, row);
    }
}

void cell_json_owner(struct out *out, const struct psc_process *process) {
    out_text(out, "{\"pid\": ");
    out_number(out, process->pid);
    out_text(out, ", \"name\": ");
    out_json_text(out, process->name);
    out_text(out, ", \"path\": ");
    out_json_text(out, process->path);
    out_text(out, ", \"command_line\": ");
    json_command_line(out, process);
    out_text(out, ", \"user\": ");
    out_json_text(out, process->user);
    out_text(out, ", \"started\": ");
    json_started(out, process);
    out_text(out, "}");
}

void cell_json_owners(struct out *out, const struct row *row) {
    struct psc_owners owners = psc_snapshot_owners(row->snapshot, row->index);
    if (!knows(row, PSC_KNOWN_OWNERS)) {
        null(out);
        return;
    }
    out_text(out, "[");
    for (size_t i = 0; i < owners.count; i++) {
        out_text(out, i > 0 ? ", " : "");
        cell_json_owner(out, psc_snapshot_process(row->snapshot, owners.processes[i]));
    }
    out_text(out, "]");
}

// The socket itself -------------------------------------------------------------------------------

static void text_field(struct out *out, const struct row *row, uint32_t field, uint64_t value) {
    if (knows(row, field)) {
        out_number(out, value);
    } else {
        unknown(out, row);
    }
}

static void json_field(struct out *out, const struct row *row, uint32_t field, uint64_t value) {
    if (knows(row, field)) {
        out_number(out, value);
    } else {
        null(out);
    }
}

#define CELL_FIELD(name, field)                                                                    \
    void cell_text_##name(struct out *out, const struct row *row) {                                \
        text_field(out, row, field, row->endpoint->name);                                          \
    }                                                                                              \
    void cell_json_##name(struct out *out, const struct row *row) {                                \
        json_field(out, row, field, row->endpoint->name);                                          \
    }

CELL_FIELD(uid, PSC_KNOWN_UID)
CELL_FIELD(recv_queue, PSC_KNOWN_RECV_QUEUE)
CELL_FIELD(send_queue, PSC_KNOWN_SEND_QUEUE)
CELL_FIELD(inode, PSC_KNOWN_INODE)

void cell_text_user(struct out *out, const struct row *row) {
    const char *name = psc_snapshot_user(row->snapshot, row->endpoint->uid);
    if (knows(row, PSC_KNOWN_UID) && name != NULL) {
        out_untrusted(out, name, strlen(name));
    } else {
        cell_text_uid(out, row);
    }
}

void cell_json_user(struct out *out, const struct row *row) {
    bool known = knows(row, PSC_KNOWN_UID);
    out_json_text(out, known ? psc_snapshot_user(row->snapshot, row->endpoint->uid) : NULL);
}
