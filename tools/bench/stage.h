// stage.h - a crowd for the time of one scene, and the way into its namespaces.
#ifndef BENCH_STAGE_H
#define BENCH_STAGE_H

#include <sys/types.h>

// How large a crowd is.
struct stage_size {
    unsigned long processes, sockets;
    unsigned long files; // open files that are no sockets
};

struct stage {
    pid_t crowd;
    int hold;         // the crowd stands as long as this is open
    char counts[160]; // what it says it is: "150 processes, 13 sockets, 750 open files"
};

// Sets up a crowd, with one more listener on 127.0.0.1:port to which nobody is connected, and waits
// until it stands. Ends the program if it cannot.
struct stage stage_set(const char *crowd, struct stage_size size, const char *port);

// Moves this process, and what it starts from now on, into the namespaces of the crowd. For good:
// call it in a child.
void stage_enter(struct stage *stage);

// Sends the crowd home and waits for it, in the process that set it up.
void stage_strike(const struct stage *stage);

#endif
