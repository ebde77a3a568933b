// namespace.h - a network of the test's own.
#ifndef TESTS_NAMESPACE_H
#define TESTS_NAMESPACE_H

#include <stdbool.h>

/**
 * Moves this process into a network namespace of its own, for ever, and where it takes that also
 * into a user namespace, in which its user keeps its number. `lo` is up there and has fe80::1, too.
 * Only before the process has threads.
 * @return NULL, or why this system does not let us
 */
const char *namespace_enter(void);

/**
 * Whoever made a user namespace may do everything in it, but the programs that an ordinary user runs
 * there may not, and the kernel lets nobody look at the files of a process that may do more. So
 * what is to be seen by them gives its rights up. Root keeps its.
 */
bool namespace_drop_capabilities(void);

#endif
