// process_path.h - the executable that a process runs.
#ifndef PSC_PLATFORM_WINDOWS_PROCESS_PATH_H
#define PSC_PLATFORM_WINDOWS_PROCESS_PATH_H

#include <windows.h>

#include "base/error.h"

/** The longest path has 32767 units (Microsoft: "Maximum Path Length Limitation"). */
#define PROCESS_PATH_SIZE 32768

/**
 * Finds the path of a process's executable: by its handle, and where there is none by its number
 * alone, which needs no rights. The latter names the volume as the kernel does and is turned into
 * a drive where one stands for that volume.
 * @param process NULL if it could not be opened; else with PROCESS_QUERY_LIMITED_INFORMATION
 * @return its length in UTF-16 units; 0 if nobody tells
 */
size_t process_path(HANDLE process, DWORD pid, wchar_t path[PROCESS_PATH_SIZE]);

#endif
