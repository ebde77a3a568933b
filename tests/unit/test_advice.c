// test_advice.c - every system has text for every topic.
#include "platform/platform.h"
#include "support/test.h"

static void test_every_topic_has_text(void **state) {
    for (int topic = 0; topic < PSC_ADVICE_COUNT; topic++) {
        const char *text = psc_platform_advice((enum psc_advice)topic);
        assert_non_null(text);
        assert_true(strlen(text) > 2);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_topic_has_text)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
