// namespace.h - a network of the test's own.
#ifndef SUPPORT_NAMESPACE_H
#define SUPPORT_NAMESPACE_H

#include <stdbool.h>

/**
 * Moves this process into a network namespace of its own, for ever, and where it takes that also
 * into a user namespace, in which its user keeps its number. `lo` is up there and has fe80::1, too.
 * Only before the process has threads.
 * @return NULL, or why this system does not let us
 */
const char *namespace_enter(void);

/** Gives `lo` another address, after namespace_enter(). @return whether this system lets us */
bool namespace_add_address(const char *address);

/** Writes one of the settings below /proc/sys/net. @return whether this system lets us */
bool namespace_set(const char *setting, const char *value);

/**
 * Runs a function as process 1 of a PID namespace that has a /proc of its own, and no descriptors but
 * the standard ones; after namespace_enter().
 * @return what it returned, 0 to 255; -1 where this system does not let us
 */
int namespace_as_init(int (*run)(void *context), void *context);

/**
 * Whoever made a user namespace may do everything in it, but the programs that an ordinary user runs
 * there may not, and the kernel lets nobody look at the files of a process that may do more. So
 * what is to be seen by them gives its rights up. Root keeps its.
 */
bool namespace_drop_capabilities(void);

#endif
