// test_windows_file.c - file: appears as a whole or not at all.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "platform/file.h"
#include "support/capture.h"

static char directory[MAX_PATH];

static void path_to(const char *name, char path[2 * MAX_PATH]) {
    snprintf(path, 2 * MAX_PATH, "%s\\%s", directory, name);
}

static unsigned count_files(void) {
    WIN32_FIND_DATAA found;
    char all[2 * MAX_PATH];
    unsigned count = 0;
    path_to("*", all);
    HANDLE search = FindFirstFileA(all, &found);
    for (BOOL more = search != INVALID_HANDLE_VALUE; more; more = FindNextFileA(search, &found)) {
        count += (found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) == 0;
    }
    FindClose(search);
    return count;
}

static void write_file(const char *name, const char *text, bool finish) {
    char path[2 * MAX_PATH];
    struct psc_new_file *file;
    struct psc_error error = {""};
    path_to(name, path);
    if (psc_file_begin(path, &file, &error) != PSC_OK) {
        fail_msg("%s", error.text);
    }
    fputs(text, psc_file_stream(file));
    if (finish) {
        assert_int_equal(psc_file_finish(file, &error), PSC_OK);
    } else {
        psc_file_discard(file);
    }
}

static void assert_file(const char *name, const char *expected) {
    char path[2 * MAX_PATH];
    path_to(name, path);
    char *text = capture_file(path, NULL);
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
}

static void a_new_file_and_one_that_is_replaced(void **state) {
    (void)state;
    write_file("a.txt", "one\n", true);
    assert_file("a.txt", "one\n");
    write_file("a.txt", "two\n", true);
    assert_file("a.txt", "two\n");
    assert_int_equal(count_files(), 1);
}

static void what_is_given_up_leaves_nothing(void **state) {
    (void)state;
    write_file("a.txt", "old\n", true);
    write_file("a.txt", "new\n", false);
    write_file("b.txt", "new\n", false);
    assert_file("a.txt", "old\n");
    assert_int_equal(count_files(), 1);
}

static void a_device_is_written_in_place(void **state) {
    struct psc_new_file *file;
    struct psc_error error;
    (void)state;
    assert_int_equal(psc_file_begin("NUL", &file, &error), PSC_OK);
    fputs("x", psc_file_stream(file));
    assert_int_equal(psc_file_finish(file, &error), PSC_OK);
    assert_int_equal(count_files(), 0);
}

static void a_directory_that_is_not_there(void **state) {
    char path[2 * MAX_PATH];
    struct psc_new_file *file;
    struct psc_error error;
    (void)state;
    path_to("none\\a.txt", path);
    assert_int_equal(psc_file_begin(path, &file, &error), PSC_OUTPUT);
    assert_null(file);
    assert_non_null(strstr(error.text, "a.txt"));
}

// Neither the name nor the size is what a C library of one byte per character expects.
static void a_file_is_read_whole(void **state) {
    char path[2 * MAX_PATH];
    struct psc_strbuf text = {0};
    struct psc_error error;
    (void)state;
    char bytes[20000];
    memset(bytes, 'x', sizeof bytes - 1);
    bytes[sizeof bytes - 1] = '\0';
    write_file("a\xe2\x82\xac.txt", bytes, true);
    path_to("a\xe2\x82\xac.txt", path);
    assert_int_equal(psc_file_read(path, &text, &error), PSC_OK);
    assert_int_equal(text.size, sizeof bytes - 1);
    assert_string_equal(text.bytes, bytes);
    psc_strbuf_done(&text);
    wchar_t wide[2 * MAX_PATH];
    MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, 2 * MAX_PATH);
    assert_true(DeleteFileW(wide));
    assert_int_equal(psc_file_read(path, &text, &error), PSC_SYSTEM);
    assert_non_null(strstr(error.text, "cannot read"));
    psc_strbuf_done(&text);
}

static int make_directory(void **state) {
    char temporary[MAX_PATH];
    (void)state;
    GetTempPathA(MAX_PATH, temporary);
    snprintf(directory, sizeof directory, "%spsc-%lu-%lu", temporary, GetCurrentProcessId(),
             GetTickCount());
    return CreateDirectoryA(directory, NULL) ? 0 : -1;
}

static int drop_directory(void **state) {
    char path[2 * MAX_PATH];
    (void)state;
    path_to("a.txt", path);
    DeleteFileA(path);
    return RemoveDirectoryA(directory) ? 0 : -1; // fails if anything is left
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_directory, drop_directory)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_new_file_and_one_that_is_replaced),
        TEST(what_is_given_up_leaves_nothing),
        TEST(a_device_is_written_in_place),
        TEST(a_directory_that_is_not_there),
        TEST(a_file_is_read_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
