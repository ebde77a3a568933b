// owners_proc.h - which processes hold which sockets, by a walk through /proc/PID/fd.
#ifndef PSC_PLATFORM_LINUX_OWNERS_PROC_H
#define PSC_PLATFORM_LINUX_OWNERS_PROC_H

#include "platform/linux/owner_table.h"
#include "platform/platform.h"

/**
 * Walks to the end, because any process may hold a socket too.
 * @param proc the open proc directory
 * @param inodes the sockets to look for
 * @param owners in and out
 * @param denied out: whether there was something that this user may not see
 */
PSC_NODISCARD enum psc_status owners_proc_find(const struct psc_request *request, int proc,
                                               const struct inode_table *inodes,
                                               struct owner_list *owners, bool *denied,
                                               struct psc_error *error);

#endif
