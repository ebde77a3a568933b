// fake_proc.h - a directory that looks like /proc, with processes and sockets of our choice.
#ifndef SUPPORT_FAKE_PROC_H
#define SUPPORT_FAKE_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/platform.h"
#include "support/temporary.h"

struct fake_proc {
    char root[TEMPORARY_SIZE];
    int directory;
};

/** Makes an empty one. All of these fail the running test if they fail. */
void fake_proc_make(struct fake_proc *proc);
/** Removes it with all that is in it. */
void fake_proc_remove(struct fake_proc *proc);

/** Paths are relative to the root, such as `12/fd`; missing directories above are made too. */
void fake_proc_directory(const struct fake_proc *proc, const char *path);
void fake_proc_file(const struct fake_proc *proc, const char *path, const void *bytes, size_t size);
void fake_proc_link(const struct fake_proc *proc, const char *path, const char *target);

/** A descriptor of a process, which is a socket. */
void fake_proc_socket(const struct fake_proc *proc, uint32_t pid, uint32_t descriptor,
                      uint64_t inode);

/** Writes net/tcp with a listener for each inode on ports 1, 2, … */
void fake_proc_listeners(const struct fake_proc *proc, const uint64_t *inodes, size_t count);

/** A request for these listeners and their owners, which reads this directory alone. */
struct psc_request fake_proc_request(const struct fake_proc *proc);

#endif
