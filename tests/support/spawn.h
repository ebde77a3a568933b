// spawn.h - runs a program, to its end or for a while, and keeps what it prints.
#ifndef SUPPORT_SPAWN_H
#define SUPPORT_SPAWN_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

/** What a program did; ends with spawn_done(). */
struct spawned {
    int status; /**< exit status; 127 where there is no such program, 128 + N when signal N ended it */
    char *out, *err;
    long cpu_us; /**< time of a processor that it took */
};

/** The user that we are. */
#define SPAWN_AS_IS ((uid_t)-1)

/**
 * @param command words apart by single blanks; the first is a path or is looked up in PATH
 * @param user who runs it; only root may choose another than SPAWN_AS_IS. The program's file is
 * opened before the change, and may lie where that user cannot go
 */
void spawn(const char *command, uid_t user, struct spawned *spawned);
void spawn_done(struct spawned *spawned);

/** A program that runs; ends with spawn_end(). */
struct spawning {
    pid_t pid;
    FILE *out, *err;
};

/** The first half of spawn(). */
void spawn_begin(const char *command, uid_t user, struct spawning *spawning);
/** Waits for its end: the second half. */
void spawn_end(struct spawning *spawning, struct spawned *spawned);

#endif
