// file.h - whole files: read at once, or written so that they appear complete or not at all.
#ifndef PSC_PLATFORM_FILE_H
#define PSC_PLATFORM_FILE_H

#include <stdio.h>

#include "base/strbuf.h"

/**
 * Adds all bytes of a file to a text.
 * @param path UTF-8
 * @return PSC_SYSTEM if it cannot be read; the text may then have a part of it
 */
PSC_NODISCARD enum psc_status psc_file_read(const char *path, struct psc_strbuf *text,
                                            struct psc_error *error);

/** Opens a file for reading; the part of psc_file_read() that systems do differently. */
FILE *psc_file_open(const char *path);

/** A file that is being written under a temporary name in the directory of its final name. */
struct psc_new_file;

/**
 * Creates a file that psc_file_finish() gives its name; until then an existing file of that name stays
 * readable and unchanged. The new file keeps the owner and the permissions of the one that it
 * replaces. Only a regular file of this user is replaced: a symbolic link, a device, a pipe, and
 * another user's file are refused. A link to a directory that another user made is refused on Linux,
 * and followed only once on Windows.
 * @param path UTF-8
 * @param file out: for psc_file_finish() or psc_file_discard(); NULL on failure
 * @return PSC_OUTPUT
 */
PSC_NODISCARD enum psc_status psc_file_begin(const char *path, struct psc_new_file **file,
                                             struct psc_error *error);

/** The stream to write to; owned by the file. */
FILE *psc_file_stream(struct psc_new_file *file);

/**
 * Writes a complete file to disk, gives it its name in one step, and frees it. On failure a file that
 * had the name still has it, and no temporary file remains.
 * @return PSC_OUTPUT, also if an earlier write to the stream failed
 */
PSC_NODISCARD enum psc_status psc_file_finish(struct psc_new_file *file, struct psc_error *error);

/** Deletes the temporary file and frees it. @param file may be NULL */
void psc_file_discard(struct psc_new_file *file);

#endif
