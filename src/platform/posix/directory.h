// directory.h - the directory of a file that is to be written.
#ifndef PSC_PLATFORM_POSIX_DIRECTORY_H
#define PSC_PLATFORM_POSIX_DIRECTORY_H

#include <limits.h>

/**
 * Opens the directory of a path with O_PATH, and follows no symbolic link of another user on the way.
 * @param name out: the last component
 * @return -1 with errno
 */
int posix_open_directory(const char *path, char name[NAME_MAX + 1]);

#endif
