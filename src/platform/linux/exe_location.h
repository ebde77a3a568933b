// exe_location.h - whether other users can change or replace the executable of a process.
#ifndef PSC_PLATFORM_LINUX_EXE_LOCATION_H
#define PSC_PLATFORM_LINUX_EXE_LOCATION_H

#include <stdbool.h>
#include <stdint.h>

/**
 * @param proc the open proc directory
 * @param path of the executable, in the mount namespace of the process, without ` (deleted)`
 * @param flags out: PSC_EXE_* bits
 * @return whether all of them are known
 */
bool exe_location_examine(int proc, uint32_t pid, const char *path, bool deleted, uint8_t *flags);

#endif
