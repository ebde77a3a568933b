// test_proc_fs.c - files of every size and directories of numbers, as the proc file system has them.
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "platform/linux/proc_fs.h"
#include "support/fake_proc.h"
#include "support/test.h"

static void files_of_every_size(void **state) {
    // Around the sizes at which the buffer grows, and small ones after large ones.
    static const size_t sizes[] = {0, 1, 4094, 4095, 4096, 16383, 16384, 300000, 5, 0};
    struct fake_proc proc;
    struct proc_bytes bytes = {0};
    fake_proc_make(&proc);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        char *content = malloc(sizes[i] + 1);
        assert_non_null(content);
        for (size_t at = 0; at < sizes[i]; at++) {
            content[at] = (char)(at * 7 + i);
        }
        fake_proc_file(&proc, "1/cmdline", content, sizes[i]);
        assert_int_equal(proc_read(proc.directory, "1/cmdline", &bytes), 0);
        assert_int_equal(bytes.size, sizes[i]);
        assert_true(bytes.capacity > bytes.size);
        assert_memory_equal(bytes.bytes, content, sizes[i]);
        assert_int_equal(bytes.bytes[bytes.size], '\0');
        free(content);
    }
    free(bytes.bytes);
    fake_proc_remove(&proc);
}

static void files_that_cannot_be_read(void **state) {
    struct fake_proc proc;
    struct proc_bytes bytes = {0};
    fake_proc_make(&proc);
    fake_proc_directory(&proc, "1/fd");
    assert_int_equal(proc_read(proc.directory, "2/stat", &bytes), ENOENT);
    assert_int_equal(proc_read(proc.directory, "1/fd", &bytes), EISDIR);
    assert_int_equal(proc_read(-1, "1/stat", &bytes), EBADF);
    free(bytes.bytes);
    fake_proc_remove(&proc);
}

// What a real one says as it is written: no size is known before, and it comes in pieces.
static void a_real_file(void **state) {
    struct proc_bytes bytes = {0};
    assert_int_equal(proc_read(AT_FDCWD, "/proc/self/stat", &bytes), 0);
    assert_int_equal(strtoul(bytes.bytes, NULL, 10), getpid());
    assert_int_equal(bytes.bytes[bytes.size - 1], '\n');
    free(bytes.bytes);
}

static void only_numbers_are_listed(void **state) {
    static const struct {
        const char *name;
        int64_t number; // -1: is none
    } cases[] = {
        {"0", 0},           {"1", 1},
        {"10001", 10001},   {"4294967295", 4294967295},
        {"4294967296", -1}, {"99999999999999999999999", -1},
        {"12x", -1},        {"x12", -1},
        {"-1", -1},         {"+1", -1},
        {"1 ", -1},         {"self", -1},
        {"1.2", -1},
    };
    const size_t count = COUNT(cases);
    struct fake_proc proc;
    struct proc_numbers numbers;
    size_t seen = 0;
    fake_proc_make(&proc);
    for (size_t i = 0; i < count; i++) {
        fake_proc_directory(&proc, cases[i].name);
    }
    proc_numbers_init(&numbers, proc.directory);
    uint32_t number;
    for (const char *name; (name = proc_numbers_next(&numbers, &number)) != NULL; seen++) {
        size_t at = 0;
        while (at < count && strcmp(cases[at].name, name) != 0) {
            at++;
        }
        assert_true(at < count && cases[at].number == number);
    }
    assert_int_equal(numbers.error, 0);
    assert_int_equal(seen, 4);
    fake_proc_remove(&proc);
}

// More than one buffer holds.
static void many_entries(void **state) {
    enum { COUNT = 1600 };
    static bool seen[COUNT];
    struct fake_proc proc;
    struct proc_numbers numbers;
    fake_proc_make(&proc);
    for (int i = 0; i < COUNT; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        assert_int_equal(symlinkat("socket:[1]", proc.directory, name), 0);
    }
    proc_numbers_init(&numbers, proc.directory);
    size_t count = 0;
    for (uint32_t number; proc_numbers_next(&numbers, &number) != NULL; count++) {
        assert_true(number < COUNT && !seen[number]);
        seen[number] = true;
    }
    assert_int_equal(count, COUNT);
    assert_int_equal(numbers.error, 0);
    fake_proc_remove(&proc);
}

static void a_listing_that_fails(void **state) {
    struct proc_numbers numbers;
    uint32_t number;
    int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    proc_numbers_init(&numbers, file);
    assert_null(proc_numbers_next(&numbers, &number));
    assert_int_equal(numbers.error, ENOTDIR);
    close(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_of_every_size), cmocka_unit_test(files_that_cannot_be_read),
        cmocka_unit_test(a_real_file),         cmocka_unit_test(only_numbers_are_listed),
        cmocka_unit_test(many_entries),        cmocka_unit_test(a_listing_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
