// audit_table.c - an audit for people: the worst listeners first, and what each word means at the end.
#include <string.h>

#include "format/audit_write.h"
#include "format/cells.h"

#define BOLD "\x1b[1m"
#define RED "\x1b[31m"
#define YELLOW "\x1b[33m"
#define DIM "\x1b[2m"
#define PLAIN "\x1b[0m"

#define SEVERITY_WIDTH 8
#define RULE_WIDTH 20

struct table {
    struct out *out;
    const struct psc_audit *audit;
    const struct psc_audit_layout *layout;
};

static void end_line(const struct table *table) {
    out_line_end(table->out, table->layout->line_end);
}

static void pad(struct out *out, size_t start, size_t width) {
    size_t used = out->width - start;
    out_spaces(out, used < width ? width - used : 0);
}

static void colored(const struct table *table, const char *color, const char *text) {
    if (table->layout->color && color[0] != '\0') {
        out_escape(table->out, color);
        out_text(table->out, text);
        out_escape(table->out, PLAIN);
    } else {
        out_text(table->out, text);
    }
}

static void put_severity(const struct table *table, enum psc_severity severity) {
    static const char *const colors[PSC_SEVERITY_COUNT] = {
        [PSC_SEVERITY_NONE] = DIM,      [PSC_SEVERITY_INFO] = "",  [PSC_SEVERITY_LOW] = "",
        [PSC_SEVERITY_MEDIUM] = YELLOW, [PSC_SEVERITY_HIGH] = RED,
    };
    const char *word = psc_severity_word(severity);
    size_t start = table->out->width;
    colored(table, colors[severity], word != NULL ? word : "-");
    pad(table->out, start, SEVERITY_WIDTH);
}

// Listeners ---------------------------------------------------------------------------------------

// The columns behind the severity.
static const struct {
    const char *heading;
    size_t width;
    void (*text)(struct out *out, const struct row *row);
} columns[] = {
    {"Proto", 7, cell_text_protocol},     {"Local Address", 23, cell_text_local},
    {"Exposure", 10, cell_text_exposure}, {"PID", 9, cell_text_pid},
    {"Process", 0, cell_text_process},
};
#define COLUMN_COUNT (sizeof columns / sizeof columns[0])

static void write_headings(const struct table *table) {
    struct out *out = table->out;
    out_spaces(out, 2);
    if (table->layout->color) {
        out_escape(out, BOLD);
    }
    out_text(out, "Severity");
    out_spaces(out, 2);
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        size_t start = out->width;
        out_text(out, columns[i].heading);
        pad(out, start, columns[i].width);
    }
    if (table->layout->color) {
        out_escape(out, PLAIN);
    }
    end_line(table);
}

static void write_finding(const struct table *table, const struct psc_finding *finding) {
    struct out *out = table->out;
    out_spaces(out, 2 + SEVERITY_WIDTH + 2);
    put_severity(table, finding->rule->severity);
    size_t start = out->width;
    out_text(out, finding->rule->id);
    if (finding->subject != NULL) {
        pad(out, start, RULE_WIDTH);
        out_spaces(out, 2);
        out_untrusted(out, finding->subject, strlen(finding->subject));
    }
    end_line(table);
}

static void write_listener(const struct table *table, const struct psc_listener *listener) {
    struct psc_layout layout = {.format = PSC_FORMAT_TABLE};
    struct row row = audit_row(table->audit, listener, &layout);
    struct out *out = table->out;
    out_spaces(out, 2);
    put_severity(table, listener->worst);
    out_spaces(out, 2);
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        size_t start = out->width;
        columns[i].text(out, &row);
        // A longer value pushes the rest to the right, but not against the next.
        size_t used = out->width - start;
        pad(out, start, used + 2 > columns[i].width ? used + 2 : columns[i].width);
    }
    end_line(table);
    for (size_t i = 0; i < listener->findings; i++) {
        write_finding(table, &table->audit->findings[listener->first_finding + i]);
    }
}

// Behind the listeners -----------------------------------------------------------------------------

static bool fired(const struct psc_audit *audit, const struct psc_rule *rule) {
    for (size_t i = 0; i < audit->finding_count; i++) {
        if (audit->findings[i].rule == rule) {
            return true;
        }
    }
    return false;
}

// Why, and what to do: once for each rule, however often it fired.
static void write_rules(const struct table *table) {
    struct out *out = table->out;
    for (size_t i = 0; i < psc_rule_count(); i++) {
        const struct psc_rule *rule = psc_rule_at(i);
        if (!fired(table->audit, rule)) {
            continue;
        }
        out_spaces(out, 2);
        colored(table, BOLD, rule->id);
        end_line(table);
        out_spaces(out, 4);
        out_text(out, rule->rationale);
        end_line(table);
        out_spaces(out, 4);
        out_text(out, rule->remediation);
        end_line(table);
    }
    if (table->audit->finding_count > 0) {
        end_line(table);
    }
}

static void put_count(struct out *out, size_t count, const char *thing) {
    out_number(out, count);
    out_text(out, " ");
    out_text(out, thing);
    out_text(out, count == 1 ? "" : "s");
}

static void write_counts(const struct table *table) {
    const struct psc_audit *audit = table->audit;
    struct out *out = table->out;
    const char *between = ": ";
    put_count(out, audit->listener_count, "listener");
    for (enum psc_exposure i = PSC_EXPOSURE_ALL; i > PSC_EXPOSURE_NONE; i--, between = ", ") {
        out_text(out, between);
        out_number(out, psc_audit_exposed(audit, i));
        out_text(out, " ");
        out_text(out, psc_exposure_word(i));
    }
    end_line(table);
    between = ": ";
    put_count(out, audit->finding_count, "finding");
    for (enum psc_severity i = PSC_SEVERITY_HIGH; i > PSC_SEVERITY_NONE; i--, between = ", ") {
        out_text(out, between);
        out_number(out, psc_audit_count(audit, i));
        out_text(out, " ");
        out_text(out, psc_severity_word(i));
    }
    end_line(table);
    out_text(out, psc_audit_scope.text);
    end_line(table);
}

void audit_write_table(struct out *out, const struct psc_audit *audit,
                       const struct psc_audit_layout *layout) {
    struct table table = {out, audit, layout};
    write_headings(&table);
    for (size_t i = 0; i < audit->listener_count; i++) {
        write_listener(&table, &audit->listeners[i]);
    }
    for (size_t i = audit->missing; i < audit->finding_count; i++) {
        write_finding(&table, &audit->findings[i]);
    }
    end_line(&table);
    write_rules(&table);
    write_counts(&table);
}
