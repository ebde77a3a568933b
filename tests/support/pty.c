// pty.c - a program on a pseudo terminal.
#include "support/pty.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "support/test.h"

#define DEADLINE_MS 20000

// In the child, which gets the terminal as its own.
static void take_terminal(void *name) {
    int terminal = setsid() >= 0 ? open(name, O_RDWR | O_CLOEXEC) : -1;
    if (dup2(terminal, STDIN_FILENO) < 0 || dup2(terminal, STDOUT_FILENO) < 0 ||
        dup2(terminal, STDERR_FILENO) < 0) {
        _exit(126);
    }
}

void pty_begin(struct pty *pty, const char *command, ...) {
    char line[512];
    va_list arguments;
    va_start(arguments, command);
    vsnprintf(line, sizeof line, command, arguments);
    va_end(arguments);
    *pty = (struct pty){.terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
    if (pty->terminal < 0 || grantpt(pty->terminal) != 0 || unlockpt(pty->terminal) != 0) {
        skip_test("no pseudo terminal");
    }
    pty->spawning.prepare = take_terminal;
    pty->spawning.context = ptsname(pty->terminal);
    spawn_begin(&pty->spawning, "%s", line);
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
    struct spawned spawned;
    while (read_more(pty)) {
    }
    close(pty->terminal);
    spawn_end(&pty->spawning, &spawned);
    spawn_done(&spawned);
    return spawned.status;
}
