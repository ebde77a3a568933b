// spawn.c - runs programs.
#include "support/spawn.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/test.h"

#define MOST_WORDS 32
#define NOT_FOUND 127

static void run_as(char *const *words, uid_t user) {
    int program = open(words[0], O_RDONLY | O_CLOEXEC);
    if (setgroups(0, NULL) == 0 && setresgid(user, user, user) == 0 &&
        setresuid(user, user, user) == 0) {
        fexecve(program, words, environ);
    }
}

// In the child. What is not closed on exec would make the program an owner of our sockets.
static void run(char *const *words, uid_t user, FILE *out, FILE *err) {
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (words[0] != NULL && dup2(nothing, STDIN_FILENO) >= 0 &&
        dup2(fileno(out), STDOUT_FILENO) >= 0 && dup2(fileno(err), STDERR_FILENO) >= 0) {
        if (user == SPAWN_AS_IS) {
            execvp(words[0], words);
        } else {
            run_as(words, user);
        }
    }
    _exit(NOT_FOUND);
}

static char *read_back(FILE *file) {
    long end = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    assert_true(end >= 0);
    rewind(file);
    size_t size = end > 0 ? (size_t)end : 0;
    char *text = malloc(size + 1);
    assert_non_null(text);
    text[fread(text, 1, size, file)] = '\0';
    fclose(file);
    return text;
}

void spawn_begin(const char *command, uid_t user, struct spawning *spawning) {
    char *words[MOST_WORDS + 1];
    size_t count = 0;
    char *copy = strdup(command);
    char *rest = copy;
    assert_non_null(copy);
    while (count < MOST_WORDS && (words[count] = strtok_r(rest, " ", &rest)) != NULL) {
        count++;
    }
    words[count] = NULL;
    spawning->out = tmpfile();
    spawning->err = tmpfile();
    assert_non_null(spawning->out);
    assert_non_null(spawning->err);
    spawning->pid = fork();
    if (spawning->pid == 0) {
        run(words, user, spawning->out, spawning->err);
    }
    assert_true(spawning->pid > 0);
    free(copy);
}

void spawn_end(struct spawning *spawning, struct spawned *spawned) {
    int status;
    struct rusage usage;
    assert_int_equal(wait4(spawning->pid, &status, 0, &usage), spawning->pid);
    spawned->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    spawned->cpu_us = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
                      usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
    spawned->out = read_back(spawning->out);
    spawned->err = read_back(spawning->err);
}

void spawn(const char *command, uid_t user, struct spawned *spawned) {
    struct spawning spawning;
    spawn_begin(command, user, &spawning);
    spawn_end(&spawning, spawned);
}

void spawn_done(struct spawned *spawned) {
    free(spawned->out);
    free(spawned->err);
}
