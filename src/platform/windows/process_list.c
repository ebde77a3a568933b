// process_list.c - the list of all processes.
#include "platform/windows/process_list.h"

#include <string.h>
#include <windows.h>

#include <tlhelp32.h>

#include "platform/windows/wide.h"

_Static_assert(sizeof((struct process_entry){0}.name) == sizeof((PROCESSENTRY32W){0}.szExeFile),
               "a name of the list fits");

static enum psc_status set_name(struct psc_process *process, const char *name) {
    process->name = name;
    process->known |= name != NULL ? PSC_PROCESS_NAME : 0U;
    return name != NULL ? PSC_OK : PSC_NO_MEMORY;
}

static bool is_nameless(const struct psc_process *process) {
    return process != NULL && (process->known & PSC_PROCESS_NAME) == 0;
}

static enum psc_status name_process(struct psc_builder *builder, const PROCESSENTRY32W *entry) {
    for (size_t i = 0; i < psc_builder_process_count(builder); i++) {
        struct psc_process *process = psc_builder_process(builder, i);
        if (is_nameless(process) && process->pid == entry->th32ProcessID) {
            return set_name(process,
                            wide_to_text(builder, entry->szExeFile, wcslen(entry->szExeFile)));
        }
    }
    return PSC_OK;
}

// Their entries in the list are translated, or missing.
static enum psc_status name_kernel(struct psc_builder *builder) {
    static const char idle[] = "System Idle Process";
    static const char kernel[] = "System";
    enum psc_status status = PSC_OK;
    for (size_t i = 0; i < psc_builder_process_count(builder) && status == PSC_OK; i++) {
        struct psc_process *process = psc_builder_process(builder, i);
        if (is_nameless(process) && (process->pid == PID_IDLE || process->pid == PID_SYSTEM)) {
            const char *name = process->pid == PID_IDLE ? idle : kernel;
            status = set_name(process, psc_builder_text(builder, name, strlen(name)));
        }
    }
    return status;
}

enum psc_status process_list_name(struct psc_builder *builder) {
    enum psc_status status = name_kernel(builder);
    HANDLE list = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    if (list == INVALID_HANDLE_VALUE) {
        return status;
    }
    PROCESSENTRY32W entry = {.dwSize = sizeof entry};
    for (BOOL more = Process32FirstW(list, &entry); more && status == PSC_OK;
         more = Process32NextW(list, &entry)) {
        status = name_process(builder, &entry);
    }
    CloseHandle(list);
    return status;
}

bool process_list_find(uint32_t pid, struct process_entry *found) {
    bool is_there = false;
    PROCESSENTRY32W entry = {.dwSize = sizeof entry};
    HANDLE list = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    if (list == INVALID_HANDLE_VALUE) {
        return false;
    }
    for (BOOL more = Process32FirstW(list, &entry); more && !is_there;
         more = Process32NextW(list, &entry)) {
        is_there = entry.th32ProcessID == pid;
        if (is_there) {
            found->parent = entry.th32ParentProcessID;
            memcpy(found->name, entry.szExeFile, sizeof found->name);
        }
    }
    CloseHandle(list);
    return is_there;
}
