// exe_location.h - where the executable of a process lies, and who may write there.
#ifndef PSC_PLATFORM_LINUX_EXE_LOCATION_H
#define PSC_PLATFORM_LINUX_EXE_LOCATION_H

#include <stdbool.h>
#include <stdint.h>

/**
 * @param proc the open proc directory
 * @param path of the executable, as its process sees it, without ` (deleted)`
 * @param place out: PSC_PLACE_* bits
 * @return whether all of them are known
 */
bool place_find(int proc, uint32_t pid, const char *path, bool deleted, uint8_t *place);

#endif
