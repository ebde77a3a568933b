// test_json.c - json: commas, spaces and line breaks of every nesting.
#include "format/json.h"
#include "support/capture.h"
#include "support/test.h"

static struct out out;

static struct json begin(void) {
    out_init(&out, capture_open(), OUT_JSON);
    return (struct json){.out = &out};
}

static void assert_written(const char *expected) {
    struct psc_error error;
    assert_int_equal(out_flush(&out, &error), PSC_OK);
    char *text = capture_close(out.stream, NULL);
    assert_string_equal(text, expected);
    free(text);
}

static void each_kind_of_value(void **state) {
    struct json json = begin();
    json_begin(&json, NULL, JSON_OBJECT);
    json_null(&json, "a");
    json_bool(&json, "b", true);
    json_bool(&json, "c", false);
    json_number(&json, "d", UINT64_MAX);
    json_count(&json, "e", 0);
    json_count(&json, "f", 7);
    json_text(&json, "g", "x\"\x1b");
    json_text(&json, "h", NULL);
    json_begin_string(&json, "i");
    out_text(&out, "y");
    json_end_string(&json);
    json_end(&json);
    assert_written(
        "{\"a\": null, \"b\": true, \"c\": false, \"d\": 18446744073709551615, \"e\": null, "
        "\"f\": 7, \"g\": \"x\\\"\\u001b\", \"h\": null, \"i\": \"y\"}");
}

static void containers_nest_and_may_be_empty(void **state) {
    struct json json = begin();
    json_begin(&json, NULL, JSON_ARRAY);
    json_begin(&json, NULL, JSON_OBJECT);
    json_end(&json);
    json_begin(&json, NULL, JSON_ARRAY);
    json_number(&json, NULL, 1);
    json_number(&json, NULL, 2);
    json_end(&json);
    json_begin(&json, NULL, JSON_OBJECT);
    json_begin(&json, "a", JSON_ARRAY);
    json_end(&json);
    json_begin(&json, "b", JSON_LINES);
    json_end(&json);
    json_null(&json, "c");
    json_end(&json);
    json_end(&json);
    assert_written("[{}, [1, 2], {\"a\": [], \"b\": [], \"c\": null}]");
}

static void lines_are_indented_by_depth(void **state) {
    struct json json = begin();
    json_begin(&json, NULL, JSON_OBJECT);
    json_null(&json, "a");
    json_start_line(&json);
    json_begin(&json, "b", JSON_LINES);
    for (uint64_t i = 1; i <= 2; i++) {
        json_begin(&json, NULL, JSON_OBJECT);
        json_number(&json, "c", i);
        json_start_line(&json);
        json_begin(&json, "d", JSON_LINES);
        json_null(&json, NULL);
        json_begin(&json, NULL, JSON_ARRAY); // its elements share its line
        json_null(&json, NULL);
        json_null(&json, NULL);
        json_end(&json);
        json_end(&json);
        json_end(&json);
    }
    json_end(&json);
    json_end_document(&json);
    json_begin(&json, NULL, JSON_OBJECT); // the next document owes nothing to this one
    json_end_document(&json);
    assert_written("{\"a\": null,\n \"b\": [\n"
                   "  {\"c\": 1,\n   \"d\": [\n    null,\n    [null, null]]},\n"
                   "  {\"c\": 2,\n   \"d\": [\n    null,\n    [null, null]]}]}\n{}\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_value),
        cmocka_unit_test(containers_nest_and_may_be_empty),
        cmocka_unit_test(lines_are_indented_by_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
