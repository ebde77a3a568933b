// posix.h - what the portable tests use of POSIX, for a C library without it. The build includes it in each
// of their files and looks for headers in this directory.
#ifndef SUPPORT_POSIX_ON_WINDOWS_POSIX_H
#define SUPPORT_POSIX_ON_WINDOWS_POSIX_H

#include <stddef.h>

/** Windows has no signal for a pipe without a reader; it has this one, and never sends it. */
#define SIGPIPE SIGTERM

int setenv(const char *name, const char *value, int replace);
int unsetenv(const char *name);
int pipe(int ends[2]);
char *strndup(const char *text, size_t most);
char *mkdtemp(char *pattern);

// The one of the C library writes into the root of the drive.
#define tmpfile tmpfile_of_user
struct _iobuf *tmpfile_of_user(void);

#endif
