// test_number.c - number: digits are read up to a maximum, and written without a NUL.
#include <inttypes.h>

#include "base/number.h"
#include "support/test.h"

static void whole_strings_are_numbers(void **state) {
    static const struct {
        const char *text;
        uint64_t max;
        bool good;
        uint64_t number;
    } cases[] = {
        {"0", 65535, true, 0},
        {"65535", 65535, true, 65535},
        {"65536", 65535, false, 0},
        {"99999", 65535, false, 0},
        {"007", 9, true, 7},
        {"00000000000000000000000000080", 65535, true, 80},
        {"5", 4, false, 0},
        {"", 65535, false, 0},
        {"-1", 65535, false, 0},
        {"+1", 65535, false, 0},
        {" 1", 65535, false, 0},
        {"1 ", 65535, false, 0},
        {"0x10", 65535, false, 0},
        {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
        {"18446744073709551616", UINT64_MAX, false, 0},
        {"99999999999999999999999", UINT64_MAX, false, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint64_t number = 4711;
        assert_int_equal(psc_number_parse(cases[i].text, cases[i].max, &number), cases[i].good);
        assert_int_equal(number, cases[i].good ? cases[i].number : 4711);
    }
}

static void reading_moves_past_all_digits(void **state) {
    const char *range = "8000-99999,";
    uint64_t number;
    assert_true(psc_number_read(&range, NULL, 65535, &number));
    assert_int_equal(number, 8000);
    assert_string_equal(range, "-99999,");
    assert_false(psc_number_read(&range, NULL, 65535, &number)); // no digit
    assert_string_equal(range++, "-99999,");
    assert_false(psc_number_read(&range, NULL, 65535, &number)); // too large
    assert_string_equal(range, ",");
    assert_int_equal(number, 8000);
}

static void reading_stops_at_the_end(void **state) {
    static const char digits[] = {'1', '2', '3'};
    const char *at = digits;
    uint64_t number;
    assert_true(psc_number_read(&at, digits + 3, 65535, &number));
    assert_int_equal(number, 123);
    assert_ptr_equal(at, digits + 3);
    assert_false(psc_number_read(&at, digits + 3, 65535, &number));
}

static void numbers_are_written_as_printf_does(void **state) {
    char expected[32];
    char digits[PSC_NUMBER_DIGITS];
    uint64_t number = 0;
    for (int i = 0; i < 65; i++) {
        snprintf(expected, sizeof expected, "%" PRIu64, number);
        assert_int_equal(psc_number_format(number, digits), strlen(expected));
        assert_memory_equal(digits, expected, strlen(expected));
        number = number * 2 + 1;
    }
    for (uint64_t power = 10; power <= UINT64_MAX / 10; power *= 10) {
        assert_true(psc_number_format(power, digits) == psc_number_format(power - 1, digits) + 1);
    }
}

static void hexadecimal_digits_are_of_either_case(void **state) {
    for (int c = -128; c < 256; c++) {
        const char *found = c != 0 ? strchr("0123456789abcdefABCDEF", c) : NULL;
        int value = found == NULL ? -1 : (int)(found - strchr(found, '\0')) + 22;
        assert_int_equal(psc_hex_digit((char)c), value > 15 ? value - 6 : value);
        assert_int_equal(psc_is_digit((char)c), value >= 0 && value < 10);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_strings_are_numbers),
        cmocka_unit_test(reading_moves_past_all_digits),
        cmocka_unit_test(reading_stops_at_the_end),
        cmocka_unit_test(numbers_are_written_as_printf_does),
        cmocka_unit_test(hexadecimal_digits_are_of_either_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
