// prometheus.c - an audit as metrics in Prometheus' text format 0.0.4, which the textfile collector of
// node_exporter reads.
#include <inttypes.h>

#include "format/audit_report.h"

// One sample: a name, labels, a value. The first label opens the braces.
struct sample {
    struct out *out;
    const char *separator;
};

static void begin_metric(struct out *out, const char *name, const char *help) {
    out_format(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static struct sample begin_sample(struct out *out, const char *name) {
    out_text(out, name);
    return (struct sample){out, "{"};
}

static void begin_label(struct sample *sample, const char *name) {
    out_format(sample->out, "%s%s=\"", sample->separator, name);
    sample->separator = "\",";
}

static void put_label(struct sample *sample, const char *name, const char *text) {
    begin_label(sample, name);
    out_untrusted(sample->out, text != NULL ? text : "");
}

static void end_sample(struct sample *sample, uint64_t value) {
    out_format(sample->out, "\"} %" PRIu64 "\n", value);
}

// What tells a listener from all others, and its oldest owner.
static void put_listener(struct sample *sample, const struct psc_audit *audit,
                         const struct psc_listener *listener) {
    static const char *const labels[][2] = {
        {"protocol", "protocol"}, {"address", "local_address"}, {"port", "local_port"}};
    struct row row = audit_row(audit, listener);
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        begin_label(sample, labels[i][0]);
        column_write(sample->out, labels[i][1], &row);
    }
    put_label(sample, "process", row.owner != NULL ? row.owner->name : NULL);
}

static void write_counts(struct out *out, const struct psc_audit *audit) {
    begin_metric(out, "portscope_audit_findings", "Number of findings of each rule.");
    for (size_t i = 0; i < psc_rule_count(); i++) {
        const struct psc_rule *rule = psc_rule_at(i);
        size_t count = 0;
        for (size_t j = 0; j < audit->finding_count; j++) {
            count += audit->findings[j].rule == rule;
        }
        struct sample sample = begin_sample(out, "portscope_audit_findings");
        put_label(&sample, "rule", rule->id);
        put_label(&sample, "severity", psc_severity_word(rule->severity));
        end_sample(&sample, count);
    }
    begin_metric(out, "portscope_audit_listeners",
                 "Number of listeners by exposure, which is what the sockets allow; firewalls are "
                 "not taken into account.");
    for (enum psc_exposure i = PSC_EXPOSURE_LOOPBACK; i <= PSC_EXPOSURE_ALL; i++) {
        struct sample sample = begin_sample(out, "portscope_audit_listeners");
        put_label(&sample, "exposure", psc_exposure_word(i));
        end_sample(&sample, psc_audit_exposed(audit, i));
    }
}

static void write_finding(struct out *out, const struct psc_audit *audit,
                          const struct psc_listener *listener, const struct psc_finding *finding) {
    struct sample sample = begin_sample(out, "portscope_audit_finding_info");
    put_label(&sample, "rule", finding->rule->id);
    put_label(&sample, "severity", psc_severity_word(finding->rule->severity));
    put_label(&sample, "subject", finding->subject);
    if (listener != NULL) {
        put_listener(&sample, audit, listener);
    } else { // a policy may have the same line twice
        begin_label(&sample, "line");
        out_number(out, finding->entry->line);
    }
    end_sample(&sample, 1);
}

static void write_findings(struct out *out, const struct psc_audit *audit) {
    begin_metric(out, "portscope_audit_finding_info", "A finding and its subject; always 1.");
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
    begin_metric(out, "portscope_audit_listener_info", "A listener and its exposure; always 1.");
    for (size_t i = 0; i < audit->listener_count; i++) {
        const struct psc_listener *listener = &audit->listeners[i];
        struct sample sample = begin_sample(out, "portscope_audit_listener_info");
        put_label(&sample, "exposure", psc_exposure_word(listener->exposure));
        put_listener(&sample, audit, listener);
        end_sample(&sample, 1);
    }
}

// Alerts on findings alone would take an audit that saw nothing for a clean one.
static void write_notices(struct out *out, const struct psc_audit *audit) {
    begin_metric(out, "portscope_audit_notices",
                 "What the audit could not examine, by kind: the number of sockets, or 1.");
    for (size_t i = 0; i < psc_snapshot_notice_count(audit->snapshot); i++) {
        const struct psc_notice *notice = psc_snapshot_notice(audit->snapshot, i);
        struct sample sample = begin_sample(out, "portscope_audit_notices");
        put_label(&sample, "kind", notice->kind);
        end_sample(&sample, notice->count > 0 ? notice->count : 1);
    }
}

void prometheus_write(struct out *out, const struct psc_audit *audit) {
    write_counts(out, audit);
    write_notices(out, audit);
    write_findings(out, audit);
    write_listeners(out, audit);
    begin_metric(out, "portscope_audit_timestamp_seconds", "Time of the audit.");
    out_format(out, "portscope_audit_timestamp_seconds %" PRId64 "\n",
               psc_snapshot_time(audit->snapshot) / 1000);
}
