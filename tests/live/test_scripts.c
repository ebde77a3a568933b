// test_scripts.c - the script examples of README, run by sh: with ports of our own, and with a script
// that is called npm.
#include <fcntl.h>
#include <libgen.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/capture.h"
#include "support/live_states.h"
#include "support/namespace.h"
#include "support/spawn.h"
#include "support/temporary.h"
#include "support/test.h"

#define README PSC_SOURCE_DIR "/README.md"

// The working directory has programs too, and is looked at first.
static int set_up(void **state) {
    char program[] = PSC_PROGRAM;
    char path[4096];
    const char *usual = getenv("PATH");
    int result = temporary_enter(state);
    write_file("npm", 0755, "#!/bin/sh\necho \"npm $*\"\n");
    snprintf(path, sizeof path, "%s:%s:%s", temporary_path(), dirname(program),
             usual != NULL ? usual : "/usr/bin:/bin");
    succeed(setenv("PATH", path, 1));
    return result;
}

// The example that begins with some words, with other ports in place of some of its own.
static void find_example(const char *beginning, const char *shown, const char *ours, char *line,
                         size_t size) {
    char *readme = capture_file(README, NULL);
    char mark[128];
    assert_non_null(readme);
    snprintf(mark, sizeof mark, "\n%s", beginning);
    char *example = strstr(readme, mark);
    if (example == NULL) {
        fail_msg("README has no example '%s'", beginning);
        return;
    }
    example[1 + strcspn(example + 1, "\n")] = '\0';
    char *port = strstr(example, shown);
    assert_non_null(port);
    *port = '\0';
    snprintf(line, size, "%s%s%s", example + 1, ours, port + strlen(shown));
    free(readme);
}

// Runs lines of a script; what it must print, and its exit status.
static void assert_script(const char *lines, int status, const char *out) {
    struct spawned spawned;
    write_file("script", 0644, lines);
    spawn(&spawned, "sh script");
    if (spawned.status != status || strcmp(spawned.out, out) != 0) {
        fail_msg("%s: status %d, out '%s', err '%s'", lines, spawned.status, spawned.out,
                 spawned.err);
    }
    spawn_done(&spawned);
}

static int listen_somewhere(struct live_states *live, in_port_t *port) {
    int listener = live_listen(live, "127.0.0.1");
    *port = live_port(live, listener);
    return listener;
}

static void a_server_is_started_only_if_it_gets_its_port(void **state) {
    struct live_states *live = live_new();
    in_port_t port;
    char number[16];
    char line[256];
    int listener = listen_somewhere(live, &port);
    snprintf(number, sizeof number, "%u", port);
    find_example("portscope check 3000", "3000", number, line, sizeof line);
    assert_non_null(strstr(line, "&& npm start"));
    assert_script(line, 1, "");
    live_close(live, listener);
    assert_script(line, 0, "npm start\n");
    live_free(live);
}

static void a_variable_gets_a_free_port(void **state) {
    struct live_states *live = live_new();
    in_port_t port;
    char range[32];
    char line[256];
    char script[512];
    char out[32];
    listen_somewhere(live, &port);
    // Whatever the port, there is one beside it; those two are all that there is.
    in_port_t other = port < 65535 ? port + 1 : port - 1;
    snprintf(range, sizeof range, "%u-%u", port < other ? port : other,
             port < other ? other : port);
    snprintf(out, sizeof out, "%u\n", other);
    find_example("PORT=$(portscope free 3000-3999)", "3000-3999", range, line, sizeof line);
    snprintf(script, sizeof script, "%s\necho $PORT\n", line);
    assert_script(script, 0, out);
    live_open(live, &(struct live_socket){
                        .type = SOCK_STREAM, .address = "0.0.0.0", .port = other, .backlog = 5});
    snprintf(script, sizeof script, "%s || echo none\n", line);
    assert_script(script, 0, "none\n");
    live_free(live);
}

static void a_script_waits_for_a_listener(void **state) {
    struct live_states *live = live_new();
    struct spawning spawning = {0};
    struct spawned spawned;
    in_port_t port;
    char number[16];
    char line[256];
    int listener = listen_somewhere(live, &port);
    snprintf(number, sizeof number, "%u", port);
    find_example("portscope wait 5432", "5432", number, line, sizeof line);
    assert_non_null(strstr(line, "--until listening --timeout 30s"));
    assert_script(line, 0, "");
    live_close(live, listener);
    spawn_begin(&spawning, "sh script");
    live_open(live, &(struct live_socket){
                        .type = SOCK_STREAM, .address = "127.0.0.1", .port = port, .backlog = 5});
    spawn_end(&spawning, &spawned);
    assert_int_equal(spawned.status, 0);
    assert_string_equal(spawned.out, "");
    spawn_done(&spawned);
    live_free(live);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_is_started_only_if_it_gets_its_port),
        cmocka_unit_test(a_variable_gets_a_free_port),
        cmocka_unit_test(a_script_waits_for_a_listener),
    };
    // Without a namespace others may have our ports, though they hardly ever will.
    if (namespace_enter() && !namespace_drop_capabilities()) {
        return 1;
    }
    return cmocka_run_group_tests(tests, set_up, temporary_leave);
}
