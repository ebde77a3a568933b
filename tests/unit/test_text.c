// test_text.c - text: UTF-8 is decoded as RFC 3629 says, and controls, invisible characters and invalid
// bytes are written as escapes.
#include "base/text.h"
#include "support/test.h"

// An encoder straight from the table of RFC 3629, section 3.
static size_t encode(uint32_t point, char bytes[4]) {
    if (point < 0x80) {
        bytes[0] = (char)point;
        return 1;
    }
    size_t length = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned heads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = length; i > 1; i--) {
        bytes[i - 1] = (char)(0x80 | (point & 0x3f));
        point >>= 6;
    }
    bytes[0] = (char)(heads[length] | point);
    return length;
}

static void decodes_every_code_point(void **state) {
    for (uint32_t point = 0; point <= 0x110000; point++) {
        char bytes[4];
        uint32_t decoded;
        size_t size = encode(point, bytes);
        size_t used = psc_text_decode(bytes, size, &decoded);
        if ((point >= 0xd800 && point <= 0xdfff) || point > 0x10ffff) {
            assert_int_equal(decoded, PSC_TEXT_INVALID);
            assert_int_equal(used, 1);
        } else if (decoded != point || used != size) { // a million assertions take their time
            fail_msg("U+%04X was read as %08x in %zu bytes", point, decoded, used);
        }
        if (size > 1) {
            assert_int_equal(psc_text_decode(bytes, size - 1, &decoded), 1);
            assert_int_equal(decoded, PSC_TEXT_INVALID);
        }
    }
}

static void refuses_what_is_not_utf8(void **state) {
    static const char *const words[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc1\xbf",
        "\xc3(",
        "\xe0\x80\xaf",
        "\xe0\x9f\xbf",
        "\xe2\x28\xa1",
        "\xe2\x82(",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xfe",
        "\xff",
    };
    for (size_t i = 0; i < COUNT(words); i++) {
        uint32_t point = 0;
        assert_int_equal(psc_text_decode(words[i], strlen(words[i]), &point), 1);
        assert_int_equal(point, PSC_TEXT_INVALID);
    }
}

static void tells_what_is_printable(void **state) {
    static const struct {
        uint32_t first, last;
        bool printable;
    } ranges[] = {
        {0, 0x1f, false},          {0x20, 0x7e, true},
        {0x7f, 0x9f, false},       {0xa0, 0xac, true},
        {0xad, 0xad, false},       {0xae, 0x34e, true},
        {0x34f, 0x34f, false},     {0x350, 0x61b, true},
        {0x61c, 0x61c, false},     {0x61d, 0x115e, true},
        {0x115f, 0x1160, false},   {0x1161, 0x17b3, true},
        {0x17b4, 0x17b5, false},   {0x17b6, 0x180a, true},
        {0x180b, 0x180f, false},   {0x1810, 0x200a, true},
        {0x200b, 0x200f, false},   {0x2010, 0x2027, true},
        {0x2028, 0x202e, false},   {0x202f, 0x205f, true},
        {0x2060, 0x206f, false},   {0x2070, 0x3163, true},
        {0x3164, 0x3164, false},   {0x3165, 0xd7ff, true},
        {0xe000, 0xfdff, true},    {0xfe00, 0xfe0f, false},
        {0xfe10, 0xfefe, true},    {0xfeff, 0xfeff, false},
        {0xff00, 0xff9f, true},    {0xffa0, 0xffa0, false},
        {0xffa1, 0xffef, true},    {0xfff0, 0xfffb, false},
        {0xfffc, 0x1bc9f, true},   {0x1bca0, 0x1bca3, false},
        {0x1bca4, 0x1d172, true},  {0x1d173, 0x1d17a, false},
        {0x1d17b, 0xdffff, true},  {0xe0000, 0xe0fff, false},
        {0xe1000, 0x10ffff, true}, {0x110000, 0x110001, false},
    };
    for (size_t i = 0; i < COUNT(ranges); i++) {
        for (uint32_t point = ranges[i].first; point <= ranges[i].last; point++) {
            assert_int_equal(psc_text_is_printable(point), ranges[i].printable);
        }
    }
    assert_false(psc_text_is_printable(PSC_TEXT_INVALID));
}

static void escapes(void **state) {
    static const struct {
        const char *bytes, *text;
        size_t size, used;
    } cases[] = {
        {"a", "a", 1, 1},
        {"ab", "a", 2, 1},
        {"\\", "\\", 1, 1},
        {"\0", "\\x00", 1, 1},
        {"\x1b[", "\\x1b", 2, 1},
        {"\n", "\\x0a", 1, 1},
        {"\x7f", "\\x7f", 1, 1},
        {"\xff", "\\xff", 1, 1},
        {"\xc3", "\\xc3", 1, 1},
        {"\xc3\xa9", "\xc3\xa9", 2, 2},
        {"\xc2\x80", "\\u0080", 2, 2},
        {"\xc2\x9b", "\\u009b", 2, 2},
        {"\xe2\x80\xae\xe2\x80\xac", "\\u202e", 6, 3},
        {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", 4, 4},
        {"\xf3\xa0\x80\x81", "\\U000e0001", 4, 4},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[PSC_TEXT_ESCAPED];
        size_t used;
        size_t written = psc_text_escape(cases[i].bytes, cases[i].size, &used, text);
        assert_string_equal(text, cases[i].text);
        assert_int_equal(written, strlen(cases[i].text));
        assert_int_equal(used, cases[i].used);
    }
}

static void no_two_bytes_get_through_as_a_control(void **state) {
    for (unsigned pair = 0; pair <= 0xffff; pair++) {
        char bytes[2] = {(char)(pair >> 8), (char)pair};
        char text[PSC_TEXT_ESCAPED];
        size_t used;
        size_t written = psc_text_escape(bytes, sizeof bytes, &used, text);
        for (size_t i = 0; i < written; i++) {
            assert_false((unsigned char)text[i] < 0x20 || text[i] == 0x7f);
        }
        // U+0080 to U+009F are controls of their own in UTF-8.
        assert_false((unsigned char)text[0] == 0xc2 && (unsigned char)text[1] < 0xa0);
    }
}

static void tells_widths(void **state) {
    static const struct {
        unsigned width;
        uint32_t points[14]; // up to the first 0
    } cases[] = {
        {1, {'a', 0xe9, 0x2ff, 0x370, 0x410, 0x2010, 0xff71, 0x1f000, 0xfffd}},
        // Combining marks, joiners and variation selectors.
        {0, {0x300, 0x36f, 0x483, 0x5bd, 0x64b, 0x1ab0, 0x1dc0, 0x200d, 0x20d0, 0xfe0f, 0xfe20}},
        {2,
         {0x1100, 0x2e80, 0x3042, 0x4e2d, 0xac00, 0xa960, 0xf900, 0xfe30, 0xff21, 0xffe5, 0x1f600,
          0x1f680, 0x1f900, 0x20000}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (size_t j = 0; j < 14 && cases[i].points[j] != 0; j++) {
            if (psc_text_width(cases[i].points[j]) != cases[i].width) {
                fail_msg("U+%04X takes %u columns", cases[i].points[j], cases[i].width);
            }
        }
    }
}

static void base_names(void **state) {
    static const struct {
        const char *path, *separators, *name;
    } cases[] = {
        {"/usr/sbin/nginx", "/", "nginx"},
        {"nginx", "/", "nginx"},
        {"/nginx", "/", "nginx"},
        {"/", "/", "/"},
        {"/usr/", "/", "/usr/"},
        {"", "/", ""},
        {"//x", "/", "x"},
        {"/a b/c d", "/", "c d"},
        {"/tmp/a\\nginx", "/", "a\\nginx"},
        {"C:\\a\\node.exe", "\\", "node.exe"},
        {"C:\\", "\\", "C:\\"},
        {"C:\\a/b\\c", "/\\", "c"},
        {"C:\\a\\b/c", "/\\", "c"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_string_equal(psc_base_name(cases[i].path, cases[i].separators), cases[i].name);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_every_code_point),
        cmocka_unit_test(refuses_what_is_not_utf8),
        cmocka_unit_test(tells_what_is_printable),
        cmocka_unit_test(escapes),
        cmocka_unit_test(no_two_bytes_get_through_as_a_control),
        cmocka_unit_test(tells_widths),
        cmocka_unit_test(base_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
