// test_allocation.c - complete runs in which the nth allocation fails, for every n; in which threads
// cannot be started; and in which descriptors run out. The linker leads our own calls of malloc() and
// its like through this file; what libc allocates for itself is left alone. Leaks are told by the
// leak sanitizer at the end.
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

#include "platform/platform.h"
#include "support/live_states.h"
#include "support/namespace.h"
#include "support/run_cli.h"
#include "support/test.h"

// What fails -------------------------------------------------------------------------------------

// Counts calls of one kind, from several threads at once.
struct failing {
    atomic_bool armed;
    atomic_size_t calls;
    size_t first; // number of the call that fails
    bool all;     // and all after it
};

static struct failing memory, threads;

static void arm(struct failing *failing, size_t first, bool all) {
    failing->first = first;
    failing->all = all;
    atomic_store(&failing->calls, 0);
    atomic_store(&failing->armed, true);
}

// Returns how many calls there were.
static size_t disarm(struct failing *failing) {
    atomic_store(&failing->armed, false);
    return atomic_load(&failing->calls);
}

static bool fails(struct failing *failing) {
    if (!atomic_load(&failing->armed)) {
        return false;
    }
    size_t number = atomic_fetch_add(&failing->calls, 1);
    return failing->all ? number >= failing->first : number == failing->first;
}

typedef void *begin_thread(void *argument);

// The names are the linker's (--wrap).
// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, begin_thread *begin,
                          void *argument);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, begin_thread *begin,
                          void *argument);

void *__wrap_malloc(size_t size) {
    return fails(&memory) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
    return fails(&memory) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size) {
    return fails(&memory) ? NULL : __real_realloc(old, size);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, begin_thread *begin,
                          void *argument) {
    return fails(&threads) ? 11 /* EAGAIN */
                           : __real_pthread_create(thread, attributes, begin, argument);
}
// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)

// Runs -------------------------------------------------------------------------------------------

static void assert_one_line(const char *text, const char *end) {
    const char *newline = strchr(text, '\n');
    size_t size = strlen(text);
    bool one = newline != NULL && newline[1] == '\0' && strncmp(text, "portscope: ", 11) == 0;
    if (!one || size < strlen(end) || strcmp(text + size - strlen(end), end) != 0) {
        fail_msg("not one line that ends in '%s': %s", end, text);
    }
}

// A failed run says so and prints nothing; a good one prints what it does without failures.
static void check(const struct run *run, const char *line, size_t n, const char *good,
                  const char *message) {
    if (run->exit == PSC_EXIT_YES) {
        if (good != NULL && strcmp(run->out, good) != 0) {
            fail_msg("%s, %zu: the result differs: %s", line, n, run->out);
        }
        return;
    }
    if (run->exit != PSC_EXIT_UNKNOWN || run->out_size != 0) {
        fail_msg("%s, %zu: exit %d, %zu bytes", line, n, run->exit, run->out_size);
    }
    assert_one_line(run->err, message);
}

static char *good_output(const char *line) {
    struct run run;
    run_cli(&run, line);
    assert_int_equal(run.exit, PSC_EXIT_YES);
    free(run.err);
    return run.out;
}

// Fails every allocation in turn. Returns how many there are, and counts the runs that failed.
static size_t fail_each(const char *line, bool all, const char *good, size_t *failed) {
    *failed = 0;
    for (size_t n = 0;; n++) {
        struct run run;
        run_begin(&run, line);
        arm(&memory, n, all);
        run_go(&run);
        size_t calls = disarm(&memory);
        run_end(&run);
        check(&run, line, n, good, "out of memory\n");
        *failed += run.exit != PSC_EXIT_YES;
        run_done(&run);
        if (calls <= n) {
            return n;
        }
    }
}

// Tests ------------------------------------------------------------------------------------------

struct setting {
    bool own_net;
    struct live_states *live;
};

static void every_allocation_fails_once(void **state) {
    const struct setting *setting = *state;
    // What has no time in it is the same in each run.
    static const struct {
        const char *line;
        bool same;
    } cases[] = {
        {"portscope -ano", true},
        {"portscope --json", false},
        {"portscope --wide --sort -process -a", false},
        {"portscope -anoqb --columns local,remote,state,process,path,user", true},
        {"portscope --csv --columns local,pid --process test_*,x --user !nobody --pid !0,1", true},
        {"portscope --ndjson --columns local --local 127.0.0.0/8,::1 --port 1-65535", false},
        {"portscope free", true},
        {"portscope free 30000-30100 --count 3", true},
        {"portscope check 30000-30003 --json", false},
        {"portscope wait 30000", true},
        {"portscope kill 30000 --dry-run", true},
        {"portscope audit --save -", true},
        {"portscope audit --policy " PSC_SOURCE_DIR "/tests/data/policy/everything", true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *good = setting->own_net && cases[i].same ? good_output(cases[i].line) : NULL;
        for (int all = 0; all < 2; all++) {
            size_t failed;
            size_t count = fail_each(cases[i].line, all != 0, good, &failed);
            assert_true(count > 5); // else nothing was led through this file
            assert_true(failed > 5);
        }
        free(good);
    }
}

static void threads_are_optional(void **state) {
    const struct setting *setting = *state;
    // Reverse DNS would ask the machine's name servers.
    static const char *const lines[] = {"portscope -ano", "portscope -anof"};
    for (size_t i = 0; i < (setting->own_net ? 2U : 1U); i++) {
        char *good = i == 0 && setting->own_net ? good_output(lines[i]) : NULL;
        for (size_t n = 0; n < 4; n++) {
            struct run run;
            run_begin(&run, lines[i]);
            arm(&threads, n, true);
            run_go(&run);
            disarm(&threads);
            run_end(&run);
            assert_int_equal(run.exit, PSC_EXIT_YES);
            check(&run, lines[i], n, good, "");
            run_done(&run);
        }
        free(good);
    }
}

// How many rows the search for owners explains.
static size_t explained(unsigned wanted) {
    struct psc_filter filter;
    struct psc_error error;
    struct psc_request request;
    size_t count = 0;
    psc_filter_init(&filter);
    psc_request_init(&request);
    request.threads = wanted;
    request.disable = PSC_DISABLE_BPF;
    struct psc_builder *builder = psc_builder_new(&filter);
    assert_int_equal(psc_platform_collect(&request, builder, &error), PSC_OK);
    for (size_t i = 0; i < psc_builder_count(builder); i++) {
        count += (psc_builder_endpoint(builder, i)->known & PSC_KNOWN_OWNERS) != 0;
    }
    psc_builder_free(builder);
    return count;
}

static void a_walk_with_fewer_threads_than_wanted(void **state) {
    const struct setting *setting = *state;
    if (!setting->own_net) {
        skip_test("others' sockets come and go");
    }
    size_t good = explained(1);
    for (size_t n = 0; n <= 8; n++) {
        arm(&threads, n, true);
        size_t count = explained(8);
        size_t calls = disarm(&threads);
        assert_int_equal(calls, n < 7 ? n + 1 : 7); // it stops at the first that fails
        assert_int_equal(count, good);
    }
}

static void descriptors_run_out(void **state) {
    const struct setting *setting = *state;
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    char line[64];
    snprintf(line, sizeof line, "portscope -anob --pid %d", getpid());
    char *good = setting->own_net ? good_output(line) : NULL;
    int first = dup(STDERR_FILENO); // the lowest that is free
    assert_true(first >= 0);
    close(first);
    bool failed = false;
    bool worked = false;
    for (rlim_t room = 0; room < 12; room++) {
        struct run run;
        struct rlimit limit = {.rlim_cur = (rlim_t)first + room, .rlim_max = before.rlim_max};
        run_begin(&run, line);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
        run_go(&run);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        run_end(&run);
        // A search for owners that was cut short says so, and keeps the rows.
        bool told = strstr(run.err, "cannot be read: Too many open files") != NULL;
        check(&run, line, (size_t)room, told ? NULL : good, "Too many open files\n");
        failed = failed || run.exit != PSC_EXIT_YES;
        worked = run.exit == PSC_EXIT_YES;
        run_done(&run);
    }
    assert_true(failed);
    assert_true(worked);
    free(good);
}

static void fill(struct live_states *live, const char *address) {
    int listener = live_listen(live, address);
    live_connect(live, listener, NULL);
    live_half_close(live, live_connect(live, listener, NULL));
    live_time_wait(live, live_connect(live, listener, NULL));
    live_connect_udp(live, live_bind_udp(live, address), live_bind_udp(live, address));
    live_open(live, &(struct live_socket){.type = SOCK_STREAM, .address = address});
}

static int set_up(void **state) {
    static struct setting setting;
    setting.own_net = namespace_enter();
    setting.live = live_new();
    fill(setting.live, "127.0.0.1");
    if (setting.live->ipv6) {
        fill(setting.live, "::1");
    }
    *state = &setting;
    return 0;
}

static int tear_down(void **state) {
    struct setting *setting = *state;
    live_free(setting->live);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_fails_once),
        cmocka_unit_test(threads_are_optional),
        cmocka_unit_test(a_walk_with_fewer_threads_than_wanted),
        cmocka_unit_test(descriptors_run_out),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
