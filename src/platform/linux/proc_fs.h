// proc_fs.h - reading files and directories of the proc file system.
#ifndef PSC_PLATFORM_LINUX_PROC_FS_H
#define PSC_PLATFORM_LINUX_PROC_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/** Contents of a file. Begins as `{0}`, can be used for one file after the other, ends with free(bytes). */
struct proc_bytes {
    char *bytes; /**< followed by a NUL */
    size_t size;
    size_t capacity;
};

/** Opens the proc file system. @return a descriptor to close(), or -1 with the error filled */
int proc_open(const char *root, struct psc_error *error);

/** Whether a directory is a proc file system, not a directory with copies of its files. */
bool proc_is_real(int proc);

/** Whether its PIDs are those of our own PID namespace, which system calls use. */
bool proc_shows_our_pids(int proc);

/**
 * Reads a whole file.
 * @param directory an open directory that @p path is relative to
 * @return 0 or an errno value
 */
int proc_read(int directory, const char *path, struct proc_bytes *into);

/** proc_read() for files below `sys`, of which a read that does not begin at 0 returns nothing. */
int proc_read_setting(int directory, const char *path, struct proc_bytes *into);

/** Bytes for `PID/task/TID/fd` and the like. */
#define PROC_PATH_SIZE 64

/** The entries of a directory that are numbers. */
struct proc_numbers {
    int directory;
    int error; /**< errno value that ended the listing, or 0 */
    size_t at, filled;
    _Alignas(8) char buffer[32768];
};

/** @param directory open for reading; borrowed */
void proc_numbers_init(struct proc_numbers *numbers, int directory);

/**
 * Skips the numbers below @p first in /proc/PID/fd, where the kernel's offset of a descriptor is its
 * number plus 2.
 */
void proc_numbers_skip_descriptors(struct proc_numbers *numbers, uint32_t first);

/**
 * @param number out: 0 … UINT32_MAX
 * @return the entry's name, valid until the next call, or NULL at the end
 */
const char *proc_numbers_next(struct proc_numbers *numbers, uint32_t *number);

#endif
