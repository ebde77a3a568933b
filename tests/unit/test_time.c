// test_time.c - time: the text of a time is what the libc makes of it.
#include <time.h>

#include "base/time.h"
#include "support/test.h"

static void check_time(int64_t seconds) {
    char text[PSC_TIME_TEXT];
    char expected[64];
    time_t time = (time_t)seconds;
    struct tm parts;
    if (gmtime_r(&time, &parts) == NULL) {
        return; // that of Windows knows no time before 1970
    }
    strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%SZ", &parts);
    assert_int_equal(psc_time_format(seconds * 1000 + 999, false, text), strlen(expected));
    assert_string_equal(text, expected);
}

static void times_are_those_of_the_libc(void **state) {
    static const int64_t seconds[] = {
        0,          86399,       86400,      951782399,   951782400,    951868799,  951868800,
        1078099199, 1709164800,  1709251199, 1795162680,  4107542399,   4107542400, 4133980799,
        -1,         -2203891201, 2147483647, 32503680000, 253402300799,
    };
    for (size_t i = 0; i < COUNT(seconds); i++) {
        check_time(seconds[i]);
    }
    for (int64_t day = 0; day < 150000; day += 997) {
        check_time(day * 86400 + day);
    }
}

static void milliseconds_have_three_digits(void **state) {
    char text[PSC_TIME_TEXT];
    assert_int_equal(psc_time_format(1795162680007, true, text), PSC_TIME_TEXT - 1);
    assert_string_equal(text, "2026-11-20T08:18:00.007Z");
    psc_time_format(-1, true, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999Z");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_those_of_the_libc),
        cmocka_unit_test(milliseconds_have_three_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
