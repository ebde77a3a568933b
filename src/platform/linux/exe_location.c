// exe_location.c - whether other users can change or replace the executable of a process.
#include "platform/linux/exe_location.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/snapshot.h"
#include "platform/linux/proc_fs.h"

// Examines an absolute path below an open directory.
static bool look_up(int root, const char *path, struct stat *file) {
    const char *below = path[1] != '\0' ? path + 1 : ".";
    return fstatat(root, below, file, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool is_same(const struct stat *a, const struct stat *b) {
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

// Opens the root directory that a path of a process begins at, which is not ours for a container.
// Returns -1 if the path does not lead to the running file.
static int open_root(int proc, uint32_t pid, const char *path, const struct stat *running,
                     bool deleted) {
    char own[PROC_PATH_SIZE];
    struct stat named;
    snprintf(own, sizeof own, "%u/root", pid);
    int root = openat(proc, own, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) {
        root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    }
    if (root >= 0 && !deleted && !(look_up(root, path, &named) && is_same(running, &named))) {
        close(root);
        root = -1;
    }
    return root;
}

// In a directory for temporary files, the sticky bit keeps users from replacing files of others.
static bool check_directory(int root, const char *directory, uint8_t *flags) {
    struct stat info;
    if (!look_up(root, directory, &info)) {
        return false;
    }
    if ((info.st_mode & S_IWOTH) != 0) {
        *flags |= (info.st_mode & S_ISVTX) != 0 ? PSC_EXE_TEMPORARY : PSC_EXE_DIRECTORY_WRITABLE;
    }
    return true;
}

// All directories of a path count, because one that can be renamed can be replaced.
static bool check_directories(int root, const char *path, bool deleted, uint8_t *flags) {
    char directory[PATH_MAX];
    bool known = check_directory(root, "/", flags);
    for (const char *slash = path; (slash = strchr(slash + 1, '/')) != NULL;) {
        size_t length = (size_t)(slash - path);
        if (length >= sizeof directory) {
            return false;
        }
        memcpy(directory, path, length);
        directory[length] = '\0';
        // The directories of a deleted file may be deleted, too.
        known = (check_directory(root, directory, flags) || deleted) && known;
    }
    return known;
}

bool exe_location_examine(int proc, uint32_t pid, const char *path, bool deleted, uint8_t *flags) {
    static const char memory[] = "/memfd:"; // memfd_create(2)
    char link[PROC_PATH_SIZE];
    struct stat running;
    struct stat named;
    *flags = 0;
    snprintf(link, sizeof link, "%u/exe", pid);
    if (strncmp(path, memory, sizeof memory - 1) == 0) {
        *flags = PSC_EXE_TEMPORARY;
        return true;
    }
    if (path[0] != '/' || fstatat(proc, link, &running, 0) != 0) {
        return false;
    }
    int root = open_root(proc, pid, path, &running, deleted);
    if (root < 0) {
        return false;
    }
    bool known = check_directories(root, path, deleted, flags);
    if (!deleted && (running.st_mode & S_IWOTH) != 0) {
        *flags |= PSC_EXE_FILE_WRITABLE;
    }
    if (deleted && look_up(root, path, &named)) {
        *flags |= PSC_EXE_REPLACED;
    }
    close(root);
    return known;
}
