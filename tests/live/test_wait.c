// test_wait.c - portscope wait with real ports: it returns soon after the port is as awaited, and takes
// little processor time until then.
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/live_states.h"
#include "support/namespace.h"
#include "support/spawn.h"
#include "support/test.h"

// What a busy machine adds to the time that something takes, at most.
#define SLACK_MS 10000

static int listen_on(struct live_states *live, in_port_t port, bool reuse) {
    return live_open(live, &(struct live_socket){.type = SOCK_STREAM,
                                                 .address = "127.0.0.1",
                                                 .port = port,
                                                 .backlog = 5,
                                                 .reuse_address = reuse});
}

static in_port_t free_port(struct live_states *live) {
    int descriptor = listen_on(live, 0, true);
    in_port_t port = live_port(live, descriptor);
    live_close(live, descriptor);
    return port;
}

static void begin(struct spawning *spawning, const char *options, in_port_t port) {
    *spawning = (struct spawning){0};
    spawn_begin(spawning, PSC_PROGRAM " wait %u %s", port, options);
}

// Waits for the end of the program, which prints nothing but a line about time, if it ran out.
// Returns the time of a processor that it took, in microseconds.
static long assert_end(struct spawning *spawning, int status, const char *err) {
    struct spawned spawned;
    spawn_end(spawning, &spawned);
    if (spawned.status != status || spawned.out[0] != '\0' || strcmp(spawned.err, err) != 0) {
        fail_msg("status %d, out '%s', err '%s'", spawned.status, spawned.out, spawned.err);
    }
    long cpu_us = spawned.cpu_us;
    spawn_done(&spawned);
    return cpu_us;
}

// @return how long it took, in milliseconds
static int64_t run(const char *options, in_port_t port, int status, const char *err) {
    struct spawning spawning;
    int64_t begun = psc_platform_clock();
    begin(&spawning, options, port);
    assert_end(&spawning, status, err);
    return psc_platform_clock() - begun;
}

// Waits until a program has slept so often: by then it looks at the port again and again.
static void wait_sleeps(pid_t pid, unsigned long sleeps) {
    static const char counter[] = "voluntary_ctxt_switches:";
    char path[64];
    unsigned long count = 0;
    int64_t end = psc_platform_clock() + SLACK_MS;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    while (count < sleeps) {
        char line[128];
        FILE *file = fopen(path, "re");
        assert_non_null(file);
        while (fgets(line, sizeof line, file) != NULL) {
            if (strncmp(line, counter, sizeof counter - 1) == 0) {
                count = strtoul(line + sizeof counter - 1, NULL, 10);
            }
        }
        fclose(file);
        assert_true(psc_platform_clock() < end);
        sched_yield();
    }
}

static void what_is_so_already_is_not_waited_for(void **state) {
    struct live_states *live = live_in_namespace(state);
    int listener = listen_on(live, 0, true);
    run("", free_port(live), 0, "");
    run("--until free --timeout 1ms", free_port(live), 0, "");
    run("--until listening", live_port(live, listener), 0, "");
}

static void time_runs_out(void **state) {
    struct live_states *live = live_in_namespace(state);
    int listener = listen_on(live, 0, true);
    in_port_t held = live_port(live, listener);
    in_port_t not_held = free_port(live);
    int64_t took = run("--timeout 200ms", held, 1, "portscope: timed out: not free after 0.2 s\n");
    assert_in_range(took, 200, 200 + SLACK_MS);
    took = run("--timeout 300ms --until listening", not_held, 1,
               "portscope: timed out: not listening after 0.3 s\n");
    assert_in_range(took, 300, 300 + SLACK_MS);
    run("--timeout 1ms -q", held, 1, "");
    // Bound is not yet listening, and not free either.
    int bound = live_open(live, &(struct live_socket){.type = SOCK_STREAM, .address = "127.0.0.1"});
    run("--timeout 1ms -q --until listening", live_port(live, bound), 1, "");
    run("--timeout 1ms -q --until free", live_port(live, bound), 1, "");
}

// An attempt at the right moment is always lucky: the port changes while the program waits, and it
// has waited for some time already.
static void a_port_that_becomes_free_is_noticed(void **state) {
    struct live_states *live = live_in_namespace(state);
    struct spawning spawning;
    int listener = listen_on(live, 0, true);
    begin(&spawning, "", live_port(live, listener));
    wait_sleeps(spawning.pid, 8);
    int64_t changed = psc_platform_clock();
    live_close(live, listener);
    assert_end(&spawning, 0, "");
    assert_true(psc_platform_clock() - changed < SLACK_MS);
}

static void a_port_that_is_listened_on_is_noticed(void **state) {
    struct live_states *live = live_in_namespace(state);
    struct spawning spawning;
    in_port_t port = free_port(live);
    begin(&spawning, "--until listening --timeout 1h", port);
    wait_sleeps(spawning.pid, 8);
    int64_t changed = psc_platform_clock();
    listen_on(live, port, true);
    assert_end(&spawning, 0, "");
    assert_true(psc_platform_clock() - changed < SLACK_MS);
}

static void several_ports_are_waited_for_together(void **state) {
    struct live_states *live = live_in_namespace(state);
    struct spawning spawning;
    int first = listen_on(live, 0, true);
    int second = listen_on(live, 0, true);
    char other[16];
    snprintf(other, sizeof other, "%u", live_port(live, second));
    begin(&spawning, other, live_port(live, first));
    wait_sleeps(spawning.pid, 4);
    live_close(live, first);
    wait_sleeps(spawning.pid, 8);
    live_close(live, second);
    assert_end(&spawning, 0, "");
}

// Closed connections keep away only servers that do not set SO_REUSEADDR.
static void closed_connections_are_as_their_servers_made_them(void **state) {
    struct live_states *live = live_in_namespace(state);
    for (int reuse = 0; reuse < 2; reuse++) {
        int listener = listen_on(live, 0, reuse == 1);
        in_port_t port = live_port(live, listener);
        struct live_pair pair = live_connect(live, listener, NULL);
        live_time_wait(live, (struct live_pair){.client = pair.server, .server = pair.client});
        live_close(live, listener);
        run("-q --timeout 50ms", port, reuse == 1 ? 0 : 1, "");
    }
}

static long cpu_of(const char *options, in_port_t port) {
    struct spawning spawning;
    begin(&spawning, options, port);
    return assert_end(&spawning, 1, "");
}

// A hundredth of a processor. The sanitizers make each look at the table several times as expensive.
#if defined(__SANITIZE_ADDRESS__)
#define MOST_US (5 * 20000)
#else
#define MOST_US 20000
#endif

// What the program takes before it waits is left out.
static void waiting_costs_next_to_nothing(void **state) {
    struct live_states *live = live_in_namespace(state);
    int listener = listen_on(live, 0, true);
    static const char *const until[] = {"free", "listening"};
    for (size_t i = 0; i < COUNT(until); i++) {
        char options[64];
        in_port_t port = i == 0 ? live_port(live, listener) : free_port(live);
        long start = 0;
        for (int j = 0; j < 3; j++) {
            snprintf(options, sizeof options, "-q --timeout 1ms --until %s", until[i]);
            long once = cpu_of(options, port);
            start = once > start ? once : start;
        }
        snprintf(options, sizeof options, "-q --timeout 2s --until %s", until[i]);
        long waiting = cpu_of(options, port) - start;
        print_message("waiting for 2 s until %s: %ld us of a processor\n", until[i], waiting);
        assert_true(waiting < MOST_US);
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, live_set_up, live_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_is_so_already_is_not_waited_for),
        TEST(time_runs_out),
        TEST(a_port_that_becomes_free_is_noticed),
        TEST(a_port_that_is_listened_on_is_noticed),
        TEST(several_ports_are_waited_for_together),
        TEST(closed_connections_are_as_their_servers_made_them),
        TEST(waiting_costs_next_to_nothing),
    };
    if (namespace_enter() && !namespace_drop_capabilities()) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
