// temporary.h - directories for what a test writes. Nothing is written anywhere else.
#ifndef SUPPORT_TEMPORARY_H
#define SUPPORT_TEMPORARY_H

#include <sys/types.h>

#define TEMPORARY_SIZE 80

/** Makes a directory, into which other users may look. All of these fail the running test if they fail. */
void temporary_make(char path[TEMPORARY_SIZE]);
/** Removes a directory with all that is in it, however deep. */
void temporary_remove(const char *path);

/** For cmocka, before and after a test or a group: works in a directory of its own. */
int temporary_enter(void **state);
int temporary_leave(void **state);
/** The path of that directory. */
const char *temporary_path(void);

/** Writes a file, with exactly that mode where the system has modes. */
void write_file(const char *path, mode_t mode, const char *text);

#endif
