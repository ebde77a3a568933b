// columns.c - THE column table, and everything that reads it: picking, needs, sorting.
#include "format/columns.h"

#include <stdlib.h>
#include <string.h>

#include "format/cells.h"
#include "model/endpoint.h"

// Sorting -----------------------------------------------------------------------------------------

static uint64_t key_protocol(const struct psc_snapshot *snapshot, uint32_t row) {
    return psc_endpoint_is_udp(psc_snapshot_endpoint(snapshot, row));
}

static uint64_t key_family(const struct psc_snapshot *snapshot, uint32_t row) {
    return psc_endpoint_is_ipv6(psc_snapshot_endpoint(snapshot, row));
}

static uint64_t key_local_port(const struct psc_snapshot *snapshot, uint32_t row) {
    return psc_snapshot_endpoint(snapshot, row)->local_port;
}

static uint64_t key_remote_port(const struct psc_snapshot *snapshot, uint32_t row) {
    return psc_snapshot_endpoint(snapshot, row)->remote_port;
}

static uint64_t key_state(const struct psc_snapshot *snapshot, uint32_t row) {
    return psc_snapshot_endpoint(snapshot, row)->state;
}

static uint64_t key_exposure(const struct psc_snapshot *snapshot, uint32_t row) {
    return psc_endpoint_exposure(psc_snapshot_endpoint(snapshot, row));
}

// What is not known comes behind every number.
#define KEY_FIELD(field, bit)                                                                      \
    static uint64_t key_##field(const struct psc_snapshot *snapshot, uint32_t row) {               \
        const struct psc_endpoint *endpoint = psc_snapshot_endpoint(snapshot, row);                \
        return (endpoint->known & (bit)) != 0 ? endpoint->field : UINT64_MAX;                      \
    }

KEY_FIELD(uid, PSC_KNOWN_UID)
KEY_FIELD(inode, PSC_KNOWN_INODE)
KEY_FIELD(recv_queue, PSC_KNOWN_RECV_QUEUE)
KEY_FIELD(send_queue, PSC_KNOWN_SEND_QUEUE)

static uint64_t key_owners(const struct psc_snapshot *snapshot, uint32_t row) {
    return psc_snapshot_owners(snapshot, row).count;
}

// Nobody sorts before everybody, and unknown behind them.
static uint64_t key_pid(const struct psc_snapshot *snapshot, uint32_t row) {
    const struct psc_process *owner = psc_snapshot_oldest(snapshot, row);
    bool known = (psc_snapshot_endpoint(snapshot, row)->known & PSC_KNOWN_OWNERS) != 0;
    return owner != NULL ? owner->pid : known ? 0 : UINT64_MAX;
}

static uint64_t key_started(const struct psc_snapshot *snapshot, uint32_t row) {
    const struct psc_process *owner = psc_snapshot_oldest(snapshot, row);
    bool known = owner != NULL && (owner->known & PSC_PROCESS_STARTED) != 0;
    return known ? (uint64_t)owner->started : UINT64_MAX;
}

static int compare_texts(const char *a, const char *b) {
    if (a == NULL || b == NULL) {
        return (a == NULL) - (b == NULL);
    }
    return strcmp(a, b);
}

#define COMPARE_OWNERS(field)                                                                      \
    static int compare_##field(uint32_t a, uint32_t b, const void *context) {                      \
        const struct psc_process *x = psc_snapshot_oldest(context, a);                             \
        const struct psc_process *y = psc_snapshot_oldest(context, b);                             \
        return compare_texts(x != NULL ? x->field : NULL, y != NULL ? y->field : NULL);            \
    }

COMPARE_OWNERS(name)
COMPARE_OWNERS(path)
COMPARE_OWNERS(user)
COMPARE_OWNERS(command_line)

static const char *socket_user(const struct psc_snapshot *snapshot, uint32_t row) {
    const struct psc_endpoint *endpoint = psc_snapshot_endpoint(snapshot, row);
    bool known = (endpoint->known & PSC_KNOWN_UID) != 0;
    return known ? psc_snapshot_user(snapshot, endpoint->uid) : NULL;
}

static int compare_socket_user(uint32_t a, uint32_t b, const void *context) {
    return compare_texts(socket_user(context, a), socket_user(context, b));
}

// Rows stand in the order of their local addresses already, table by table.
static int compare_local(uint32_t a, uint32_t b, const void *context) {
    const struct psc_endpoint *x = psc_snapshot_endpoint(context, a);
    const struct psc_endpoint *y = psc_snapshot_endpoint(context, b);
    int order = memcmp(x->local.bytes, y->local.bytes, sizeof x->local.bytes);
    return order != 0 ? order : (x->local_port > y->local_port) - (x->local_port < y->local_port);
}

static int compare_remote(uint32_t a, uint32_t b, const void *context) {
    const struct psc_endpoint *x = psc_snapshot_endpoint(context, a);
    const struct psc_endpoint *y = psc_snapshot_endpoint(context, b);
    int order = memcmp(x->remote.bytes, y->remote.bytes, sizeof x->remote.bytes);
    return order != 0 ? order
                      : (x->remote_port > y->remote_port) - (x->remote_port < y->remote_port);
}

// The table ---------------------------------------------------------------------------------------

#define NOTHING                                                                                    \
    { false, false, 0 }
#define USERS                                                                                      \
    { false, true, 0 }
#define OWNER(details)                                                                             \
    { true, false, (details) }
#define EVERY_DETAIL                                                                               \
    (PSC_PROCESS_NAME | PSC_PROCESS_PATH | PSC_PROCESS_COMMAND_LINE | PSC_PROCESS_USER |           \
     PSC_PROCESS_STARTED)
#define CELL(name) #name
#define CELLS(name) cell_text_##name, cell_json_##name

// name, heading, width, gap, foreign, in_json, in_csv, needs, writers, sort key, comparison, help
static const struct psc_column table[] = {
    {CELL(protocol), "Proto", 5, 2, false, true, true, NOTHING, CELLS(protocol), key_protocol, NULL,
     "tcp or udp"},
    {CELL(family), "Family", 6, 2, false, true, true, NOTHING, CELLS(family), key_family, NULL,
     "ipv4 or ipv6"},
    {CELL(local), "Local Address", 21, 2, true, true, false, NOTHING, CELLS(local), key_family,
     compare_local, "local address, zone and port"},
    {CELL(local_address), "Local Address", 15, 2, true, false, true, NOTHING, CELLS(local_address),
     key_family, compare_local, "local address alone"},
    {CELL(local_port), "Local Port", 10, 2, false, false, true, NOTHING, CELLS(local_port),
     key_local_port, NULL, "local port alone"},
    {CELL(remote), "Foreign Address", 21, 2, true, true, false, NOTHING, CELLS(remote), key_family,
     compare_remote, "remote address, zone and port"},
    {CELL(remote_address), "Foreign Address", 15, 2, true, false, true, NOTHING,
     CELLS(remote_address), key_family, compare_remote, "remote address alone"},
    {CELL(remote_port), "Foreign Port", 12, 2, false, false, true, NOTHING, CELLS(remote_port),
     key_remote_port, NULL, "remote port alone"},
    {CELL(state), "State", 12, 4, false, true, true, NOTHING, CELLS(state), key_state, NULL,
     "state of a TCP connection"},
    {CELL(pid), "PID", 7, 2, false, true, true, OWNER(0), CELLS(pid), key_pid, NULL,
     "process that owns the socket, the oldest of several; 0 for nobody"},
    {CELL(process), "Process", 15, 2, true, true, true, OWNER(PSC_PROCESS_NAME), CELLS(process),
     NULL, compare_name, "name of its executable"},
    {CELL(path), "Path", 24, 2, true, false, true, OWNER(PSC_PROCESS_NAME | PSC_PROCESS_PATH),
     CELLS(path), NULL, compare_path, "path of its executable"},
    {CELL(owners), "Owners", 7, 2, false, true, true, OWNER(EVERY_DETAIL), CELLS(owners),
     key_owners, NULL, "every process that owns the socket"},
    {CELL(owner_user),
     "User",
     12,
     2,
     true,
     false,
     true,
     {true, true, PSC_PROCESS_USER},
     CELLS(owner_user),
     NULL,
     compare_user,
     "user that the process runs as"},
    {CELL(started), "Started", 20, 2, false, false, true, OWNER(PSC_PROCESS_STARTED),
     CELLS(started), key_started, NULL, "when the process started, in UTC"},
    {CELL(command_line), "Command Line", 24, 2, true, false, true, OWNER(PSC_PROCESS_COMMAND_LINE),
     CELLS(command_line), NULL, compare_command_line, "its arguments"},
    {CELL(uid), "UID", 6, 2, false, true, true, NOTHING, CELLS(uid), key_uid, NULL,
     "number of the user that made the socket"},
    {CELL(user), "Socket User", 12, 2, true, true, true, USERS, CELLS(user), NULL,
     compare_socket_user, "name of the user that made the socket"},
    {CELL(inode), "Inode", 10, 2, false, true, true, NOTHING, CELLS(inode), key_inode, NULL,
     "number of the socket in /proc/PID/fd"},
    {CELL(recv_queue), "Recv-Q", 6, 2, false, true, true, NOTHING, CELLS(recv_queue),
     key_recv_queue, NULL, "bytes not yet read; of a listener, connections not yet accepted"},
    {CELL(send_queue), "Send-Q", 6, 2, false, true, true, NOTHING, CELLS(send_queue),
     key_send_queue, NULL, "bytes not yet acknowledged; of a listener, its longest queue"},
    {CELL(exposure), "Exposure", 8, 2, false, true, true, NOTHING, CELLS(exposure), key_exposure,
     NULL, "who can reach a listener: loopback, link, address or all"},
};
#define COLUMN_COUNT (sizeof table / sizeof table[0])

_Static_assert(COLUMN_COUNT <= sizeof((struct psc_columns){0}).list / sizeof(void *),
               "struct psc_columns holds every column");

size_t psc_column_count(void) {
    return COLUMN_COUNT;
}

const char *psc_column_name(size_t index) {
    return table[index].name;
}

const char *psc_column_help(size_t index) {
    return table[index].help;
}

// Picking -----------------------------------------------------------------------------------------

static const struct psc_column *find(const char *name, size_t length) {
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        if (strlen(table[i].name) == length && memcmp(table[i].name, name, length) == 0) {
            return &table[i];
        }
    }
    return NULL;
}

static enum psc_status unknown_column(const char *name, size_t length, struct psc_error *error) {
    char names[400] = "";
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", i > 0 ? ", " : "", table[i].name);
    }
    int shown = length < 40 ? (int)length : 40;
    return psc_fail(error, PSC_USAGE, "'%.*s' is not a column: allowed are %s", shown, name, names);
}

enum psc_status psc_column_parse(const char *name, const struct psc_column **column, bool *reverse,
                                 struct psc_error *error) {
    bool reversed = name[0] == '-';
    const struct psc_column *found = find(name + reversed, strlen(name) - reversed);
    if (found == NULL) {
        return unknown_column(name, strlen(name), error);
    }
    *column = found;
    *reverse = reversed;
    return PSC_OK;
}

static bool add(struct psc_columns *columns, const struct psc_column *column) {
    if (columns->count == sizeof columns->list / sizeof columns->list[0]) {
        return false;
    }
    columns->list[columns->count++] = column;
    return true;
}

enum psc_status psc_columns_parse(struct psc_columns *columns, const char *list,
                                  struct psc_error *error) {
    struct psc_columns parsed = {0};
    for (const char *at = list;; at++) {
        size_t length = strcspn(at, ",");
        const struct psc_column *column = find(at, length);
        if (column == NULL) {
            return unknown_column(at, length, error);
        }
        for (size_t i = 0; i < parsed.count; i++) {
            if (parsed.list[i] == column) {
                return psc_fail(error, PSC_USAGE, "column '%s' is named twice", column->name);
            }
        }
        if (!add(&parsed, column)) {
            return psc_fail(error, PSC_USAGE, "too many columns");
        }
        at += length;
        if (*at == '\0') {
            break;
        }
    }
    *columns = parsed;
    return PSC_OK;
}

void psc_columns_default(struct psc_columns *columns, enum psc_format form, unsigned show) {
    static const struct {
        unsigned show;
        const char *name;
    } of_tables[] = {
        {0, "protocol"},
        {0, "local"},
        {0, "remote"},
        {0, "state"},
        {PSC_SHOW_PID, "pid"},
        {PSC_SHOW_PROCESS, "process"},
        {PSC_SHOW_PATH, "path"},
        {PSC_SHOW_WIDE, "owner_user"},
        {PSC_SHOW_WIDE, "started"},
        {PSC_SHOW_WIDE, "command_line"},
    };
    for (size_t i = 0; i < COLUMN_COUNT && form != PSC_FORMAT_TABLE; i++) {
        if (form == PSC_FORMAT_CSV ? table[i].in_csv : table[i].in_json) {
            (void)add(columns, &table[i]);
        }
    }
    for (size_t i = 0; i < sizeof of_tables / sizeof of_tables[0] && form == PSC_FORMAT_TABLE;
         i++) {
        if ((of_tables[i].show & ~show) == 0) {
            (void)add(columns, find(of_tables[i].name, strlen(of_tables[i].name)));
        }
    }
}

// Needs and order ---------------------------------------------------------------------------------

struct psc_needs psc_column_needs(const struct psc_column *column) {
    return column->needs;
}

struct psc_needs psc_columns_need(const struct psc_columns *columns) {
    struct psc_needs needs = NOTHING;
    for (size_t i = 0; i < columns->count; i++) {
        const struct psc_needs *more = &columns->list[i]->needs;
        needs.owners = needs.owners || more->owners;
        needs.users = needs.users || more->users;
        needs.details |= more->details;
    }
    return needs;
}

struct sorting {
    const struct psc_snapshot *snapshot;
    const struct psc_column *column;
    bool reverse;
};

static int compare_cells(uint32_t a, uint32_t b, const void *context) {
    const struct sorting *sorting = context;
    if (sorting->column->compare == NULL) {
        return 0;
    }
    int order = sorting->column->compare(a, b, sorting->snapshot);
    return sorting->reverse ? (order < 0) - (order > 0) : order;
}

enum psc_status psc_column_sort(const struct psc_column *column, bool reverse,
                                const struct psc_snapshot *snapshot, uint32_t *order,
                                struct psc_error *error) {
    size_t count = psc_snapshot_count(snapshot);
    struct psc_sort_item *items = malloc((count + 1) * sizeof *items);
    if (items == NULL) {
        return psc_no_memory(error);
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t key = column->key != NULL ? column->key(snapshot, order[i]) : 0;
        items[i] = (struct psc_sort_item){reverse ? ~key : key, order[i]};
    }
    struct sorting sorting = {snapshot, column, reverse};
    enum psc_status status = psc_sort(items, count, compare_cells, &sorting);
    for (size_t i = 0; i < count; i++) {
        order[i] = items[i].index;
    }
    free(items);
    return status == PSC_OK ? PSC_OK : psc_no_memory(error);
}
