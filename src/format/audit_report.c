// audit_report.c - an audit for people, worst listeners first, and as JSON.
#include "format/audit_report.h"

#include "model/address.h"

struct row audit_row(const struct psc_audit *audit, const struct psc_listener *listener) {
    struct row row = row_of(audit->snapshot, listener->row);
    row.owners = listener->owners;
    row.owners_known = listener->owners_known;
    row.owner = NULL;
    if (row.owners.count > 0) {
        row.owner = psc_snapshot_process(audit->snapshot, row.owners.processes[0]);
        row.more_owners = (unsigned)row.owners.count - 1;
    }
    return row;
}

// Table -------------------------------------------------------------------------------------------

#define SEVERITY_WIDTH 8
#define RULE_WIDTH 20

struct audit_table {
    struct table table;
    struct psc_columns columns;
    const struct psc_audit *audit;
};

static void severity_cell(struct table *table, enum psc_severity severity) {
    static const enum color colors[PSC_SEVERITY_COUNT] = {
        [PSC_SEVERITY_MEDIUM] = COLOR_YELLOW,
        [PSC_SEVERITY_HIGH] = COLOR_RED,
    };
    struct value value = {.kind = VALUE_UNKNOWN, .color = COLOR_DIM};
    if (severity != PSC_SEVERITY_NONE) {
        value = (struct value){
            .kind = VALUE_WORD, .color = colors[severity], .text = psc_severity_word(severity)};
    }
    table_cell(table, &value, SEVERITY_WIDTH);
}

static void write_headings(struct audit_table *report) {
    struct table *table = &report->table;
    out_spaces(table->out, 2);
    table_begin_color(table, COLOR_BOLD);
    table_text_cell(table, "Severity", SEVERITY_WIDTH);
    columns_write_headings(table, &report->columns);
    table_end_color(table, COLOR_BOLD);
    table_end_line(table);
}

static void write_finding(struct table *table, const struct psc_finding *finding) {
    out_spaces(table->out, 2 + SEVERITY_WIDTH + 2);
    severity_cell(table, finding->rule->severity);
    table_text_cell(table, finding->rule->id, RULE_WIDTH);
    if (finding->subject != NULL) {
        out_untrusted(table->out, finding->subject);
    }
    table_end_line(table);
}

static void write_listener(struct audit_table *report, const struct psc_listener *listener) {
    struct row row = audit_row(report->audit, listener);
    out_spaces(report->table.out, 2);
    severity_cell(&report->table, listener->worst);
    columns_write_cells(&report->table, &report->columns, &row);
    table_end_line(&report->table);
    for (size_t i = 0; i < listener->findings; i++) {
        write_finding(&report->table, &report->audit->findings[listener->first_finding + i]);
    }
}

static bool has_finding(const struct psc_audit *audit, const struct psc_rule *rule) {
    for (size_t i = 0; i < audit->finding_count; i++) {
        if (audit->findings[i].rule == rule) {
            return true;
        }
    }
    return false;
}

// Why, and what to do: once for each rule, however many findings it has.
static void write_rules(struct audit_table *report) {
    struct table *table = &report->table;
    for (size_t i = 0; i < psc_rule_count(); i++) {
        const struct psc_rule *rule = psc_rule_at(i);
        if (has_finding(report->audit, rule)) {
            table_line(table, 2, rule->id, COLOR_BOLD);
            table_line(table, 4, rule->rationale, COLOR_NONE);
            table_line(table, 4, rule->remediation, COLOR_NONE);
        }
    }
    if (report->audit->finding_count > 0) {
        table_end_line(table);
    }
}

static void write_counts(struct audit_table *report) {
    const struct psc_audit *audit = report->audit;
    struct out *out = report->table.out;
    out_format(out, "%zu listener%s", audit->listener_count, audit->listener_count == 1 ? "" : "s");
    for (enum psc_exposure i = PSC_EXPOSURE_ALL; i > PSC_EXPOSURE_NONE; i--) {
        out_format(out, "%s %zu %s", i == PSC_EXPOSURE_ALL ? ":" : ",", psc_audit_exposed(audit, i),
                   psc_exposure_word(i));
    }
    table_end_line(&report->table);
    out_format(out, "%zu finding%s", audit->finding_count, audit->finding_count == 1 ? "" : "s");
    for (enum psc_severity i = PSC_SEVERITY_HIGH; i > PSC_SEVERITY_NONE; i--) {
        out_format(out, "%s %zu %s", i == PSC_SEVERITY_HIGH ? ":" : ",", psc_audit_count(audit, i),
                   psc_severity_word(i));
    }
    table_end_line(&report->table);
    table_line(&report->table, 0, psc_audit_scope.text, COLOR_NONE);
}

static void write_table(struct out *out, const struct psc_audit *audit,
                        const struct psc_layout *layout) {
    struct audit_table report = {.table = {.out = out, layout->line_end, layout->color},
                                 .columns = columns_named("protocol,local,exposure,pid,process"),
                                 .audit = audit};
    write_headings(&report);
    for (size_t i = 0; i < audit->listener_count; i++) {
        write_listener(&report, &audit->listeners[i]);
    }
    for (size_t i = audit->missing; i < audit->finding_count; i++) {
        write_finding(&report.table, &audit->findings[i]);
    }
    table_end_line(&report.table);
    write_rules(&report);
    write_counts(&report);
}

// JSON --------------------------------------------------------------------------------------------

// @param listener NULL: a finding without one
static void json_listener(struct json *json, const struct psc_audit *audit,
                          const struct psc_listener *listener) {
    const struct value none = {.kind = VALUE_NONE};
    struct psc_columns columns =
        columns_named("protocol,family,local,exposure,pid,process,path,uid,user");
    struct row row = {0};
    bool wildcard = false;
    if (listener != NULL) {
        row = audit_row(audit, listener);
        wildcard = psc_endpoint_is_ipv6(row.endpoint) && psc_address_is_any(&row.endpoint->local);
    }
    for (size_t i = 0; i < columns.count; i++) {
        struct value value = listener != NULL ? columns.list[i]->value(&row) : none;
        value_write_json(json, columns.list[i]->name, &value);
    }
    bool known = wildcard && (row.endpoint->known & PSC_KNOWN_V6ONLY) != 0;
    json_known_bool(json, "dual_stack", known, known && !row.endpoint->v6only);
}

// @param finding NULL: none
static void json_finding(struct json *json, const struct psc_finding *finding) {
    static const struct psc_rule none;
    const struct psc_rule *rule = finding != NULL ? finding->rule : &none;
    json_text(json, "severity", psc_severity_word(rule->severity));
    json_text(json, "rule", rule->id);
    json_text(json, "subject", finding != NULL ? finding->subject : NULL);
    json_text(json, "rationale", rule->rationale);
    json_text(json, "remediation", rule->remediation);
}

static void json_listener_with_findings(struct json *json, const struct psc_audit *audit,
                                        const struct psc_listener *listener) {
    struct row row = audit_row(audit, listener);
    struct psc_columns owners = columns_named("owners");
    json_begin(json, NULL, JSON_OBJECT);
    json_listener(json, audit, listener);
    json_number(json, "sockets", listener->sockets);
    columns_write_json(json, &owners, &row);
    json_start_line(json);
    json_text(json, "severity", psc_severity_word(listener->worst));
    json_begin(json, "findings", JSON_LINES);
    for (size_t i = 0; i < listener->findings; i++) {
        json_begin(json, NULL, JSON_OBJECT);
        json_finding(json, &audit->findings[listener->first_finding + i]);
        json_end(json);
    }
    json_end(json);
    json_end(json);
}

static void write_json(struct out *out, const struct psc_audit *audit) {
    struct json json = {.out = out};
    json_begin_document(&json, "portscope-audit/1", audit->snapshot, &psc_audit_scope);
    json_start_line(&json);
    json_begin(&json, "counts", JSON_OBJECT);
    for (enum psc_severity i = PSC_SEVERITY_HIGH; i > PSC_SEVERITY_NONE; i--) {
        json_number(&json, psc_severity_word(i), psc_audit_count(audit, i));
    }
    json_end(&json);
    json_start_line(&json);
    json_begin(&json, "listeners", JSON_LINES);
    for (size_t i = 0; i < audit->listener_count && !out->failed; i++) {
        json_listener_with_findings(&json, audit, &audit->listeners[i]);
    }
    json_end(&json);
    json_start_line(&json);
    json_begin(&json, "missing", JSON_LINES);
    for (size_t i = audit->missing; i < audit->finding_count; i++) {
        json_begin(&json, NULL, JSON_OBJECT);
        json_number(&json, "line", audit->findings[i].entry->line);
        json_finding(&json, &audit->findings[i]);
        json_end(&json);
    }
    json_end(&json);
    json_end_document(&json);
}

// A listener with one of its findings, or with none; or a finding without a listener.
static void ndjson_line(struct out *out, const struct psc_audit *audit,
                        const struct psc_listener *listener, const struct psc_finding *finding) {
    struct json json = {.out = out};
    json_begin(&json, NULL, JSON_OBJECT);
    json_host_and_time(&json, audit->snapshot);
    json_finding(&json, finding);
    json_listener(&json, audit, listener);
    json_end_document(&json);
}

static void write_ndjson(struct out *out, const struct psc_audit *audit) {
    for (size_t i = 0; i < audit->listener_count && !out->failed; i++) {
        const struct psc_listener *listener = &audit->listeners[i];
        if (listener->findings == 0) {
            ndjson_line(out, audit, listener, NULL);
        }
        for (size_t j = 0; j < listener->findings; j++) {
            ndjson_line(out, audit, listener, &audit->findings[listener->first_finding + j]);
        }
    }
    for (size_t i = audit->missing; i < audit->finding_count; i++) {
        ndjson_line(out, audit, NULL, &audit->findings[i]);
    }
}

enum psc_status psc_audit_write(FILE *stream, const struct psc_audit *audit,
                                const struct psc_layout *layout, struct psc_error *error) {
    struct out out;
    if (layout->format == PSC_FORMAT_TABLE) {
        out_init(&out, stream, OUT_FOR_PEOPLE);
        write_table(&out, audit, layout);
    } else if (layout->format == PSC_FORMAT_PROMETHEUS) {
        out_init(&out, stream, OUT_LABEL);
        prometheus_write(&out, audit);
    } else {
        out_init(&out, stream, OUT_JSON);
        (layout->format == PSC_FORMAT_JSON ? write_json : write_ndjson)(&out, audit);
    }
    return out_flush(&out, error);
}
