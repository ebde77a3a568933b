// test_windows_allocation.c - every allocation of a run fails in turn: the run says so or does without, and
// never crashes.
#include <windows.h>

#include "support/run_cli.h"
#include "support/test.h"
#include "support/windows_tables.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

// How many more succeed; below 0: all. The threads of reverse DNS allocate nothing.
static int left = -1;
static bool failed;

static bool fails(void) {
    failed = failed || left == 0;
    return left >= 0 && left-- == 0;
}

void *__wrap_malloc(size_t size) {
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size) {
    return fails() ? NULL : __real_realloc(old, size);
}

static void run_with(struct run *run, const char *line, int successes) {
    run_begin(run, line);
    failed = false;
    left = successes;
    run_go(run);
    left = -1;
    run_end(run);
}

static void fail_each(const char *line) {
    struct run all;
    run_with(&all, line, -1);
    assert_string_equal(all.err, "");
    run_done(&all);
    for (int i = 0; i < 2000; i++) {
        struct run run;
        run_with(&run, line, i);
        bool done = !failed;
        if (run.exit != all.exit && strstr(run.err, "out of memory\n") == NULL) {
            fail_msg("%s, allocation %d: status %d, %s", line, i, run.exit, run.err);
        }
        run_done(&run);
        if (done) {
            return;
        }
    }
    fail_msg("%s: no end of allocations", line);
}

// Without `check` and the like, which start netsh; under Wine that is slow.
static void every_allocation_fails_once(void **state) {
    static char row[64]; // of this process, so that there are details
    static const char *const lines[] = {
        "portscope -anf",
        "portscope --json",
        "portscope --user x -b",
        "portscope audit --json",
        "portscope --process *allocation* --wide --sort -local",
    };
    static const char *const rows[] = {
        row,
        "TCP 127.0.0.1:5000 127.0.0.1:443 ESTABLISHED 4",
        "TCP 0.0.0.0:5001 0.0.0.0:0 BOUND 4",
        "UDP [fe80::1%5]:1900 *:* 4",
    };
    snprintf(row, sizeof row, "TCP 127.0.0.1:80 0.0.0.0:0 LISTENING %lu", GetCurrentProcessId());
    windows_tables_set(rows, COUNT(rows));
    for (size_t i = 0; i < COUNT(lines); i++) {
        fail_each(lines[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
