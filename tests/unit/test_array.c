// test_array.c - array: it grows, keeps its elements, and stays valid when it cannot grow.
#include "base/array.h"
#include "support/test.h"

static void elements_survive_growth(void **state) {
    uint32_t *numbers = NULL;
    size_t capacity = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        assert_true(PSC_ARRAY_RESERVE(numbers, capacity, i + 1));
        assert_true(capacity > i);
        numbers[i] = i;
    }
    for (uint32_t i = 0; i < 1000; i++) {
        assert_int_equal(numbers[i], i);
    }
    free(numbers);
}

static void room_that_is_there_is_used(void **state) {
    uint64_t *numbers = NULL;
    size_t capacity = 0;
    assert_true(PSC_ARRAY_RESERVE(numbers, capacity, 100));
    assert_int_equal(capacity, 100);
    const uint64_t *before = numbers;
    assert_true(PSC_ARRAY_RESERVE(numbers, capacity, 100));
    assert_ptr_equal(numbers, before);
    assert_int_equal(capacity, 100);
    assert_true(PSC_ARRAY_RESERVE(numbers, capacity, 101));
    assert_int_equal(capacity, 200); // many small steps must not copy each time
    free(numbers);
}

static void a_size_that_overflows_fails(void **state) {
    uint64_t *numbers = NULL;
    size_t capacity = 0;
    assert_false(PSC_ARRAY_RESERVE(numbers, capacity, SIZE_MAX / 8 + 1));
    assert_null(numbers);
    assert_int_equal(capacity, 0);
    assert_true(PSC_ARRAY_RESERVE(numbers, capacity, 1));
    numbers[0] = 7;
    size_t before = capacity;
    assert_false(PSC_ARRAY_RESERVE(numbers, capacity, SIZE_MAX));
    assert_int_equal(capacity, before);
    assert_int_equal(numbers[0], 7);
    free(numbers);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_survive_growth),
        cmocka_unit_test(room_that_is_there_is_used),
        cmocka_unit_test(a_size_that_overflows_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
