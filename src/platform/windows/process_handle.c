// process_handle.c - ends processes. The handle keeps the PID from being used again, and the start time is
// compared after the handle was opened.
#include <stdlib.h>

#include "platform/platform.h"
#include "platform/windows/process.h"
#include "platform/windows/win32.h"

#define MAX_ANCESTORS 100 // PIDs of parents that were used again may form a circle

struct psc_process_handle {
    HANDLE handle;
    DWORD pid;
};

static bool has_identity(HANDLE handle, uint64_t identity) {
    FILETIME created, exited, kernel, user;
    return GetProcessTimes(handle, &created, &exited, &kernel, &user) &&
           file_time_units(created) == identity;
}

static enum psc_status fail_gone(unsigned long pid, struct psc_error *error) {
    return psc_fail(error, PSC_GONE, "process %lu has exited", pid);
}

enum psc_status psc_platform_open_process(const struct psc_request *request, uint32_t pid,
                                          uint64_t identity, struct psc_process_handle **process,
                                          struct psc_error *error) {
    const DWORD access = PROCESS_TERMINATE | PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE;
    (void)request;
    *process = NULL;
    HANDLE handle = OpenProcess(access, FALSE, pid);
    if (handle == NULL) {
        DWORD number = GetLastError();
        return number == ERROR_INVALID_PARAMETER
                   ? fail_gone(pid, error)
                   : windows_fail(error, number, "cannot open the process");
    }
    if (!has_identity(handle, identity)) {
        CloseHandle(handle);
        return fail_gone(pid, error);
    }
    *process = malloc(sizeof **process);
    if (*process == NULL) {
        CloseHandle(handle);
        return psc_no_memory(error);
    }
    **process = (struct psc_process_handle){handle, pid};
    return PSC_OK;
}

// Closing windows, as a click on their close button does. user32.dll is large, so only this loads it.
typedef BOOL CALLBACK window_callback(HWND window, LPARAM context);
typedef BOOL WINAPI enum_windows(window_callback *callback, LPARAM context);
typedef DWORD WINAPI get_window_process(HWND window, DWORD *pid);
typedef BOOL WINAPI is_window_visible(HWND window);
typedef int WINAPI get_class_name(HWND window, wchar_t *name, int size);
typedef BOOL WINAPI post_message(HWND window, UINT message, WPARAM first, LPARAM second);

#define CLOSE_MESSAGE 0x0010 // WM_CLOSE of winuser.h

struct window_search {
    DWORD pid;
    unsigned closed;
    get_window_process *get_process;
    is_window_visible *is_visible;
    get_class_name *get_class;
    post_message *post;
};

static BOOL CALLBACK close_window(HWND window, LPARAM context) {
    struct window_search *search =
        (struct window_search *)context; // NOLINT(performance-no-int-to-ptr)
    DWORD pid = 0;
    wchar_t class_name[64] = L"";
    search->get_process(window, &pid);
    search->get_class(window, class_name, 64);
    // A console counts as its first program's, but closing it would end everything in it.
    if (pid == search->pid && search->is_visible(window) &&
        wcscmp(class_name, L"ConsoleWindowClass") != 0 &&
        search->post(window, CLOSE_MESSAGE, 0, 0)) {
        search->closed++;
    }
    return TRUE;
}

// Returns how many windows were told to close.
static unsigned close_windows(DWORD pid) {
    static const wchar_t library[] = L"user32.dll";
    enum_windows *enumerate = (enum_windows *)system_function(library, "EnumWindows");
    struct window_search search = {
        .pid = pid,
        .get_process = (get_window_process *)system_function(library, "GetWindowThreadProcessId"),
        .is_visible = (is_window_visible *)system_function(library, "IsWindowVisible"),
        .get_class = (get_class_name *)system_function(library, "GetClassNameW"),
        .post = (post_message *)system_function(library, "PostMessageW"),
    };
    if (enumerate != NULL && search.get_process != NULL && search.is_visible != NULL &&
        search.get_class != NULL && search.post != NULL) {
        enumerate(close_window, (LPARAM)&search);
    }
    return search.closed;
}

enum psc_status psc_platform_terminate_process(struct psc_process_handle *process, bool force,
                                               struct psc_error *error) {
    if (psc_platform_wait_process(process, 0)) {
        return fail_gone(process->pid, error);
    }
    if (!force) {
        // Not CTRL_BREAK, which reaches every process of a console.
        return close_windows(process->pid) > 0
                   ? PSC_OK
                   : psc_fail(error, PSC_UNSUPPORTED,
                              "process %lu has no window to close; --force ends it", process->pid);
    }
    if (TerminateProcess(process->handle, 1)) {
        return PSC_OK;
    }
    DWORD number = GetLastError();
    // A process that is exiting right now refuses as well.
    return psc_platform_wait_process(process, 100)
               ? fail_gone(process->pid, error)
               : windows_fail(error, number, "cannot end the process");
}

bool psc_platform_wait_process(struct psc_process_handle *process, unsigned milliseconds) {
    return WaitForSingleObject(process->handle, milliseconds) == WAIT_OBJECT_0;
}

void psc_platform_close_process(struct psc_process_handle *process) {
    if (process != NULL) {
        CloseHandle(process->handle);
        free(process);
    }
}

bool psc_platform_is_self_or_ancestor(const struct psc_request *request, uint32_t pid) {
    (void)request;
    PROCESSENTRY32W entry;
    uint32_t at = GetCurrentProcessId();
    // A parent may have exited and its PID been used again; then one process too many is spared.
    for (int i = 0; i < MAX_ANCESTORS && at != pid; i++) {
        if (at == PID_IDLE || !process_find(at, &entry)) {
            return false;
        }
        at = entry.th32ParentProcessID;
    }
    return at == pid;
}

bool psc_platform_is_critical(uint32_t pid) {
    static const wchar_t *const names[] = {L"csrss.exe", L"lsass.exe",   L"services.exe",
                                           L"smss.exe",  L"wininit.exe", L"winlogon.exe",
                                           L"registry"};
    PROCESSENTRY32W entry;
    if (pid <= PID_SYSTEM) {
        return true;
    }
    if (!process_find(pid, &entry)) {
        return false;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (_wcsicmp(entry.szExeFile, names[i]) == 0) {
            return true;
        }
    }
    return false;
}
