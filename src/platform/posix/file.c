// file.c - files that appear as a whole or not at all: written beside the old one, then renamed.
#include "platform/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct psc_new_file {
    FILE *stream;
    char path[PATH_MAX];
    char temporary[PATH_MAX + 32]; // empty: the file is written in place
};

static enum psc_status fail(const char *path, int number, struct psc_error *error) {
    return psc_fail(error, PSC_OUTPUT, "cannot write %s: %s", path, strerror(number));
}

// Beside the file, hidden, and with an ending that nobody collects.
static int open_temporary(struct psc_new_file *file) {
    const char *slash = strrchr(file->path, '/');
    int directory = slash != NULL ? (int)(slash - file->path) + 1 : 0;
    int number = -1;
    for (unsigned attempt = 0; number < 0 && attempt < 100; attempt++) {
        snprintf(file->temporary, sizeof file->temporary, "%.*s.portscope-%d-%u.tmp", directory,
                 file->path, getpid(), attempt);
        number = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (number < 0 && errno != EEXIST) {
            break;
        }
    }
    if (number < 0) {
        file->temporary[0] = '\0';
    }
    return number;
}

static int open_file(struct psc_new_file *file, const char *path) {
    struct stat old;
    size_t size = strlen(path) + 1;
    if (size > sizeof file->path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(file->path, path, size);
    bool exists = stat(path, &old) == 0;
    // Behind /dev/stdout there may also be a file without a name.
    if (exists && (!S_ISREG(old.st_mode) || realpath(path, file->path) == NULL)) {
        return open(path, O_WRONLY | O_CLOEXEC);
    }
    int number = open_temporary(file);
    // Whoever may read the old one may read the new one. That is not worth a failure.
    if (number >= 0 && exists) {
        (void)!fchmod(number, old.st_mode & 0777);
    }
    return number;
}

enum psc_status psc_file_begin(const char *path, struct psc_new_file **file,
                               struct psc_error *error) {
    *file = NULL;
    struct psc_new_file *begun = calloc(1, sizeof *begun);
    if (begun == NULL) {
        return psc_no_memory(error);
    }
    int number = open_file(begun, path);
    begun->stream = number >= 0 ? fdopen(number, "wb") : NULL;
    if (begun->stream == NULL) {
        int reason = errno;
        if (number >= 0) {
            close(number);
        }
        psc_file_discard(begun);
        return fail(path, reason, error);
    }
    *file = begun;
    return PSC_OK;
}

FILE *psc_file_stream(struct psc_new_file *file) {
    return file->stream;
}

enum psc_status psc_file_finish(struct psc_new_file *file, struct psc_error *error) {
    bool replaces = file->temporary[0] != '\0';
    errno = EIO; // for a stream that failed earlier, and has forgotten why
    bool ok = !ferror(file->stream) && fflush(file->stream) == 0 &&
              (!replaces || fsync(fileno(file->stream)) == 0);
    int reason = errno;
    if (fclose(file->stream) != 0 && ok) {
        ok = false;
        reason = errno;
    }
    file->stream = NULL;
    if (ok && replaces && rename(file->temporary, file->path) != 0) {
        ok = false;
        reason = errno;
    }
    enum psc_status status = ok ? PSC_OK : fail(file->path, reason, error);
    if (ok) {
        file->temporary[0] = '\0';
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
        unlink(file->temporary);
    }
    free(file);
}
