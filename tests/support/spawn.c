// spawn.c - runs programs, and functions in processes of their own.
#include "support/spawn.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/argv.h"
#include "support/capture.h"
#include "support/test.h"

#define NOT_FOUND 127

void need_root(void) {
    if (geteuid() != 0) {
        skip_test("needs root");
    }
}

// In the child. What is not closed on exec would make the program an owner of our sockets.
static void become(const struct spawning *spawning, char **words) {
    const char *path = words[0];
    prctl(PR_SET_PDEATHSIG, SIGKILL); // should the test end early
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int program = spawning->user != 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (dup2(nothing, STDIN_FILENO) < 0 || dup2(fileno(spawning->out), STDOUT_FILENO) < 0 ||
        dup2(fileno(spawning->err), STDERR_FILENO) < 0) {
        _exit(NOT_FOUND);
    }
    char name[256];
    if (spawning->name != NULL) {
        snprintf(name, sizeof name, "%s", spawning->name);
        words[0] = name;
    }
    if (spawning->prepare != NULL) {
        spawning->prepare(spawning->context);
    }
    if (spawning->user == 0) {
        execvp(path, words);
    } else if (setgroups(0, NULL) == 0 &&
               setresgid(spawning->user, spawning->user, spawning->user) == 0 &&
               setresuid(spawning->user, spawning->user, spawning->user) == 0) {
        fexecve(program, words, environ);
    }
    _exit(NOT_FOUND);
}

PSC_PRINTF(2, 0)
static void begin(struct spawning *spawning, const char *command, va_list arguments) {
    char line[2048];
    struct argv words;
    int running[2]; // closed by a successful exec
    char byte;
    int size = vsnprintf(line, sizeof line, command, arguments);
    assert_true(size > 0 && (size_t)size < sizeof line);
    argv_split(&words, line);
    spawning->out = capture_open();
    spawning->err = capture_open();
    assert_int_equal(pipe2(running, O_CLOEXEC), 0);
    spawning->pid = fork();
    if (spawning->pid == 0) {
        become(spawning, words.list);
    }
    assert_true(spawning->pid > 0);
    close(running[1]);
    (void)!read(running[0], &byte, 1);
    close(running[0]);
}

void spawn_begin(struct spawning *spawning, const char *command, ...) {
    va_list arguments;
    va_start(arguments, command);
    begin(spawning, command, arguments);
    va_end(arguments);
}

static int status_of(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void spawn_end(struct spawning *spawning, struct spawned *spawned) {
    int status;
    struct rusage usage;
    assert_int_equal(wait4(spawning->pid, &status, 0, &usage), spawning->pid);
    spawned->status = status_of(status);
    spawned->cpu_us = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
                      usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
    spawned->out = capture_close(spawning->out, NULL);
    spawned->err = capture_close(spawning->err, NULL);
}

void spawn(struct spawned *spawned, const char *command, ...) {
    struct spawning spawning = {0};
    va_list arguments;
    va_start(arguments, command);
    begin(&spawning, command, arguments);
    va_end(arguments);
    spawn_end(&spawning, spawned);
}

void spawn_as(uid_t user, struct spawned *spawned, const char *command, ...) {
    struct spawning spawning = {.user = user};
    va_list arguments;
    va_start(arguments, command);
    begin(&spawning, command, arguments);
    va_end(arguments);
    spawn_end(&spawning, spawned);
}

void spawn_done(struct spawned *spawned) {
    free(spawned->out);
    free(spawned->err);
}

static bool is_in(const char *part, const char *text) {
    return part == NULL ? text[0] == '\0' : strstr(text, part) != NULL;
}

void spawn_check(struct spawned *spawned, int status, const char *out, const char *err) {
    if (spawned->status != status || !is_in(out, spawned->out) || !is_in(err, spawned->err)) {
        fail_msg("status %d, out '%s', err '%s'", spawned->status, spawned->out, spawned->err);
    }
    spawn_done(spawned);
}

int spawn_function(int (*function)(void *context), void *context) {
    int status;
    fflush(stdout); // or the child prints it too
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(function(context));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status_of(status);
}

pid_t spawn_child(bool (*prepare)(void *context), void (*run)(void *context), void *context) {
    int ready[2];
    char byte;
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ready[0]);
        if ((prepare != NULL && !prepare(context)) || write(ready[1], "", 1) != 1) {
            _exit(1);
        }
        close(ready[1]);
        if (run != NULL) {
            run(context);
        }
        for (;;) {
            pause();
        }
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return child;
}

void spawn_kill(pid_t child) {
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
}
