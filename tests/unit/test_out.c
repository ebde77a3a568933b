// test_out.c - out: what is buffered arrives as it is, spaces never end a line, and untrusted bytes do no
// harm with any quoting.
#include "format/out.h"
#include "support/capture.h"
#include "support/test.h"

// Ends the writing and compares what arrived.
static void assert_written(struct out *out, const char *expected) {
    struct psc_error error;
    assert_int_equal(out_flush(out, &error), PSC_OK);
    char *text = capture_close(out->stream, NULL);
    assert_string_equal(text, expected);
    free(text);
}

static void numbers(void **state) {
    struct out out;
    out_init(&out, capture_open(), OUT_FOR_PEOPLE);
    static const uint64_t values[] = {0, 9, 10, 65535, UINT64_MAX};
    for (size_t i = 0; i < COUNT(values); i++) {
        out_number(&out, values[i]);
        out_text(&out, ";");
    }
    assert_int_equal(out.width, 34);
    assert_written(&out, "0;9;10;65535;18446744073709551615;");
}

static void spaces_never_end_a_line(void **state) {
    struct out out;
    out_init(&out, capture_open(), OUT_FOR_PEOPLE);
    out_spaces(&out, 2);
    out_text(&out, "a");
    out_spaces(&out, 40);
    assert_int_equal(out.width, 43);
    out_line_end(&out, "\r\n");
    assert_int_equal(out.width, 0);
    out_spaces(&out, 1);
    out_spaces(&out, 19);
    out_text(&out, "");
    out_text(&out, "b");
    out_line_end(&out, "\n");
    assert_written(&out, "  a\r\n                    b\n");
}

static void formats_are_written_as_they_are(void **state) {
    struct out out;
    out_init(&out, capture_open(), OUT_JSON);
    out_format(&out, "%u/%s \"%s\"", 53, "udp", "a\\b");
    assert_int_equal(out.width, 12);
    assert_written(&out, "53/udp \"a\\b\"");
}

static void escape_sequences_take_no_column(void **state) {
    struct out out;
    out_init(&out, capture_open(), OUT_FOR_PEOPLE);
    out_spaces(&out, 1);
    out_escape(&out, "\x1b[1m");
    out_text(&out, "ab");
    out_escape(&out, "\x1b[0m");
    assert_int_equal(out.width, 3);
    assert_written(&out, " \x1b[1mab\x1b[0m");
}

static void untrusted_bytes_are_harmless(void **state) {
    static const struct {
        enum out_quoting quoting;
        size_t width;
        const char *bytes, *text;
    } cases[] = {
        {OUT_FOR_PEOPLE, 5, "nginx", "nginx"},
        {OUT_FOR_PEOPLE, 0, "", ""},
        {OUT_FOR_PEOPLE, 9, "a\x1b[2Jb", "a\\x1b[2Jb"},
        {OUT_FOR_PEOPLE, 14, "a\r\n\tb", "a\\x0d\\x0a\\x09b"},
        {OUT_FOR_PEOPLE, 10, "\x7f\xc2\x9b", "\\x7f\\u009b"},
        {OUT_FOR_PEOPLE, 15, "\xe2\x80\xaetxt\xe2\x80\xac", "\\u202etxt\\u202c"},
        {OUT_FOR_PEOPLE, 8, "\xff\xc3", "\\xff\\xc3"},
        {OUT_FOR_PEOPLE, 8,
         "a\xe2\x80\x8b"
         "b",
         "a\\u200bb"},
        {OUT_LABEL, 8,
         "a\xc2\xad"
         "b",
         "a\\\\u00adb"},
        {OUT_FOR_PEOPLE, 4, "caf\xc3\xa9", "caf\xc3\xa9"},
        {OUT_FOR_PEOPLE, 4, "\xe4\xb8\xad\xe6\x96\x87", "\xe4\xb8\xad\xe6\x96\x87"},
        {OUT_FOR_PEOPLE, 1, "e\xcc\x81", "e\xcc\x81"},
        {OUT_FOR_PEOPLE, 7, "\"a\" \\ ,", "\"a\" \\ ,"},
        {OUT_CSV, 7, "\"a\" \\ ,", "\"\"a\"\" \\ ,"},
        {OUT_CSV, 6, "a\n\"", "a\\x0a\"\""},
        {OUT_LABEL, 7, "\"a\" \\ ,", "\\\"a\\\" \\\\ ,"},
        {OUT_LABEL, 12, "a\n\xff\xc3\xa9\"z", "a\\\\x0a\\\\xff\xc3\xa9\\\"z"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct out out;
        out_init(&out, capture_open(), cases[i].quoting);
        out_untrusted(&out, cases[i].bytes);
        assert_int_equal(out.width, cases[i].width);
        assert_written(&out, cases[i].text);
    }
}

static void json_strings_hold_any_bytes(void **state) {
    static const struct {
        const char *bytes, *text;
    } cases[] = {
        {"", ""},
        {"nginx", "nginx"},
        {"a\"b\\c/", "a\\\"b\\\\c/"},
        {"\x1b\n\r\t\x01\x7f", "\\u001b\\u000a\\u000d\\u0009\\u0001\\u007f"},
        {"\xc2\x9b\xe2\x80\xae\xe2\x80\xac\xe2\x80\xa8", "\\u009b\\u202e\\u202c\\u2028"},
        {"\xf3\xa0\x80\x81", "\\udb40\\udc01"},
        {"\xe2\x80\x8b\xe2\x81\xa3\xef\xbb\xbf", "\\u200b\\u2063\\ufeff"},
        {"caf\xc3\xa9 \xf0\x9f\x98\x80", "caf\xc3\xa9 \xf0\x9f\x98\x80"},
        // One U+FFFD for each bad byte.
        {"\xff", "\xef\xbf\xbd"},
        {"a\xe2\x82", "a\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct out out;
        out_init(&out, capture_open(), OUT_JSON);
        out_untrusted(&out, cases[i].bytes);
        assert_written(&out, cases[i].text);
    }
}

static void nothing_is_lost_where_the_buffer_ends(void **state) {
    struct out out;
    size_t size;
    out_init(&out, capture_open(), OUT_FOR_PEOPLE);
    char piece[1000];
    for (size_t i = 0; i < 100; i++) {
        memset(piece, (int)('a' + i % 26), sizeof piece);
        out_bytes(&out, piece, sizeof piece - i);
    }
    struct psc_error error = {""};
    assert_int_equal(out_flush(&out, &error), PSC_OK);
    char *text = capture_close(out.stream, &size);
    const char *at = text;
    for (size_t i = 0; i < 100; i++) {
        for (size_t j = 0; j < sizeof piece - i; j++) {
            assert_int_equal(*at++, 'a' + i % 26);
        }
    }
    assert_int_equal(size, at - text);
    free(text);
}

static void a_failing_stream_is_noticed(void **state) {
    FILE *stream = fopen(PSC_SOURCE_DIR "/CMakeLists.txt", "rb"); // takes no output
    assert_non_null(stream);
    struct out out;
    out_init(&out, stream, OUT_FOR_PEOPLE);
    for (int i = 0; i < 2 * (int)sizeof out.buffer; i++) {
        out_text(&out, "x");
    }
    assert_true(out.failed); // before the end, so that its writer can stop
    struct psc_error error = {""};
    assert_int_equal(out_flush(&out, &error), PSC_OUTPUT);
    assert_string_equal(error.text, "cannot write the output");
    fclose(stream);
}

static void a_full_disk_is_noticed(void **state) {
    FILE *stream = stream_full();
    struct out out;
    out_init(&out, stream, OUT_FOR_PEOPLE);
    out_text(&out, "x"); // fits into every buffer, and fails when these are emptied
    struct psc_error error = {""};
    assert_int_equal(out_flush(&out, &error), PSC_OUTPUT);
    assert_string_equal(error.text, "cannot write the output");
    fclose(stream);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(spaces_never_end_a_line),
        cmocka_unit_test(formats_are_written_as_they_are),
        cmocka_unit_test(escape_sequences_take_no_column),
        cmocka_unit_test(untrusted_bytes_are_harmless),
        cmocka_unit_test(json_strings_hold_any_bytes),
        cmocka_unit_test(nothing_is_lost_where_the_buffer_ends),
        cmocka_unit_test(a_failing_stream_is_noticed),
        cmocka_unit_test(a_full_disk_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
