// measure.h - runs commands side by side and says what they took.
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>

enum { MEASURE_MOST_RUNS = 101 };

enum measure_state {
    MEASURE_GOOD,
    MEASURE_ABSENT,  // there is no such program
    MEASURE_FAILED,  // its exit status was neither 0 nor one that counts as an answer
    MEASURE_ENDLESS, // it was killed because it took too long
};

// One command and its runs so far.
struct measure {
    const char *program; // looked for in PATH unless it is a path
    char *const *argv;
    bool may_say_no; // status 1 is an answer, too
    enum measure_state state;
    int status; // as from wait, when it failed
    size_t runs;
    double ms[MEASURE_MOST_RUNS]; // wall time from the start to the end, all output read
    double total_ms;
    long peak_kib;       // resident, the largest of all runs; never below what the bench itself has
    unsigned long lines; // of output, in the last run
};

// Runs all commands in turns (A B C A B C ...), so that what else happens on the machine happens to
// all of them alike; one untimed run of each goes first. A command is done after three runs or after
// `seconds` of running, whichever is later, or after a minute.
void measure_all(struct measure *commands, size_t count, double seconds);

double measure_median(const struct measure *command);
double measure_best(const struct measure *command);

#endif
