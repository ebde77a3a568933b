// owners_proc.h - owners by a walk through /proc/PID/fd, which every kernel and user can do.
#ifndef PSC_PLATFORM_LINUX_OWNERS_PROC_H
#define PSC_PLATFORM_LINUX_OWNERS_PROC_H

#include "platform/linux/owner_table.h"
#include "platform/platform.h"

/** What a search for owners could not see. `{0}`: nothing. */
struct owners_gaps {
    bool walked; /**< through /proc, which may hide processes */
    bool denied; /**< this user was not permitted to read something */
    int number;  /**< errno value of another failure, or 0 */
};

/**
 * Walks through all processes, because a socket may have several owners, and links them.
 * @param proc the open proc directory
 * @param inodes the sockets to find owners for
 * @param gaps in and out
 * @return PSC_NO_MEMORY
 */
PSC_NODISCARD enum psc_status owners_proc_link(const struct psc_request *request, int proc,
                                               struct inode_table *inodes,
                                               struct psc_builder *builder,
                                               struct owners_gaps *gaps, struct psc_error *error);

#endif
