// kernel_state.h - the numbers of include/net/tcp_states.h, which sock_diag and /proc/net share.
#ifndef PSC_PLATFORM_LINUX_KERNEL_STATE_H
#define PSC_PLATFORM_LINUX_KERNEL_STATE_H

#include "model/endpoint.h"

/**
 * Sets state, and state_number where it is not known. UDP uses two of TCP's numbers: 1 for a
 * socket with a peer, 7 for one without.
 */
void kernel_state_set(struct psc_endpoint *endpoint, unsigned number);

/** The kernel's bits (1 << number) for the states of a table that are wanted. */
uint32_t kernel_state_mask(enum psc_protocol protocol, uint32_t states);

/**
 * Finishes a row whose inode and uid came from the kernel: where no file refers to the socket
 * there is no owner, and the uid of 0 that the kernel then gives means nothing.
 */
void kernel_state_set_owner(struct psc_endpoint *endpoint, uint64_t inode, uint32_t uid);

#endif
