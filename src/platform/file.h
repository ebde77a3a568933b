// file.h - what a file system must provide: files that appear as a whole or not at all.
#ifndef PSC_PLATFORM_FILE_H
#define PSC_PLATFORM_FILE_H

#include <stdio.h>

#include "base/error.h"

/** A file that is being written under another name beside the one that it will have. */
struct psc_new_file;

/**
 * Begins a file. What has this name keeps it until psc_file_finish(). A new file gets mode 0644 less
 * the umask; one that replaces another keeps its mode, owner and group. Only a regular file of this
 * user is replaced: a symbolic link, a device, a pipe, and another user's file are refused, and no
 * symbolic link of another user is followed on the way there.
 * @param path UTF-8
 * @param file out: NULL on failure
 * @return PSC_OUTPUT
 */
PSC_NODISCARD enum psc_status psc_file_begin(const char *path, struct psc_new_file **file,
                                             struct psc_error *error);

/** The stream to write to; of the file. */
FILE *psc_file_stream(struct psc_new_file *file);

/**
 * Gives a file that is complete its name, on the disk and at once, and frees it. If that fails
 * what had the name before still has it, and nothing is left behind.
 * @return PSC_OUTPUT, also if writing to the stream ever failed
 */
PSC_NODISCARD enum psc_status psc_file_finish(struct psc_new_file *file, struct psc_error *error);

/** Gives it up and frees it. */
void psc_file_discard(struct psc_new_file *file);

#endif
