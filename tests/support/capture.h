// capture.h - streams for output: a test collects it, or it fails.
#ifndef SUPPORT_CAPTURE_H
#define SUPPORT_CAPTURE_H

#include <stdio.h>

/** A stream to write to. Ends the program if there is none. */
FILE *capture_open(void);

/**
 * Closes the stream.
 * @param size out: how many bytes were written; may be NULL
 * @return what was written, with a NUL at its end; to be freed
 */
char *capture_close(FILE *stream, size_t *size);

/** Streams that fail: a full device, where the system has one, else the test is skipped; and a pipe that nothing reads. */
FILE *stream_full(void);
FILE *stream_unread(void);

/** A whole file, with a NUL at its end; to be freed. NULL if it cannot be read. */
char *capture_file(const char *path, size_t *size);

#endif
