// owners_proc.h - owners by a walk through /proc/PID/fd, which every kernel and user can do.
#ifndef PSC_PLATFORM_LINUX_OWNERS_PROC_H
#define PSC_PLATFORM_LINUX_OWNERS_PROC_H

#include "platform/linux/owner_table.h"
#include "platform/platform.h"

/**
 * Walks through all processes: a socket may have several owners.
 * @param proc the open proc directory
 * @param inodes the sockets to find owners for
 * @param owners in and out
 * @param denied out: whether this user was not permitted to read something
 */
PSC_NODISCARD enum psc_status owners_proc_find(const struct psc_request *request, int proc,
                                               const struct inode_table *inodes,
                                               struct owner_list *owners, bool *denied,
                                               struct psc_error *error);

#endif
