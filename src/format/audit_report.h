// audit_report.h - the writers that turn an audit into text on a stream.
#ifndef PSC_FORMAT_AUDIT_REPORT_H
#define PSC_FORMAT_AUDIT_REPORT_H

#include <stdio.h>

#include "audit/audit.h"

/** The forms, once: X(name, word on the command line). */
#define PSC_AUDIT_FORMAT_LIST(X)                                                                   \
    X(TABLE, "table")                                                                              \
    X(JSON, "json")                                                                                \
    X(NDJSON, "ndjson")                                                                            \
    X(PROMETHEUS, "prometheus")

enum psc_audit_format {
#define PSC_AUDIT_FORMAT_ENUM(name, word) PSC_AUDIT_##name,
    PSC_AUDIT_FORMAT_LIST(PSC_AUDIT_FORMAT_ENUM)
#undef PSC_AUDIT_FORMAT_ENUM
};

/** How to write. */
struct psc_audit_layout {
    enum psc_audit_format format;
    bool color;           /**< of the table: escape sequences are welcome */
    const char *line_end; /**< of the table; the other forms have "\n" everywhere */
};

/**
 * Writes the listeners and what was found about them.
 * @return PSC_OUTPUT as soon as the stream fails; nothing is buffered outside of the stream then
 */
PSC_NODISCARD enum psc_status psc_audit_write(FILE *stream, const struct psc_audit *audit,
                                              const struct psc_audit_layout *layout);

#endif
