// test_dead_mount.c - a program runs from a file system whose server has read a request and never answers
// it, as after the crash of an NFS or FUSE server; and one from another mount namespace.
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/spawn.h"
#include "support/temporary.h"
#include "support/test.h"

#define MAX_SECONDS 20 // then the server is ended, and with it every wait

// The server of a file system with one file, which is this test program ------------------

#define FILE_NODE 2
#define NAME "server (deleted)" // which takes a look at the file to tell from a deleted one

static struct stat content; // of this program
static int content_file;

static void answer(int fuse, uint64_t request, int error, const void *body, size_t size) {
    static char bytes[sizeof(struct fuse_out_header) + (1 << 20)];
    struct fuse_out_header header = {
        .len = (uint32_t)(sizeof header + size), .error = error, .unique = request};
    memcpy(bytes, &header, sizeof header);
    if (size > 0) {
        memcpy(bytes + sizeof header, body, size);
    }
    (void)!write(fuse, bytes, sizeof header + size);
}

static struct fuse_attr attributes_of(uint64_t node) {
    bool file = node == FILE_NODE;
    return (struct fuse_attr){.ino = node,
                              .mode = file ? S_IFREG | 0755 : S_IFDIR | 0755,
                              .nlink = 1,
                              .size = file ? (uint64_t)content.st_size : 0,
                              .blksize = 4096};
}

static void answer_read(int fuse, uint64_t request, const struct fuse_read_in *in) {
    char *bytes = malloc(in->size);
    ssize_t size = bytes != NULL ? pread(content_file, bytes, in->size, (off_t)in->offset) : -1;
    answer(fuse, request, size < 0 ? -EIO : 0, bytes, size > 0 ? (size_t)size : 0);
    free(bytes);
}

// Names and attributes are valid for no time, so that every look-up asks again.
static void serve_one(int fuse, const struct fuse_in_header *in, const void *body) {
    struct fuse_init_out init = {.major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 1 << 17};
    struct fuse_entry_out entry = {.nodeid = FILE_NODE, .attr = attributes_of(FILE_NODE)};
    struct fuse_attr_out attributes = {.attr = attributes_of(in->nodeid)};
    struct fuse_open_out opened = {.fh = 1};
    switch (in->opcode) {
    case FUSE_INIT:
        answer(fuse, in->unique, 0, &init, sizeof init);
        break;
    case FUSE_LOOKUP:
        answer(fuse, in->unique, strcmp(body, NAME) == 0 ? 0 : -ENOENT, &entry, sizeof entry);
        break;
    case FUSE_GETATTR:
        answer(fuse, in->unique, 0, &attributes, sizeof attributes);
        break;
    case FUSE_OPEN:
    case FUSE_OPENDIR:
        answer(fuse, in->unique, 0, &opened, sizeof opened);
        break;
    case FUSE_READ:
        answer_read(fuse, in->unique, body);
        break;
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
        break; // has no answer
    default:
        answer(fuse, in->unique, -ENOSYS, NULL, 0);
    }
}

struct scene {
    char directory[TEMPORARY_SIZE];
    atomic_bool *dead;
    int fuse;
    pid_t server;
    struct spawning program;
    unsigned port;
};

static void serve(void *context) {
    const struct scene *scene = context;
    static _Alignas(8) char request[1 << 18];
    for (;;) {
        ssize_t size = read(scene->fuse, request, sizeof request);
        if (size < 0 && errno != EINTR && errno != ENOENT) {
            _exit(0);
        }
        const struct fuse_in_header *header = (const void *)request;
        if (size >= (ssize_t)sizeof *header && !atomic_load(scene->dead)) {
            serve_one(scene->fuse, header, request + sizeof *header);
        }
    }
}

// The scene ---------------------------------------------------------------------------------------

static bool mount_fuse(struct scene *scene) {
    char options[128];
    scene->fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other",
             scene->fuse);
    if (scene->fuse < 0 || mount("portscope-test", scene->directory, "fuse.portscope",
                                 MS_NODEV | MS_NOSUID, options) != 0) {
        return false;
    }
    scene->server = spawn_child(NULL, serve, scene);
    close(scene->fuse);
    return true;
}

static void write_to(void *context) {
    dup2(*(const int *)context, STDOUT_FILENO);
}

// Runs a copy of this program that listens. Returns its port, 0 if it does not run.
static unsigned start_listener(const char *path, struct spawning *listener) {
    int ends[2];
    char text[16] = "";
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    *listener = (struct spawning){.prepare = write_to, .context = &ends[1]};
    spawn_begin(listener, "'%s' listen", path);
    close(ends[1]);
    (void)!read(ends[0], text, sizeof text - 1);
    close(ends[0]);
    return (unsigned)strtoul(text, NULL, 10);
}

static int listen_for_ever(void) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 1) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0) {
        return 1;
    }
    printf("%u\n", ntohs(address.sin_port));
    fclose(stdout); // the reader is waiting for the end
    for (;;) {
        pause();
    }
}

static int set_up(void **state) {
    static struct scene scene;
    *state = &scene;
    temporary_make(scene.directory);
    scene.dead =
        mmap(NULL, sizeof *scene.dead, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    content_file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (scene.dead == MAP_FAILED || fstat(content_file, &content) != 0) {
        return -1;
    }
    if (unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
        mount_fuse(&scene)) {
        char path[TEMPORARY_SIZE + 32];
        snprintf(path, sizeof path, "%s/" NAME, scene.directory);
        scene.port = start_listener(path, &scene.program);
    }
    atomic_store(scene.dead, true);
    return 0;
}

static int tear_down(void **state) {
    struct scene *scene = *state;
    if (scene->server > 0) {
        spawn_kill(scene->server); // first: this ends every wait for it
        spawn_kill(scene->program.pid);
    }
    umount2(scene->directory, MNT_DETACH);
    temporary_remove(scene->directory);
    return 0;
}

// Tests -------------------------------------------------------------------------------------------

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void end_server_in_time(void *context) {
    sleep(MAX_SECONDS);
    kill(*(const pid_t *)context, SIGKILL);
}

// Runs a command with the port in place of `%u`. Fails if it takes longer than allowed.
static void run(const struct scene *scene, const char *format, double allowed,
                struct spawned *spawned) {
    char arguments[128];
    pid_t server = scene->server;
    if (scene->port == 0) {
        skip_test("this system does not let us mount a FUSE file system");
    }
    const char *mark = strstr(format, "%u");
    if (mark == NULL) {
        snprintf(arguments, sizeof arguments, "%s", format);
    } else {
        snprintf(arguments, sizeof arguments, "%.*s%u%s", (int)(mark - format), format, scene->port,
                 mark + 2);
    }
    pid_t watchdog = spawn_child(NULL, end_server_in_time, &server);
    double begin = seconds();
    spawn(spawned, PSC_PROGRAM " %s", arguments);
    double took = seconds() - begin;
    spawn_kill(watchdog);
    if (took > allowed) {
        fail_msg("%s took %.1f s", arguments, took);
    }
}

static void listing_and_check_never_wait(void **state) {
    static const char *const commands[] = {"-anob", "-ab :%u", ":%u --json", "check %u",
                                           "check %u --json"};
    for (size_t i = 0; i < COUNT(commands); i++) {
        struct spawned spawned;
        run(*state, commands[i], 0.9, &spawned);
        if (strstr(spawned.out, "server") == NULL) {
            fail_msg("%s: %s%s", commands[i], spawned.out, spawned.err);
        }
        spawn_done(&spawned);
    }
}

static void an_audit_waits_for_a_second_and_says_so(void **state) {
    struct spawned spawned;
    run(*state, "audit", 3, &spawned);
    assert_non_null(strstr(spawned.err, "1 executable could not be examined"));
    assert_true(spawned.status == 0 || spawned.status == 1);
    spawn_done(&spawned);
}

struct inside {
    char directory[TEMPORARY_SIZE];
    int ends[2]; // a pipe for the port
};

// In a mount namespace that has `y (deleted)` where ours has nothing.
static bool listen_inside(void *context) {
    const struct inside *inside = context;
    char path[TEMPORARY_SIZE + 32];
    char program[256] = "";
    struct spawned copied;
    struct spawning listener;
    snprintf(path, sizeof path, "%s/y (deleted)", inside->directory);
    (void)!readlink("/proc/self/exe", program, sizeof program - 1);
    if (unshare(CLONE_NEWNS) != 0 || mount("none", inside->directory, "tmpfs", 0, NULL) != 0) {
        return false;
    }
    spawn(&copied, "cp '%s' '%s'", program, path);
    unsigned port = start_listener(path, &listener);
    return copied.status == 0 && write(inside->ends[1], &port, sizeof port) == sizeof port;
}

static void a_file_that_only_another_namespace_has(void **state) {
    struct spawned spawned;
    struct inside inside;
    const struct scene *scene = *state;
    unsigned port = 0;
    if (scene->port == 0) {
        skip_test("no mount namespace");
    }
    temporary_make(inside.directory);
    assert_int_equal(pipe2(inside.ends, O_CLOEXEC), 0);
    pid_t child = spawn_child(listen_inside, NULL, &inside);
    assert_int_equal(read(inside.ends[0], &port, sizeof port), sizeof port);
    close(inside.ends[0]);
    close(inside.ends[1]);
    spawn(&spawned, PSC_PROGRAM " :%u --json", port);
    spawn_kill(child);
    temporary_remove(inside.directory);
    if (strstr(spawned.out, "\"name\": \"y (deleted)\"") == NULL) {
        fail_msg("%s", spawned.out);
    }
    assert_null(strstr(spawned.out, "\"path_deleted\": true"));
    spawn_done(&spawned);
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "listen") == 0) {
        return listen_for_ever();
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listing_and_check_never_wait),
        cmocka_unit_test(an_audit_waits_for_a_second_and_says_so),
        cmocka_unit_test(a_file_that_only_another_namespace_has),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
