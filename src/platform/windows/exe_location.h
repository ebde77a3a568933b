// exe_location.h - where an executable lies, and who may write there.
#ifndef PSC_PLATFORM_WINDOWS_EXE_LOCATION_H
#define PSC_PLATFORM_WINDOWS_EXE_LOCATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

#include <windows.h>

/**
 * @param path of the executable; only of one with a drive something is known
 * @param length in UTF-16 units
 * @param place out: PSC_PLACE_* bits
 * @return whether all of them are known
 */
bool process_place(const wchar_t *path, size_t length, uint8_t *place);

/**
 * Whether an access list gives one of the rights to Everyone, Authenticated Users or Users. Pure.
 * @param list NULL gives every right to everybody
 */
bool place_gives_everybody(ACL *list, DWORD rights);

/** Whether a path leads through a directory for temporary files. Pure. */
bool place_is_temporary(const wchar_t *path);

#endif
