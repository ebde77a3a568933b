// run_cli.h - a command line, run in process.
#ifndef SUPPORT_RUN_CLI_H
#define SUPPORT_RUN_CLI_H

#include <stddef.h>

struct run {
    int exit;
    char *out, *err; /**< owned */
    size_t out_size, err_size;
};

/** @param line begins with the name of the program, which is ignored */
void run_cli(struct run *run, const char *line);
void run_done(struct run *run);

#endif
