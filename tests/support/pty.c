// pty.c - a program on a pseudo terminal.
#include "support/pty.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/test.h"

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

bool pty_begin(struct pty *pty, const char *command) {
    *pty = (struct pty){.terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
    const char *name = NULL;
    if (pty->terminal >= 0 && grantpt(pty->terminal) == 0 && unlockpt(pty->terminal) == 0) {
        name = ptsname(pty->terminal);
    }
    if (name == NULL) {
        return false;
    }
    pty->pid = fork();
    if (pty->pid == 0) {
        run(command, name);
    }
    assert_true(pty->pid > 0);
    return true;
}

// Returns whether something came; false at the end. The last to leave a terminal is an error there.
static bool read_more(struct pty *pty) {
    struct pollfd wait = {.fd = pty->terminal, .events = POLLIN};
    if (poll(&wait, 1, DEADLINE_MS) != 1) {
        fail_msg("nothing more came after '%s'", pty->text);
    }
    size_t room = sizeof pty->text - 1 - pty->size;
    ssize_t got = read(pty->terminal, pty->text + pty->size, room);
    if (got <= 0) {
        return false;
    }
    pty->size += (size_t)got;
    pty->text[pty->size] = '\0';
    return true;
}

void pty_expect(struct pty *pty, const char *text) {
    while (strstr(pty->text, text) == NULL) {
        if (!read_more(pty)) {
            fail_msg("'%s' does not come, but '%s'", text, pty->text);
        }
    }
}

void pty_say(struct pty *pty, const char *text) {
    assert_int_equal(write(pty->terminal, text, strlen(text)), strlen(text));
}

int pty_end(struct pty *pty) {
    int status;
    while (read_more(pty)) {
    }
    close(pty->terminal);
    assert_int_equal(waitpid(pty->pid, &status, 0), pty->pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
