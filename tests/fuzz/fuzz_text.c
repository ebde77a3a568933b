// fuzz_text.c - untrusted bytes that are written: whatever comes in, a terminal, a JSON parser, a CSV
// parser and Prometheus get only what they can take.
#include "format/out.h"
#include "fuzz.h"

// To be freed.
static char *write_as(enum out_quoting quoting, const char *bytes, size_t *written) {
    char *text = NULL;
    FILE *stream = open_memstream(&text, written);
    REQUIRE(stream != NULL);
    struct out *out = malloc(sizeof *out);
    struct psc_error error;
    REQUIRE(out != NULL);
    out_init(out, stream, quoting);
    out_untrusted(out, bytes);
    REQUIRE(out_flush(out, &error) == PSC_OK);
    fclose(stream);
    free(out);
    return text;
}

// RFC 8259: between the quotes of a string each quote and backslash is escaped.
static bool is_json_string(const char *text, size_t size) {
    for (size_t at = 0; at < size; at++) {
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
                if (at >= size || strchr("0123456789abcdef", text[at]) == NULL) {
                    return false;
                }
            }
        } else if (at >= size || (text[at] != '"' && text[at] != '\\')) {
            return false;
        }
    }
    return true;
}

static size_t count_quotes(const char *text, size_t size) {
    size_t count = 0;
    for (size_t i = 0; i < size; i++) {
        count += text[i] == '"'; // NOLINT: size is what psc_text_escape() wrote
    }
    return count;
}

// Each quote and backslash follows a backslash of its own.
static bool is_label(const char *text, size_t size) {
    for (size_t at = 0; at < size; at++) {
        if (text[at] == '"' ||
            (text[at] == '\\' && (++at >= size || strchr("\"\\", text[at]) == NULL))) {
            return false;
        }
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *bytes = fuzz_text(data, size);
    for (enum out_quoting quoting = OUT_FOR_PEOPLE; quoting <= OUT_JSON; quoting++) {
        size_t written;
        char *text = write_as(quoting, bytes, &written);
        REQUIRE(fuzz_is_harmless(text, written));
        REQUIRE(quoting != OUT_JSON || is_json_string(text, written));
        REQUIRE(quoting != OUT_LABEL || is_label(text, written));
        REQUIRE(quoting != OUT_CSV ||
                count_quotes(text, written) == 2 * count_quotes(bytes, strlen(bytes)));
        free(text);
    }
    free(bytes);
    for (size_t at = 0; at < size;) {
        uint32_t point;
        at += psc_text_decode((const char *)data + at, size - at, &point);
        REQUIRE(point == PSC_TEXT_INVALID || psc_text_width(point) <= 2);
    }
    return 0;
}
