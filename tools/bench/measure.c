// measure.c - one run of one command, and rounds of them.
#include "measure.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    LEAST_RUNS = 3,
    MOST_MS = 60 * 1000,     // for all runs of one command
    ENDLESS_MS = 120 * 1000, // for one run
    SLOW_MS = 1000,          // a command that takes so long needs no run to get warm
};

static double now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

// Starts the command with its output into a pipe: some programs look whether it is a terminal or
// /dev/null. The pipe's other end; -1 when there is no such program, or none that may be run.
static int start(const struct measure *command, pid_t *pid) {
    int ends[2];
    posix_spawn_file_actions_t actions;
    if (pipe2(ends, O_CLOEXEC) == -1)
        err(1, "pipe");
    int error = posix_spawn_file_actions_init(&actions);
    if (error == 0)
        error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    if (error == 0)
        error = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (error == 0)
        error = posix_spawnp(pid, command->program, &actions, NULL, command->argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (error == 0)
        return ends[0];
    if (error != ENOENT && error != EACCES) {
        errno = error;
        err(1, "%s", command->program);
    }
    close(ends[0]);
    return -1;
}

static unsigned long count_lines(const char *text, size_t length) {
    unsigned long lines = 0;
    for (size_t i = 0; i < length; i++)
        lines += text[i] == '\n';
    return lines;
}

// Reads all of the output; false when it does not end.
static bool drain(int output, double started, unsigned long *lines) {
    char buffer[64 * 1024];
    *lines = 0;
    for (;;) {
        struct pollfd readable = {.fd = output, .events = POLLIN};
        double left = started + ENDLESS_MS - now_ms();
        if (left <= 0)
            return false;
        if (poll(&readable, 1, (int)left + 1) <= 0)
            continue;
        ssize_t length = read(output, buffer, sizeof buffer);
        if (length == -1)
            err(1, "pipe");
        if (length == 0)
            return true;
        *lines += count_lines(buffer, (size_t)length);
    }
}

// One run; the milliseconds it took, and how it was into the command's other fields.
static double run(struct measure *command) {
    pid_t pid;
    int status;
    struct rusage used;
    double started = now_ms();
    int output = start(command, &pid);
    if (output == -1) {
        command->state = MEASURE_ABSENT;
        return 0;
    }
    if (!drain(output, started, &command->lines)) {
        command->state = MEASURE_ENDLESS;
        kill(pid, SIGKILL);
    }
    if (wait4(pid, &status, 0, &used) != pid)
        err(1, "wait4");
    double took = now_ms() - started;
    close(output);
    if (used.ru_maxrss > command->peak_kib)
        command->peak_kib = used.ru_maxrss;
    bool no = command->may_say_no && WIFEXITED(status) && WEXITSTATUS(status) == 1;
    if (command->state == MEASURE_GOOD && status != 0 && !no) {
        command->state = MEASURE_FAILED;
        command->status = status;
    }
    return took;
}

static bool is_done(const struct measure *command, double seconds) {
    if (command->state != MEASURE_GOOD || command->runs == MEASURE_MOST_RUNS)
        return true;
    return command->total_ms >= MOST_MS ||
           (command->runs >= LEAST_RUNS && command->total_ms >= seconds * 1e3);
}

static void keep(struct measure *command, double took) {
    if (command->state != MEASURE_GOOD)
        return;
    command->ms[command->runs++] = took;
    command->total_ms += took;
}

void measure_all(struct measure *commands, size_t count, double seconds) {
    bool done = false;
    for (size_t i = 0; i < count; i++) {
        double took = run(&commands[i]);
        if (took >= SLOW_MS)
            keep(&commands[i], took);
    }
    while (!done) {
        done = true;
        for (size_t i = 0; i < count; i++) {
            if (is_done(&commands[i], seconds))
                continue;
            keep(&commands[i], run(&commands[i]));
            done = false;
        }
    }
}

static int compare(const void *left, const void *right) {
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

double measure_median(const struct measure *command) {
    double sorted[MEASURE_MOST_RUNS];
    size_t runs = command->runs;
    if (runs == 0)
        return 0;
    for (size_t i = 0; i < runs; i++)
        sorted[i] = command->ms[i];
    qsort(sorted, runs, sizeof sorted[0], compare);
    return (sorted[(runs - 1) / 2] + sorted[runs / 2]) / 2;
}

double measure_best(const struct measure *command) {
    double best = command->runs == 0 ? 0 : command->ms[0];
    for (size_t i = 1; i < command->runs; i++)
        best = command->ms[i] < best ? command->ms[i] : best;
    return best;
}
