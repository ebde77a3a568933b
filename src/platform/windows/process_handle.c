// process_handle.c - ends a process that cannot be mistaken for another: its handle keeps its number, and
// its start was compared after the handle was there.
#include <stdlib.h>
#include <windows.h>

#include "platform/platform.h"
#include "platform/windows/file_time.h"
#include "platform/windows/process_list.h"
#include "platform/windows/system_function.h"
#include "platform/windows/windows_error.h"

struct psc_process_handle {
    HANDLE handle;
    DWORD pid;
};

static bool has_identity(HANDLE handle, uint64_t identity) {
    FILETIME created, ended, kernel, user;
    return GetProcessTimes(handle, &created, &ended, &kernel, &user) &&
           file_time_units(created) == identity;
}

enum psc_status psc_platform_open_process(const struct psc_request *request, uint32_t pid,
                                          uint64_t identity, struct psc_process_handle **process,
                                          struct psc_error *error) {
    const DWORD rights = PROCESS_TERMINATE | PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE;
    (void)request;
    *process = NULL;
    HANDLE handle = OpenProcess(rights, FALSE, pid);
    DWORD number = GetLastError();
    if (handle == NULL && number == ERROR_INVALID_PARAMETER) {
        return psc_fail(error, PSC_GONE, "process %lu has ended", (unsigned long)pid);
    }
    if (handle == NULL) {
        return windows_fail(error, number, "cannot take hold of the process");
    }
    if (!has_identity(handle, identity)) {
        CloseHandle(handle);
        return psc_fail(error, PSC_GONE, "process %lu is another one by now", (unsigned long)pid);
    }
    struct psc_process_handle *opened = malloc(sizeof *opened);
    if (opened == NULL) {
        CloseHandle(handle);
        return psc_no_memory(error);
    }
    *opened = (struct psc_process_handle){handle, pid};
    *process = opened;
    return PSC_OK;
}

// The windows of a process, which are asked to close as by a click on their cross. user32.dll is only
// loaded for this, because it is large and nothing else needs it.
typedef BOOL CALLBACK each_window(HWND window, LPARAM context);
typedef BOOL WINAPI enum_windows(each_window *each, LPARAM context);
typedef DWORD WINAPI window_process(HWND window, DWORD *pid);
typedef BOOL WINAPI window_is_visible(HWND window);
typedef int WINAPI window_class(HWND window, wchar_t *name, int size);
typedef BOOL WINAPI post_message(HWND window, UINT message, WPARAM first, LPARAM second);

#define CLOSE_MESSAGE 0x0010 // WM_CLOSE of winuser.h

struct closing {
    DWORD pid;
    unsigned asked;
    window_process *process;
    window_is_visible *is_visible;
    window_class *class;
    post_message *post;
};

static BOOL CALLBACK close_window(HWND window, LPARAM context) {
    struct closing *closing = (struct closing *)context; // NOLINT(performance-no-int-to-ptr)
    DWORD pid = 0;
    wchar_t class[64] = L"";
    closing->process(window, &pid);
    closing->class(window, class, 64);
    // A console seems to be its first program's; closing it would end all that run in it.
    if (pid == closing->pid && closing->is_visible(window) &&
        wcscmp(class, L"ConsoleWindowClass") != 0 && closing->post(window, CLOSE_MESSAGE, 0, 0)) {
        closing->asked++;
    }
    return TRUE;
}

static unsigned close_windows(DWORD pid) {
    static const wchar_t library[] = L"user32.dll";
    enum_windows *windows = (enum_windows *)system_function(library, "EnumWindows");
    struct closing closing = {
        .pid = pid,
        .process = (window_process *)system_function(library, "GetWindowThreadProcessId"),
        .is_visible = (window_is_visible *)system_function(library, "IsWindowVisible"),
        .class = (window_class *)system_function(library, "GetClassNameW"),
        .post = (post_message *)system_function(library, "PostMessageW"),
    };
    if (windows != NULL && closing.process != NULL && closing.is_visible != NULL &&
        closing.class != NULL && closing.post != NULL) {
        windows(close_window, (LPARAM)&closing);
    }
    return closing.asked;
}

enum psc_status psc_platform_terminate_process(struct psc_process_handle *process, bool force,
                                               struct psc_error *error) {
    if (psc_platform_wait_process(process, 0)) {
        return psc_fail(error, PSC_GONE, "process %lu has ended", process->pid);
    }
    // CTRL_BREAK would reach everybody in the console of a program that leads no group of its own.
    if (!force && close_windows(process->pid) == 0) {
        return psc_fail(error, PSC_UNSUPPORTED,
                        "process %lu has no window that could be closed: only --force is left",
                        process->pid);
    }
    if (!force || TerminateProcess(process->handle, 1)) {
        return PSC_OK;
    }
    DWORD number = GetLastError();
    // What ends at this moment refuses, too.
    return psc_platform_wait_process(process, 100)
               ? psc_fail(error, PSC_GONE, "process %lu has ended", process->pid)
               : windows_fail(error, number, "cannot end the process");
}

bool psc_platform_wait_process(struct psc_process_handle *process, unsigned milliseconds) {
    return WaitForSingleObject(process->handle, milliseconds) == WAIT_OBJECT_0;
}

void psc_platform_close_process(struct psc_process_handle *process) {
    if (process != NULL) {
        CloseHandle(process->handle);
    }
    free(process);
}

bool psc_platform_is_self_or_ancestor(const struct psc_request *request, uint32_t pid) {
    (void)request;
    struct process_entry entry;
    uint32_t at = GetCurrentProcessId();
    // A parent may have ended and its number be somebody else's; then one process too many is spared.
    for (int i = 0; i < 100 && at != pid; i++) {
        if (at == PID_IDLE || !process_list_find(at, &entry)) {
            return false;
        }
        at = entry.parent;
    }
    return at == pid;
}

bool psc_platform_is_critical(uint32_t pid) {
    static const wchar_t *const names[] = {L"csrss.exe", L"lsass.exe",   L"services.exe",
                                           L"smss.exe",  L"wininit.exe", L"winlogon.exe",
                                           L"registry"};
    struct process_entry entry;
    bool vital = pid <= PID_SYSTEM;
    if (!vital && process_list_find(pid, &entry)) {
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            vital = vital || _wcsicmp(entry.name, names[i]) == 0;
        }
    }
    return vital;
}
