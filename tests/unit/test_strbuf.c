// test_strbuf.c - strbuf: text grows, is always a string, and remembers a failure.
#include "base/strbuf.h"
#include "support/test.h"

static void text_is_joined(void **state) {
    struct psc_strbuf text = {0};
    psc_strbuf_add_text(&text, "tcp");
    psc_strbuf_add(&text, ":80garbage", 3);
    psc_strbuf_add_format(&text, "-%d", 90);
    assert_string_equal(text.bytes, "tcp:80-90");
    assert_int_equal(text.size, 9);
    psc_strbuf_done(&text);
    assert_null(text.bytes);
    assert_int_equal(text.size, 0);
}

static void long_text_is_whole(void **state) {
    struct psc_strbuf text = {0};
    char word[1001];
    memset(word, 'x', 1000);
    word[1000] = '\0';
    for (int i = 0; i < 10; i++) {
        psc_strbuf_add_format(&text, "%s", word);
        psc_strbuf_add_text(&text, word);
    }
    assert_int_equal(text.size, 20000);
    assert_int_equal(strspn(text.bytes, "x"), 20000);
    psc_strbuf_done(&text);
}

static void bytes_may_be_zero(void **state) {
    struct psc_strbuf text = {0};
    psc_strbuf_add(&text, "a\0b", 3);
    assert_int_equal(text.size, 3);
    assert_memory_equal(text.bytes, "a\0b", 4);
    psc_strbuf_done(&text);
}

static void detach_gives_a_string(void **state) {
    struct psc_strbuf text = {0};
    char *empty = psc_strbuf_detach(&text);
    assert_string_equal(empty, "");
    free(empty);
    psc_strbuf_add_text(&text, "allow");
    char *word = psc_strbuf_detach(&text);
    assert_string_equal(word, "allow");
    assert_null(text.bytes);
    free(word);
}

static void failure_is_sticky(void **state) {
    struct psc_strbuf text = {0};
    psc_strbuf_add_text(&text, "a");
    psc_strbuf_add(&text, "b", SIZE_MAX);
    assert_true(text.failed);
    psc_strbuf_add_text(&text, "c");
    assert_string_equal(text.bytes, "a");
    assert_null(psc_strbuf_detach(&text));
    assert_false(text.failed); // an empty one again
    psc_strbuf_done(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_joined),    cmocka_unit_test(long_text_is_whole),
        cmocka_unit_test(bytes_may_be_zero), cmocka_unit_test(detach_gives_a_string),
        cmocka_unit_test(failure_is_sticky),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
