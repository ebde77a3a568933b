// check_report.c - what a check of ports found, for people and as JSON.
#include "format/check_report.h"

#include <string.h>

#include "format/columns.h"

// Processes and rows of one port; a busy server has more than people read.
#define MAX_SHOWN 10

// The ranges that say what may become of a free port.
#define RANGES (PSC_RANGES_RESERVED | PSC_RANGES_DYNAMIC)

struct check_writer {
    struct table table;
    const struct psc_check_report *report;
};

// Processes ---------------------------------------------------------------------------------------

// The two largest units: `45 s`, `2 h 13 min`, `3 d 4 h`.
static void put_age(struct out *out, int64_t milliseconds) {
    unsigned long seconds = milliseconds > 0 ? (unsigned long)(milliseconds / 1000) : 0;
    unsigned long minutes = seconds / 60;
    unsigned long hours = minutes / 60;
    if (minutes == 0) {
        out_format(out, "%lu s", seconds);
    } else if (hours == 0) {
        out_format(out, "%lu min", minutes);
    } else if (hours < 24) {
        out_format(out, "%lu h %lu min", hours, minutes % 60);
    } else {
        out_format(out, "%lu d %lu h", hours / 24, hours % 24);
    }
}

static void put_process(struct out *out, const struct psc_process *process, int64_t now) {
    bool named = process->name != NULL && process->name[0] != '\0';
    out_untrusted(out, named ? process->name : "a process");
    out_format(out, " (pid %u", process->pid);
    if (process->user != NULL) {
        out_text(out, ", user ");
        out_untrusted(out, process->user);
    }
    if ((process->known & PSC_PROCESS_STARTED) != 0) {
        out_text(out, ", up ");
        put_age(out, now - process->started);
    }
    out_text(out, ")");
}

void psc_process_write(FILE *stream, const struct psc_process *process, int64_t now) {
    struct out out;
    struct psc_error error;
    out_init(&out, stream, OUT_FOR_PEOPLE);
    put_process(&out, process, now);
    (void)!out_flush(&out, &error);
}

// Holders -----------------------------------------------------------------------------------------

static bool serves(const struct psc_port_check *check, const struct psc_endpoint *endpoint) {
    return psc_endpoint_serves_port(endpoint, check->port, check->udp);
}

// Two rows are one fact if they serve for the same process in the same state.
static bool belong_together(const struct check_writer *writer, const struct psc_port_check *check,
                            size_t a, size_t b) {
    const struct psc_snapshot *snapshot = writer->report->snapshot;
    const struct psc_endpoint *x = psc_snapshot_endpoint(snapshot, a);
    const struct psc_endpoint *y = psc_snapshot_endpoint(snapshot, b);
    return serves(check, x) && serves(check, y) && x->state == y->state &&
           psc_snapshot_oldest(snapshot, a) == psc_snapshot_oldest(snapshot, b);
}

// Whether a row was shown together with one before it.
static bool was_shown(const struct check_writer *writer, const struct psc_port_check *check,
                      size_t index) {
    for (size_t i = 0; i < index; i++) {
        if (belong_together(writer, check, i, index)) {
            return true;
        }
    }
    return false;
}

static void put_addresses(struct check_writer *writer, const struct psc_port_check *check,
                          const struct row *row) {
    const struct psc_snapshot *snapshot = writer->report->snapshot;
    column_write(writer->table.out, "local", row);
    for (size_t i = row->index + 1; i < psc_snapshot_count(snapshot); i++) {
        if (belong_together(writer, check, row->index, i)) {
            struct row other = row_of(snapshot, i);
            out_text(writer->table.out, " and ");
            column_write(writer->table.out, "local", &other);
        }
    }
    if (psc_endpoint_has_peer(row->endpoint)) {
        out_text(writer->table.out, " to ");
        column_write(writer->table.out, "remote", row);
    }
}

static void put_state(struct out *out, const struct row *row) {
    if (psc_endpoint_is_udp(row->endpoint)) {
        out_text(out, psc_endpoint_has_peer(row->endpoint) ? "connected" : "bound");
    } else {
        column_write(out, "state", row);
    }
}

// What is worth knowing of a row's oldest owner, and the names of the others.
static void owner_facts(struct check_writer *writer, const struct row *row) {
    struct table *table = &writer->table;
    const struct psc_process *owner = row->owner;
    size_t count = row->owners.count;
    for (size_t i = 1; i < count && i < MAX_SHOWN; i++) {
        table_begin_fact(table, "and");
        put_process(writer->table.out,
                    psc_snapshot_process(row->snapshot, row->owners.processes[i]),
                    psc_snapshot_time(row->snapshot));
        table_end_line(table);
    }
    if (count > MAX_SHOWN) {
        table_fact_format(table, "and", "%zu more processes", count - MAX_SHOWN);
    }
    if (owner->command_line_size > 0) {
        table_begin_fact(table, "command");
        column_write(writer->table.out, "command_line", row);
        table_end_line(table);
    }
    if (owner->cwd != NULL) {
        table_fact(table, "cwd", owner->cwd);
    }
    if (owner->service != NULL) {
        table_fact(table, "service", owner->service);
    }
}

static void write_holder(struct check_writer *writer, const struct psc_port_check *check,
                         const struct row *row) {
    struct out *out = writer->table.out;
    out_spaces(out, 2);
    put_addresses(writer, check, row);
    out_spaces(out, 2);
    put_state(out, row);
    out_spaces(out, 2);
    if (row->owner != NULL) {
        put_process(out, row->owner, psc_snapshot_time(row->snapshot));
    } else {
        out_text(out, row->owners_known ? "no process" : "process not visible");
    }
    table_end_line(&writer->table);
    if (row->owner != NULL) {
        owner_facts(writer, row);
    }
}

// Shows what serves on the port or, if nothing does, the connections that use it.
// @return the process to stop, or NULL
static const struct psc_process *write_holders(struct check_writer *writer,
                                               const struct psc_port_check *check) {
    const struct psc_snapshot *snapshot = writer->report->snapshot;
    const struct psc_process *first = NULL;
    size_t shown = 0;
    size_t left_out = 0;
    for (int serving = 1; serving >= 0 && shown == 0; serving--) {
        for (size_t i = 0; i < psc_snapshot_count(snapshot); i++) {
            struct row row = row_of(snapshot, i);
            if (!psc_endpoint_holds_port(row.endpoint, check->port, check->udp) ||
                serves(check, row.endpoint) != (serving == 1)) {
                continue;
            }
            if (shown == MAX_SHOWN) {
                left_out++;
            } else if (!was_shown(writer, check, i)) {
                write_holder(writer, check, &row);
                first = serving == 1 && first == NULL ? row.owner : first;
                shown++;
            }
        }
    }
    if (left_out > 0) {
        table_fact_format(&writer->table, "and", "%zu more", left_out);
    }
    return first;
}

// Notes -------------------------------------------------------------------------------------------

static void free_notes(struct check_writer *writer, const struct psc_port_check *check,
                       const struct psc_port_ranges *ranges) {
    struct table *table = &writer->table;
    if (check->verdict == PSC_VERDICT_CLOSING) {
        table_fact_format(table, "note",
                          "free for servers that set SO_REUSEADDR, as most do; for others within "
                          "%u s",
                          ranges->time_wait_seconds);
    } else if (check->verdict == PSC_VERDICT_FREE_REUSEADDR) {
        table_fact(table, "note",
                   "free for other servers when the last of these sockets is closed");
    } else if (check->verdict == PSC_VERDICT_FREE_NOT_LOCALHOST) {
        table_fact(table, "note", "clients of localhost reach that process instead");
    }
    if ((ranges->known & RANGES) != RANGES) {
        table_fact(table, "note",
                   "the system's port ranges are unknown: this port may be reserved or dynamic");
    } else if (check->dynamic) {
        table_fact_format(table, "note",
                          "in the dynamic range %u-%u: an outgoing connection may take it at any "
                          "time",
                          ranges->dynamic_first, ranges->dynamic_last);
    }
    if (check->reserved_soft) {
        table_fact(table, "note", writer->report->advice.reserved_soft);
    }
    if (check->elsewhere) {
        table_fact(table, "note", "in use on another address");
    }
}

static void taken_notes(struct check_writer *writer, const struct psc_port_check *check,
                        const struct psc_port_ranges *ranges) {
    struct table *table = &writer->table;
    const struct psc_check_advice *advice = &writer->report->advice;
    if (check->holder_unknown) {
        table_fact(table, "note",
                   "no visible socket holds it: it may be bound without listening, or held by the "
                   "kernel");
    }
    if (check->time_wait) {
        table_fact_format(table, "note",
                          "held by closed connections (TIME_WAIT) for up to %u s, because they "
                          "did not set SO_REUSEADDR",
                          ranges->time_wait_seconds);
    }
    if (check->verdict == PSC_VERDICT_RESERVED) {
        table_fact_format(table, "note",
                          "%u-%u is reserved by %s: a bind fails although no process uses it",
                          check->reserved_first, check->reserved_last, advice->reserved_by);
        table_fact(table, "list", advice->list_reserved[check->udp]);
        table_fact(table, "release", advice->free_reserved);
    }
    if (check->verdict == PSC_VERDICT_NEEDS_PRIVILEGE) {
        table_fact_format(table, "note", "ports below %u need %s", ranges->first_unprivileged,
                          advice->low_port);
    }
}

static void write_advice(struct check_writer *writer, const struct psc_port_check *check,
                         const struct psc_process *first) {
    struct table *table = &writer->table;
    struct out *out = writer->table.out;
    table_begin_cell(table);
    if (first != NULL) {
        size_t start = table->cell;
        table_begin_fact(table, "stop it");
        if (first->stop_command != NULL) {
            out_untrusted(out, first->stop_command);
        } else {
            out_format(out, "portscope kill %u%s", check->port, check->udp ? "/udp" : "");
        }
        table->cell = start;
        table_end_cell(table, 33);
    }
    if (check->next_free != 0) {
        out_spaces(out, first == NULL ? 2 : 0);
        out_format(out, "next free port: %u", check->next_free);
    }
    if (first != NULL || check->next_free != 0) {
        table_end_line(table);
    }
}

// ` (127.0.0.1 and ::1 only)`.
static void put_where(struct check_writer *writer, const struct psc_port_check *check) {
    const struct psc_snapshot *snapshot = writer->report->snapshot;
    const struct psc_address *last = NULL;
    for (size_t i = 0; i < psc_snapshot_count(snapshot); i++) {
        struct row row = row_of(snapshot, i);
        bool again = last != NULL && memcmp(last, &row.endpoint->local, sizeof *last) == 0;
        if (serves(check, row.endpoint) && !again) {
            out_text(writer->table.out, last == NULL ? " (" : " and ");
            column_write(writer->table.out, "local_address", &row);
            last = &row.endpoint->local;
        }
    }
    out_text(writer->table.out, " only)");
}

static void write_check(struct check_writer *writer, const struct psc_port_check *check) {
    const struct psc_port_ranges *ranges = writer->report->ranges[check->udp];
    out_format(writer->table.out, "%u/%s %s", check->port, check->udp ? "udp" : "tcp",
               psc_verdict_sentence(check->verdict));
    if (check->partial) {
        put_where(writer, check);
    }
    table_end_line(&writer->table);
    const struct psc_process *first = NULL;
    if (check->verdict != PSC_VERDICT_FREE && check->verdict != PSC_VERDICT_CLOSING) {
        first = write_holders(writer, check);
    }
    if (psc_verdict_is_free(check->verdict)) {
        free_notes(writer, check, ranges);
        return;
    }
    taken_notes(writer, check, ranges);
    write_advice(writer, check, first);
}

enum psc_status psc_check_write(FILE *stream, const struct psc_check_report *report,
                                struct psc_error *error) {
    struct out out;
    struct check_writer writer = {{.out = &out, report->line_end}, report};
    out_init(&out, stream, OUT_FOR_PEOPLE);
    for (size_t i = 0; i < report->count && !out.failed; i++) {
        write_check(&writer, &report->checks[i]);
    }
    return out_flush(&out, error);
}

// JSON --------------------------------------------------------------------------------------------

// What a row does not say of the oldest process that serves on the port.
static void json_server(struct json *json, const struct psc_check_report *report,
                        const struct psc_port_check *check) {
    static const struct psc_process none;
    const struct psc_process *server = NULL;
    for (size_t i = 0; server == NULL && i < psc_snapshot_count(report->snapshot); i++) {
        if (serves(check, psc_snapshot_endpoint(report->snapshot, i))) {
            server = psc_snapshot_oldest(report->snapshot, i);
        }
    }
    server = server != NULL ? server : &none;
    json_text(json, "cwd", server->cwd);
    json_text(json, "service", server->service);
    json_text(json, "stop_command", server->stop_command);
}

static void json_endpoints(struct json *json, const struct psc_check_report *report,
                           const struct psc_port_check *check) {
    struct psc_columns columns = {0};
    psc_columns_default(&columns, PSC_FORMAT_JSON, 0);
    json_start_line(json);
    json_begin(json, "endpoints", JSON_LINES);
    for (size_t i = 0; i < psc_snapshot_count(report->snapshot); i++) {
        struct row row = row_of(report->snapshot, i);
        if (row.endpoint->local_port == check->port &&
            psc_endpoint_is_udp(row.endpoint) == check->udp) {
            json_begin(json, NULL, JSON_OBJECT);
            columns_write_json(json, &columns, &row);
            json_end(json);
        }
    }
    json_end(json);
}

static void json_check(struct json *json, const struct psc_check_report *report,
                       const struct psc_port_check *check) {
    unsigned known = report->ranges[check->udp]->known;
    bool reserved = check->verdict == PSC_VERDICT_RESERVED;
    json_begin(json, NULL, JSON_OBJECT);
    json_number(json, "port", check->port);
    json_text(json, "protocol", check->udp ? "udp" : "tcp");
    json_text(json, "verdict", psc_verdict_word(check->verdict));
    json_bool(json, "free", psc_verdict_is_free(check->verdict));
    json_known_bool(json, "dynamic", known & PSC_RANGES_DYNAMIC, check->dynamic);
    json_known_bool(json, "reserved_soft", known & PSC_RANGES_RESERVED, check->reserved_soft);
    json_bool(json, "holder_unknown", check->holder_unknown);
    json_bool(json, "time_wait", check->time_wait);
    json_count(json, "reserved_first", reserved ? check->reserved_first : 0);
    json_count(json, "reserved_last", reserved ? check->reserved_last : 0);
    json_count(json, "next_free", check->next_free);
    json_server(json, report, check);
    json_endpoints(json, report, check);
    json_end(json);
}

enum psc_status psc_check_write_json(FILE *stream, const struct psc_check_report *report,
                                     struct psc_error *error) {
    struct out out;
    struct json json = {.out = &out};
    out_init(&out, stream, OUT_JSON);
    json_begin_document(&json, "portscope-check/1", report->snapshot, NULL);
    json_start_line(&json);
    json_begin(&json, "ports", JSON_LINES);
    for (size_t i = 0; i < report->count && !out.failed; i++) {
        json_check(&json, report, &report->checks[i]);
    }
    json_end(&json);
    json_end_document(&json);
    return out_flush(&out, error);
}
