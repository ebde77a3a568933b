// proc_fs.c - reading files and directories of the proc file system.
#include "platform/linux/proc_fs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

bool proc_is_real(int proc) {
    struct statfs system;
    return fstatfs(proc, &system) == 0 && system.f_type == PROC_SUPER_MAGIC;
}

bool proc_shows_our_pids(int proc) {
    char self[16];
    char link[16];
    ssize_t size = readlinkat(proc, "self", link, sizeof link);
    int length = snprintf(self, sizeof self, "%d", getpid());
    return size == length && memcmp(self, link, (size_t)size) == 0;
}

static int read_all(int file, struct proc_bytes *into) {
    into->size = 0;
    for (;;) {
        if (into->capacity - into->size < 2) {
            size_t larger = into->capacity == 0 ? 4096 : into->capacity * 4;
            char *grown = realloc(into->bytes, larger);
            if (grown == NULL) {
                return ENOMEM;
            }
            into->bytes = grown;
            into->capacity = larger;
        }
        ssize_t got = read(file, into->bytes + into->size, into->capacity - into->size - 1);
        if (got < 0 && errno != EINTR) {
            return errno;
        }
        into->size += got > 0 ? (size_t)got : 0;
        if (got == 0) {
            into->bytes[into->size] = '\0';
            return 0;
        }
    }
}

int proc_read(int directory, const char *path, struct proc_bytes *into) {
    int file = openat(directory, path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return errno;
    }
    int error = read_all(file, into);
    close(file);
    return error;
}

// As getdents64(2) lays it out. Its own system call, because readdir() hides the buffer, allocates
// it, and takes a lock for each entry.
struct entry {
    uint64_t inode;
    int64_t offset;
    uint16_t length;
    uint8_t type;
    char name[];
};

void proc_numbers_init(struct proc_numbers *numbers, int directory) {
    numbers->directory = directory;
    numbers->error = 0;
    numbers->at = 0;
    numbers->filled = 0;
}

void proc_numbers_skip_descriptors(struct proc_numbers *numbers, uint32_t first) {
    if (lseek(numbers->directory, (off_t)first + 2, SEEK_SET) < 0) {
        numbers->error = errno;
    }
}

static bool read_number(const char *name, uint32_t *number) {
    uint64_t value = 0;
    const char *at = name;
    while (*at >= '0' && *at <= '9' && value <= UINT32_MAX) {
        value = value * 10 + (unsigned)(*at++ - '0');
    }
    *number = (uint32_t)value;
    return at != name && *at == '\0' && value <= UINT32_MAX;
}

static bool refill(struct proc_numbers *numbers) {
    long got = syscall(SYS_getdents64, numbers->directory, numbers->buffer, sizeof numbers->buffer);
    numbers->error = got < 0 ? errno : 0;
    numbers->at = 0;
    numbers->filled = got > 0 ? (size_t)got : 0;
    return got > 0;
}

const char *proc_numbers_next(struct proc_numbers *numbers, uint32_t *number) {
    for (;;) {
        if (numbers->at >= numbers->filled && !refill(numbers)) {
            return NULL;
        }
        const struct entry *entry = (const void *)(numbers->buffer + numbers->at);
        numbers->at += entry->length;
        if (read_number(entry->name, number)) {
            return entry->name;
        }
    }
}
