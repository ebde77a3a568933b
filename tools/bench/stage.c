// stage.c - starting a crowd, going in, and ending it.
#include "stage.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// Waits for the line that says "ready: " and the counts; keeps the counts.
static void await_ready(struct stage *stage, int output) {
    static const char ready[] = "ready: ";
    char line[sizeof ready + sizeof stage->counts - 1];
    FILE *stream = fdopen(output, "r");
    if (stream == NULL)
        err(1, "crowd");
    if (fgets(line, sizeof line, stream) == NULL || strncmp(line, ready, sizeof ready - 1) != 0)
        errx(1, "the crowd does not stand");
    line[strcspn(line, "\n")] = '\0';
    memcpy(stage->counts, line + sizeof ready - 1, sizeof stage->counts);
    fclose(stream);
}

struct stage stage_set(const char *crowd, struct stage_size size, const char *port) {
    int input[2];
    int output[2];
    char words[5][32];
    char *const argv[] = {words[0], words[1], words[2], words[3], words[4], NULL};
    struct stage stage = {.crowd = -1};
    posix_spawn_file_actions_t actions;

    snprintf(words[0], sizeof words[0], "crowd");
    snprintf(words[1], sizeof words[1], "--processes=%lu", size.processes);
    snprintf(words[2], sizeof words[2], "--sockets=%lu", size.sockets);
    snprintf(words[3], sizeof words[3], "--files=%lu", size.files);
    snprintf(words[4], sizeof words[4], "--port=%s", port);
    if (pipe2(input, O_CLOEXEC) == -1 || pipe2(output, O_CLOEXEC) == -1)
        err(1, "pipe");
    errno = posix_spawn_file_actions_init(&actions);
    if (errno == 0)
        errno = posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
    if (errno == 0)
        errno = posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
    if (errno == 0)
        errno = posix_spawn(&stage.crowd, crowd, &actions, NULL, argv, environ);
    if (errno != 0)
        err(1, "%s", crowd);
    posix_spawn_file_actions_destroy(&actions);
    close(input[0]);
    close(output[1]);
    stage.hold = input[1];
    await_ready(&stage, output[0]);
    return stage;
}

// A namespace that this process is already in cannot be entered, if it is a user namespace.
static bool is_own(int namespace, const char *name) {
    char path[64];
    struct stat own;
    struct stat other;
    snprintf(path, sizeof path, "/proc/self/ns/%s", name);
    if (stat(path, &own) == -1 || fstat(namespace, &other) == -1)
        err(1, "%s", path);
    return own.st_dev == other.st_dev && own.st_ino == other.st_ino;
}

void stage_enter(struct stage *stage) {
    static const char *const names[] = {"user", "net", "mnt", "pid_for_children"};
    enum { COUNT = sizeof names / sizeof names[0] };
    int namespaces[COUNT];
    bool own[COUNT];
    char path[64];

    // The crowd ends when its stdin is closed in the process that set it up, not when this one ends;
    // and if that process is killed, nobody shall read on.
    close(stage->hold);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1)
        err(1, "prctl");
    for (int i = 0; i < COUNT; i++) {
        snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)stage->crowd, names[i]);
        namespaces[i] = open(path, O_RDONLY | O_CLOEXEC);
        if (namespaces[i] == -1)
            err(1, "%s", path);
        own[i] = is_own(namespaces[i], names[i]);
    }
    for (int i = 0; i < COUNT; i++) {
        if (!own[i] && setns(namespaces[i], 0) == -1)
            err(1, "entering the crowd's %s namespace", names[i]);
        close(namespaces[i]);
    }
}

void stage_strike(const struct stage *stage) {
    close(stage->hold);
    if (waitpid(stage->crowd, NULL, 0) == -1)
        err(1, "waitpid");
}
