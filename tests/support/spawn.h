// spawn.h - programs, and functions in processes of their own: run to their end or for a while, with
// what they print.
#ifndef SUPPORT_SPAWN_H
#define SUPPORT_SPAWN_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/error.h"

/** A user without privileges. */
#define NOBODY 65534

/** Skips the running test where it is not root that runs it. */
void need_root(void);

/** What a program did; ends with spawn_done(). */
struct spawned {
    int status; /**< exit status; 127 where there is no such program, 128 + N when signal N ended it */
    char *out, *err;
    long cpu_us; /**< time of a processor that it took */
};

/**
 * Runs a program to its end, without input.
 * @param command words as argv_split() reads them, after printf() has put in the rest; the first is a
 * path or is looked up in PATH
 */
void spawn(struct spawned *spawned, const char *command, ...) PSC_PRINTF(2, 3);
/**
 * The same as another user, which only root may; 0 is the user that we are. The program's file is
 * opened before the change: that user need not reach it.
 */
void spawn_as(uid_t user, struct spawned *spawned, const char *command, ...) PSC_PRINTF(3, 4);
void spawn_done(struct spawned *spawned);

/**
 * Fails the test unless a program ended like this; then spawn_done().
 * @param out, err parts of what it printed, NULL for nothing
 */
void spawn_check(struct spawned *spawned, int status, const char *out, const char *err);

/** A program that runs. Begins as {0} or with what is special about it; ends with spawn_end(). */
struct spawning {
    uid_t user;                     /**< as for spawn_as() */
    const char *name;               /**< argv[0]; NULL: the first word of the command */
    void (*prepare)(void *context); /**< the last that runs before the program; may be NULL */
    void *context;
    pid_t pid;
    FILE *out, *err;
};

/** Starts a program, and waits until it runs. */
void spawn_begin(struct spawning *spawning, const char *command, ...) PSC_PRINTF(2, 3);
/** Waits for its end. */
void spawn_end(struct spawning *spawning, struct spawned *spawned);

/**
 * Runs a function in a child. What it asserts is not noticed.
 * @return what it returned, 0 to 127, or 128 + the signal that ended it
 */
int spawn_function(int (*function)(void *context), void *context);

/**
 * Forks a child that lives until spawn_kill(), and no longer than this process. Returns when the child is
 * prepared; fails the test if it cannot be.
 * @param prepare may be NULL
 * @param run what it does from then on; NULL: nothing
 */
pid_t spawn_child(bool (*prepare)(void *context), void (*run)(void *context), void *context);
void spawn_kill(pid_t child);

#endif
