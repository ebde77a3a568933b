// posix.c - what the portable tests use of POSIX.
#include "posix.h"

#include <direct.h>
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

int setenv(const char *name, const char *value, int replace) {
    return replace == 0 && getenv(name) != NULL ? 0 : _putenv_s(name, value);
}

int unsetenv(const char *name) {
    return _putenv_s(name, "");
}

int pipe(int ends[2]) {
    return _pipe(ends, 4096, _O_BINARY);
}

char *strndup(const char *text, size_t most) {
    size_t length = strnlen(text, most);
    char *copy = calloc(1, length + 1);
    return copy != NULL ? memcpy(copy, text, length) : NULL;
}

FILE *tmpfile_of_user(void) {
    wchar_t directory[MAX_PATH];
    wchar_t path[MAX_PATH];
    if (GetTempPathW(MAX_PATH, directory) == 0 ||
        GetTempFileNameW(directory, L"psc", 0, path) == 0) {
        return NULL;
    }
    return _wfopen(path, L"w+bD"); // D: deleted when it is closed
}

char *mkdtemp(char *pattern) {
    return _mktemp(pattern) != NULL && _mkdir(pattern) == 0 ? pattern : NULL;
}
