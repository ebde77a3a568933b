// test_suggest.c - suggest: the known word that is closest to another one.
#include "cli/suggest.h"
#include "support/test.h"

static void finds_what_was_meant(void **state) {
    static const char *const known[] = {"json", NULL, "ndjson", "csv", "columns", "color", "sort"};
    static const struct {
        const char *word, *best;
    } cases[] = {
        {"json", "json"},
        {"jsno", "json"},
        {"jsn", "json"},
        {"jjson", "json"},
        {"ndjsn", "ndjson"},
        {"column", "columns"},
        {"color", "color"},
        {"sorted", "sort"},
        {"clolumns", "columns"},
        {"frobnicate", NULL},
        {"", NULL},
        {"x", NULL},
        {"xxxx", NULL},
        {"jxxx", NULL},
        {"a-word-that-is-longer-than-every-other-word", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct suggest suggestion;
        suggest_init(&suggestion, cases[i].word, strlen(cases[i].word));
        for (size_t j = 0; j < COUNT(known); j++) {
            suggest_offer(&suggestion, known[j]);
        }
        if (cases[i].best == NULL) {
            assert_null(suggestion.best);
        } else {
            assert_non_null(suggestion.best);
            assert_string_equal(suggestion.best, cases[i].best);
        }
    }
}

static void looks_at_no_more_than_the_word(void **state) {
    struct suggest suggestion;
    suggest_init(&suggestion, "jsno=very long", 4);
    suggest_offer(&suggestion, "json");
    assert_string_equal(suggestion.best, "json");
    assert_int_equal(suggestion.distance, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_was_meant),
        cmocka_unit_test(looks_at_no_more_than_the_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
