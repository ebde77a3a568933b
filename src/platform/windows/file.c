// file.c - files that appear as a whole or not at all, in directories that others may write to.
//
// The new file is marked for deletion until it is complete, so that a program that is killed leaves
// nothing. While it is open, no directory above it can be renamed, so its path without junctions stays
// the right one for the final name.
#include "platform/file.h"

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "platform/windows/win32.h"

#include <aclapi.h>

#define PATH_SIZE 32768 // UTF-16 units of the longest path with its NUL

// What a new file inherits from the one that it replaces, beside owner and access list.
#define KEPT_ATTRIBUTES (FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_ENCRYPTED)

struct psc_new_file {
    FILE *stream;
    wchar_t target[PATH_SIZE]; // full path of the final name
    char path[];               // as given, for sentences
};

struct old_file {
    HANDLE handle; // INVALID_HANDLE_VALUE: nothing is replaced
    DWORD attributes;
    PSECURITY_DESCRIPTOR security; // owner and access list
};

FILE *psc_file_open(const char *path) {
    wchar_t wide[PATH_SIZE];
    if (MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, PATH_SIZE) == 0) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    return _wfopen(wide, L"rbN"); // N: not for child processes
}

// Errors -------------------------------------------------------------------------------------------

static bool fail(const struct psc_new_file *file, const char *reason, struct psc_error *error) {
    (void)psc_fail(error, PSC_OUTPUT, "cannot write %s: %s", file->path, reason);
    return false;
}

static bool fail_system(const struct psc_new_file *file, struct psc_error *error) {
    char text[WINDOWS_ERROR_SIZE];
    DWORD number = GetLastError();
    // Only an owner that this user may appoint can be kept.
    return fail(file,
                number == ERROR_INVALID_OWNER ? "it belongs to another user"
                                              : windows_error(number, text),
                error);
}

// The target ---------------------------------------------------------------------------------------

static bool find_target(struct psc_new_file *file, struct psc_error *error) {
    wchar_t given[PATH_SIZE];
    wchar_t *name = NULL;
    if (MultiByteToWideChar(CP_UTF8, 0, file->path, -1, given, PATH_SIZE) == 0) {
        return fail_system(file, error);
    }
    DWORD length = GetFullPathNameW(given, PATH_SIZE, file->target, &name);
    if (length == 0 || length >= PATH_SIZE) {
        return fail_system(file, error);
    }
    if (wcsncmp(file->target, L"\\\\.\\", 4) == 0) {
        return fail(file, "it is a device", error); // such as NUL and COM1
    }
    return name != NULL ? true : fail(file, "it is a directory", error);
}

// Only a regular file is replaced, and only one of this user: see create().
static bool examine_old(const struct psc_new_file *file, struct old_file *old,
                        struct psc_error *error) {
    FILE_ATTRIBUTE_TAG_INFO info;
    old->handle =
        CreateFileW(file->target, READ_CONTROL | FILE_READ_ATTRIBUTES,
                    FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                    FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_BACKUP_SEMANTICS, NULL);
    if (old->handle == INVALID_HANDLE_VALUE) {
        return GetLastError() == ERROR_FILE_NOT_FOUND || fail_system(file, error);
    }
    if (!GetFileInformationByHandleEx(old->handle, FileAttributeTagInfo, &info, sizeof info)) {
        return fail_system(file, error);
    }
    if ((info.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0 &&
        info.ReparseTag == IO_REPARSE_TAG_SYMLINK) {
        return fail(file, "it is a symbolic link; name the file itself", error);
    }
    if ((info.FileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0) {
        return fail(file, "it is a directory", error);
    }
    old->attributes = info.FileAttributes & KEPT_ATTRIBUTES;
    DWORD number = GetSecurityInfo(old->handle, SE_FILE_OBJECT,
                                   OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, NULL,
                                   NULL, NULL, NULL, &old->security);
    SetLastError(number);
    return number == ERROR_SUCCESS || fail_system(file, error);
}

static bool real_path(HANDLE handle, wchar_t path[PATH_SIZE]) {
    DWORD length =
        GetFinalPathNameByHandleW(handle, path, PATH_SIZE, FILE_NAME_NORMALIZED | VOLUME_NAME_DOS);
    return length > 0 && length < PATH_SIZE;
}

static size_t directory_length(const wchar_t *path) {
    return (size_t)(wcsrchr(path, L'\\') + 1 - path);
}

// Replaces the directory of the target by that which the new file turned out to be in, so that a
// junction that is changed from now on changes nothing.
static bool use_real_directory(struct psc_new_file *file, const struct old_file *old,
                               HANDLE handle) {
    wchar_t path[PATH_SIZE];
    if (!real_path(handle, path)) {
        return false;
    }
    size_t length = directory_length(path);
    if (old->handle != INVALID_HANDLE_VALUE) {
        return real_path(old->handle, file->target) && directory_length(file->target) == length &&
               wcsncmp(file->target, path, length) == 0;
    }
    const wchar_t *name = file->target + directory_length(file->target);
    size_t size = wcslen(name) + 1;
    if (length + size > PATH_SIZE) {
        return false;
    }
    memmove(file->target + length, name, size * sizeof *name);
    memcpy(file->target, path, length * sizeof *path);
    return true;
}

// The new file -------------------------------------------------------------------------------------

static bool set_deletion(HANDLE handle, bool delete) {
    FILE_DISPOSITION_INFO info = {.DeleteFile = delete};
    return SetFileInformationByHandle(handle, FileDispositionInfo, &info, sizeof info);
}

// Part of a name that another user cannot guess, and so block, in advance.
static uint64_t random_number(void) {
    typedef LONG WINAPI generate_random(void *algorithm, uint8_t *bytes, ULONG size, ULONG flags);
    const ULONG preferred_generator = 2; // BCRYPT_USE_SYSTEM_PREFERRED_RNG
    generate_random *generate =
        (generate_random *)system_function(L"bcrypt.dll", "BCryptGenRandom");
    LARGE_INTEGER number;
    QueryPerformanceCounter(&number);
    if (generate != NULL) {
        generate(NULL, (uint8_t *)&number, sizeof number, preferred_generator);
    }
    return (uint64_t)number.QuadPart;
}

static HANDLE create_temporary(const struct psc_new_file *file, const struct old_file *old) {
    wchar_t path[PATH_SIZE];
    SECURITY_ATTRIBUTES security = {.nLength = sizeof security,
                                    .lpSecurityDescriptor = old->security};
    if (swprintf(path, PATH_SIZE, L"%.*ls.portscope-%016llx.tmp",
                 (int)directory_length(file->target), file->target,
                 (unsigned long long)random_number()) < 0) {
        SetLastError(ERROR_FILENAME_EXCED_RANGE);
        return INVALID_HANDLE_VALUE;
    }
    return CreateFileW(path, GENERIC_WRITE | DELETE, 0, &security, CREATE_NEW,
                       old->attributes | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
}

static bool create(struct psc_new_file *file, const struct old_file *old, struct psc_error *error) {
    HANDLE handle = create_temporary(file, old);
    if (handle == INVALID_HANDLE_VALUE) {
        return fail_system(file, error);
    }
    set_deletion(handle, true);
    if (!use_real_directory(file, old, handle)) {
        CloseHandle(handle);
        return fail(file, "its directory cannot be determined", error);
    }
    int descriptor = _open_osfhandle((intptr_t)handle, 0);
    file->stream = descriptor >= 0 ? _fdopen(descriptor, "wb") : NULL;
    if (file->stream == NULL) {
        (void)(descriptor >= 0 ? _close(descriptor) : !CloseHandle(handle));
        return fail(file, "too many files are open", error);
    }
    return true;
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
    struct old_file old = {.handle = INVALID_HANDLE_VALUE};
    bool created =
        find_target(begun, error) && examine_old(begun, &old, error) && create(begun, &old, error);
    if (old.handle != INVALID_HANDLE_VALUE) {
        CloseHandle(old.handle);
    }
    LocalFree(old.security);
    if (!created) {
        psc_file_discard(begun);
        return PSC_OUTPUT;
    }
    *file = begun;
    return PSC_OK;
}

FILE *psc_file_stream(struct psc_new_file *file) {
    return file->stream;
}

static HANDLE handle_of(const struct psc_new_file *file) {
    intptr_t handle = _get_osfhandle(_fileno(file->stream));
    return (HANDLE)handle; // NOLINT(performance-no-int-to-ptr)
}

static bool give_name(HANDLE handle, const wchar_t *target) {
    size_t length = wcslen(target);
    FILE_RENAME_INFO *info = calloc(1, sizeof *info + length * sizeof *target);
    if (info == NULL) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return false;
    }
    info->ReplaceIfExists = TRUE;
    info->FileNameLength = (DWORD)(length * sizeof *target);
    memcpy(info->FileName, target, length * sizeof *target);
    BOOL named = SetFileInformationByHandle(handle, FileRenameInfo, info,
                                            (DWORD)(sizeof *info + length * sizeof *target));
    DWORD number = GetLastError();
    free(info);
    SetLastError(number);
    return named;
}

static bool complete(struct psc_new_file *file) {
    HANDLE handle = handle_of(file);
    SetLastError(ERROR_WRITE_FAULT); // for a stream that failed earlier
    return fflush(file->stream) == 0 && !ferror(file->stream) && FlushFileBuffers(handle) &&
           set_deletion(handle, false) && give_name(handle, file->target);
}

enum psc_status psc_file_finish(struct psc_new_file *file, struct psc_error *error) {
    if (!complete(file)) {
        (void)fail_system(file, error);
        psc_file_discard(file);
        return PSC_OUTPUT;
    }
    fclose(file->stream); // everything is on the disk
    free(file);
    return PSC_OK;
}

void psc_file_discard(struct psc_new_file *file) {
    if (file != NULL && file->stream != NULL) {
        set_deletion(handle_of(file), true);
        fclose(file->stream);
    }
    free(file);
}
