// netns_fixture.h - a network of our own, with the same sockets in the same states each time. Recorded
// answers are about these.
#ifndef SUPPORT_NETNS_FIXTURE_H
#define SUPPORT_NETNS_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>

struct netns_fixture {
    int sockets[64];
    size_t count;
};

/**
 * Moves this process into a network namespace of its own, for ever, with `lo` up and fe80::1 on it.
 * Only before the process has threads.
 * @return whether this system lets us
 */
bool netns_fixture_enter(void);

/** Makes the sockets that netns_fixture_rows.c lists. A failure ends the program with a message. */
void netns_fixture_open(struct netns_fixture *net);
void netns_fixture_close(struct netns_fixture *net);

#endif
