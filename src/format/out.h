// out.h - text on its way to a stream: a buffer, the width of what was written, and the first failure.
#ifndef PSC_FORMAT_OUT_H
#define PSC_FORMAT_OUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

struct out {
    FILE *stream;
    bool failed;   /**< the stream took no more; the rest is thrown away */
    bool csv;      /**< quotes in foreign text are doubled */
    size_t width;  /**< columns of a terminal that this line takes so far, spaces included */
    size_t spaces; /**< due before the next visible character, so that no line ends in them */
    size_t used;
    char buffer[16384];
};

void out_init(struct out *out, FILE *stream);
/** Hands everything over. @return PSC_OUTPUT if the stream ever failed */
PSC_NODISCARD enum psc_status out_flush(struct out *out);

/** Bytes as they are; each counts as one column. */
void out_bytes(struct out *out, const char *bytes, size_t size);
void out_text(struct out *out, const char *text);
void out_number(struct out *out, uint64_t number);
/** Blanks that appear only if something follows them in the line. */
void out_spaces(struct out *out, size_t count);
/** Bytes that take no column: a terminal's escape sequences. */
void out_escape(struct out *out, const char *sequence);
void out_line_end(struct out *out, const char *line_end);

/** Foreign bytes, made harmless as psc_text_escape() does. */
void out_untrusted(struct out *out, const char *bytes, size_t size);
/** Foreign bytes as a JSON string with its quotes; NULL becomes null. Invalid UTF-8 is U+FFFD. */
void out_json(struct out *out, const char *bytes, size_t size);
void out_json_text(struct out *out, const char *text);

/** Milliseconds since 1970-01-01 UTC as RFC 3339, `2026-11-20T08:18:00.123Z`. */
void out_time(struct out *out, int64_t time, bool milliseconds);

#endif
