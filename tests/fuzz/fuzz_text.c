// fuzz_text.c - foreign bytes on their way out: whatever comes in, a terminal, a JSON parser and a
// CSV parser get only what they can take.
#include "format/out.h"
#include "fuzz.h"

enum form {
    FOREIGN,
    CSV,
    JSON,
};

// To be freed.
static char *write_as(enum form form, const uint8_t *data, size_t size, size_t *written) {
    char *text = NULL;
    FILE *stream = open_memstream(&text, written);
    REQUIRE(stream != NULL);
    struct out *out = malloc(sizeof *out);
    REQUIRE(out != NULL);
    out_init(out, stream);
    out->csv = form == CSV;
    if (form == JSON) {
        out_json(out, (const char *)data, size);
    } else {
        out_untrusted(out, (const char *)data, size);
    }
    REQUIRE(out_flush(out) == PSC_OK);
    fclose(stream);
    free(out);
    return text;
}

// RFC 8259: what stands between the quotes has each quote and backslash escaped.
static bool is_json_string(const char *text, size_t size) {
    if (size < 2 || text[0] != '"' || text[size - 1] != '"') {
        return false;
    }
    for (size_t at = 1; at < size - 1; at++) {
        if (text[at] == '"') {
            return false;
        }
        if (text[at] != '\\') {
            continue;
        }
        at++;
        if (text[at] == 'u') {
            for (int i = 0; i < 4; i++) {
                at++;
                if (at >= size - 1 || strchr("0123456789abcdef", text[at]) == NULL) {
                    return false;
                }
            }
        } else if (at >= size - 1 || (text[at] != '"' && text[at] != '\\')) {
            return false;
        }
    }
    return true;
}

static size_t count_quotes(const char *text, size_t size) {
    size_t count = 0;
    for (size_t i = 0; i < size; i++) {
        count += text[i] == '"';
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const uint8_t nothing[1];
    const uint8_t *bytes = size > 0 ? data : nothing; // NULL would mean null
    for (enum form form = FOREIGN; form <= JSON; form++) {
        size_t written;
        char *text = write_as(form, bytes, size, &written);
        REQUIRE(fuzz_is_harmless(text, written));
        REQUIRE(form != JSON || is_json_string(text, written));
        REQUIRE(form != CSV ||
                count_quotes(text, written) == 2 * count_quotes((const char *)bytes, size));
        free(text);
    }
    for (size_t at = 0; at < size;) {
        uint32_t point;
        at += psc_text_decode((const char *)data + at, size - at, &point);
        REQUIRE(point == PSC_TEXT_INVALID || psc_text_width(point) <= 2);
    }
    return 0;
}
