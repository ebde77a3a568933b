// remote_names.h - the part of reverse DNS that each system does for itself.
#ifndef PSC_PLATFORM_REMOTE_NAMES_H
#define PSC_PLATFORM_REMOTE_NAMES_H

#include "model/address.h"

/** Bytes for a host name with its NUL; RFC 1035 allows 255. */
#define REMOTE_NAME_SIZE 256

/**
 * Looks up the name of an address; may block for minutes.
 * @param ifindex interface of a link-local address, else 0
 * @param name out: UTF-8, empty if the address has no name
 */
void remote_names_resolve(const struct psc_address *address, bool ipv6, uint32_t ifindex,
                          char name[REMOTE_NAME_SIZE]);

/** Starts a detached thread in remote_names_answer(). @return whether it runs */
bool remote_names_start_thread(void *questions);

/** Answers questions until none is left; called on the new thread. */
void remote_names_answer(void *argument);

#endif
