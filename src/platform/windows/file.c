// file.c - files that appear as a whole or not at all: written beside the old one, then renamed.
#include "platform/file.h"

#include <errno.h>
#include <io.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <windows.h>

#include "platform/windows/win32.h"

#define LONGEST 32768 // what a path can have at most, in UTF-16 units with its NUL

struct psc_new_file {
    FILE *stream;
    wchar_t path[LONGEST];
    wchar_t temporary[LONGEST]; // empty: the file is written in place
};

FILE *psc_file_open(const char *path) {
    wchar_t wide[LONGEST];
    if (MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, LONGEST) == 0) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    return _wfopen(wide, L"rbN"); // N: not for child processes
}

static enum psc_status fail(unsigned long number, struct psc_error *error) {
    // Whatever Windows says of a file, for us it is the output that could not be written.
    (void)windows_fail(error, number, "cannot write the file");
    return PSC_OUTPUT;
}

// NUL, CON and pipes cannot be replaced. A file that is not there yet can.
static bool is_device(const wchar_t *path) {
    HANDLE handle = CreateFileW(path, 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                NULL, OPEN_EXISTING, 0, NULL);
    if (handle == INVALID_HANDLE_VALUE) {
        return false;
    }
    bool device = GetFileType(handle) != FILE_TYPE_DISK;
    CloseHandle(handle);
    return device;
}

static bool name_temporary(struct psc_new_file *file, unsigned attempt) {
    int written = swprintf(file->temporary, LONGEST, L"%ls.portscope-%lu-%u.tmp", file->path,
                           (unsigned long)GetCurrentProcessId(), attempt);
    return written > 0;
}

static FILE *open_stream(struct psc_new_file *file) {
    if (is_device(file->path)) {
        return _wfopen(file->path, L"wb");
    }
    FILE *stream = NULL;
    for (unsigned attempt = 0; stream == NULL && attempt < 100; attempt++) {
        if (!name_temporary(file, attempt)) {
            break;
        }
        stream = _waccess(file->temporary, 0) != 0 ? _wfopen(file->temporary, L"wb") : NULL;
        if (stream == NULL && errno != EEXIST && _waccess(file->temporary, 0) != 0) {
            break;
        }
    }
    if (stream == NULL) {
        file->temporary[0] = L'\0';
    }
    return stream;
}

enum psc_status psc_file_begin(const char *path, struct psc_new_file **file,
                               struct psc_error *error) {
    *file = NULL;
    struct psc_new_file *begun = calloc(1, sizeof *begun);
    if (begun == NULL) {
        return psc_no_memory(error);
    }
    if (MultiByteToWideChar(CP_UTF8, 0, path, -1, begun->path, LONGEST) == 0) {
        free(begun);
        return psc_fail(error, PSC_OUTPUT, "cannot write %s: its name is too long", path);
    }
    begun->stream = open_stream(begun);
    if (begun->stream == NULL) {
        int reason = errno;
        free(begun);
        return psc_fail(error, PSC_OUTPUT, "cannot write %s: %s", path, strerror(reason));
    }
    *file = begun;
    return PSC_OK;
}

FILE *psc_file_stream(struct psc_new_file *file) {
    return file->stream;
}

enum psc_status psc_file_finish(struct psc_new_file *file, struct psc_error *error) {
    bool replaces = file->temporary[0] != L'\0';
    bool ok = !ferror(file->stream) && fflush(file->stream) == 0 &&
              (!replaces || _commit(_fileno(file->stream)) == 0);
    unsigned long number = ok ? ERROR_SUCCESS : ERROR_DISK_FULL;
    if (fclose(file->stream) != 0 && ok) {
        ok = false;
        number = ERROR_DISK_FULL;
    }
    file->stream = NULL;
    if (ok && replaces &&
        !MoveFileExW(file->temporary, file->path,
                     MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH)) {
        ok = false;
        number = GetLastError();
    }
    enum psc_status status = ok ? PSC_OK : fail(number, error);
    if (ok) {
        file->temporary[0] = L'\0';
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
    if (file->temporary[0] != L'\0') {
        DeleteFileW(file->temporary);
    }
    free(file);
}
