// place.h - where the executable of a process lies, and who may write there.
#ifndef PORTSCOPE_PLACE_H
#define PORTSCOPE_PLACE_H

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
