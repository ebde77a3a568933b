// audit_report.h - an audit as a table, JSON, NDJSON or metrics.
#ifndef PSC_FORMAT_AUDIT_REPORT_H
#define PSC_FORMAT_AUDIT_REPORT_H

#include "audit/audit.h"
#include "format/columns.h"

/**
 * Writes the listeners and their findings, in any format but CSV.
 * @return PSC_OUTPUT if the stream fails; nothing is buffered outside of the stream afterwards
 */
PSC_NODISCARD enum psc_status psc_audit_write(FILE *stream, const struct psc_audit *audit,
                                              const struct psc_layout *layout,
                                              struct psc_error *error);

/** prometheus.c: the audit as metrics. */
void prometheus_write(struct out *out, const struct psc_audit *audit);

/** A listener's first socket, with the owners of all its sockets. */
struct row audit_row(const struct psc_audit *audit, const struct psc_listener *listener);

#endif
