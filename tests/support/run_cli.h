// run_cli.h - a command line, run in process.
#ifndef SUPPORT_RUN_CLI_H
#define SUPPORT_RUN_CLI_H

#include "cli/cli.h"
#include "support/argv.h"

/** A run of the program; ends with run_done(). */
struct run {
    struct argv words;
    struct psc_streams streams;
    int exit;
    char *out, *err; /**< what it wrote; owned */
    size_t out_size, err_size;
};

/** @param line begins with the name of the program, which is ignored */
void run_cli(struct run *run, const char *line);
/** The same with an output of the caller's, which is closed: `out` stays empty. */
void run_cli_into(struct run *run, const char *line, FILE *out);
void run_done(struct run *run);

/** The three steps of run_cli(), for a test that does something in between. */
void run_begin(struct run *run, const char *line);
void run_go(struct run *run);
void run_end(struct run *run);

#endif
