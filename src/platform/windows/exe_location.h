// exe_location.h - where an executable is, and who may write there.
#ifndef PSC_PLATFORM_WINDOWS_EXE_LOCATION_H
#define PSC_PLATFORM_WINDOWS_EXE_LOCATION_H

#include <stdbool.h>
#include <stdint.h>
#include <wchar.h>

#include <windows.h>

/**
 * Examines an executable and the directories above it.
 * @param path only a path with a drive letter can be examined; it is shortened to its root
 * @param flags out: PSC_EXE_* bits
 * @return whether all of them are known
 */
bool exe_location_flags(wchar_t *path, uint8_t *flags);

/**
 * Whether an access list grants one of these permissions to Everyone, Authenticated Users or Users.
 * Pure.
 * @param list NULL grants everything to everyone
 */
bool exe_location_list_grants(ACL *list, DWORD permissions);

/** Whether a path leads through a directory for temporary files. Pure. */
bool exe_location_is_temporary(const wchar_t *path);

#endif
