// test_error.c - base: an error sentence is escaped and cut.
#include "base/error.h"
#include "support/test.h"

static void fail_returns_its_status(void **state) {
    struct psc_error error;
    assert_int_equal(psc_fail(&error, PSC_DENIED, "%s is %d", "port", 80), PSC_DENIED);
    assert_string_equal(error.text, "port is 80");
    assert_int_equal(psc_no_memory(&error), PSC_NO_MEMORY);
    assert_string_equal(error.text, "out of memory");
}

static void fail_escapes_quoted_bytes(void **state) {
    struct psc_error error;
    (void)psc_fail(&error, PSC_USAGE, "'%s'",
                   "\x1b[2J\n\xff \xc3\xa9 \xc2\x9b \xe2\x80\xae\xe2\x80\xac\xc2\xad\xe2\x80\x8d");
    assert_string_equal(error.text,
                        "'\\x1b[2J\\x0a\\xff \xc3\xa9 \\u009b \\u202e\\u202c\\u00ad\\u200d'");
}

static void fail_cuts_between_characters(void **state) {
    struct psc_error error;
    char long_word[2 * sizeof error.text];
    memset(long_word, '\x1b', sizeof long_word - 1);
    long_word[sizeof long_word - 1] = '\0';
    (void)psc_fail(&error, PSC_USAGE, "ab%s", long_word);
    size_t length = strlen(error.text);
    assert_true(length < sizeof error.text);
    assert_true(length > sizeof error.text - sizeof "\\x1b");
    assert_string_equal(error.text + length - 4, "\\x1b");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fail_returns_its_status),
        cmocka_unit_test(fail_escapes_quoted_bytes),
        cmocka_unit_test(fail_cuts_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
