// audit_write.h - what the writers of an audit share.
#ifndef PSC_FORMAT_AUDIT_WRITE_H
#define PSC_FORMAT_AUDIT_WRITE_H

#include "format/audit_report.h"
#include "format/columns.h"

void audit_write_table(struct out *out, const struct psc_audit *audit,
                       const struct psc_audit_layout *layout);
void audit_write_json(struct out *out, const struct psc_audit *audit);
void audit_write_ndjson(struct out *out, const struct psc_audit *audit);
void audit_write_prometheus(struct out *out, const struct psc_audit *audit);

/** The line of a listener: its first socket, with its oldest owner and the number of all others. */
struct row audit_row(const struct psc_audit *audit, const struct psc_listener *listener,
                     const struct psc_layout *layout);

#endif
