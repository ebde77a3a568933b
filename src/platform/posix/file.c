// file.c - files that appear as a whole or not at all, in directories that others may write to.
//
// Everything happens relative to a descriptor of the directory, so that nothing can be moved in
// between, and nothing that another user planted is followed, kept or widened. The new file has no
// name until it is complete (O_TMPFILE), so that a program that is killed leaves nothing.
// O_TMPFILE and /proc/self/fd are of Linux: another POSIX system has to create the file differently.
#include "platform/file.h"
#include "platform/posix/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define ATTEMPTS 16  // to find a name that is not taken; names are random
#define MAX_LINKS 40 // as the kernel follows in one path

FILE *psc_file_open(const char *path) {
    return fopen(path, "rbe");
}

struct psc_new_file {
    FILE *stream;
    int directory;
    char name[NAME_MAX + 1]; // in that directory
    char temporary[48];      // likewise; empty while the file has no name
    struct stat old;         // what is replaced, if anything
    bool replaces;
    bool signals_blocked; // from the first name on
    sigset_t signals;     // to be restored then
    char path[];          // as given, for sentences
};

static enum psc_status fail(const struct psc_new_file *file, const char *reason,
                            struct psc_error *error) {
    return psc_fail(error, PSC_OUTPUT, "cannot write %s: %s", file->path, reason);
}

// The directory -------------------------------------------------------------------------------------

// What is left to walk of a path, with the targets of symbolic links put in their places.
struct walk {
    int directory;
    unsigned links;
    char rest[2 * PATH_MAX];
};

static void enter(struct walk *walk, int directory) {
    int reason = errno;
    if (walk->directory >= 0) {
        close(walk->directory);
    }
    walk->directory = directory;
    errno = reason;
}

static bool begin_walk(struct walk *walk, const char *path) {
    int length = snprintf(walk->rest, sizeof walk->rest, "%s", path);
    if (length < 0 || (size_t)length >= sizeof walk->rest) {
        errno = ENAMETOOLONG;
        return false;
    }
    walk->directory = open(path[0] == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return walk->directory >= 0;
}

// Puts the target of an open link in front of the rest. Only links of root and of this user are
// followed, each link of a chain by itself, and by a descriptor, so that it cannot be exchanged.
static bool follow(struct walk *walk, int link, uid_t owner, const char *rest) {
    char target[PATH_MAX];
    char joined[sizeof walk->rest];
    ssize_t size = readlinkat(link, "", target, sizeof target - 1);
    if (size < 0) {
        return false;
    }
    if ((owner != 0 && owner != geteuid()) || ++walk->links > MAX_LINKS) {
        errno = ELOOP;
        return false;
    }
    target[size] = '\0';
    int length = snprintf(joined, sizeof joined, "%s/%s", target, rest);
    if (length < 0 || (size_t)length >= sizeof joined) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(walk->rest, joined, (size_t)length + 1);
    if (target[0] == '/') {
        enter(walk, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    }
    return walk->directory >= 0;
}

// Enters one component, which is a directory or a link. @p rest follows it.
static bool step(struct walk *walk, const char *name, const char *rest) {
    struct stat status;
    int component = openat(walk->directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (component < 0) {
        return false;
    }
    bool is_link = fstat(component, &status) == 0 && S_ISLNK(status.st_mode);
    if (is_link) {
        bool followed = follow(walk, component, status.st_uid, rest);
        close(component);
        return followed;
    }
    memmove(walk->rest, rest, strlen(rest) + 1);
    enter(walk, component); // anything but a directory fails at the next step
    return true;
}

int posix_open_directory(const char *path, char name[NAME_MAX + 1]) {
    struct walk walk = {.directory = -1};
    bool going = begin_walk(&walk, path);
    while (going) {
        const char *at = walk.rest + strspn(walk.rest, "/");
        const char *end = at + strcspn(at, "/");
        const char *rest = end + strspn(end, "/");
        size_t length = (size_t)(end - at);
        if (length > NAME_MAX || (*rest == '\0' && (length == 0 || rest != end))) {
            errno = length > NAME_MAX ? ENAMETOOLONG : EISDIR;
            break;
        }
        memcpy(name, at, length);
        name[length] = '\0';
        if (*rest == '\0') {
            return walk.directory;
        }
        going = step(&walk, name, rest);
    }
    enter(&walk, -1);
    return -1;
}

// The file ------------------------------------------------------------------------------------------

// Only the caller's own regular file is replaced. Returns why not, or NULL.
static const char *examine_old(struct psc_new_file *file) {
    if (fstatat(file->directory, file->name, &file->old, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno == ENOENT ? NULL : strerror(errno);
    }
    file->replaces = true;
    if (S_ISLNK(file->old.st_mode)) {
        return "it is a symbolic link; name the file itself";
    }
    if (!S_ISREG(file->old.st_mode)) {
        return S_ISDIR(file->old.st_mode) ? strerror(EISDIR) : "it is not a regular file";
    }
    if (file->old.st_uid != geteuid()) {
        return "it belongs to another user";
    }
    // Another user may have linked a file of ours that everyone may write to.
    return file->old.st_nlink == 1 ? NULL : "it has another name, too";
}

// Chooses a random name, so that no other user can take it first.
static enum psc_status choose_name(struct psc_new_file *file) {
    uint64_t number;
    if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number) {
        return PSC_SYSTEM;
    }
    snprintf(file->temporary, sizeof file->temporary, ".portscope-%016llx.tmp",
             (unsigned long long)number);
    return PSC_OK;
}

// From now on there is a name to be removed: a signal has to wait until that is done.
static void block_signals(struct psc_new_file *file) {
    sigset_t block;
    sigemptyset(&block);
    sigaddset(&block, SIGHUP);
    sigaddset(&block, SIGINT);
    sigaddset(&block, SIGTERM);
    file->signals_blocked = pthread_sigmask(SIG_BLOCK, &block, &file->signals) == 0;
}

static int open_named(struct psc_new_file *file, mode_t mode) {
    block_signals(file);
    for (int i = 0; i < ATTEMPTS && choose_name(file) == PSC_OK; i++) {
        int descriptor = openat(file->directory, file->temporary,
                                O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        if (descriptor >= 0 || errno != EEXIST) {
            if (descriptor < 0) {
                file->temporary[0] = '\0';
            }
            return descriptor;
        }
    }
    file->temporary[0] = '\0';
    return -1;
}

static int open_new(struct psc_new_file *file) {
    // What replaces a file is for its readers only once it has its group.
    mode_t mode = file->replaces ? 0600 : 0644;
    int descriptor = openat(file->directory, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
    bool unsupported =
        descriptor < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT);
    return unsupported ? open_named(file, mode) : descriptor;
}

enum psc_status psc_file_begin(const char *path, struct psc_new_file **file,
                               struct psc_error *error) {
    *file = NULL;
    size_t size = strlen(path) + 1;
    struct psc_new_file *begun = calloc(1, sizeof *begun + size);
    if (begun == NULL) {
        return psc_no_memory(error);
    }
    memcpy(begun->path, path, size);
    begun->directory = posix_open_directory(path, begun->name);
    const char *reason = begun->directory < 0 ? strerror(errno) : examine_old(begun);
    if (reason == NULL) {
        int descriptor = open_new(begun);
        begun->stream = descriptor >= 0 ? fdopen(descriptor, "wb") : NULL;
        reason = begun->stream == NULL ? strerror(errno) : NULL;
        if (begun->stream == NULL && descriptor >= 0) {
            close(descriptor);
        }
    }
    if (reason != NULL) {
        enum psc_status status = fail(begun, reason, error);
        psc_file_discard(begun);
        return status;
    }
    *file = begun;
    return PSC_OK;
}

FILE *psc_file_stream(struct psc_new_file *file) {
    return file->stream;
}

// Gives it the group and mode of what it replaces. The owner is the caller already.
static bool keep_mode(const struct psc_new_file *file, int descriptor) {
    struct stat status;
    if (!file->replaces) {
        return true;
    }
    return fstat(descriptor, &status) == 0 &&
           (status.st_gid == file->old.st_gid ||
            fchown(descriptor, (uid_t)-1, file->old.st_gid) == 0) &&
           fchmod(descriptor, file->old.st_mode & 0777) == 0;
}

// Gives it its temporary name, if it has none yet.
static bool give_name(struct psc_new_file *file, int descriptor) {
    char link[32];
    if (file->temporary[0] != '\0') {
        return true;
    }
    block_signals(file);
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    for (int i = 0; i < ATTEMPTS && choose_name(file) == PSC_OK; i++) {
        if (linkat(AT_FDCWD, link, file->directory, file->temporary, AT_SYMLINK_FOLLOW) == 0) {
            return true;
        }
        if (errno != EEXIST) {
            break;
        }
    }
    file->temporary[0] = '\0';
    return false;
}

static bool finish(struct psc_new_file *file) {
    int descriptor = fileno(file->stream);
    errno = EIO; // for a stream that failed earlier and has forgotten why
    return !ferror(file->stream) && fflush(file->stream) == 0 && keep_mode(file, descriptor) &&
           fsync(descriptor) == 0 && give_name(file, descriptor) &&
           renameat(file->directory, file->temporary, file->directory, file->name) == 0;
}

enum psc_status psc_file_finish(struct psc_new_file *file, struct psc_error *error) {
    enum psc_status status = PSC_OK;
    if (finish(file)) {
        file->temporary[0] = '\0';
    } else {
        status = fail(file, strerror(errno), error);
    }
    psc_file_discard(file);
    return status;
}

void psc_file_discard(struct psc_new_file *file) {
    if (file == NULL) {
        return;
    }
    if (file->stream != NULL) {
        fclose(file->stream);
    }
    if (file->temporary[0] != '\0') {
        unlinkat(file->directory, file->temporary, 0);
    }
    if (file->directory >= 0) {
        close(file->directory);
    }
    if (file->signals_blocked) {
        pthread_sigmask(SIG_SETMASK, &file->signals, NULL);
    }
    free(file);
}
