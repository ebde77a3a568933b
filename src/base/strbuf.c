// strbuf.c - text that grows.
#include "base/strbuf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

void psc_strbuf_done(struct psc_strbuf *text) {
    free(text->bytes);
    *text = (struct psc_strbuf){0};
}

// Makes room for more bytes and a NUL.
static bool reserve(struct psc_strbuf *text, size_t size) {
    text->failed = text->failed || size >= SIZE_MAX - text->size ||
                   !PSC_ARRAY_RESERVE(text->bytes, text->capacity, text->size + size + 1);
    return !text->failed;
}

void psc_strbuf_add(struct psc_strbuf *text, const char *bytes, size_t size) {
    if (reserve(text, size)) {
        memcpy(text->bytes + text->size, bytes, size);
        text->size += size;
        text->bytes[text->size] = '\0';
    }
}

void psc_strbuf_add_text(struct psc_strbuf *text, const char *string) {
    psc_strbuf_add(text, string, strlen(string));
}

void psc_strbuf_add_format(struct psc_strbuf *text, const char *format, ...) {
    va_list arguments;
    va_list again;
    va_start(arguments, format);
    va_copy(again, arguments);
    size_t size = (size_t)vsnprintf(NULL, 0, format, arguments);
    if (reserve(text, size)) {
        vsnprintf(text->bytes + text->size, size + 1, format, again);
        text->size += size;
    }
    va_end(again);
    va_end(arguments);
}

char *psc_strbuf_detach(struct psc_strbuf *text) {
    psc_strbuf_add(text, "", 0);
    char *bytes = text->bytes;
    if (text->failed) {
        free(bytes);
        bytes = NULL;
    }
    *text = (struct psc_strbuf){0};
    return bytes;
}
