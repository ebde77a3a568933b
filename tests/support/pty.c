// pty.c - a program on a pseudo terminal.
#include "support/pty.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define MOST_WORDS 16
#define DEADLINE_MS 20000

// In the child, which gets the terminal as its own.
static void run(const char *command, const char *name) {
    char copy[512];
    char *words[MOST_WORDS + 1];
    size_t count = 0;
    snprintf(copy, sizeof copy, "%s", command);
    char *rest = copy;
    while (count < MOST_WORDS && (words[count] = strtok_r(rest, " ", &rest)) != NULL) {
        count++;
    }
    words[count] = NULL;
    int terminal = setsid() >= 0 ? open(name, O_RDWR) : -1;
    if (terminal >= 0 && words[0] != NULL && dup2(terminal, STDIN_FILENO) >= 0 &&
        dup2(terminal, STDOUT_FILENO) >= 0 && dup2(terminal, STDERR_FILENO) >= 0) {
        execvp(words[0], words);
    }
    _exit(127);
}

bool dialogue_begin(struct dialogue *dialogue, const char *command) {
    *dialogue = (struct dialogue){.terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
    const char *name = NULL;
    if (dialogue->terminal >= 0 && grantpt(dialogue->terminal) == 0 &&
        unlockpt(dialogue->terminal) == 0) {
        name = ptsname(dialogue->terminal);
    }
    if (name == NULL) {
        return false;
    }
    dialogue->pid = fork();
    if (dialogue->pid == 0) {
        run(command, name);
    }
    assert_true(dialogue->pid > 0);
    return true;
}

// Returns whether something came; false at the end. The last to leave a terminal is an error there.
static bool read_more(struct dialogue *dialogue) {
    struct pollfd wait = {.fd = dialogue->terminal, .events = POLLIN};
    if (poll(&wait, 1, DEADLINE_MS) != 1) {
        fail_msg("nothing more came after '%s'", dialogue->text);
    }
    size_t room = sizeof dialogue->text - 1 - dialogue->size;
    ssize_t got = read(dialogue->terminal, dialogue->text + dialogue->size, room);
    if (got <= 0) {
        return false;
    }
    dialogue->size += (size_t)got;
    dialogue->text[dialogue->size] = '\0';
    return true;
}

void dialogue_expect(struct dialogue *dialogue, const char *text) {
    while (strstr(dialogue->text, text) == NULL) {
        if (!read_more(dialogue)) {
            fail_msg("'%s' does not come, but '%s'", text, dialogue->text);
        }
    }
}

void dialogue_say(struct dialogue *dialogue, const char *text) {
    assert_int_equal(write(dialogue->terminal, text, strlen(text)), strlen(text));
}

int dialogue_end(struct dialogue *dialogue) {
    int status;
    while (read_more(dialogue)) {
    }
    close(dialogue->terminal);
    assert_int_equal(waitpid(dialogue->pid, &status, 0), dialogue->pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
