// fuzz.h - what the fuzz targets share.
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** What must be true of every input. */
#define REQUIRE(condition) fuzz_require(condition, #condition)

static inline void fuzz_require(bool holds, const char *condition) {
    if (!holds) {
        fprintf(stderr, "not true: %s\n", condition);
        abort();
    }
}

/** A copy with a NUL at its end, to be freed. */
static inline char *fuzz_text(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    REQUIRE(text != NULL);
    if (size > 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    return text;
}

/** Whether a terminal may see it: valid UTF-8 without a control character. */
static inline bool fuzz_is_harmless(const char *text, size_t size) {
    while (size > 0) {
        uint32_t point;
        size_t used = psc_text_decode(text, size, &point);
        if (point == PSC_TEXT_INVALID || !psc_text_is_printable(point)) {
            return false;
        }
        text += used;
        size -= used;
    }
    return true;
}

#endif
