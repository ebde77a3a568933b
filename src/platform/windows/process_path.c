// process_path.c - the executable that a process runs.
#include "platform/windows/process_path.h"

#include <stdbool.h>
#include <string.h>
#include <winternl.h>

#include "platform/windows/system_function.h"

// SYSTEM_INFORMATION_CLASS and its struct for one process: not in Microsoft's headers, but unchanged
// since Windows Vista, and what the task manager's relatives use.
#define SYSTEM_PROCESS_ID_INFORMATION 88
struct process_id_information {
    HANDLE pid;
    UNICODE_STRING image;
};
typedef NTSTATUS NTAPI query_system(int class, void *information, ULONG size, ULONG *needed);

// `\Device\HarddiskVolume3\x.exe`, or 0. The buffer takes a USHORT's worth of bytes.
static size_t native_path(DWORD pid, wchar_t path[PROCESS_PATH_SIZE]) {
    query_system *query = (query_system *)system_function(L"ntdll.dll", "NtQuerySystemInformation");
    struct process_id_information information = {
        .pid = (HANDLE)(uintptr_t)pid, // NOLINT(performance-no-int-to-ptr): a number it is
        .image = {.Buffer = path, .MaximumLength = (PROCESS_PATH_SIZE - 1) * sizeof(wchar_t)},
    };
    if (query == NULL ||
        query(SYSTEM_PROCESS_ID_INFORMATION, &information, sizeof information, NULL) < 0) {
        return 0;
    }
    return information.image.Length / sizeof(wchar_t);
}

// Puts a drive's letter in place of its volume. What stays native is true all the same.
static size_t use_drive(wchar_t path[PROCESS_PATH_SIZE], size_t length) {
    wchar_t drive[] = L"A:";
    wchar_t volume[MAX_PATH];
    path[length] = L'\0';
    for (; drive[0] <= L'Z'; drive[0]++) {
        if (QueryDosDeviceW(drive, volume, MAX_PATH) == 0) {
            continue;
        }
        size_t size = wcslen(volume);
        if (size > 2 && size < length && path[size] == L'\\' && wcsncmp(path, volume, size) == 0) {
            memmove(path + 2, path + size, (length - size) * sizeof *path);
            memcpy(path, drive, 2 * sizeof *path);
            return length - size + 2;
        }
    }
    return length;
}

size_t process_path(HANDLE process, DWORD pid, wchar_t path[PROCESS_PATH_SIZE]) {
    DWORD length = PROCESS_PATH_SIZE;
    if (process != NULL && QueryFullProcessImageNameW(process, 0, path, &length)) {
        return length;
    }
    size_t native = native_path(pid, path);
    return native > 0 ? use_drive(path, native) : 0;
}
