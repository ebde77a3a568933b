// pty.h - a program that is run on a terminal, and somebody who reads and types there.
#ifndef SUPPORT_PTY_H
#define SUPPORT_PTY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct pty {
    pid_t pid;
    int terminal; /**< -1: this system gives none */
    char text[8192];
    size_t size; /**< what was read so far, also what was typed; lines end in CRLF */
};

/** @param command words apart by single blanks; @return whether there is a terminal */
bool pty_begin(struct pty *pty, const char *command);
/** Reads until a text was there. Fails the test if it does not come. */
void pty_expect(struct pty *pty, const char *text);
/** Types. */
void pty_say(struct pty *pty, const char *text);
/** Reads to the end. @return the exit status, or 128 + the signal that ended the program */
int pty_end(struct pty *pty);

#endif
