// audit_write.c - an audit to a stream, in one of its forms.
#include "format/audit_write.h"

struct row audit_row(const struct psc_audit *audit, const struct psc_listener *listener,
                     const struct psc_layout *layout) {
    const struct psc_owners *owners = &listener->owners;
    struct row row = columns_row(audit->snapshot, layout, listener->row);
    row.owner =
        owners->count > 0 ? psc_snapshot_process(audit->snapshot, owners->processes[0]) : NULL;
    row.others = owners->count > 1 ? owners->count - 1 : 0;
    return row;
}

enum psc_status psc_audit_write(FILE *stream, const struct psc_audit *audit,
                                const struct psc_audit_layout *layout) {
    struct out out;
    out_init(&out, stream);
    switch (layout->format) {
    case PSC_AUDIT_TABLE:
        audit_write_table(&out, audit, layout);
        break;
    case PSC_AUDIT_JSON:
        audit_write_json(&out, audit);
        break;
    case PSC_AUDIT_NDJSON:
        audit_write_ndjson(&out, audit);
        break;
    case PSC_AUDIT_PROMETHEUS:
        audit_write_prometheus(&out, audit);
        break;
    }
    return out_flush(&out);
}
