// audit_prometheus.c - an audit as metrics, in Prometheus' text format 0.0.4: what the textfile
// collector of node_exporter reads.
#include <string.h>

#include "base/text.h"
#include "format/audit_write.h"
#include "model/address.h"

static void begin_metric(struct out *out, const char *name, const char *help) {
    out_text(out, "# HELP ");
    out_text(out, name);
    out_text(out, " ");
    out_text(out, help);
    out_text(out, "\n# TYPE ");
    out_text(out, name);
    out_text(out, " gauge\n");
}

// The value of a label: UTF-8, with a backslash in front of quotes and backslashes. What a terminal
// must not see is escaped, because labels end up in consoles and mails.
static void put_value(struct out *out, const char *bytes) {
    size_t size = bytes != NULL ? strlen(bytes) : 0;
    while (size > 0) {
        char text[PSC_TEXT_ESCAPED];
        size_t used;
        size_t written = psc_text_escape(bytes, size, &used, text);
        bool escaped = written != used || memcmp(text, bytes, used) != 0;
        if (escaped || bytes[0] == '"' || bytes[0] == '\\') {
            out_text(out, "\\");
        }
        out_bytes(out, text, written);
        bytes += used;
        size -= used;
    }
}

// Ends the label before it.
static void begin_label(struct out *out, const char *name) {
    out_text(out, "\",");
    out_text(out, name);
    out_text(out, "=\"");
}

static void put_label(struct out *out, const char *name, const char *value) {
    begin_label(out, name);
    put_value(out, value);
}

// Ends the last label and the line.
static void put_sample(struct out *out, uint64_t value) {
    out_text(out, "\"} ");
    out_number(out, value);
    out_line_end(out, "\n");
}

// What tells one listener from all others, and who holds it.
static void put_listener(struct out *out, const struct psc_audit *audit,
                         const struct psc_listener *listener) {
    const struct psc_endpoint *endpoint = psc_snapshot_endpoint(audit->snapshot, listener->row);
    const struct psc_owners *owners = &listener->owners;
    const struct psc_process *owner =
        owners->count > 0 ? psc_snapshot_process(audit->snapshot, owners->processes[0]) : NULL;
    const char *zone = psc_snapshot_interface(audit->snapshot, endpoint->ifindex);
    char address[PSC_ADDRESS_TEXT];
    psc_address_format(&endpoint->local, psc_endpoint_is_ipv6(endpoint), address);
    begin_label(out, "protocol");
    out_text(out, psc_endpoint_is_udp(endpoint) ? "udp" : "tcp");
    begin_label(out, "address");
    out_text(out, address);
    if (endpoint->ifindex != 0) {
        out_text(out, "%");
        put_value(out, zone);
        if (zone == NULL) {
            out_number(out, endpoint->ifindex);
        }
    }
    begin_label(out, "port");
    out_number(out, endpoint->local_port);
    put_label(out, "process", owner != NULL ? owner->name : NULL);
}

static void write_counts(struct out *out, const struct psc_audit *audit) {
    begin_metric(out, "portscope_audit_findings", "How often each rule fired.");
    for (size_t i = 0; i < psc_rule_count(); i++) {
        const struct psc_rule *rule = psc_rule_at(i);
        size_t count = 0;
        for (size_t j = 0; j < audit->finding_count; j++) {
            count += audit->findings[j].rule == rule;
        }
        out_text(out, "portscope_audit_findings{rule=\"");
        out_text(out, rule->id);
        put_label(out, "severity", psc_severity_word(rule->severity));
        put_sample(out, count);
    }
    begin_metric(out, "portscope_audit_listeners",
                 "Listeners by who can reach them as far as the sockets decide; a firewall in "
                 "front of them was not asked.");
    for (enum psc_exposure i = PSC_EXPOSURE_LOOPBACK; i <= PSC_EXPOSURE_ALL; i++) {
        out_text(out, "portscope_audit_listeners{exposure=\"");
        out_text(out, psc_exposure_word(i));
        put_sample(out, psc_audit_exposed(audit, i));
    }
}

static void write_finding(struct out *out, const struct psc_audit *audit,
                          const struct psc_listener *listener, const struct psc_finding *finding) {
    out_text(out, "portscope_audit_finding_info{rule=\"");
    out_text(out, finding->rule->id);
    put_label(out, "severity", psc_severity_word(finding->rule->severity));
    put_label(out, "subject", finding->subject);
    if (listener != NULL) {
        put_listener(out, audit, listener);
    } else { // the same line may stand in a policy twice
        begin_label(out, "line");
        out_number(out, finding->entry->line);
    }
    put_sample(out, 1);
}

static void write_findings(struct out *out, const struct psc_audit *audit) {
    begin_metric(out, "portscope_audit_finding_info", "A rule that fired, and for what; always 1.");
    for (size_t i = 0; i < audit->listener_count; i++) {
        const struct psc_listener *listener = &audit->listeners[i];
        for (size_t j = 0; j < listener->findings; j++) {
            write_finding(out, audit, listener, &audit->findings[listener->first_finding + j]);
        }
    }
    for (size_t i = audit->missing; i < audit->finding_count; i++) {
        write_finding(out, audit, NULL, &audit->findings[i]);
    }
}

static void write_listeners(struct out *out, const struct psc_audit *audit) {
    begin_metric(out, "portscope_audit_listener_info",
                 "A listener, and who can reach it; always 1.");
    for (size_t i = 0; i < audit->listener_count; i++) {
        const struct psc_listener *listener = &audit->listeners[i];
        out_text(out, "portscope_audit_listener_info{exposure=\"");
        out_text(out, psc_exposure_word(listener->exposure));
        put_listener(out, audit, listener);
        put_sample(out, 1);
    }
}

void audit_write_prometheus(struct out *out, const struct psc_audit *audit) {
    write_counts(out, audit);
    write_findings(out, audit);
    write_listeners(out, audit);
    begin_metric(out, "portscope_audit_timestamp_seconds", "When the audit was made.");
    out_text(out, "portscope_audit_timestamp_seconds ");
    out_number(out, (uint64_t)psc_snapshot_time(audit->snapshot) / 1000);
    out_line_end(out, "\n");
}
