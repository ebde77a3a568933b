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
#include <unistd.h>

#include "support/capture.h"
#include "support/namespace.h"
#include "support/run_cli.h"
#include "support/spawn.h"
#include "support/temporary.h"
#include "support/test.h"

#define ANY INADDR_ANY
#define LOOPBACK INADDR_LOOPBACK

// Holders -----------------------------------------------------------------------------------------

// The programs that run. Their files are in the test's working directory.
struct scene {
    int life[2]; // a pipe: all programs exit when its writing end is closed
    struct spawning holders[8];
    size_t count;
};

static int enter(void **state) {
    (void)namespace_enter();
    return 0;
}

static int set_up(void **state) {
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    assert_int_equal(pipe2(scene->life, O_CLOEXEC), 0);
    *state = scene;
    return temporary_enter(NULL);
}

static void end_holders(struct scene *scene) {
    for (; scene->count > 0; scene->count--) {
        struct spawning *holder = &scene->holders[scene->count - 1];
        struct spawned spawned;
        kill(holder->pid, SIGKILL);
        spawn_end(holder, &spawned);
        spawn_done(&spawned);
    }
}

static int tear_down(void **state) {
    struct scene *scene = *state;
    end_holders(scene);
    close(scene->life[0]);
    close(scene->life[1]);
    free(scene);
    return temporary_leave(NULL);
}

static struct scene *scene_of(void **state) {
    need_namespace();
    return *state;
}

// A program with a name of our choice: it reads its input to the end, and does nothing else.
static void make_program(const char *name) {
    struct spawned spawned;
    spawn(&spawned, "cp /bin/cat %s", name);
    spawn_check(&spawned, 0, NULL, NULL);
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

struct given {
    int life, descriptor;
};

static void give(void *context) {
    const struct given *given = context;
    if (dup2(given->life, STDIN_FILENO) < 0 || fcntl(given->descriptor, F_SETFD, 0) != 0) {
        _exit(126);
    }
}

// Gives a socket to a program and closes it here. The program's only argument is its name.
static void hold(struct scene *scene, const char *path, const char *name, int descriptor) {
    struct given given = {scene->life[0], descriptor};
    assert_true(scene->count < COUNT(scene->holders));
    struct spawning *holder = &scene->holders[scene->count++];
    *holder = (struct spawning){.name = name, .prepare = give, .context = &given};
    spawn_begin(holder, "%s", path);
    close(descriptor);
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
        char path[64];
        make_program(cases[i].program);
        snprintf(path, sizeof path, "./%s", cases[i].program);
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
    make_program("shop");
    make_program("new");
    hold(scene, "./shop", "shop", open_socket(SOCK_STREAM, LOOPBACK, 7000));
    hold(scene, "/bin/cat", "cat", open_socket(SOCK_STREAM, LOOPBACK, 7001));
    check("executable-temporary", 7000, "/shop", true);
    check("executable-temporary", 7001, "", false);

    check("executable-writable", 7000, "", false);
    assert_int_equal(chmod("shop", 0757), 0);
    check("executable-writable", 7000, "/shop", true);
    assert_int_equal(chmod("shop", 0755), 0);
    assert_int_equal(chmod(".", 0777), 0);
    check("executable-writable", 7000, "/shop", true);
    check("executable-writable", 7001, "", false);
    assert_int_equal(chmod(".", 0755), 0);

    check("executable-replaced", 7000, "", false);
    assert_int_equal(rename("new", "shop"), 0); // as an upgrade does it
    check("executable-replaced", 7000, "/shop", true);
    check("executable-deleted", 7000, "", false);
    assert_int_equal(unlink("shop"), 0);
    check("executable-deleted", 7000, "/shop", true);
    check("executable-replaced", 7000, "", false);
    check("executable-deleted", 7001, "", false);
}

static void two_programs_on_one_port(void **state) {
    struct scene *scene = scene_of(state);
    make_program("first");
    make_program("second");
    hold(scene, "./first", "x", open_socket(SOCK_STREAM, LOOPBACK, 7000));
    hold(scene, "./first", "y", open_socket(SOCK_STREAM, LOOPBACK, 7000));
    check("shared-port", 7000, "", false);
    hold(scene, "./second", "x", open_socket(SOCK_STREAM, LOOPBACK, 7000));
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
    make_program("shop");
    hold(scene, "./shop", "shop", open_socket(SOCK_STREAM, ANY, 80));
    check("runs-privileged", 80, "", true);
    check("low-port", 80, "", false);
    hold(scene, "./shop", "shop", open_socket(SOCK_STREAM, LOOPBACK, 81));
    check("runs-privileged", 81, "", false);

    // Another user cannot see who owns root's sockets.
    struct spawned spawned;
    spawn_as(4711, &spawned, PSC_PROGRAM " audit --ndjson");
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
    hold(scene, "./shop", "shop", own);
    hold(scene, "./shop", "shop", given);
    assert_int_equal(setresuid(0, 0, 0), 0);
    write_setting(first_port, "1024");
    check("low-port", 82, "", true);
    check("low-port", 83, "", false);
    check("runs-privileged", 82, "", false);
}

// A service that gives up most of the file system, like avahi-daemon, still has an executable.
static bool enter_chroot(void *context) {
    return chroot(".") == 0 && chdir("/") == 0;
}

static void a_chroot_hides_no_executable(void **state) {
    need_namespace();
    need_root();
    int listener = open_socket(SOCK_STREAM, INADDR_ANY, 8080);
    pid_t child = spawn_child(enter_chroot, NULL, NULL);
    close(listener);
    check("executable-unknown", 8080, "", false);
    spawn_kill(child);
}

// What an ordinary user can replace under root, as an executable and as a script.
static void root_runs_what_a_user_owns(void **state) {
    struct scene *scene = scene_of(state);
    need_root();
    make_program("shop");
    write_file("script", 0755, "#!/bin/sh\nread line\n");
    hold(scene, "./shop", "shop", open_socket(SOCK_STREAM, LOOPBACK, 7000));
    hold(scene, "./script", "script", open_socket(SOCK_STREAM, LOOPBACK, 7001));
    check("executable-owner", 7000, "", false);
    check("executable-owner", 7001, "", false);
    assert_int_equal(chown("shop", 4711, 4711), 0);
    assert_int_equal(chown("script", 4711, 4711), 0);
    check("executable-owner", 7000, "/shop", true);
    check("executable-owner", 7001, "/script", true);
    assert_int_equal(chown("shop", 0, 0), 0);
    assert_int_equal(chown("script", 33, 33), 0); // of a service
    check("executable-owner", 7000, "", false);
    check("executable-owner", 7001, "", false);
    assert_int_equal(chown(".", 4711, 4711), 0);
    check("executable-owner", 7000, "/shop", true);
    check("executable-owner", 7001, "/script", true);

    assert_int_equal(setresuid(4711, 4711, 0), 0);
    hold(scene, "./shop", "shop", open_socket(SOCK_STREAM, LOOPBACK, 7002));
    assert_int_equal(setresuid(0, 0, 0), 0);
    check("executable-owner", 7002, "", false); // a user's own program
}

// Policies ----------------------------------------------------------------------------------------

static int audit_with(const char *options, const char *after, char **output) {
    struct run run;
    char line[256];
    snprintf(line, sizeof line, "portscope audit %s policy %s", options, after);
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

static void start_services(struct scene *scene) {
    hold(scene, "./redis-server", "x", open_socket(SOCK_STREAM, ANY, 7000));
    hold(scene, "./redis-server", "x", open_socket(SOCK_DGRAM, ANY, 0)); // a new port each time
    hold(scene, "./redis-server", "x", open_socket(SOCK_STREAM, ANY, 0));
    hold(scene, "/bin/cat", "x", open_socket(SOCK_STREAM, LOOPBACK, 7001));
}

static void a_policy_survives_restarts_and_notices_new_ports(void **state) {
    struct scene *scene = scene_of(state);
    char *output;
    make_program("redis-server");
    start_services(scene);
    assert_int_equal(audit_with("--save", "", NULL), 0);
    assert_int_equal(audit_with("--policy", "", NULL), 0);
    end_holders(scene);
    start_services(scene);
    assert_int_equal(audit_with("--policy", "--ndjson", &output), 0);
    assert_int_equal(count(output, "\"not-"), 0);
    free(output);
    hold(scene, "/bin/cat", "x", open_socket(SOCK_STREAM, LOOPBACK, 7002));
    assert_int_equal(audit_with("--policy", "--ndjson", &output), 1);
    assert_int_equal(count(output, "\"not-"), 1);
    assert_true(fires(output, "not-allowed", 7002, ""));
    free(output);
    end_holders(scene);
    assert_int_equal(audit_with("--policy", "--ndjson", &output), 0);
    assert_int_equal(count(output, "\"not-listening\""), 4);
    free(output);
}

static void write_policy(const char *text) {
    write_file("policy", 0644, text);
}

static void check_policy(const char *rule, bool expected) {
    char *output;
    audit_with("--policy", "--ndjson", &output);
    if (fires(output, rule, 7000, "") != expected) {
        fail_msg("%s %s:\n%s", rule, expected ? "is silent" : "fires", output);
    }
    free(output);
}

// Goes below directories whose path is longer than the kernel tells.
static void enter_deep_directory(void) {
    char name[251] = "";
    memset(name, 'd', sizeof name - 1);
    for (unsigned i = 0; i < 20; i++) {
        assert_int_equal(mkdir(name, 0755), 0);
        assert_int_equal(chdir(name), 0);
    }
}

static void a_hidden_executable_matches_no_line(void **state) {
    struct scene *scene = scene_of(state);
    char path[TEMPORARY_SIZE + 8];
    need_root();
    make_program("sshd");
    enter_deep_directory();
    snprintf(path, sizeof path, "%s/sshd", temporary_path());
    assert_int_equal(rename(path, "sshd"), 0);
    hold(scene, "./sshd", "sshd", open_socket(SOCK_STREAM, LOOPBACK, 7000));
    assert_int_equal(chdir(temporary_path()), 0);
    write_policy("allow tcp *:7000 /usr/sbin/sshd\n");
    check_policy("not-allowed", true);
    check_policy("executable-unknown", true);
    write_policy("allow tcp *:7000 sshd\n");
    check_policy("not-allowed", true);
    write_policy("allow tcp *:7000\n");
    check_policy("not-allowed", false);
    check_policy("executable-unknown", true);
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
    int pair[2];
    need_namespace();
    need_root();
    int listener = open_socket(SOCK_STREAM, LOOPBACK, 7000);
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair), 0);
    control.header = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(sizeof listener), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.header), &listener, sizeof listener);
    assert_int_equal(sendmsg(pair[0], &message, 0), 1);
    close(listener);
    write_policy("allow tcp *:7000 sshd\n");
    check_policy("not-allowed", true);
    check_policy("owner-hidden", true);
    close(pair[0]);
    close(pair[1]);
}

// A resolver opens and closes a socket for each question, also while the audit searches for its owner.
static void resolve_for_ever(void *context) {
    for (;;) {
        int sockets[5];
        for (size_t i = 0; i < COUNT(sockets); i++) {
            sockets[i] = open_socket(SOCK_DGRAM, LOOPBACK, 0);
        }
        usleep(1500);
        for (size_t i = 0; i < COUNT(sockets); i++) {
            close(sockets[i]);
        }
    }
}

static void sockets_that_close_meanwhile_are_no_finding(void **state) {
    need_namespace();
    pid_t child = spawn_child(NULL, resolve_for_ever, NULL);
    write_policy("allow udp loopback:* test_*\n");
    for (unsigned i = 0; i < 25; i++) {
        char *output;
        audit_with("--policy", "--ndjson", &output);
        assert_null(strstr(output, "\"not-allowed\""));
        free(output);
    }
    spawn_kill(child);
}

static void an_inherited_socket_needs_a_line_for_each_program(void **state) {
    struct scene *scene = scene_of(state);
    make_program("thief");
    int listener = open_socket(SOCK_STREAM, LOOPBACK, 7000);
    hold(scene, "/bin/cat", "cat", dup(listener));
    hold(scene, "./thief", "thief", listener);
    write_policy("allow tcp *:7000 cat\n");
    check_policy("not-allowed", true);
    write_policy("allow tcp *:7000 cat\nallow tcp *:7000 thief\n");
    check_policy("not-allowed", false);
    assert_int_equal(audit_with("--save", "", NULL), 0);
    check_policy("not-allowed", false);
}

// No file may be longer than a few bytes.
static void limit_files(void *action) {
    struct rlimit few = {16, 16};
    signal(SIGXFSZ, *(void (**)(int))action);
    if (setrlimit(RLIMIT_FSIZE, &few) != 0 || freopen("/dev/null", "w", stderr) == NULL) {
        _exit(126);
    }
}

static int save_with_limit(void (*action)(int)) {
    struct spawning spawning = {.prepare = limit_files, .context = &action};
    struct spawned spawned;
    spawn_begin(&spawning, PSC_PROGRAM " audit --save policy");
    spawn_end(&spawning, &spawned);
    spawn_done(&spawned);
    return spawned.status;
}

static void saving_never_leaves_half_a_file(void **state) {
    struct spawned spawned;
    need_namespace();
    write_file("policy", 0640, "allow tcp *:1 old\n");
    assert_int_equal(save_with_limit(SIG_IGN), 4);
    spawn(&spawned, "ls -A");
    assert_string_equal(spawned.out, "policy\n"); // no temporary file is left
    spawn_done(&spawned);
    // Even a program that is killed while it writes leaves the old file alone.
    assert_int_equal(save_with_limit(SIG_DFL), 128 + SIGXFSZ);
    char *text = capture_file("policy", NULL);
    assert_string_equal(text, "allow tcp *:1 old\n");
    free(text);

    // Saved at last, it still has its mode.
    struct stat info;
    assert_int_equal(audit_with("--save", "", NULL), 0);
    assert_int_equal(stat("policy", &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
    assert_true(info.st_size > 100);
}

static void what_is_no_file_of_ours_is_refused(void **state) {
    static const char *const refused[] = {"/dev/null", "/dev/stdout", "link"};
    struct stat info;
    need_namespace();
    assert_int_equal(symlink("policy", "link"), 0);
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct spawned spawned;
        spawn(&spawned, PSC_PROGRAM " audit --save %s", refused[i]);
        spawn_check(&spawned, 4, NULL, "cannot write");
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
        TEST(a_policy_survives_restarts_and_notices_new_ports),
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
