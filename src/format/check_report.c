// check_report.c - what a check of ports found, for people and as JSON.
#include <string.h>

#include "format/cells.h"
#include "format/document.h"
#include "format/format.h"

// A port with more holders than this is a busy server, and nobody reads them all.
#define MOST_HOLDERS 10

// What is being written.
struct report_writer {
    struct out out;
    const struct psc_check_report *report;
    struct psc_layout layout;
};

// Processes ---------------------------------------------------------------------------------------

static void out_untrusted_text(struct out *out, const char *text) {
    out_untrusted(out, text, strlen(text));
}

static void out_unit(struct out *out, uint64_t number, const char *unit) {
    out_number(out, number);
    out_text(out, unit);
}

// The two greatest units: `45 s`, `2 h 13 min`, `3 d 4 h`.
static void out_age(struct out *out, int64_t milliseconds) {
    uint64_t seconds = milliseconds > 0 ? (uint64_t)milliseconds / 1000 : 0;
    uint64_t minutes = seconds / 60;
    uint64_t hours = minutes / 60;
    if (minutes == 0) {
        out_unit(out, seconds, " s");
    } else if (hours == 0) {
        out_unit(out, minutes, " min");
    } else if (hours < 24) {
        out_unit(out, hours, " h ");
        out_unit(out, minutes % 60, " min");
    } else {
        out_unit(out, hours / 24, " d ");
        out_unit(out, hours % 24, " h");
    }
}

static void out_process(struct out *out, const struct psc_process *process, int64_t now) {
    bool named = process->name != NULL && process->name[0] != '\0';
    out_untrusted_text(out, named ? process->name : "a process");
    out_text(out, " (pid ");
    out_number(out, process->pid);
    if (process->user != NULL) {
        out_text(out, ", user ");
        out_untrusted_text(out, process->user);
    }
    if ((process->known & PSC_PROCESS_STARTED) != 0) {
        out_text(out, ", up ");
        out_age(out, now - process->started);
    }
    out_text(out, ")");
}

void psc_format_process(FILE *stream, const struct psc_process *process, int64_t now) {
    struct out out;
    out_init(&out, stream);
    out_process(&out, process, now);
    (void)!out_flush(&out);
}

// Holders -----------------------------------------------------------------------------------------

static void end_line(struct report_writer *writer) {
    out_line_end(&writer->out, writer->report->line_end);
}

static void begin_fact(struct report_writer *writer, const char *name) {
    out_spaces(&writer->out, 2);
    out_text(&writer->out, name);
    out_spaces(&writer->out, 9 - strlen(name));
}

static void fact(struct report_writer *writer, const char *name, const char *text) {
    begin_fact(writer, name);
    out_untrusted_text(&writer->out, text);
    end_line(writer);
}

static void command_line(struct report_writer *writer, const struct row *row) {
    if (row->owner->command_line_size > 0) {
        begin_fact(writer, "command");
        cell_text_command_line(&writer->out, row);
        end_line(writer);
    }
}

// Two rows are one fact if they serve on behalf of the same process in the same state.
static bool belong_together(const struct report_writer *writer, const struct psc_port_check *check,
                            size_t a, size_t b) {
    const struct psc_snapshot *snapshot = writer->report->snapshot;
    const struct psc_endpoint *x = psc_snapshot_endpoint(snapshot, a);
    const struct psc_endpoint *y = psc_snapshot_endpoint(snapshot, b);
    return psc_endpoint_serves_port(x, check->port, check->udp) &&
           psc_endpoint_serves_port(y, check->port, check->udp) && x->state == y->state &&
           psc_snapshot_oldest(snapshot, a) == psc_snapshot_oldest(snapshot, b);
}

static void out_state(struct out *out, const struct row *row) {
    if (psc_endpoint_is_udp(row->endpoint)) {
        out_text(out, psc_endpoint_has_peer(row->endpoint) ? "connected" : "bound");
    } else {
        cell_text_state(out, row);
    }
}

static void out_addresses(struct report_writer *writer, const struct psc_port_check *check,
                          const struct row *row) {
    struct out *out = &writer->out;
    const struct psc_snapshot *snapshot = writer->report->snapshot;
    cell_text_local(out, row);
    for (size_t i = row->index + 1; i < psc_snapshot_count(snapshot); i++) {
        if (belong_together(writer, check, row->index, i)) {
            struct row other = columns_row(snapshot, &writer->layout, i);
            out_text(out, " and ");
            cell_text_local(out, &other);
        }
    }
    if (psc_endpoint_has_peer(row->endpoint)) {
        out_text(out, " to ");
        cell_text_remote(out, row);
    }
}

static void holder(struct report_writer *writer, const struct psc_port_check *check,
                   const struct row *row) {
    struct out *out = &writer->out;
    const struct psc_snapshot *snapshot = writer->report->snapshot;
    int64_t now = psc_snapshot_time(snapshot);
    out_spaces(out, 2);
    out_addresses(writer, check, row);
    out_spaces(out, 2);
    out_state(out, row);
    out_spaces(out, 2);
    if (row->owner == NULL) {
        bool nobody = (row->endpoint->known & PSC_KNOWN_OWNERS) != 0;
        out_text(out, nobody ? "nobody any more" : "its owner cannot be seen");
        end_line(writer);
        return;
    }
    out_process(out, row->owner, now);
    end_line(writer);
    struct psc_owners owners = psc_snapshot_owners(snapshot, row->index);
    for (size_t i = 1; i < owners.count && i < MOST_HOLDERS; i++) {
        begin_fact(writer, "and");
        out_process(out, psc_snapshot_process(snapshot, owners.processes[i]), now);
        end_line(writer);
    }
    if (owners.count > MOST_HOLDERS) {
        begin_fact(writer, "and");
        out_number(out, owners.count - MOST_HOLDERS);
        out_text(out, " others");
        end_line(writer);
    }
    command_line(writer, row);
    if (row->owner->cwd != NULL) {
        fact(writer, "cwd", row->owner->cwd);
    }
    if (row->owner->service != NULL) {
        fact(writer, "service", row->owner->service);
    }
}

// Whether a row was shown together with one before it.
static bool was_shown(const struct report_writer *writer, const struct psc_port_check *check,
                      size_t index) {
    for (size_t i = 0; i < index; i++) {
        if (belong_together(writer, check, i, index)) {
            return true;
        }
    }
    return false;
}

// Shows who serves on the port; if nobody does, who is connected by it. Returns whoever shall end.
static const struct psc_process *holders(struct report_writer *writer,
                                         const struct psc_port_check *check) {
    const struct psc_snapshot *snapshot = writer->report->snapshot;
    const struct psc_process *first = NULL;
    size_t shown = 0;
    size_t left_out = 0;
    for (int serving = 1; serving >= 0 && shown == 0; serving--) {
        for (size_t i = 0; i < psc_snapshot_count(snapshot); i++) {
            struct row row = columns_row(snapshot, &writer->layout, i);
            if (!psc_endpoint_holds_port(row.endpoint, check->port, check->udp) ||
                psc_endpoint_serves_port(row.endpoint, check->port, check->udp) != (serving == 1)) {
                continue;
            }
            if (shown == MOST_HOLDERS) {
                left_out++;
            } else if (!was_shown(writer, check, i)) {
                holder(writer, check, &row);
                first = serving == 1 && first == NULL ? row.owner : first;
                shown++;
            }
        }
    }
    if (left_out > 0) {
        begin_fact(writer, "and");
        out_number(&writer->out, left_out);
        out_text(&writer->out, " more");
        end_line(writer);
    }
    return first;
}

// Reports -----------------------------------------------------------------------------------------

static void note(struct report_writer *writer, const char *text) {
    fact(writer, "note", text);
}

static void out_range(struct out *out, uint16_t first, uint16_t last) {
    out_number(out, first);
    out_text(out, "-");
    out_number(out, last);
}

static void free_notes(struct report_writer *writer, const struct psc_port_check *check,
                       const struct psc_port_ranges *ranges) {
    struct out *out = &writer->out;
    if (check->verdict == PSC_VERDICT_CLOSING && check->time_wait) {
        begin_fact(writer, "note");
        out_text(out, "free for a server that sets SO_REUSEADDR, as most do; for others in ");
        out_number(out, ranges->time_wait_seconds);
        out_text(out, " s at most");
        end_line(writer);
    } else if (check->verdict == PSC_VERDICT_CLOSING) {
        note(writer, "free for a server that sets SO_REUSEADDR, as most do; for others when the "
                     "last that is connected or bound by it has ended");
    }
    if (check->dynamic) {
        begin_fact(writer, "note");
        out_text(out, "in the dynamic range ");
        out_range(out, ranges->dynamic_first, ranges->dynamic_last);
        out_text(out, ": an outgoing connection may take it any time");
        end_line(writer);
    }
    if (check->reserved_soft) {
        note(writer, "in ip_local_reserved_ports: set aside for some program, though an "
                     "explicit bind works");
    }
    if (check->elsewhere) {
        note(writer, "somebody listens on it at another address");
    }
}

static void taken_notes(struct report_writer *writer, const struct psc_port_check *check,
                        const struct psc_port_ranges *ranges) {
    struct out *out = &writer->out;
    if (check->holder_unknown) {
        note(writer, "nobody who can be seen here has it: it may be bound without listening, "
                     "or held by the kernel");
    }
    if (check->time_wait) {
        begin_fact(writer, "note");
        out_text(out, "connections that are closed already keep it for ");
        out_number(out, ranges->time_wait_seconds);
        out_text(out, " s at most, because they were made without SO_REUSEADDR");
        end_line(writer);
    }
    if (check->verdict == PSC_VERDICT_RESERVED) {
        begin_fact(writer, "note");
        out_text(out, "the system keeps ");
        out_range(out, check->reserved_first, check->reserved_last);
        out_text(out, " for itself (Hyper-V, WinNAT or an administrator): binding fails though "
                      "nobody is there");
        end_line(writer);
        begin_fact(writer, "see");
        out_text(out, "netsh int ipv4 show excludedportrange protocol=");
        out_text(out, check->udp ? "udp" : "tcp");
        end_line(writer);
        fact(writer, "lift it", "net stop winnat, as administrator, and net start winnat later");
    }
    if (check->verdict == PSC_VERDICT_NEEDS_PRIVILEGE) {
        begin_fact(writer, "note");
        out_text(out, "ports below ");
        out_number(out, ranges->first_unprivileged);
        out_text(out, " are for root and for programs with CAP_NET_BIND_SERVICE");
        end_line(writer);
    }
}

static void advice(struct report_writer *writer, const struct psc_port_check *check,
                   const struct psc_process *first) {
    struct out *out = &writer->out;
    size_t start = out->width;
    if (first != NULL) {
        begin_fact(writer, "end it");
        if (first->stop_command != NULL) {
            out_untrusted_text(out, first->stop_command);
        } else {
            out_text(out, "portscope kill ");
            out_number(out, check->port);
            out_text(out, check->udp ? "/udp" : "");
        }
        size_t used = out->width - start;
        out_spaces(out, used < 34 ? 35 - used : 2);
    }
    if (check->next_free != 0) {
        out_spaces(out, first == NULL ? 2 : 0);
        out_text(out, "next free port: ");
        out_number(out, check->next_free);
    }
    if (first != NULL || check->next_free != 0) {
        end_line(writer);
    }
}

static void check_text(struct report_writer *writer, const struct psc_port_check *check) {
    struct out *out = &writer->out;
    const struct psc_port_ranges *ranges = writer->report->ranges[check->udp];
    out_number(out, check->port);
    out_text(out, check->udp ? "/udp " : "/tcp ");
    out_text(out, psc_verdict_sentence(check->verdict));
    end_line(writer);
    if (psc_verdict_is_free(check->verdict)) {
        free_notes(writer, check, ranges);
        return;
    }
    const struct psc_process *first = holders(writer, check);
    taken_notes(writer, check, ranges);
    advice(writer, check, first);
}

enum psc_status psc_format_checks(FILE *stream, const struct psc_check_report *report) {
    struct report_writer writer = {.report = report};
    out_init(&writer.out, stream);
    for (size_t i = 0; i < report->count && !writer.out.failed; i++) {
        check_text(&writer, &report->checks[i]);
    }
    return out_flush(&writer.out);
}

// JSON --------------------------------------------------------------------------------------------

static void out_flag(struct out *out, const char *name, bool value) {
    out_text(out, ", \"");
    out_text(out, name);
    out_text(out, value ? "\": true" : "\": false");
}

static void out_port_or_null(struct out *out, const char *name, uint16_t port) {
    out_text(out, ", \"");
    out_text(out, name);
    out_text(out, "\": ");
    if (port != 0) {
        out_number(out, port);
    } else {
        out_text(out, "null");
    }
}

static void out_text_member(struct out *out, const char *name, const char *text) {
    out_text(out, ", \"");
    out_text(out, name);
    out_text(out, "\": ");
    out_json_text(out, text);
}

// What a row does not say of the oldest who serves on the port.
static void server_json(struct report_writer *writer, const struct psc_port_check *check) {
    static const struct psc_process nobody;
    const struct psc_snapshot *snapshot = writer->report->snapshot;
    const struct psc_process *server = NULL;
    for (size_t i = 0; server == NULL && i < psc_snapshot_count(snapshot); i++) {
        if (psc_endpoint_serves_port(psc_snapshot_endpoint(snapshot, i), check->port, check->udp)) {
            server = psc_snapshot_oldest(snapshot, i);
        }
    }
    server = server != NULL ? server : &nobody;
    out_text_member(&writer->out, "cwd", server->cwd);
    out_text_member(&writer->out, "service", server->service);
    out_text_member(&writer->out, "stop_command", server->stop_command);
}

static void endpoints_json(struct report_writer *writer, const struct psc_port_check *check) {
    struct out *out = &writer->out;
    const struct psc_snapshot *snapshot = writer->report->snapshot;
    const char *between = "\n    {";
    for (size_t i = 0; i < psc_snapshot_count(snapshot); i++) {
        struct row row = columns_row(snapshot, &writer->layout, i);
        if (row.endpoint->local_port != check->port ||
            psc_endpoint_is_udp(row.endpoint) != check->udp) {
            continue;
        }
        out_text(out, between);
        columns_json(out, &writer->layout.columns, &row);
        out_text(out, "}");
        between = ",\n    {";
    }
}

static void check_json(struct report_writer *writer, const struct psc_port_check *check) {
    struct out *out = &writer->out;
    out_text(out, "\n  {\"port\": ");
    out_number(out, check->port);
    out_text(out, check->udp ? ", \"protocol\": \"udp\"" : ", \"protocol\": \"tcp\"");
    out_text(out, ", \"verdict\": \"");
    out_text(out, psc_verdict_word(check->verdict));
    out_text(out, "\"");
    out_flag(out, "free", psc_verdict_is_free(check->verdict));
    out_flag(out, "dynamic", check->dynamic);
    out_flag(out, "reserved_soft", check->reserved_soft);
    out_flag(out, "holder_unknown", check->holder_unknown);
    out_flag(out, "time_wait", check->time_wait);
    bool reserved = check->verdict == PSC_VERDICT_RESERVED;
    out_port_or_null(out, "reserved_first", reserved ? check->reserved_first : 0);
    out_port_or_null(out, "reserved_last", reserved ? check->reserved_last : 0);
    out_port_or_null(out, "next_free", check->next_free);
    server_json(writer, check);
    out_text(out, ",\n   \"endpoints\": [");
    endpoints_json(writer, check);
    out_text(out, "]}");
}

enum psc_status psc_format_checks_json(FILE *stream, const struct psc_check_report *report) {
    struct report_writer writer = {.report = report, .layout = {.format = PSC_FORMAT_JSON}};
    struct out *out = &writer.out;
    out_init(out, stream);
    psc_columns_default(&writer.layout.columns, PSC_FORMAT_JSON, 0);
    out_text(out, "{\"schema\": \"portscope-check/1\", ");
    document_host_and_time(out, report->snapshot);
    out_text(out, ",\n");
    document_notices(out, report->snapshot, NULL);
    out_text(out, " \"ports\": [");
    for (size_t i = 0; i < report->count && !out->failed; i++) {
        out_text(out, i > 0 ? "," : "");
        check_json(&writer, &report->checks[i]);
    }
    out_text(out, "]}\n");
    return out_flush(out);
}
