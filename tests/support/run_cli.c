// run_cli.c - a command line, run in process.
#include "support/run_cli.h"

#include <stdlib.h>

#include "support/capture.h"

void run_begin(struct run *run, const char *line) {
    *run = (struct run){.streams = {.out = capture_open(), .err = capture_open()}};
    argv_split(&run->words, line);
}

void run_go(struct run *run) {
    run->exit = psc_cli_run(run->words.count, run->words.list, &run->streams);
}

void run_end(struct run *run) {
    run->out = capture_close(run->streams.out, &run->out_size);
    run->err = capture_close(run->streams.err, &run->err_size);
}

void run_cli(struct run *run, const char *line) {
    run_begin(run, line);
    run_go(run);
    run_end(run);
}

void run_cli_into(struct run *run, const char *line, FILE *out) {
    run_begin(run, line);
    FILE *empty = run->streams.out;
    run->streams.out = out;
    run_go(run);
    fclose(out);
    run->streams.out = empty;
    run_end(run);
}

void run_done(struct run *run) {
    free(run->out);
    free(run->err);
}
