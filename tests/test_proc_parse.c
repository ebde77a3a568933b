// test_proc_parse.c - what /proc says about a process: links to sockets, the start in stat with any
// name in it, base names, deleted executables; each text also cut at every length and damaged.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proc_parse.h"
#include "recorded.h"

static void sockets_in_link_targets(void **state) {
    (void)state;
    static const struct {
        const char *target;
        uint64_t inode;
    } cases[] = {
        {"socket:[4026531]", 4026531},
        {"socket:[1]", 1},
        {"socket:[9999999999999999999]", 9999999999999999999U},
        {"socket:[18446744073709551615]", 0}, // might not fit; no inode is that large
        {"socket:[]", 0},
        {"socket:[12", 0},
        {"socket:[12]x", 0},
        {"socket:[1 2]", 0},
        {"socket:[-1]", 0},
        {"socket:[0x1]", 0},
        {"socket:", 0},
        {"Socket:[12]", 0},
        {"pipe:[12]", 0},
        {"/socket:[12]", 0},
        {"", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t size = strlen(cases[i].target);
        char *exact = recorded_cut(cases[i].target, size); // as readlink(2) gives it, without NUL
        if (proc_parse_socket(exact, size) != cases[i].inode) {
            fail_msg("%s", cases[i].target);
        }
        free(exact);
    }
}

// Fields 3 to 24 of a stat file; the start is 9876543.
#define FIELDS " S 1 2 2 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 9876543 11 12\n"

static bool start_of(const char *stat, size_t size, uint64_t *ticks) {
    char *exact = recorded_cut(stat, size);
    bool parsed = proc_parse_start(exact, size, ticks);
    free(exact);
    return parsed;
}

static void a_start_behind_any_name(void **state) {
    (void)state;
    static const char *const stats[] = {
        "7 (nginx)" FIELDS,    "7 ()" FIELDS,          "7 (a)b)" FIELDS,
        "7 (()" FIELDS,        "7 () S 1 2 3)" FIELDS, "7 (a b\nc)" FIELDS,
        "7 (\xff\xfe)" FIELDS, "7 (x) (y)" FIELDS,     "4294967295 ())))" FIELDS,
    };
    for (size_t i = 0; i < sizeof stats / sizeof stats[0]; i++) {
        uint64_t ticks = 0;
        if (!start_of(stats[i], strlen(stats[i]), &ticks) || ticks != 9876543) {
            fail_msg("%s: %llu", stats[i], (unsigned long long)ticks);
        }
    }
}

static void a_stat_that_the_kernel_does_not_print(void **state) {
    (void)state;
    static const char *const stats[] = {
        "",
        "7",
        ")",
        "7 (x",
        "7 (x)",
        "7 (x)S 1 2 2 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 9876543 11\n",
        "7 (x) S 1 2 2 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 -5 11\n",
        "7 (x) S 1 2 2 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 x 11\n",
        "7 (x) S 1 2 2 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0  11\n",
        "7 (x) S 1 2 2 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 123456789012345678901 11\n",
    };
    for (size_t i = 0; i < sizeof stats / sizeof stats[0]; i++) {
        uint64_t ticks;
        if (start_of(stats[i], strlen(stats[i]), &ticks)) {
            fail_msg("%s", stats[i]);
        }
    }
}

static void a_stat_cut_or_damaged(void **state) {
    (void)state;
    static const char stat[] = "7 (a)b)" FIELDS;
    const size_t start_end = (size_t)(strstr(stat, "9876543 ") - stat) + sizeof "9876543";
    uint64_t ticks;
    for (size_t size = 0; size < sizeof stat - 1; size++) {
        assert_int_equal(start_of(stat, size, &ticks), size >= start_end);
    }
    for (uint64_t seed = 0; seed < 4000; seed++) {
        char text[sizeof stat];
        memcpy(text, stat, sizeof stat);
        recorded_damage(text, sizeof stat - 1, seed);
        (void)start_of(text, sizeof stat - 1, &ticks);
        (void)proc_parse_socket(text, sizeof stat - 1);
        (void)proc_parse_is_deleted(text, sizeof stat - 1);
    }
}

static void base_names(void **state) {
    (void)state;
    static const struct {
        const char *path, *name;
    } cases[] = {
        {"/usr/sbin/nginx", "nginx"}, {"nginx", "nginx"}, {"/nginx", "nginx"}, {"/", "/"},
        {"/usr/", "/usr/"},           {"", ""},           {"//x", "x"},        {"/a b/c d", "c d"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_string_equal(proc_parse_base_name(cases[i].path), cases[i].name);
    }
}

static void deleted_executables(void **state) {
    (void)state;
    static const struct {
        const char *target;
        bool deleted;
    } cases[] = {
        {"/bin/x (deleted)", true}, {"x (deleted)", true},
        {" (deleted)", false},      {"(deleted)", false},
        {"/bin/x(deleted)", false}, {"/bin/x (deleted) ", false},
        {"/bin/x", false},          {"", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t size = strlen(cases[i].target);
        char *exact = recorded_cut(cases[i].target, size);
        if (proc_parse_is_deleted(exact, size) != cases[i].deleted) {
            fail_msg("%s", cases[i].target);
        }
        free(exact);
    }
    assert_int_equal(PROC_PARSE_DELETED_SIZE, 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sockets_in_link_targets),
        cmocka_unit_test(a_start_behind_any_name),
        cmocka_unit_test(a_stat_that_the_kernel_does_not_print),
        cmocka_unit_test(a_stat_cut_or_damaged),
        cmocka_unit_test(base_names),
        cmocka_unit_test(deleted_executables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
