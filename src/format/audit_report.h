// audit_report.h - an audit as a table, JSON, NDJSON or metrics.
#ifndef PSC_FORMAT_AUDIT_REPORT_H
#define PSC_FORMAT_AUDIT_REPORT_H

#include "audit/audit.h"
#include "format/columns.h"

/** How to write an audit. */
struct psc_audit_layout {
    enum psc_format format; /**< not PSC_FORMAT_CSV */
    bool color;             /**< of the table */
    const char *line_end;   /**< of the table; the other formats have "\n" everywhere */
};

/**
 * Writes the listeners and their findings.
 * @return PSC_OUTPUT if the stream fails; nothing is buffered outside of the stream afterwards
 */
PSC_NODISCARD enum psc_status psc_audit_write(FILE *stream, const struct psc_audit *audit,
                                              const struct psc_audit_layout *layout,
                                              struct psc_error *error);

/** prometheus.c: the audit as metrics. */
void prometheus_write(struct out *out, const struct psc_audit *audit);

/** A listener's first socket, with the owners of all its sockets. */
struct row audit_row(const struct psc_audit *audit, const struct psc_listener *listener);

#endif
