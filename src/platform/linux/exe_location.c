// exe_location.c - whether other users can change or replace the program that a process runs.
//
// A program may be on a file system whose server never answers (FUSE, NFS), and a process that waits for
// it cannot even be killed. So files are first looked up in the kernel's caches only, which have the
// directories of every running executable on a local file system. If that does not suffice, a child
// process does the same without this limit, and is abandoned when time is up.
#include "platform/linux/exe_location.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform/linux/proc_fs.h"
#include "platform/platform.h"

enum psc_account exe_location_account(uid_t uid) {
    // 61184 to 65519 are the dynamic users of systemd (systemd.exec(5)), 65534 is nobody.
    bool service = uid < 1000 || (uid >= 61184 && uid <= 65519) || uid == 65534;
    return uid == 0 ? PSC_ACCOUNT_SYSTEM : service ? PSC_ACCOUNT_SERVICE : PSC_ACCOUNT_PERSON;
}

// Looking up --------------------------------------------------------------------------------------

struct lookup {
    bool cached; // only in the kernel's caches
    bool missed; // which did not have everything
};

// Opens a path below a directory. Returns -1 with errno.
static int open_below(int directory, const char *path, int flags, struct lookup *lookup) {
    const unsigned resolve = RESOLVE_IN_ROOT | (lookup->cached ? RESOLVE_CACHED : 0U);
    struct open_how how = {.flags = (unsigned)(O_PATH | O_CLOEXEC | flags), .resolve = resolve};
    int opened = (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
    if (opened >= 0 || errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == EACCES) {
        return opened;
    }
    if (lookup->cached) { // EAGAIN, or Linux before 5.12
        lookup->missed = true;
        return -1;
    }
    return (flags & O_NOFOLLOW) != 0 ? openat(directory, path, O_PATH | O_CLOEXEC | flags) : -1;
}

static bool examine(int file, const struct lookup *lookup, struct statx *status) {
    int flags = AT_EMPTY_PATH | (lookup->cached ? AT_STATX_DONT_SYNC : 0);
    return statx(file, "", flags, STATX_BASIC_STATS, status) == 0;
}

static bool is_same(const struct statx *a, const struct statx *b) {
    return a->stx_dev_major == b->stx_dev_major && a->stx_dev_minor == b->stx_dev_minor &&
           a->stx_ino == b->stx_ino;
}

static int open_process(int proc, uint32_t pid, const char *name) {
    char link[PROC_PATH_SIZE];
    snprintf(link, sizeof link, "%u/%s", pid, name);
    return openat(proc, link, O_PATH | O_CLOEXEC);
}

// Opens the root directory of a process, which is not ours in a container.
static int open_root(int proc, uint32_t pid) {
    int root = open_process(proc, pid, "root");
    return root >= 0 ? root : open("/", O_PATH | O_CLOEXEC);
}

static uint8_t owner_flags(const struct statx *status) {
    return exe_location_account(status->stx_uid) == PSC_ACCOUNT_PERSON ? PSC_EXE_USER_OWNED : 0;
}

// In a directory for temporary files, the sticky bit keeps users from replacing files of others.
static uint8_t directory_flags(const struct statx *status) {
    bool writable = (status->stx_mode & S_IWOTH) != 0;
    bool sticky = (status->stx_mode & S_ISVTX) != 0;
    return (uint8_t)(owner_flags(status) | (!writable ? 0
                                            : sticky  ? PSC_EXE_TEMPORARY
                                                      : PSC_EXE_DIRECTORY_WRITABLE));
}

// Walks down an absolute path without symbolic links, adds the flags of all directories, because one
// that can be renamed can be replaced, and examines what the path leads to. Returns 0 or an errno value.
static int walk(int root, const char *path, struct lookup *lookup, uint8_t *flags,
                struct statx *status) {
    int at = open_below(root, ".", O_NOFOLLOW, lookup);
    while (at >= 0) {
        char name[NAME_MAX + 1];
        path += strspn(path, "/");
        size_t length = strcspn(path, "/");
        int number = length > NAME_MAX ? ENAMETOOLONG : examine(at, lookup, status) ? 0 : errno;
        if (number != 0 || length == 0) {
            close(at);
            return number;
        }
        *flags |= directory_flags(status);
        memcpy(name, path, length);
        name[length] = '\0';
        path += length;
        int next = open_below(at, name, O_NOFOLLOW, lookup);
        number = errno;
        close(at);
        errno = number;
        at = next;
    }
    return errno;
}

// Whether a path of the kernel leads to a file; adds the flags of its directories then. Such a path
// begins at our root if the file is below it, though the process may be in a chroot, and otherwise at the
// root of the process's mount namespace.
static bool find_file(int root, const char *path, const struct statx *file, struct lookup *lookup,
                      uint8_t *flags) {
    struct statx named = {0};
    uint8_t found = 0;
    if (walk(root, path, lookup, &found, &named) != 0 || !is_same(file, &named)) {
        int ours = lookup->missed ? -1 : open("/", O_PATH | O_CLOEXEC);
        found = 0;
        bool same =
            ours >= 0 && walk(ours, path, lookup, &found, &named) == 0 && is_same(file, &named);
        if (ours >= 0) {
            close(ours);
        }
        if (!same) {
            return false;
        }
    }
    *flags |= found;
    return true;
}

// The executable and the script --------------------------------------------------------------------

static void examine_exe(int proc, int root, const struct exe_location *location,
                        struct lookup *lookup, struct exe_verdict *verdict) {
    static const char memory[] = "/memfd:"; // memfd_create(2)
    struct statx running;
    struct statx named;
    if (strncmp(location->path, memory, sizeof memory - 1) == 0) {
        verdict->exe_flags = PSC_EXE_TEMPORARY;
        verdict->exe_known = true;
        return;
    }
    int exe = open_process(proc, location->pid, "exe");
    verdict->gone = exe < 0;
    if (verdict->gone) {
        return;
    }
    bool known = location->path[0] == '/' && examine(exe, lookup, &running);
    close(exe);
    if (!known) {
        return;
    }
    if (location->deleted) {
        // Its directories may be deleted, too.
        int number = walk(root, location->path, lookup, &verdict->exe_flags, &named);
        verdict->exe_known = number == 0 || number == ENOENT || number == ENOTDIR;
        verdict->exe_flags |= number == 0 ? PSC_EXE_REPLACED : 0;
        return;
    }
    verdict->exe_known = find_file(root, location->path, &running, lookup, &verdict->exe_flags);
    verdict->exe_flags |= owner_flags(&running);
    verdict->exe_flags |= (running.stx_mode & S_IWOTH) != 0 ? PSC_EXE_FILE_WRITABLE : 0;
}

// A script may be named by a symbolic link, so its path is read from the kernel.
static void examine_script(int root, const struct exe_location *location, struct lookup *lookup,
                           struct exe_verdict *verdict) {
    char link[PROC_PATH_SIZE];
    char path[PATH_MAX];
    struct statx opened;
    int script = open_below(root, location->script, 0, lookup);
    if (script < 0) {
        return;
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", script);
    ssize_t size = readlink(link, path, sizeof path - 1);
    bool regular = size > 0 && examine(script, lookup, &opened) && S_ISREG(opened.stx_mode);
    close(script);
    if (!regular) {
        return;
    }
    path[size] = '\0';
    verdict->script_known = find_file(root, path, &opened, lookup, &verdict->script_flags);
    verdict->script_flags |= owner_flags(&opened);
    verdict->script_flags |= (opened.stx_mode & S_IWOTH) != 0 ? PSC_EXE_FILE_WRITABLE : 0;
}

// Returns whether the caches, if only these were to be used, were enough.
static bool examine_both(int proc, const struct exe_location *location, bool cached,
                         struct exe_verdict *verdict) {
    struct lookup lookup = {.cached = cached};
    *verdict = (struct exe_verdict){.exe_known = false};
    int root = open_root(proc, location->pid);
    if (root < 0) {
        return true;
    }
    examine_exe(proc, root, location, &lookup, verdict);
    if (location->script != NULL) {
        examine_script(root, location, &lookup, verdict);
    }
    close(root);
    return !lookup.missed;
}

// Waiting ------------------------------------------------------------------------------------------

// The child keeps only the two descriptors that it needs: if it waits forever, no reader of our output
// shall wait for it.
static void run_child(int proc, int answer, const struct exe_location *location) {
    struct exe_verdict verdict;
    if (dup2(answer, STDIN_FILENO) != STDIN_FILENO || dup2(proc, STDOUT_FILENO) != STDOUT_FILENO) {
        _exit(1);
    }
    for (int i = STDERR_FILENO; i < 1024; i++) {
        close(i);
    }
    (void)examine_both(STDOUT_FILENO, location, false, &verdict);
    _exit(write(STDIN_FILENO, &verdict, sizeof verdict) == (ssize_t)sizeof verdict ? 0 : 1);
}

static bool read_answer(int answer, unsigned *wait_ms, struct exe_verdict *verdict) {
    struct pollfd readable = {.fd = answer, .events = POLLIN};
    struct exe_verdict received;
    int64_t begin = psc_platform_clock();
    bool answered = poll(&readable, 1, (int)*wait_ms) == 1 &&
                    read(answer, &received, sizeof received) == (ssize_t)sizeof received;
    if (answered) {
        *verdict = received;
    }
    int64_t waited = psc_platform_clock() - begin;
    *wait_ms = answered && waited < *wait_ms ? *wait_ms - (unsigned)waited : 0;
    return answered;
}

static void examine_in_child(int proc, struct exe_location *location, unsigned *wait_ms) {
    int answer[2];
    if (*wait_ms == 0 || pipe2(answer, O_CLOEXEC) != 0) {
        return;
    }
    pid_t child = fork();
    if (child == 0) {
        run_child(proc, answer[1], location);
    }
    close(answer[1]);
    bool answered = child > 0 && read_answer(answer[0], wait_ms, &location->verdict);
    close(answer[0]);
    if (child > 0) {
        if (!answered) {
            kill(child, SIGKILL);
        }
        waitpid(child, NULL, answered ? 0 : WNOHANG);
    }
}

void exe_location_examine(int proc, struct exe_location *location, unsigned *wait_ms) {
    if (!examine_both(proc, location, true, &location->verdict)) {
        location->verdict = (struct exe_verdict){.gone = false};
        examine_in_child(proc, location, wait_ms);
    }
}

bool exe_location_is_deleted(int proc, uint32_t pid, const char *target) {
    struct lookup lookup = {.cached = true};
    struct statx running;
    uint8_t ignored = 0;
    int exe = open_process(proc, pid, "exe");
    int root = open_root(proc, pid);
    bool exists = exe >= 0 && root >= 0 && examine(exe, &lookup, &running) &&
                  find_file(root, target, &running, &lookup, &ignored);
    if (root >= 0) {
        close(root);
    }
    if (exe >= 0) {
        close(exe);
    }
    return !exists;
}
