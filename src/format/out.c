// out.c - buffered text on its way to a stream.
#include "format/out.h"

#include <stdarg.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"

void out_init(struct out *out, FILE *stream, enum out_quoting quoting) {
    out->stream = stream;
    out->quoting = quoting;
    out->failed = false;
    out->width = 0;
    out->spaces = 0;
    out->used = 0;
}

static void write_through(struct out *out, const char *bytes, size_t size) {
    if (!out->failed && fwrite(bytes, 1, size, out->stream) != size) {
        out->failed = true;
    }
}

static void flush_buffer(struct out *out) {
    write_through(out, out->buffer, out->used);
    out->used = 0;
}

enum psc_status out_flush(struct out *out, struct psc_error *error) {
    flush_buffer(out);
    if (!out->failed && fflush(out->stream) != 0) {
        out->failed = true;
    }
    return out->failed ? psc_fail(error, PSC_OUTPUT, "cannot write the output") : PSC_OK;
}

static void put(struct out *out, const char *bytes, size_t size) {
    if (size > sizeof out->buffer - out->used) {
        flush_buffer(out);
    }
    if (size > sizeof out->buffer) {
        write_through(out, bytes, size);
    } else {
        memcpy(out->buffer + out->used, bytes, size);
        out->used += size;
    }
}

static void put_spaces(struct out *out) {
    static const char spaces[] = "                                                ";
    while (out->spaces > 0) {
        size_t part = out->spaces < sizeof spaces - 1 ? out->spaces : sizeof spaces - 1;
        put(out, spaces, part);
        out->spaces -= part;
    }
}

void out_bytes(struct out *out, const char *bytes, size_t size) {
    if (size > 0) {
        put_spaces(out);
        put(out, bytes, size);
        out->width += size;
    }
}

void out_text(struct out *out, const char *text) {
    out_bytes(out, text, strlen(text));
}

char *out_reserve(struct out *out, size_t size) {
    put_spaces(out);
    if (size > sizeof out->buffer - out->used) {
        flush_buffer(out);
    }
    return out->buffer + out->used;
}

void out_advance(struct out *out, size_t size) {
    out->used += size;
    out->width += size;
}

void out_number(struct out *out, uint64_t number) {
    out_advance(out, psc_number_format(number, out_reserve(out, PSC_NUMBER_DIGITS)));
}

void out_format(struct out *out, const char *format, ...) {
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    out_text(out, text);
}

void out_spaces(struct out *out, size_t count) {
    out->spaces += count;
    out->width += count;
}

void out_escape(struct out *out, const char *sequence) {
    put_spaces(out);
    put(out, sequence, strlen(sequence));
}

void out_line_end(struct out *out, const char *line_end) {
    out->spaces = 0;
    out->width = 0;
    put(out, line_end, strlen(line_end));
}

// Leading bytes that no quoting changes.
static size_t plain_length(const char *bytes, size_t size) {
    size_t length = 0;
    while (length < size && (unsigned char)(bytes[length] - 0x20) < 0x7f - 0x20 &&
           bytes[length] != '"' && bytes[length] != '\\') {
        length++;
    }
    return length;
}

static void put_json(struct out *out, const char *bytes, size_t size, uint32_t point) {
    if (point == PSC_TEXT_INVALID) {
        out_text(out, "\xef\xbf\xbd"); // U+FFFD
    } else if (point == '"' || point == '\\') {
        out_format(out, "\\%c", (char)point);
    } else if (psc_text_is_printable(point)) {
        out_bytes(out, bytes, size);
    } else if (point <= 0xffff) {
        out_format(out, "\\u%04x", (unsigned)point);
    } else { // RFC 8259, 7: a surrogate pair
        out_format(out, "\\u%04x\\u%04x", 0xd800 + (unsigned)((point - 0x10000) >> 10),
                   0xdc00 + (unsigned)(point & 0x3ff));
    }
}

// Writes one character that is not plain. @return how many bytes it has
static size_t put_character(struct out *out, const char *bytes, size_t size) {
    uint32_t point;
    size_t used = psc_text_decode(bytes, size, &point);
    if (out->quoting == OUT_JSON) {
        put_json(out, bytes, used, point);
        return used;
    }
    char text[PSC_TEXT_ESCAPED];
    size_t written = psc_text_escape(bytes, size, &used, text);
    bool escaped = point == PSC_TEXT_INVALID || !psc_text_is_printable(point);
    put_spaces(out);
    if (out->quoting == OUT_CSV && point == '"') {
        put(out, "\"", 1);
    } else if (out->quoting == OUT_LABEL && (escaped || point == '"' || point == '\\')) {
        put(out, "\\", 1);
    }
    put(out, text, written);
    out->width += escaped ? written : psc_text_width(point);
    return used;
}

void out_untrusted_bytes(struct out *out, const char *bytes, size_t size) {
    while (size > 0) {
        size_t used = plain_length(bytes, size);
        if (used > 0) {
            out_bytes(out, bytes, used);
        } else {
            used = put_character(out, bytes, size);
        }
        bytes += used;
        size -= used;
    }
}

void out_untrusted(struct out *out, const char *text) {
    out_untrusted_bytes(out, text, strlen(text));
}
