// strbuf.h - text that grows. A failure is sticky: add everything, then check `failed` once.
#ifndef PSC_BASE_STRBUF_H
#define PSC_BASE_STRBUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/** Begins as `{0}`. */
struct psc_strbuf {
    char *bytes; /**< owned; NULL while empty, else followed by a NUL that is not counted */
    size_t size;
    size_t capacity;
    bool failed; /**< memory ran out and something is missing */
};

void psc_strbuf_done(struct psc_strbuf *text);

void psc_strbuf_add(struct psc_strbuf *text, const char *bytes, size_t size);
void psc_strbuf_add_text(struct psc_strbuf *text, const char *string);
PSC_PRINTF(2, 3)
void psc_strbuf_add_format(struct psc_strbuf *text, const char *format, ...);

/**
 * Hands the text over and leaves an empty one, whatever the result.
 * @return a string to be freed by the caller, also where nothing was added; NULL when it failed
 */
PSC_NODISCARD char *psc_strbuf_detach(struct psc_strbuf *text);

#endif
