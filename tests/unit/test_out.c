// test_out.c - out: what is buffered arrives as it is, blanks never end a line, and untrusted bytes do no
// harm in any form.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "format/out.h"
#include "support/capture.h"

// Ends the writing and compares what arrived.
static void assert_written(struct out *out, const char *expected) {
    assert_int_equal(out_flush(out), PSC_OK);
    char *text = capture_close(out->stream, NULL);
    assert_string_equal(text, expected);
    free(text);
}

static void numbers(void **state) {
    struct out out;
    (void)state;
    out_init(&out, capture_open());
    static const uint64_t values[] = {0, 9, 10, 65535, UINT64_MAX};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        out_number(&out, values[i]);
        out_text(&out, ";");
    }
    assert_int_equal(out.width, 34);
    assert_written(&out, "0;9;10;65535;18446744073709551615;");
}

static void blanks_never_end_a_line(void **state) {
    struct out out;
    (void)state;
    out_init(&out, capture_open());
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

static void escape_sequences_take_no_column(void **state) {
    struct out out;
    (void)state;
    out_init(&out, capture_open());
    out_spaces(&out, 1);
    out_escape(&out, "\x1b[1m");
    out_text(&out, "ab");
    out_escape(&out, "\x1b[0m");
    assert_int_equal(out.width, 3);
    assert_written(&out, " \x1b[1mab\x1b[0m");
}

static void foreign_bytes_are_harmless(void **state) {
    static const struct {
        const char *bytes, *text;
        size_t width;
        bool csv;
    } cases[] = {
        {"nginx", "nginx", 5, false},
        {"", "", 0, false},
        {"a\x1b[2Jb", "a\\x1b[2Jb", 9, false},
        {"a\r\n\tb", "a\\x0d\\x0a\\x09b", 14, false},
        {"\x7f\xc2\x9b", "\\x7f\\u009b", 10, false},
        {"\xe2\x80\xaetxt\xe2\x80\xac", "\\u202etxt\\u202c", 15, false},
        {"\xff\xc3", "\\xff\\xc3", 8, false},
        {"caf\xc3\xa9", "caf\xc3\xa9", 4, false},
        {"\xe4\xb8\xad\xe6\x96\x87", "\xe4\xb8\xad\xe6\x96\x87", 4, false},
        {"e\xcc\x81", "e\xcc\x81", 1, false},
        {"\"a\" \\ ,", "\"a\" \\ ,", 7, false},
        {"\"a\" \\ ,", "\"\"a\"\" \\ ,", 7, true},
        {"a\n\"", "a\\x0a\"\"", 6, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct out out;
        out_init(&out, capture_open());
        out.csv = cases[i].csv;
        out_untrusted(&out, cases[i].bytes, strlen(cases[i].bytes));
        assert_int_equal(out.width, cases[i].width);
        assert_written(&out, cases[i].text);
    }
}

static void json_strings(void **state) {
    static const struct {
        const char *bytes, *text;
    } cases[] = {
        {"", "\"\""},
        {"nginx", "\"nginx\""},
        {"a\"b\\c/", "\"a\\\"b\\\\c/\""},
        {"\x1b\n\r\t\x01\x7f", "\"\\u001b\\u000a\\u000d\\u0009\\u0001\\u007f\""},
        {"\xc2\x9b\xe2\x80\xae\xe2\x80\xac\xe2\x80\xa8", "\"\\u009b\\u202e\\u202c\\u2028\""},
        {"\xf3\xa0\x80\x81", "\"\\udb40\\udc01\""},
        {"caf\xc3\xa9 \xf0\x9f\x98\x80", "\"caf\xc3\xa9 \xf0\x9f\x98\x80\""},
        // One U+FFFD for each bad byte.
        {"\xff", "\"\xef\xbf\xbd\""},
        {"a\xe2\x82", "\"a\xef\xbf\xbd\xef\xbf\xbd\""},
        {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
    };
    struct out out;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        out_init(&out, capture_open());
        out_json_text(&out, cases[i].bytes);
        assert_written(&out, cases[i].text);
    }
    out_init(&out, capture_open());
    out_json_text(&out, NULL);
    out_json(&out, "a\0b", 3);
    assert_written(&out, "null\"a\\u0000b\"");
}

static void nothing_is_lost_where_the_buffer_ends(void **state) {
    struct out out;
    size_t size;
    (void)state;
    out_init(&out, capture_open());
    char piece[1000];
    for (size_t i = 0; i < 100; i++) {
        memset(piece, (int)('a' + i % 26), sizeof piece);
        out_bytes(&out, piece, sizeof piece - i);
    }
    assert_int_equal(out_flush(&out), PSC_OK);
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
    (void)state;
    FILE *stream = fopen(PSC_SOURCE_DIR "/CMakeLists.txt", "rb"); // takes no output
    assert_non_null(stream);
    struct out out;
    out_init(&out, stream);
    for (int i = 0; i < 2 * (int)sizeof out.buffer; i++) {
        out_text(&out, "x");
    }
    assert_true(out.failed); // before the end, so that its writer can stop
    assert_int_equal(out_flush(&out), PSC_OUTPUT);
    fclose(stream);
}

static void a_full_disk_is_noticed(void **state) {
    (void)state;
    FILE *stream = fopen("/dev/full", "wb");
    if (stream == NULL) {
        skip();
    }
    struct out out;
    out_init(&out, stream);
    out_text(&out, "x"); // fits into every buffer, and fails when these are emptied
    assert_int_equal(out_flush(&out), PSC_OUTPUT);
    fclose(stream);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(blanks_never_end_a_line),
        cmocka_unit_test(escape_sequences_take_no_column),
        cmocka_unit_test(foreign_bytes_are_harmless),
        cmocka_unit_test(json_strings),
        cmocka_unit_test(nothing_is_lost_where_the_buffer_ends),
        cmocka_unit_test(a_failing_stream_is_noticed),
        cmocka_unit_test(a_full_disk_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
