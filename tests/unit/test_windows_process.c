// test_windows_process.c - process: command lines are split as Microsoft documents it and msvcrt does it.
#include "platform/windows/process.h"
#include "support/test.h"

#define ARGUMENTS(text) (text), sizeof(text)

static void takes_lines_apart(void **state) {
    static const struct {
        const char *line, *arguments;
        size_t size;
    } cases[] = {
        {"x.exe", ARGUMENTS("x.exe")},
        {"x.exe -ano", ARGUMENTS("x.exe\0-ano")},
        {"x.exe  a\tb ", ARGUMENTS("x.exe\0a\0b")},
        {"\"C:\\Program Files\\x.exe\" a", ARGUMENTS("C:\\Program Files\\x.exe\0a")},
        {"C:\\Program\" \"Files\\x.exe a", ARGUMENTS("C:\\Program Files\\x.exe\0a")},
        {"\"C:\\x\\\" a", ARGUMENTS("C:\\x\\\0a")}, // a backslash in front of its quote
        {"", ARGUMENTS("")},
        {" a", ARGUMENTS("\0a")}, // begins with a blank: the program has no name
        {"x \"\" b", ARGUMENTS("x\0\0b")},
        {"x \"a b\" c", ARGUMENTS("x\0a b\0c")},
        // The examples of "Parsing C command-line arguments".
        {"x \"a b c\" d e", ARGUMENTS("x\0a b c\0d\0e")},
        {"x \"ab\\\"c\" \"\\\\\" d", ARGUMENTS("x\0ab\"c\0\\\0d")},
        {"x a\\\\\\b d\"e f\"g h", ARGUMENTS("x\0a\\\\\\b\0de fg\0h")},
        {"x a\\\\\\\"b c d", ARGUMENTS("x\0a\\\"b\0c\0d")},
        {"x a\\\\\\\\\"b c\" d e", ARGUMENTS("x\0a\\\\b c\0d\0e")},
        {"x a\"b\"\" c d", ARGUMENTS("x\0ab\" c d")},
        {"x a\\ b\\", ARGUMENTS("x\0a\\\0b\\")},
        {"x \"open", ARGUMENTS("x\0open")},
        {"x m\xc3\xbc\xc3\x9f \xe2\x9c\x94", ARGUMENTS("x\0m\xc3\xbc\xc3\x9f\0\xe2\x9c\x94")},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *text = strdup(cases[i].line);
        size_t size = process_split_command_line(text);
        if (size != cases[i].size || memcmp(text, cases[i].arguments, size) != 0) {
            fail_msg("'%s': %zu bytes, '%s'", cases[i].line, size, text);
        }
        free(text);
    }
}

// Nothing is written past the end of any command line.
static void never_grows(void **state) {
    static const char letters[] = "a\\\" \t";
    uint32_t seed = 3;
    for (int i = 0; i < 100000; i++) {
        char line[24];
        size_t length = 0;
        for (; length < (size_t)(i % 20); length++) {
            seed = seed * 1664525 + 1013904223;
            line[length] = letters[(seed >> 16) % (sizeof letters - 1)];
        }
        memset(line + length, 0, sizeof line - length);
        line[length + 1] = 'x';
        size_t size = process_split_command_line(line);
        assert_true(size >= 1 && size <= length + 1);
        assert_int_equal(line[size - 1], '\0');
        assert_int_equal(line[length + 1], 'x');
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_lines_apart),
        cmocka_unit_test(never_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
