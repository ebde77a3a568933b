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

#include "base/array.h"
#include "base/number.h"

int proc_open(const char *root, struct psc_error *error) {
    int proc = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (proc < 0) {
        psc_fail(error, PSC_SYSTEM, "cannot open %s: %s", root, strerror(errno));
    }
    return proc;
}

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
    for (into->size = 0;;) {
        if (!PSC_ARRAY_RESERVE(into->bytes, into->capacity, into->size + 4096)) {
            return ENOMEM;
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

static int read_at_once(int file, struct proc_bytes *into) {
    for (size_t size = 4096;; size *= 4) {
        if (!PSC_ARRAY_RESERVE(into->bytes, into->capacity, size + 1)) {
            return ENOMEM;
        }
        ssize_t got = pread(file, into->bytes, size, 0);
        if (got < 0) {
            return errno;
        }
        if ((size_t)got < size) {
            into->size = (size_t)got;
            into->bytes[got] = '\0';
            return 0;
        }
    }
}

int proc_read_setting(int directory, const char *path, struct proc_bytes *into) {
    int file = openat(directory, path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return errno;
    }
    int error = read_at_once(file, into);
    close(file);
    return error;
}

// An entry as getdents64(2) returns it. The call is used directly because readdir() allocates and locks.
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
        uint64_t value;
        numbers->at += entry->length;
        if (psc_number_parse(entry->name, UINT32_MAX, &value)) {
            *number = (uint32_t)value;
            return entry->name;
        }
    }
}
