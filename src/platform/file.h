// file.h - what a file system must provide: files that appear as a whole or not at all.
#ifndef PSC_PLATFORM_FILE_H
#define PSC_PLATFORM_FILE_H

#include <stdio.h>

#include "base/error.h"

/** A file that is being written under another name beside the one that it will have. */
struct psc_new_file;

/**
 * Begins a file. What has this name meanwhile, and who reads it, is left alone. A device or pipe
 * cannot be replaced and is written to as it is; of a symbolic link it is what the link leads to.
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
