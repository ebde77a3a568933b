// exe_location.h - whether other users can change or replace the program that a process runs.
#ifndef PSC_PLATFORM_LINUX_EXE_LOCATION_H
#define PSC_PLATFORM_LINUX_EXE_LOCATION_H

#include <sys/types.h>

#include "model/snapshot.h"

/** What is examined, and the result. Paths are in the mount namespace of the process. */
struct exe_location {
    uint32_t pid;
    const char *path;   /**< of the executable, without ` (deleted)` */
    bool deleted;       /**< the executable has no name any more */
    const char *script; /**< absolute path of the file that an interpreter runs, or NULL */
    struct exe_verdict {
        bool gone;                       /**< the process has exited, or is not ours to examine */
        bool exe_known, script_known;    /**< whether the flags are complete */
        uint8_t exe_flags, script_flags; /**< PSC_EXE_* bits */
    } verdict;                           /**< out */
};

/**
 * Examines an executable, a script and the directories above them. Files of a server that does not answer
 * in time stay unknown.
 * @param proc the open proc directory
 * @param wait_ms in and out: the time that is left for all calls together
 */
void exe_location_examine(int proc, struct exe_location *location, unsigned *wait_ms);

/**
 * Whether an executable was deleted, rather than having a name that ends in ` (deleted)`. Never waits
 * for a file system.
 * @param target of the link /proc/PID/exe, which ends in ` (deleted)`
 */
bool exe_location_is_deleted(int proc, uint32_t pid, const char *target);

/** The kind of account that a user number is for. */
enum psc_account exe_location_account(uid_t uid);

#endif
