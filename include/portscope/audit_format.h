// audit_format.h - the writers that turn an audit into text on a stream.
#ifndef PORTSCOPE_AUDIT_FORMAT_H
#define PORTSCOPE_AUDIT_FORMAT_H

#include <stdio.h>

#include "portscope/audit.h"

/** The forms, once: X(name, word on the command line). */
#define PSC_AUDIT_FORM_LIST(X)                                                                     \
    X(TABLE, "table")                                                                              \
    X(JSON, "json")                                                                                \
    X(NDJSON, "ndjson")                                                                            \
    X(PROMETHEUS, "prometheus")

enum psc_audit_form {
#define PSC_AUDIT_FORM_ENUM(name, word) PSC_AUDIT_##name,
    PSC_AUDIT_FORM_LIST(PSC_AUDIT_FORM_ENUM)
#undef PSC_AUDIT_FORM_ENUM
};

/** How to write. */
struct psc_audit_layout {
    enum psc_audit_form form;
    bool colour;          /**< of the table: escape sequences are welcome */
    const char *line_end; /**< of the table; the other forms have "\n" everywhere */
};

/**
 * Writes the listeners and what was found about them.
 * @return PSC_OUTPUT as soon as the stream fails; nothing is buffered outside of the stream then
 */
PSC_NODISCARD enum psc_status psc_audit_write(FILE *stream, const struct psc_audit *audit,
                                              const struct psc_audit_layout *layout);

#endif
