// run_cli.c - a command line, run in process.
#include "support/run_cli.h"

#include <stdlib.h>

#include "cli/cli.h"
#include "support/argv.h"
#include "support/capture.h"

void run_cli(struct run *run, const char *line) {
    struct argv words;
    argv_split(&words, line);
    struct psc_streams streams = {.out = capture_open(), .err = capture_open()};
    run->exit = psc_cli_run(words.count, words.list, &streams);
    run->out = capture_close(streams.out, &run->out_size);
    run->err = capture_close(streams.err, &run->err_size);
}

void run_done(struct run *run) {
    free(run->out);
    free(run->err);
}
