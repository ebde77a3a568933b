// out.c - text on its way to a stream.
#include "format/out.h"

#include <string.h>

#include "base/text.h"
#include "base/time.h"

void out_init(struct out *out, FILE *stream) {
    out->stream = stream;
    out->failed = false;
    out->csv = false;
    out->width = 0;
    out->spaces = 0;
    out->used = 0;
}

static void flush_buffer(struct out *out) {
    if (!out->failed && fwrite(out->buffer, 1, out->used, out->stream) != out->used) {
        out->failed = true;
    }
    out->used = 0;
}

enum psc_status out_flush(struct out *out) {
    flush_buffer(out);
    if (!out->failed && fflush(out->stream) != 0) {
        out->failed = true;
    }
    return out->failed ? PSC_OUTPUT : PSC_OK;
}

static void put(struct out *out, const char *bytes, size_t size) {
    while (size > 0) {
        size_t room = sizeof out->buffer - out->used;
        size_t part = size < room ? size : room;
        memcpy(out->buffer + out->used, bytes, part);
        out->used += part;
        bytes += part;
        size -= part;
        if (out->used == sizeof out->buffer) {
            flush_buffer(out);
        }
    }
}

static void put_spaces(struct out *out) {
    static const char spaces[] = "                ";
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

void out_number(struct out *out, uint64_t number) {
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    out_bytes(out, digits + at, sizeof digits - at);
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

static bool is_plain(unsigned char byte) {
    return byte >= 0x20 && byte < 0x7f && byte != '"';
}

void out_untrusted(struct out *out, const char *bytes, size_t size) {
    while (size > 0) {
        size_t plain = 0;
        while (plain < size && is_plain((unsigned char)bytes[plain])) {
            plain++;
        }
        out_bytes(out, bytes, plain);
        bytes += plain;
        size -= plain;
        if (size == 0) {
            return;
        }
        char text[PSC_TEXT_ESCAPED];
        size_t used;
        size_t written = psc_text_escape(bytes, size, &used, text);
        bool as_it_is = used == written && memcmp(text, bytes, used) == 0;
        if (as_it_is) {
            uint32_t point;
            psc_text_decode(bytes, used, &point);
            put_spaces(out);
            put(out, text, written);
            put(out, text, point == '"' && out->csv ? written : 0);
            out->width += psc_text_width(point);
        } else {
            out_bytes(out, text, written);
        }
        bytes += used;
        size -= used;
    }
}

static void json_escape(struct out *out, uint32_t unit) {
    static const char digits[] = "0123456789abcdef";
    char escape[6] = {'\\',
                      'u',
                      digits[unit >> 12],
                      digits[unit >> 8 & 15],
                      digits[unit >> 4 & 15],
                      digits[unit & 15]};
    out_bytes(out, escape, sizeof escape);
}

static void json_character(struct out *out, const char *bytes, size_t size, uint32_t point) {
    if (point == PSC_TEXT_INVALID) {
        out_text(out, "\xef\xbf\xbd"); // U+FFFD
    } else if (point == '"' || point == '\\') {
        char pair[2] = {'\\', (char)point};
        out_bytes(out, pair, sizeof pair);
    } else if (psc_text_is_printable(point)) {
        out_bytes(out, bytes, size);
    } else if (point <= 0xffff) {
        json_escape(out, point);
    } else { // RFC 8259, 7: the two units that UTF-16 has for it
        json_escape(out, 0xd800 + ((point - 0x10000) >> 10));
        json_escape(out, 0xdc00 + (point & 0x3ff));
    }
}

void out_json(struct out *out, const char *bytes, size_t size) {
    if (bytes == NULL) {
        out_text(out, "null");
        return;
    }
    out_text(out, "\"");
    while (size > 0) {
        uint32_t point;
        size_t used = psc_text_decode(bytes, size, &point);
        json_character(out, bytes, used, point);
        bytes += used;
        size -= used;
    }
    out_text(out, "\"");
}

void out_json_text(struct out *out, const char *text) {
    out_json(out, text, text != NULL ? strlen(text) : 0);
}

void out_time(struct out *out, int64_t time, bool milliseconds) {
    char text[PSC_TIME_TEXT];
    out_bytes(out, text, psc_time_format(time, milliseconds, text));
}
