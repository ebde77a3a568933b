// test_audit_live.c - the rules on real sockets and real files, in a network namespace of the test's
// own: programs named like well-known ones hold well-known ports, from directories that are not safe. And
// a policy of what is there, which a restart does not violate.
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/namespace.h"
#include "support/run_cli.h"
#include "support/spawn.h"
#include "support/test.h"

#define ANY INADDR_ANY
#define LOOPBACK INADDR_LOOPBACK

static const char *refusal; // why there is no namespace, NULL if there is one

// Holders -----------------------------------------------------------------------------------------

// A directory for programs, and those that run.
struct scene {
    char directory[64];
    int life[2]; // a pipe: all programs exit when its writing end is closed
    pid_t holders[8];
    size_t count;
};

static int enter(void **state) {
    refusal = namespace_enter();
    return 0;
}

static int set_up(void **state) {
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    strcpy(scene->directory, "/tmp/portscope-test-XXXXXX");
    assert_non_null(mkdtemp(scene->directory));
    assert_int_equal(chmod(scene->directory, 0755), 0);
    assert_int_equal(pipe2(scene->life, O_CLOEXEC), 0);
    *state = scene;
    return 0;
}

static void end_holders(struct scene *scene) {
    for (size_t i = 0; i < scene->count; i++) {
        kill(scene->holders[i], SIGKILL);
        assert_int_equal(waitpid(scene->holders[i], NULL, 0), scene->holders[i]);
    }
    scene->count = 0;
}

static int tear_down(void **state) {
    struct scene *scene = *state;
    struct spawned spawned;
    char command[128];
    end_holders(scene);
    close(scene->life[0]);
    close(scene->life[1]);
    snprintf(command, sizeof command, "rm -r %s", scene->directory);
    spawn(command, SPAWN_AS_IS, &spawned);
    spawn_done(&spawned);
    free(scene);
    return 0;
}

static struct scene *scene_of(void **state) {
    if (refusal != NULL) {
        skip_test("%s", refusal);
    }
    return *state;
}

static void need_root(void) {
    if (geteuid() != 0) {
        skip_test("needs root");
    }
}

// A program of a name of our choice: it reads its input to the end, and does nothing else.
static void make_program(const struct scene *scene, const char *name, char path[128]) {
    struct spawned spawned;
    char command[256];
    snprintf(path, 128, "%s/%s", scene->directory, name);
    snprintf(command, sizeof command, "cp /bin/cat %s", path);
    spawn(command, SPAWN_AS_IS, &spawned);
    assert_int_equal(spawned.status, 0);
    spawn_done(&spawned);
}

static int open_socket(int type, in_addr_t address, in_port_t port) {
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};
    int on = 1;
    int descriptor = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    assert_true(descriptor >= 0);
    name.sin_addr.s_addr = htonl(address);
    assert_int_equal(setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on), 0);
    assert_int_equal(bind(descriptor, (struct sockaddr *)&name, sizeof name), 0);
    assert_true(type == SOCK_DGRAM || listen(descriptor, 5) == 0);
    return descriptor;
}

// Gives a socket to a program and closes it here. Its only argument is its name.
static void hold(struct scene *scene, const char *path, const char *argument, int descriptor) {
    int started[2]; // closed by a successful exec
    char byte;
    assert_true(scene->count < COUNT(scene->holders));
    assert_int_equal(pipe2(started, O_CLOEXEC), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char name[64];
        snprintf(name, sizeof name, "%s", argument);
        char *const arguments[] = {name, NULL};
        if (dup2(scene->life[0], STDIN_FILENO) >= 0 && fcntl(descriptor, F_SETFD, 0) == 0) {
            execv(path, arguments);
        }
        _exit(write(started[1], "x", 1) == 1 ? 126 : 127);
    }
    close(started[1]);
    assert_int_equal(read(started[0], &byte, 1), 0);
    close(started[0]);
    close(descriptor);
    scene->holders[scene->count++] = child;
}

// Findings ----------------------------------------------------------------------------------------

// Whether a rule fires for a port, and then says what it is.
static bool fires(const char *output, const char *rule, unsigned port, const char *subject) {
    char wanted[3][64];
    snprintf(wanted[0], sizeof wanted[0], "\"rule\": \"%s\"", rule);
    snprintf(wanted[1], sizeof wanted[1], "\"port\": %u,", port);
    snprintf(wanted[2], sizeof wanted[2], "%s\"", subject);
    for (const char *line = output; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        char *copy = strndup(line, length);
        assert_non_null(copy);
        bool found = strstr(copy, wanted[0]) != NULL && strstr(copy, wanted[1]) != NULL &&
                     strstr(copy, wanted[2]) != NULL;
        free(copy);
        if (found) {
            return true;
        }
        line += length + (line[length] == '\n');
    }
    return false;
}

static void check(const char *rule, unsigned port, const char *subject, bool expected) {
    struct run run;
    run_cli(&run, "portscope audit --ndjson");
    if (fires(run.out, rule, port, subject) != expected) {
        fail_msg("%s %s on port %u:\n%s%s", rule, expected ? "is silent" : "fires", port, run.out,
                 run.err);
    }
    run_done(&run);
}

static void services_are_recognized(void **state) {
    static const struct {
        const char *rule, *subject;
        int type;
        in_port_t port;
        const char *program, *argument;
    } cases[] = {
        {"data-store", "Redis", SOCK_STREAM, 7000, "redis-server", "x"},
        {"data-store", "PostgreSQL", SOCK_STREAM, 5432, "docker-proxy", "x"},
        {"message-queue", "Kafka", SOCK_STREAM, 9093, "java", "kafka.Kafka"},
        {"control-api", "Docker", SOCK_STREAM, 2375, "dockerd", "x"},
        {"debugger", "Node inspector", SOCK_STREAM, 9230, "node", "--inspect=0.0.0.0:9230"},
        {"remote-desktop", "VNC", SOCK_STREAM, 5901, "Xtigervnc", "x"},
        {"cleartext", "VNC", SOCK_STREAM, 5901, "Xtigervnc", "x"},
        {"cleartext", "Telnet", SOCK_STREAM, 23, "inetd", "x"},
        {"cleartext", "TFTP", SOCK_DGRAM, 69, "in.tftpd", "x"},
        {"amplifier", "Memcached", SOCK_DGRAM, 11211, "memcached", "x"},
    };
    struct scene *scene = scene_of(state);
    for (size_t i = 0; i < COUNT(cases); i++) {
        char path[128];
        make_program(scene, cases[i].program, path);
        hold(scene, path, cases[i].argument, open_socket(cases[i].type, ANY, cases[i].port));
        check(cases[i].rule, cases[i].port, cases[i].subject, true);
        end_holders(scene);
        hold(scene, path, cases[i].argument, open_socket(cases[i].type, LOOPBACK, cases[i].port));
        check(cases[i].rule, cases[i].port, "", false);
        end_holders(scene);
    }
}

// Bound to the interface, no address is reached from outside.
static void wildcard_on_lo_is_loopback(void **state) {
    struct scene *scene = scene_of(state);
    int listener = open_socket(SOCK_STREAM, ANY, 6379);
    assert_int_equal(setsockopt(listener, SOL_SOCKET, SO_BINDTODEVICE, "lo", 2), 0);
    hold(scene, "/bin/cat", "cat", listener);
    check("data-store", 6379, "Redis", false);
}

// Whether an IPv6 wildcard accepts IPv4, too.
static void dual_stack_is_told_from_ipv6_only(void **state) {
    struct scene *scene = scene_of(state);
    for (int alone = 0; alone < 2; alone++) {
        struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(7000)};
        struct run run;
        int listener = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (listener < 0) {
            skip_test("no IPv6");
        }
        assert_int_equal(setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &alone, sizeof alone), 0);
        assert_int_equal(bind(listener, (struct sockaddr *)&any, sizeof any), 0);
        assert_int_equal(listen(listener, 5), 0);
        hold(scene, "/bin/cat", "cat", listener);
        run_cli(&run, "portscope audit --ndjson");
        assert_non_null(strstr(run.out, alone ? "\"dual_stack\": false" : "\"dual_stack\": true"));
        assert_non_null(strstr(run.out, "\"exposure\": \"all\""));
        run_done(&run);
        end_holders(scene);
    }
}

static void executables_are_examined(void **state) {
    struct scene *scene = scene_of(state);
    char path[128];
    char another[128];
    make_program(scene, "shop", path);
    make_program(scene, "new", another);
    hold(scene, path, "shop", open_socket(SOCK_STREAM, LOOPBACK, 7000));
    hold(scene, "/bin/cat", "cat", open_socket(SOCK_STREAM, LOOPBACK, 7001));
    check("executable-temporary", 7000, "/shop", true);
    check("executable-temporary", 7001, "", false);

    check("executable-writable", 7000, "", false);
    assert_int_equal(chmod(path, 0757), 0);
    check("executable-writable", 7000, "/shop", true);
    assert_int_equal(chmod(path, 0755), 0);
    assert_int_equal(chmod(scene->directory, 0777), 0);
    check("executable-writable", 7000, "/shop", true);
    check("executable-writable", 7001, "", false);
    assert_int_equal(chmod(scene->directory, 0755), 0);

    check("executable-replaced", 7000, "", false);
    assert_int_equal(rename(another, path), 0); // as an upgrade does it
    check("executable-replaced", 7000, "/shop", true);
    check("executable-deleted", 7000, "", false);
    assert_int_equal(unlink(path), 0);
    check("executable-deleted", 7000, "/shop", true);
    check("executable-replaced", 7000, "", false);
    check("executable-deleted", 7001, "", false);
}

static void two_programs_on_one_port(void **state) {
    struct scene *scene = scene_of(state);
    char first[128];
    char second[128];
    make_program(scene, "first", first);
    make_program(scene, "second", second);
    hold(scene, first, "x", open_socket(SOCK_STREAM, LOOPBACK, 7000));
    hold(scene, first, "y", open_socket(SOCK_STREAM, LOOPBACK, 7000));
    check("shared-port", 7000, "", false);
    hold(scene, second, "x", open_socket(SOCK_STREAM, LOOPBACK, 7000));
    check("shared-port", 7000, "", true);
}

// Privileges --------------------------------------------------------------------------------------

static void write_setting(const char *path, const char *value) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(file >= 0);
    assert_int_equal(write(file, value, strlen(value)), strlen(value));
    close(file);
}

static void root_and_others(void **state) {
    static const char first_port[] = "/proc/sys/net/ipv4/ip_unprivileged_port_start";
    struct scene *scene = scene_of(state);
    need_root();
    char path[128];
    make_program(scene, "shop", path);
    hold(scene, path, "shop", open_socket(SOCK_STREAM, ANY, 80));
    check("runs-privileged", 80, "", true);
    check("low-port", 80, "", false);
    hold(scene, path, "shop", open_socket(SOCK_STREAM, LOOPBACK, 81));
    check("runs-privileged", 81, "", false);

    // Another user cannot see who owns root's sockets.
    struct spawned spawned;
    spawn(PSC_PROGRAM " audit --ndjson", 4711, &spawned);
    assert_true(fires(spawned.out, "owner-hidden", 80, ""));
    spawn_done(&spawned);
    check("owner-hidden", 80, "", false);

    // A program of an ordinary user that binds such a port, and one that is given it.
    write_setting(first_port, "0");
    assert_int_equal(seteuid(4711), 0);
    int own = open_socket(SOCK_STREAM, ANY, 82);
    assert_int_equal(seteuid(0), 0);
    int given = open_socket(SOCK_STREAM, ANY, 83);
    assert_int_equal(setresuid(4711, 4711, 0), 0); // the children become it for good
    hold(scene, path, "shop", own);
    hold(scene, path, "shop", given);
    assert_int_equal(setresuid(0, 0, 0), 0);
    write_setting(first_port, "1024");
    check("low-port", 82, "", true);
    check("low-port", 83, "", false);
    check("runs-privileged", 82, "", false);
}

// A service that gives up most of the file system, like avahi-daemon, still has an executable.
static void a_chroot_hides_no_executable(void **state) {
    struct scene *scene = scene_of(state);
    int ready[2];
    char byte;
    need_root();
    int listener = open_socket(SOCK_STREAM, INADDR_ANY, 8080);
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        bool moved = chroot(scene->directory) == 0 && chdir("/") == 0;
        _exit(moved && write(ready[1], "x", 1) == 1 && read(scene->life[0], &byte, 1) == 0 ? 0 : 1);
    }
    scene->holders[scene->count++] = child;
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(listener);
    check("executable-unknown", 8080, "", false);
}

static void make_script(const struct scene *scene, char path[128]) {
    snprintf(path, 128, "%s/script", scene->directory);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs("#!/bin/sh\nread line\n", file) >= 0);
    assert_int_equal(fchmod(fileno(file), 0755), 0);
    assert_int_equal(fclose(file), 0);
}

// What an ordinary user can replace under root, as an executable and as a script.
static void root_runs_what_a_user_owns(void **state) {
    struct scene *scene = scene_of(state);
    char program[128];
    char script[128];
    need_root();
    make_program(scene, "shop", program);
    make_script(scene, script);
    hold(scene, program, "shop", open_socket(SOCK_STREAM, LOOPBACK, 7000));
    hold(scene, script, "script", open_socket(SOCK_STREAM, LOOPBACK, 7001));
    check("executable-owner", 7000, "", false);
    check("executable-owner", 7001, "", false);
    assert_int_equal(chown(program, 4711, 4711), 0);
    assert_int_equal(chown(script, 4711, 4711), 0);
    check("executable-owner", 7000, "/shop", true);
    check("executable-owner", 7001, "/script", true);
    assert_int_equal(chown(program, 0, 0), 0);
    assert_int_equal(chown(script, 33, 33), 0); // of a service
    check("executable-owner", 7000, "", false);
    check("executable-owner", 7001, "", false);
    assert_int_equal(chown(scene->directory, 4711, 4711), 0);
    check("executable-owner", 7000, "/shop", true);
    check("executable-owner", 7001, "/script", true);

    assert_int_equal(setresuid(4711, 4711, 0), 0);
    hold(scene, program, "shop", open_socket(SOCK_STREAM, LOOPBACK, 7002));
    assert_int_equal(setresuid(0, 0, 0), 0);
    check("executable-owner", 7002, "", false); // a user's own program
}

// Policies ----------------------------------------------------------------------------------------

static int audit_with(const struct scene *scene, const char *options, const char *after,
                      char **output) {
    struct run run;
    char line[256];
    snprintf(line, sizeof line, "portscope audit %s %s/policy %s", options, scene->directory,
             after);
    run_cli(&run, line);
    int exit = run.exit;
    if (output != NULL) {
        *output = strdup(run.out);
    }
    run_done(&run);
    return exit;
}

static size_t count(const char *text, const char *word) {
    size_t found = 0;
    for (; (text = strstr(text, word)) != NULL; text++) {
        found++;
    }
    return found;
}

static void start_services(struct scene *scene, const char *path) {
    hold(scene, path, "x", open_socket(SOCK_STREAM, ANY, 7000));
    hold(scene, path, "x", open_socket(SOCK_DGRAM, ANY, 0)); // a new port each time
    hold(scene, path, "x", open_socket(SOCK_STREAM, ANY, 0));
    hold(scene, "/bin/cat", "x", open_socket(SOCK_STREAM, LOOPBACK, 7001));
}

static void a_policy_survives_restarts_and_sees_news(void **state) {
    struct scene *scene = scene_of(state);
    char path[128];
    char *output;
    make_program(scene, "redis-server", path);
    start_services(scene, path);
    assert_int_equal(audit_with(scene, "--save", "", NULL), 0);
    assert_int_equal(audit_with(scene, "--policy", "", NULL), 0);
    end_holders(scene);
    start_services(scene, path);
    assert_int_equal(audit_with(scene, "--policy", "--ndjson", &output), 0);
    assert_int_equal(count(output, "\"not-"), 0);
    free(output);
    hold(scene, "/bin/cat", "x", open_socket(SOCK_STREAM, LOOPBACK, 7002));
    assert_int_equal(audit_with(scene, "--policy", "--ndjson", &output), 1);
    assert_int_equal(count(output, "\"not-"), 1);
    assert_true(fires(output, "not-allowed", 7002, ""));
    free(output);
    end_holders(scene);
    assert_int_equal(audit_with(scene, "--policy", "--ndjson", &output), 0);
    assert_int_equal(count(output, "\"not-listening\""), 4);
    free(output);
}

static void write_policy(const struct scene *scene, const char *text) {
    char path[128];
    snprintf(path, sizeof path, "%s/policy", scene->directory);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void check_policy(const struct scene *scene, const char *rule, bool expected) {
    char *output;
    audit_with(scene, "--policy", "--ndjson", &output);
    if (fires(output, rule, 7000, "") != expected) {
        fail_msg("%s %s:\n%s", rule, expected ? "is silent" : "fires", output);
    }
    free(output);
}

// Goes below directories whose path is longer than the kernel tells.
static void enter_deep_directory(const struct scene *scene) {
    char name[251] = "";
    memset(name, 'd', sizeof name - 1);
    assert_int_equal(chdir(scene->directory), 0);
    for (unsigned i = 0; i < 20; i++) {
        assert_int_equal(mkdir(name, 0755), 0);
        assert_int_equal(chdir(name), 0);
    }
}

static void a_hidden_executable_matches_no_line(void **state) {
    struct scene *scene = scene_of(state);
    char path[128];
    need_root();
    make_program(scene, "sshd", path);
    enter_deep_directory(scene);
    assert_int_equal(link(path, "sshd"), 0);
    assert_int_equal(unlink(path), 0);
    hold(scene, "./sshd", "sshd", open_socket(SOCK_STREAM, LOOPBACK, 7000));
    assert_int_equal(chdir("/"), 0);
    write_policy(scene, "allow tcp *:7000 /usr/sbin/sshd\n");
    check_policy(scene, "not-allowed", true);
    check_policy(scene, "executable-unknown", true);
    write_policy(scene, "allow tcp *:7000 sshd\n");
    check_policy(scene, "not-allowed", true);
    write_policy(scene, "allow tcp *:7000\n");
    check_policy(scene, "not-allowed", false);
    check_policy(scene, "executable-unknown", true);
}

// A socket in a message that was not received yet has no owner.
static void a_socket_in_flight_matches_no_line(void **state) {
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    char byte = 'x';
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    struct scene *scene = scene_of(state);
    int pair[2];
    need_root();
    int listener = open_socket(SOCK_STREAM, LOOPBACK, 7000);
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair), 0);
    control.header = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(sizeof listener), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.header), &listener, sizeof listener);
    assert_int_equal(sendmsg(pair[0], &message, 0), 1);
    close(listener);
    write_policy(scene, "allow tcp *:7000 sshd\n");
    check_policy(scene, "not-allowed", true);
    check_policy(scene, "owner-hidden", true);
    close(pair[0]);
    close(pair[1]);
}

// A resolver opens and closes a socket for each question, also while the audit searches for its owner.
static void sockets_that_close_meanwhile_are_no_finding(void **state) {
    struct scene *scene = scene_of(state);
    pid_t child = fork();
    assert_true(child >= 0);
    while (child == 0) {
        int sockets[5];
        for (size_t i = 0; i < COUNT(sockets); i++) {
            sockets[i] = open_socket(SOCK_DGRAM, LOOPBACK, 0);
        }
        usleep(1500);
        for (size_t i = 0; i < COUNT(sockets); i++) {
            close(sockets[i]);
        }
    }
    scene->holders[scene->count++] = child;
    write_policy(scene, "allow udp loopback:* test_*\n");
    for (unsigned i = 0; i < 25; i++) {
        char *output;
        audit_with(scene, "--policy", "--ndjson", &output);
        assert_null(strstr(output, "\"not-allowed\""));
        free(output);
    }
}

static void an_inherited_socket_needs_a_line_for_each_program(void **state) {
    struct scene *scene = scene_of(state);
    char path[128];
    make_program(scene, "thief", path);
    int listener = open_socket(SOCK_STREAM, LOOPBACK, 7000);
    hold(scene, "/bin/cat", "cat", dup(listener));
    hold(scene, path, "thief", listener);
    write_policy(scene, "allow tcp *:7000 cat\n");
    check_policy(scene, "not-allowed", true);
    write_policy(scene, "allow tcp *:7000 cat\nallow tcp *:7000 thief\n");
    check_policy(scene, "not-allowed", false);
    assert_int_equal(audit_with(scene, "--save", "", NULL), 0);
    check_policy(scene, "not-allowed", false);
}

// Runs the program where no file may be longer than a few bytes.
static int save_with_limit(const char *path, bool dies) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit few = {16, 16};
        signal(SIGXFSZ, dies ? SIG_DFL : SIG_IGN);
        int nothing = open("/dev/null", O_WRONLY);
        if (setrlimit(RLIMIT_FSIZE, &few) == 0 && dup2(nothing, STDERR_FILENO) >= 0) {
            execl(PSC_PROGRAM, PSC_PROGRAM, "audit", "--save", path, (char *)NULL);
        }
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void saving_never_leaves_half_a_file(void **state) {
    struct scene *scene = scene_of(state);
    struct spawned spawned;
    char path[128];
    char text[64] = "";
    snprintf(path, sizeof path, "%s/policy", scene->directory);
    FILE *old = fopen(path, "w");
    assert_non_null(old);
    fputs("allow tcp *:1 old\n", old);
    assert_int_equal(fclose(old), 0);
    assert_int_equal(chmod(path, 0640), 0);

    int status = save_with_limit(path, false);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 4);
    char command[128];
    snprintf(command, sizeof command, "ls -A %s", scene->directory);
    spawn(command, SPAWN_AS_IS, &spawned);
    assert_string_equal(spawned.out, "policy\n"); // no temporary file is left
    spawn_done(&spawned);
    // Even a program that is killed while it writes leaves the old file alone.
    status = save_with_limit(path, true);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    fclose(file);
    assert_string_equal(text, "allow tcp *:1 old\n");

    // Saved at last, it may still be read by whom it was.
    struct stat info;
    assert_int_equal(audit_with(scene, "--save", "", NULL), 0);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
    assert_true(info.st_size > 100);
}

static void what_is_no_file_of_ours_is_refused(void **state) {
    struct scene *scene = scene_of(state);
    char link[128];
    const char *const refused[] = {"/dev/null", "/dev/stdout", link};
    struct stat info;
    snprintf(link, sizeof link, "%s/link", scene->directory);
    assert_int_equal(symlink("policy", link), 0);
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct spawned spawned;
        char line[256];
        snprintf(line, sizeof line, PSC_PROGRAM " audit --save %s", refused[i]);
        spawn(line, SPAWN_AS_IS, &spawned);
        assert_int_equal(spawned.status, 4);
        assert_non_null(strstr(spawned.err, "cannot write"));
        assert_string_equal(spawned.out, "");
        spawn_done(&spawned);
    }
    assert_int_equal(stat("/dev/null", &info), 0);
    assert_true(S_ISCHR(info.st_mode));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(services_are_recognized),
        TEST(wildcard_on_lo_is_loopback),
        TEST(dual_stack_is_told_from_ipv6_only),
        TEST(executables_are_examined),
        TEST(two_programs_on_one_port),
        TEST(root_and_others),
        TEST(a_policy_survives_restarts_and_sees_news),
        TEST(a_chroot_hides_no_executable),
        TEST(root_runs_what_a_user_owns),
        TEST(a_hidden_executable_matches_no_line),
        TEST(a_socket_in_flight_matches_no_line),
        TEST(sockets_that_close_meanwhile_are_no_finding),
        TEST(an_inherited_socket_needs_a_line_for_each_program),
        TEST(saving_never_leaves_half_a_file),
        TEST(what_is_no_file_of_ours_is_refused),
    };
    umask(022);
    return cmocka_run_group_tests(tests, enter, NULL);
}
