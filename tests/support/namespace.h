// namespace.h - a network of the test's own.
#ifndef SUPPORT_NAMESPACE_H
#define SUPPORT_NAMESPACE_H

#include <stdbool.h>

/**
 * Moves this process for good into a network namespace of its own, and where that takes a user namespace
 * into one in which its user keeps its number. `lo` is up there and has fe80::1, too. Only before the
 * process has threads.
 * @return whether this system lets us; it prints why not
 */
bool namespace_enter(void);

/** Skips the running test where namespace_enter() did not succeed. */
void need_namespace(void);

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
 * The process that made a user namespace has all capabilities in it, the programs that an ordinary user
 * runs there have none, and the kernel hides the files of a process from those with fewer. So what
 * they are to see gives its capabilities up. Root keeps them.
 */
bool namespace_drop_capabilities(void);

#endif
