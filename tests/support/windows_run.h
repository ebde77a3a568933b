// windows_run.h - other programs, started by a test.
#ifndef SUPPORT_WINDOWS_RUN_H
#define SUPPORT_WINDOWS_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include <windows.h>

// Paths of programs that the build makes.
#define WINDOWS_WIDE_2(text) L##text
#define WINDOWS_WIDE(text) WINDOWS_WIDE_2(text)
#define WINDOWS_HOLDER WINDOWS_WIDE(PSC_HOLDER)
#define WINDOWS_PROGRAM WINDOWS_WIDE(PSC_PROGRAM)

struct windows_run {
    DWORD exit;
    char out[65536], err[4096]; /**< what it wrote, NUL-terminated */
    size_t out_size;
};

/**
 * Runs a program to its end, with no input.
 * @param program path, as the build writes it
 * @param arguments without the program's name
 */
void windows_run(struct windows_run *run, const wchar_t *program, const wchar_t *arguments);

/** The same with an output of the caller's, which may be NULL: out stays empty. */
void windows_run_into(struct windows_run *run, const wchar_t *program, const wchar_t *arguments,
                      HANDLE output);

/** A windows_holder that runs. */
struct windows_holder {
    HANDLE process, input;
    unsigned pid, port;
};

/** Starts one; it holds its port when this returns. */
void windows_holder_start(struct windows_holder *holder, const wchar_t *program,
                          const wchar_t *arguments);
/** Ends it, if it still runs. */
void windows_holder_end(struct windows_holder *holder);

#endif
