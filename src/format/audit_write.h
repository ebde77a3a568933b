// audit_write.h - what the writers of an audit share.
#ifndef PORTSCOPE_AUDIT_WRITE_H
#define PORTSCOPE_AUDIT_WRITE_H

#include "columns.h"
#include "portscope/audit_format.h"

void audit_write_table(struct out *out, const struct psc_audit *audit,
                       const struct psc_audit_layout *layout);
void audit_write_json(struct out *out, const struct psc_audit *audit);
void audit_write_ndjson(struct out *out, const struct psc_audit *audit);
void audit_write_prometheus(struct out *out, const struct psc_audit *audit);

/** The line of a listener: its first socket, with its eldest owner and the number of all others. */
struct row audit_row(const struct psc_audit *audit, const struct psc_listener *listener,
                     const struct psc_layout *layout);

#endif
