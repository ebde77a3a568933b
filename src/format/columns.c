// columns.c - what each column says of a row, and the column table.
#include "format/columns.h"

struct row row_of(const struct psc_snapshot *snapshot, size_t index) {
    const struct psc_endpoint *endpoint = psc_snapshot_endpoint(snapshot, index);
    struct psc_owners owners = psc_snapshot_owners(snapshot, index);
    return (struct row){
        .snapshot = snapshot,
        .index = index,
        .endpoint = endpoint,
        .owners = owners,
        .owners_known = (endpoint->known & PSC_KNOWN_OWNERS) != 0,
        .owner = owners.count > 0 ? psc_snapshot_process(snapshot, owners.processes[0]) : NULL,
    };
}

// Values ------------------------------------------------------------------------------------------

static struct value number(uint64_t number) {
    return (struct value){.kind = VALUE_NUMBER, .number = number};
}

static struct value word(const char *text, unsigned rank) {
    return (struct value){.kind = VALUE_WORD, .text = text, .number = rank};
}

static struct value text(const char *text) {
    return (struct value){.kind = VALUE_TEXT, .text = text};
}

// A number that only some systems or methods give.
static struct value field(const struct row *row, uint32_t known, uint64_t number) {
    bool is_known = (row->endpoint->known & known) != 0;
    return (struct value){.kind = is_known ? VALUE_NUMBER : VALUE_UNKNOWN, .number = number};
}

// The socket --------------------------------------------------------------------------------------

static struct value value_protocol(const struct row *row) {
    bool udp = psc_endpoint_is_udp(row->endpoint);
    return (struct value){.kind = VALUE_WORD,
                          .number = udp,
                          .text = udp ? "udp" : "tcp",
                          .in_table = udp ? "UDP" : "TCP"};
}

static struct value value_family(const struct row *row) {
    bool ipv6 = psc_endpoint_is_ipv6(row->endpoint);
    return word(ipv6 ? "ipv6" : "ipv4", ipv6);
}

static struct value value_local(const struct row *row) {
    return (struct value){.kind = VALUE_ENDPOINT, .row = row};
}

static struct value value_local_address(const struct row *row) {
    return (struct value){.kind = VALUE_ENDPOINT, .row = row, .address_only = true};
}

static struct value value_local_port(const struct row *row) {
    return number(row->endpoint->local_port);
}

static struct value value_remote(const struct row *row) {
    return (struct value){.kind = VALUE_ENDPOINT, .row = row, .remote = true};
}

static struct value value_remote_address(const struct row *row) {
    return (struct value){.kind = VALUE_ENDPOINT, .row = row, .remote = true, .address_only = true};
}

static struct value value_remote_port(const struct row *row) {
    bool peer = psc_endpoint_has_peer(row->endpoint);
    return peer ? number(row->endpoint->remote_port) : (struct value){.kind = VALUE_NONE};
}

static struct value value_state(const struct row *row) {
    enum psc_state state = row->endpoint->state;
    if (psc_endpoint_is_udp(row->endpoint)) {
        return word(NULL, state);
    }
    return (struct value){
        .kind = VALUE_WORD,
        .number = state,
        .text = psc_state_word(state),
        .code = state == PSC_STATE_UNKNOWN ? &row->endpoint->state_number : NULL,
        .color = state == PSC_STATE_LISTENING     ? COLOR_GREEN
                 : state == PSC_STATE_ESTABLISHED ? COLOR_NONE
                                                  : COLOR_DIM,
    };
}

static struct value value_exposure(const struct row *row) {
    enum psc_exposure exposure = psc_endpoint_exposure(row->endpoint);
    return word(psc_exposure_word(exposure), exposure);
}

static struct value value_uid(const struct row *row) {
    return field(row, PSC_KNOWN_UID, row->endpoint->uid);
}

static struct value value_inode(const struct row *row) {
    bool no_file = (row->endpoint->known & PSC_KNOWN_INODE) != 0 && row->endpoint->inode == 0;
    return no_file ? (struct value){.kind = VALUE_NONE}
                   : field(row, PSC_KNOWN_INODE, row->endpoint->inode);
}

static struct value value_recv_queue(const struct row *row) {
    return field(row, PSC_KNOWN_RECV_QUEUE, row->endpoint->recv_queue);
}

static struct value value_send_queue(const struct row *row) {
    return field(row, PSC_KNOWN_SEND_QUEUE, row->endpoint->send_queue);
}

static struct value value_user(const struct row *row) {
    struct value value = value_uid(row);
    const char *name = psc_snapshot_user(row->snapshot, row->endpoint->uid);
    if (value.kind == VALUE_NUMBER && name != NULL) {
        return text(name);
    }
    value.audience = VALUE_FOR_TEXT;
    return value;
}

// Its owners --------------------------------------------------------------------------------------

// What an owner says, or that there is none, or that it is hidden; missing texts sort last.
static struct value owner_text(const struct row *row, const char *string, unsigned more) {
    bool none = row->owner == NULL && row->owners_known;
    bool hidden = row->owner == NULL && !row->owners_known;
    return (struct value){.kind = string != NULL ? VALUE_TEXT
                                  : none         ? VALUE_NONE
                                                 : VALUE_UNKNOWN,
                          .text = string,
                          .color = hidden ? COLOR_YELLOW : COLOR_NONE,
                          .number = UINT64_MAX,
                          .more = more};
}

static struct value no_owner(const struct row *row) {
    return owner_text(row, NULL, 0);
}

static struct value value_pid(const struct row *row) {
    if (row->owner == NULL && !row->owners_known) {
        return no_owner(row);
    }
    return number(row->owner != NULL ? row->owner->pid : 0);
}

static struct value value_process(const struct row *row) {
    return owner_text(row, row->owner != NULL ? row->owner->name : NULL, row->more_owners);
}

static struct value value_path(const struct row *row) {
    const struct psc_process *owner = row->owner;
    bool stand_in = owner != NULL && owner->path == NULL && owner->name != NULL;
    const char *path = owner != NULL ? owner->path : NULL;
    struct value value = owner_text(row, stand_in ? owner->name : path, row->more_owners);
    value.audience = stand_in ? VALUE_FOR_TABLES : VALUE_FOR_ALL;
    return value;
}

static struct value value_owners(const struct row *row) {
    if (row->owners.count == 0 && !row->owners_known) {
        return no_owner(row);
    }
    return (struct value){.kind = VALUE_OWNERS, .number = row->owners.count, .row = row};
}

static struct value value_owner_user(const struct row *row) {
    if (row->owner != NULL) {
        return owner_text(row, row->owner->user, 0);
    }
    struct value value = value_user(row); // the user that created the socket
    value.audience = VALUE_FOR_TEXT;
    value.color = no_owner(row).color;
    return value;
}

static bool owner_has(const struct row *row, unsigned detail) {
    return row->owner != NULL && (row->owner->known & detail) != 0;
}

static struct value value_started(const struct row *row) {
    if (!owner_has(row, PSC_PROCESS_STARTED)) {
        return no_owner(row);
    }
    return (struct value){.kind = VALUE_TIME, .number = (uint64_t)row->owner->started};
}

static struct value value_command_line(const struct row *row) {
    if (!owner_has(row, PSC_PROCESS_COMMAND_LINE)) {
        return no_owner(row);
    }
    return (struct value){.kind = VALUE_ARGUMENTS, .row = row};
}

// The table ---------------------------------------------------------------------------------------

#define NETSTAT PSC_SHOW_NETSTAT
#define JSON PSC_SHOW_JSON
#define CSV PSC_SHOW_CSV
#define OWNER(bits) .needs = {.owners = true, .details = (bits)}
#define EVERY_DETAIL                                                                               \
    (PSC_PROCESS_NAME | PSC_PROCESS_PATH | PSC_PROCESS_COMMAND_LINE | PSC_PROCESS_USER |           \
     PSC_PROCESS_STARTED)

// In the order of output.
// clang-format off
static const struct psc_column table[] = {
    {.name = "protocol", .heading = "Proto", .value = value_protocol, .width = 5,
     .shown = NETSTAT | JSON | CSV, .help = "tcp or udp"},
    {.name = "family", .heading = "Family", .value = value_family, .width = 6,
     .shown = JSON | CSV, .help = "ipv4 or ipv6"},
    {.name = "local", .heading = "Local Address", .value = value_local, .width = 21,
     .shown = NETSTAT | JSON, .quoted = true, .help = "local address, zone and port"},
    {.name = "local_address", .heading = "Local Address", .value = value_local_address, .width = 15,
     .shown = CSV, .quoted = true, .help = "local address alone"},
    {.name = "local_port", .heading = "Local Port", .value = value_local_port, .width = 10,
     .shown = CSV, .help = "local port alone"},
    {.name = "remote", .heading = "Foreign Address", .value = value_remote, .width = 21,
     .shown = NETSTAT | JSON, .quoted = true, .help = "remote address, zone and port"},
    {.name = "remote_address", .heading = "Foreign Address", .value = value_remote_address,
     .width = 15, .shown = CSV, .quoted = true, .help = "remote address alone"},
    {.name = "remote_port", .heading = "Foreign Port", .value = value_remote_port, .width = 12,
     .shown = CSV, .help = "remote port alone"},
    {.name = "state", .heading = "State", .value = value_state, .width = 14,
     .shown = NETSTAT | JSON | CSV, .help = "state of a TCP connection"},
    {.name = "pid", .heading = "PID", .value = value_pid, .width = 7,
     .shown = PSC_SHOW_PID | JSON | CSV, OWNER(0),
     .help = "PID of the owner, the oldest of several; 0: none"},
    {.name = "process", .heading = "Process", .value = value_process, .width = 15,
     .shown = PSC_SHOW_PROCESS | JSON | CSV, .quoted = true, OWNER(PSC_PROCESS_NAME),
     .help = "name of its executable"},
    {.name = "path", .heading = "Path", .value = value_path, .width = 24,
     .shown = PSC_SHOW_PATH | CSV, .quoted = true, OWNER(PSC_PROCESS_NAME | PSC_PROCESS_PATH),
     .help = "path of its executable"},
    {.name = "owners", .heading = "Owners", .value = value_owners, .width = 7,
     .shown = JSON | CSV, OWNER(EVERY_DETAIL), .help = "every process that owns the socket"},
    {.name = "owner_user", .heading = "User", .value = value_owner_user, .width = 12,
     .shown = PSC_SHOW_WIDE | CSV, .quoted = true,
     .needs = {.owners = true, .users = true, .details = PSC_PROCESS_USER},
     .help = "user that the process runs as"},
    {.name = "started", .heading = "Started", .value = value_started, .width = 20,
     .shown = PSC_SHOW_WIDE | CSV, OWNER(PSC_PROCESS_STARTED),
     .help = "when the process started, in UTC"},
    {.name = "command_line", .heading = "Command Line", .value = value_command_line, .width = 24,
     .shown = PSC_SHOW_WIDE | CSV, .quoted = true, OWNER(PSC_PROCESS_COMMAND_LINE),
     .help = "its arguments"},
    {.name = "uid", .heading = "UID", .value = value_uid, .width = 6,
     .shown = JSON | CSV, .help = "number of the user that created the socket"},
    {.name = "user", .heading = "Socket User", .value = value_user, .width = 12,
     .shown = JSON | CSV, .quoted = true, .needs = {.users = true},
     .help = "name of the user that created the socket"},
    {.name = "inode", .heading = "Inode", .value = value_inode, .width = 10,
     .shown = JSON | CSV, .help = "number of the socket in /proc/PID/fd"},
    {.name = "recv_queue", .heading = "Recv-Q", .value = value_recv_queue, .width = 6,
     .shown = JSON | CSV,
     .help = "bytes to be read; of a listener, connections to accept"},
    {.name = "send_queue", .heading = "Send-Q", .value = value_send_queue, .width = 6,
     .shown = JSON | CSV, .help = "bytes to be acknowledged; of a listener, its queue limit"},
    {.name = "exposure", .heading = "Exposure", .value = value_exposure, .width = 8,
     .shown = JSON | CSV, .help = "reach of a listener: loopback, link, address or all"},
};
// clang-format on
#define COLUMN_COUNT (sizeof table / sizeof table[0])

_Static_assert(COLUMN_COUNT <= PSC_COLUMNS_MAX, "struct psc_columns holds every column");

const struct psc_column *psc_column_at(size_t index) {
    return index < COLUMN_COUNT ? &table[index] : NULL;
}
