// test_scripts.c - the script examples of README, run by sh: with ports of our own, and with a stand-in
// for npm.
#include <fcntl.h>
#include <libgen.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/capture.h"
#include "support/live_states.h"
#include "support/namespace.h"
#include "support/spawn.h"
#include "support/test.h"

#define README PSC_SOURCE_DIR "/README.md"

// A directory with programs that is looked at first, and the script of the moment.
struct stage {
    char directory[64];
    char script[80];
    char npm[80];
};

static void write_file(const char *path, const char *text, mode_t mode) {
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    succeed(file);
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    close(file);
}

static int set_up(void **state) {
    static struct stage stage;
    char program[512];
    char path[4096];
    const char *usual = getenv("PATH");
    snprintf(stage.directory, sizeof stage.directory, "/tmp/portscope-test-XXXXXX");
    assert_non_null(mkdtemp(stage.directory));
    snprintf(stage.script, sizeof stage.script, "%s/script", stage.directory);
    snprintf(stage.npm, sizeof stage.npm, "%s/npm", stage.directory);
    write_file(stage.npm, "#!/bin/sh\necho \"npm $*\"\n", 0755);
    snprintf(program, sizeof program, "%s", PSC_PROGRAM);
    snprintf(path, sizeof path, "%s:%s:%s", stage.directory, dirname(program),
             usual != NULL ? usual : "/usr/bin:/bin");
    succeed(setenv("PATH", path, 1));
    *state = &stage;
    return 0;
}

static int tear_down(void **state) {
    const struct stage *stage = *state;
    (void)unlink(stage->script);
    (void)unlink(stage->npm);
    return rmdir(stage->directory);
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
static void assert_script(const struct stage *stage, const char *lines, int status,
                          const char *out) {
    struct spawned spawned;
    char command[128];
    write_file(stage->script, lines, 0644);
    snprintf(command, sizeof command, "sh %s", stage->script);
    spawn(command, SPAWN_AS_IS, &spawned);
    if (spawned.status != status || strcmp(spawned.out, out) != 0) {
        fail_msg("%s: status %d, out '%s', err '%s'", lines, spawned.status, spawned.out,
                 spawned.err);
    }
    spawn_done(&spawned);
}

static int listen_somewhere(struct live_states *live, in_port_t *port) {
    int listener = live_open(
        live, &(struct live_socket){.type = SOCK_STREAM, .address = "127.0.0.1", .backlog = 5});
    *port = live_row_of(live, listener)->endpoint.local_port;
    return listener;
}

static void a_server_is_started_only_if_it_gets_its_port(void **state) {
    const struct stage *stage = *state;
    struct live_states *live = live_new();
    in_port_t port;
    char number[16];
    char line[256];
    int listener = listen_somewhere(live, &port);
    snprintf(number, sizeof number, "%u", port);
    find_example("portscope check 3000", "3000", number, line, sizeof line);
    assert_non_null(strstr(line, "&& npm start"));
    assert_script(stage, line, 1, "");
    live_close(live, listener);
    assert_script(stage, line, 0, "npm start\n");
    live_free(live);
}

static void a_variable_gets_a_free_port(void **state) {
    const struct stage *stage = *state;
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
    assert_script(stage, script, 0, out);
    live_open(live, &(struct live_socket){
                        .type = SOCK_STREAM, .address = "0.0.0.0", .port = other, .backlog = 5});
    snprintf(script, sizeof script, "%s || echo none\n", line);
    assert_script(stage, script, 0, "none\n");
    live_free(live);
}

static void a_script_waits_for_a_listener(void **state) {
    const struct stage *stage = *state;
    struct live_states *live = live_new();
    struct spawning spawning;
    struct spawned spawned;
    in_port_t port;
    char number[16];
    char line[256];
    char command[128];
    int listener = listen_somewhere(live, &port);
    snprintf(number, sizeof number, "%u", port);
    find_example("portscope wait 5432", "5432", number, line, sizeof line);
    assert_non_null(strstr(line, "--until listening --timeout 30s"));
    assert_script(stage, line, 0, "");
    live_close(live, listener);
    snprintf(command, sizeof command, "sh %s", stage->script);
    spawn_begin(command, SPAWN_AS_IS, &spawning);
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
    const char *refusal = namespace_enter();
    if (refusal != NULL) { // others may have our ports, though they hardly ever will
        print_message("no network namespace: %s\n", refusal);
    } else if (!namespace_drop_capabilities()) {
        return 1;
    }
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
