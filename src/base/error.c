// error.c - error sentences.
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum psc_status psc_fail(struct psc_error *error, enum psc_status status, const char *format, ...) {
    char raw[sizeof error->text];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(raw, sizeof raw, format, arguments);
    va_end(arguments);

    size_t written = 0;
    size_t length = strlen(raw);
    for (size_t at = 0; at < length;) {
        char text[PSC_TEXT_ESCAPED];
        size_t used;
        size_t size = psc_text_escape(raw + at, length - at, &used, text);
        if (written + size >= sizeof error->text) {
            break;
        }
        memcpy(error->text + written, text, size);
        written += size;
        at += used;
    }
    error->text[written] = '\0';
    return status;
}

enum psc_status psc_no_memory(struct psc_error *error) {
    return psc_fail(error, PSC_NO_MEMORY, "out of memory");
}
