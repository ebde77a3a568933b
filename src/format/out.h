// out.h - buffered text on its way to a stream: escapes untrusted bytes, counts terminal columns, and
// remembers a failure, so that a writer checks once at its end.
#ifndef PSC_FORMAT_OUT_H
#define PSC_FORMAT_OUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

/** How untrusted bytes are written, beyond what makes them harmless for a terminal. */
enum out_quoting {
    OUT_FOR_PEOPLE, /**< as psc_text_escape() does; so do the next two */
    OUT_CSV,        /**< quotes are doubled (RFC 4180) */
    OUT_LABEL,      /**< a backslash before quotes, backslashes and escapes (Prometheus) */
    OUT_JSON,       /**< as in a JSON string; each byte of invalid UTF-8 becomes U+FFFD */
};

struct out {
    size_t width; /**< terminal columns of this line so far, spaces included */
    FILE *stream;
    size_t spaces; /**< due before the next visible character, so that no line ends in spaces */
    enum out_quoting quoting;
    bool failed; /**< the stream refused something; the rest is dropped */
    size_t used;
    char buffer[16384];
};

void out_init(struct out *out, FILE *stream, enum out_quoting quoting);
/** Flushes the buffer and the stream. @return PSC_OUTPUT if the stream ever failed */
PSC_NODISCARD enum psc_status out_flush(struct out *out, struct psc_error *error);

/** Bytes as they are; each counts as one column. */
void out_bytes(struct out *out, const char *bytes, size_t size);
void out_text(struct out *out, const char *text);
/** Room for a few visible bytes; the caller fills it and says how many they are. */
char *out_reserve(struct out *out, size_t size);
void out_advance(struct out *out, size_t size);
void out_number(struct out *out, uint64_t number);
/** At most 255 bytes, as they are. */
PSC_PRINTF(2, 3)
void out_format(struct out *out, const char *format, ...);
/** Untrusted bytes, escaped and quoted. */
void out_untrusted(struct out *out, const char *text);
void out_untrusted_bytes(struct out *out, const char *bytes, size_t size);
/** Spaces that appear only if something follows them in the line. */
void out_spaces(struct out *out, size_t count);
/** An escape sequence of a terminal, which takes no column. */
void out_escape(struct out *out, const char *sequence);
void out_line_end(struct out *out, const char *line_end);

#endif
