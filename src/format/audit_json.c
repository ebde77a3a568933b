// audit_json.c - an audit for programs: one document, or a line for each finding.
#include "format/audit_write.h"
#include "format/cells.h"
#include "format/document.h"

// THE list of what is said of a listener, beside its owners and findings.
static const struct {
    const char *name;
    void (*json)(struct out *out, const struct row *row);
} fields[] = {
    {"protocol", cell_json_protocol}, {"family", cell_json_family}, {"local", cell_json_local},
    {"exposure", cell_json_exposure}, {"pid", cell_json_pid},       {"process", cell_json_process},
    {"path", cell_json_path},         {"uid", cell_json_uid},       {"user", cell_json_user},
};
#define FIELD_COUNT (sizeof fields / sizeof fields[0])

static void json_fields(struct out *out, const struct row *row) {
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        out_text(out, i > 0 ? ", \"" : "\"");
        out_text(out, fields[i].name);
        out_text(out, "\": ");
        if (row != NULL) {
            fields[i].json(out, row);
        } else {
            out_text(out, "null");
        }
    }
}

// Whether a wildcard of IPv6 takes IPv4, too; null where that is no question, or not known.
static void json_dual_stack(struct out *out, const struct psc_endpoint *endpoint) {
    bool asked = endpoint != NULL && psc_endpoint_is_ipv6(endpoint) &&
                 (endpoint->known & PSC_KNOWN_V6ONLY) != 0;
    static const struct psc_address any = {{0}};
    for (size_t i = 0; asked && i < sizeof any.bytes; i++) {
        asked = endpoint->local.bytes[i] == any.bytes[i];
    }
    out_text(out, ", \"dual_stack\": ");
    out_text(out, !asked ? "null" : endpoint->v6only ? "false" : "true");
}

static void json_owners(struct out *out, const struct psc_audit *audit,
                        const struct psc_listener *listener) {
    if (listener->owners.count == 0 && !listener->owners_known) {
        out_text(out, "null");
        return;
    }
    out_text(out, "[");
    for (size_t i = 0; i < listener->owners.count; i++) {
        out_text(out, i > 0 ? ", " : "");
        cell_json_owner(out, psc_snapshot_process(audit->snapshot, listener->owners.processes[i]));
    }
    out_text(out, "]");
}

static void json_severity(struct out *out, enum psc_severity severity) {
    out_json_text(out, psc_severity_word(severity));
}

static void json_finding(struct out *out, const struct psc_finding *finding) {
    out_text(out, "\"severity\": ");
    json_severity(out, finding != NULL ? finding->rule->severity : PSC_SEVERITY_NONE);
    out_text(out, ", \"rule\": ");
    out_json_text(out, finding != NULL ? finding->rule->id : NULL);
    out_text(out, ", \"subject\": ");
    out_json_text(out, finding != NULL ? finding->subject : NULL);
    out_text(out, ", \"rationale\": ");
    out_json_text(out, finding != NULL ? finding->rule->rationale : NULL);
    out_text(out, ", \"remediation\": ");
    out_json_text(out, finding != NULL ? finding->rule->remediation : NULL);
}

// The document ------------------------------------------------------------------------------------

static void json_listener(struct out *out, const struct psc_audit *audit,
                          const struct psc_listener *listener) {
    struct psc_layout layout = {.format = PSC_FORMAT_JSON};
    struct row row = audit_row(audit, listener, &layout);
    out_text(out, "{");
    json_fields(out, &row);
    json_dual_stack(out, row.endpoint);
    out_text(out, ", \"sockets\": ");
    out_number(out, listener->sockets);
    out_text(out, ", \"owners\": ");
    json_owners(out, audit, listener);
    out_text(out, ",\n   \"severity\": ");
    json_severity(out, listener->worst);
    out_text(out, ", \"findings\": [");
    for (size_t i = 0; i < listener->findings; i++) {
        out_text(out, i > 0 ? ",\n    {" : "\n    {");
        json_finding(out, &audit->findings[listener->first_finding + i]);
        out_text(out, "}");
    }
    out_text(out, "]}");
}

static void json_counts(struct out *out, const struct psc_audit *audit) {
    out_text(out, " \"counts\": {");
    for (enum psc_severity i = PSC_SEVERITY_HIGH; i > PSC_SEVERITY_NONE; i--) {
        out_text(out, i < PSC_SEVERITY_HIGH ? ", " : "");
        json_severity(out, i);
        out_text(out, ": ");
        out_number(out, psc_audit_count(audit, i));
    }
    out_text(out, "}");
}

void audit_write_json(struct out *out, const struct psc_audit *audit) {
    out_text(out, "{\"schema\": \"portscope-audit/1\", ");
    document_host_and_time(out, audit->snapshot);
    out_text(out, ",\n");
    document_notices(out, audit->snapshot, &psc_audit_scope);
    json_counts(out, audit);
    out_text(out, ",\n \"listeners\": [");
    for (size_t i = 0; i < audit->listener_count && !out->failed; i++) {
        out_text(out, i > 0 ? ",\n  " : "\n  ");
        json_listener(out, audit, &audit->listeners[i]);
    }
    out_text(out, "],\n \"missing\": [");
    for (size_t i = audit->missing; i < audit->finding_count; i++) {
        out_text(out, i > audit->missing ? ",\n  {\"line\": " : "\n  {\"line\": ");
        out_number(out, audit->findings[i].entry->line);
        out_text(out, ", ");
        json_finding(out, &audit->findings[i]);
        out_text(out, "}");
    }
    out_text(out, "]}\n");
}

// Lines -------------------------------------------------------------------------------------------

// One object: a listener with one of its findings, or without any; or a finding without a listener.
static void ndjson_line(struct out *out, const struct psc_audit *audit,
                        const struct psc_listener *listener, const struct psc_finding *finding) {
    struct psc_layout layout = {.format = PSC_FORMAT_NDJSON};
    out_text(out, "{");
    document_host_and_time(out, audit->snapshot);
    out_text(out, ", ");
    json_finding(out, finding);
    out_text(out, ", ");
    if (listener != NULL) {
        struct row row = audit_row(audit, listener, &layout);
        json_fields(out, &row);
        json_dual_stack(out, row.endpoint);
    } else {
        json_fields(out, NULL);
        json_dual_stack(out, NULL);
    }
    out_text(out, "}");
    out_line_end(out, "\n");
}

void audit_write_ndjson(struct out *out, const struct psc_audit *audit) {
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
