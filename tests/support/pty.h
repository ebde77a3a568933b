// pty.h - a program that runs on a terminal, at which the test reads and types.
#ifndef SUPPORT_PTY_H
#define SUPPORT_PTY_H

#include "support/spawn.h"

struct pty {
    struct spawning spawning;
    int terminal;
    char text[8192];
    size_t size; /**< what was read so far, also what was typed; lines end in CRLF */
};

/** Starts a program as spawn() does. Skips the test where the system has no terminal for it. */
void pty_begin(struct pty *pty, const char *command, ...) PSC_PRINTF(2, 3);
/** Reads until a text was there. Fails the test if it does not come. */
void pty_expect(struct pty *pty, const char *text);
/** Types. */
void pty_say(struct pty *pty, const char *text);
/** Reads to the end. @return the program's status, as in struct spawned */
int pty_end(struct pty *pty);

#endif
