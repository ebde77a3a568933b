// resolver.c - who a process is: name, services, executable, arguments, user, start.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include <winternl.h>

#include "platform/platform.h"
#include "platform/windows/command_line.h"
#include "platform/windows/exe_location.h"
#include "platform/windows/file_time.h"
#include "platform/windows/process_list.h"
#include "platform/windows/process_path.h"
#include "platform/windows/process_services.h"
#include "platform/windows/process_user.h"
#include "platform/windows/system_function.h"
#include "platform/windows/wide.h"

// PROCESSINFOCLASS: the command line as a UNICODE_STRING with its text behind it; since Windows 8.1.
#define PROCESS_COMMAND_LINE_INFORMATION 60
typedef NTSTATUS NTAPI query_process(HANDLE process, int class, void *information, ULONG size,
                                     ULONG *needed);

// Whatever can be asked of a handle that every process gives except the best protected.
#define BY_HANDLE                                                                                  \
    (PSC_PROCESS_PATH | PSC_PROCESS_COMMAND_LINE | PSC_PROCESS_USER | PSC_PROCESS_STARTED |        \
     PSC_PROCESS_ACCOUNT | PSC_PROCESS_EXE_FLAGS)

// What the functions below share.
struct resolver {
    struct psc_builder *builder;
    struct services services;
    bool services_known;
    union {
        wchar_t path[PROCESS_PATH_SIZE];
        UNICODE_STRING text;
        char bytes[sizeof(UNICODE_STRING) + 2 * PROCESS_PATH_SIZE];
    } buffer;
};

static const char *base_name(const char *path) {
    const char *backslash = strrchr(path, '\\');
    return backslash != NULL && backslash[1] != '\0' ? backslash + 1 : path;
}

static bool keep_path(struct resolver *resolver, size_t length, struct psc_process *process) {
    process->path = wide_to_text(resolver->builder, resolver->buffer.path, length);
    if (process->path == NULL) {
        return false;
    }
    process->known |= PSC_PROCESS_PATH;
    if ((process->known & PSC_PROCESS_NAME) == 0) {
        process->name = base_name(process->path);
        process->known |= PSC_PROCESS_NAME;
    }
    return true;
}

static bool resolve_path(struct resolver *resolver, HANDLE handle, unsigned missing,
                         struct psc_process *process) {
    size_t length = process_path(handle, process->pid, resolver->buffer.path);
    if (length == 0) {
        return true; // no program, or one that hides
    }
    if ((missing & PSC_PROCESS_EXE_FLAGS) != 0 &&
        process_place(resolver->buffer.path, length, &process->exe_flags)) {
        process->known |= PSC_PROCESS_EXE_FLAGS;
    }
    return process->path != NULL || keep_path(resolver, length, process);
}

static bool resolve_command_line(struct resolver *resolver, HANDLE handle,
                                 struct psc_process *process) {
    query_process *query =
        (query_process *)system_function(L"ntdll.dll", "NtQueryInformationProcess");
    if (query == NULL || query(handle, PROCESS_COMMAND_LINE_INFORMATION, &resolver->buffer,
                               sizeof resolver->buffer, NULL) < 0) {
        return true;
    }
    const UNICODE_STRING *line = &resolver->buffer.text;
    char *text = wide_to_utf8(line->Buffer, line->Length / sizeof(wchar_t));
    if (text == NULL) {
        return false;
    }
    size_t size = command_line_split(text);
    process->command_line = psc_builder_text(resolver->builder, text, size);
    process->command_line_size = size;
    process->known |= process->command_line != NULL ? PSC_PROCESS_COMMAND_LINE : 0U;
    free(text);
    return process->command_line != NULL;
}

static void resolve_start(HANDLE handle, struct psc_process *process) {
    FILETIME created, ended, kernel, user;
    if (GetProcessTimes(handle, &created, &ended, &kernel, &user)) {
        process->identity = file_time_units(created);
        process->started = file_time_unix(created);
        process->known |= PSC_PROCESS_STARTED;
    }
}

// PID 0 cannot be opened, and 4 runs no program; numbers of WSL 1 are not always processes.
static bool resolve_by_handle(struct resolver *resolver, unsigned missing,
                              struct psc_process *process) {
    if (process->pid == PID_IDLE || process->pid == PID_SYSTEM) {
        return true;
    }
    bool ok = true;
    // Not PROCESS_QUERY_INFORMATION, which protected processes refuse.
    HANDLE handle = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, process->pid);
    if ((missing & (PSC_PROCESS_PATH | PSC_PROCESS_EXE_FLAGS)) != 0) {
        ok = resolve_path(resolver, handle, missing, process);
    }
    if (handle == NULL) {
        return ok;
    }
    if ((missing & PSC_PROCESS_STARTED) != 0) {
        resolve_start(handle, process);
    }
    if (ok && (missing & PSC_PROCESS_COMMAND_LINE) != 0) {
        ok = resolve_command_line(resolver, handle, process);
    }
    if (ok && (missing & (PSC_PROCESS_USER | PSC_PROCESS_ACCOUNT)) != 0) {
        ok = process_user(handle, resolver->builder, process) == PSC_OK;
    }
    CloseHandle(handle);
    return ok;
}

static const char *keep(struct resolver *resolver, char *text) {
    const char *kept =
        text != NULL ? psc_builder_text(resolver->builder, text, strlen(text)) : NULL;
    free(text);
    return kept;
}

// `svchost.exe (Dnscache)`
static bool add_services_to_name(struct resolver *resolver, struct psc_process *process) {
    size_t size = strlen(process->name) + strlen(process->service) + sizeof " ()";
    char *name = malloc(size);
    if (name != NULL) {
        snprintf(name, size, "%s (%s)", process->name, process->service);
    }
    process->name = keep(resolver, name);
    return process->name != NULL;
}

static bool resolve_services(struct resolver *resolver, struct psc_process *process) {
    process->known |= PSC_PROCESS_SERVICE;
    if (!services_have(&resolver->services, process->pid)) {
        return true;
    }
    process->service = keep(resolver, services_join(&resolver->services, process->pid, "", ", "));
    // Not `sc`, which PowerShell takes for Set-Content.
    process->stop_command =
        keep(resolver, services_join(&resolver->services, process->pid, "sc.exe stop ", " & "));
    if (process->service == NULL || process->stop_command == NULL) {
        return false;
    }
    return process->name == NULL || add_services_to_name(resolver, process);
}

static bool resolve_process(struct resolver *resolver, unsigned details,
                            struct psc_process *process) {
    unsigned wanted = details | (process->shares ? PSC_PROCESS_STARTED : 0U);
    unsigned missing = wanted & ~process->known;
    // Where the list of processes did not have it, the path tells the name.
    if ((missing & PSC_PROCESS_NAME) != 0) {
        missing |= PSC_PROCESS_PATH;
    }
    bool ok = (missing & BY_HANDLE) == 0 || resolve_by_handle(resolver, missing, process);
    if (ok && resolver->services_known && (process->known & PSC_PROCESS_SERVICE) == 0) {
        ok = resolve_services(resolver, process);
    }
    return ok;
}

static enum psc_status resolve_all(struct resolver *resolver, unsigned details,
                                   struct psc_error *error) {
    struct psc_builder *builder = resolver->builder;
    bool ok = true;
    for (size_t i = 0; i < psc_builder_process_count(builder) && ok; i++) {
        struct psc_process *process = psc_builder_process(builder, i);
        ok = process == NULL || resolve_process(resolver, details, process);
    }
    return ok ? PSC_OK : psc_no_memory(error);
}

enum psc_status psc_platform_resolve(const struct psc_request *request, unsigned details,
                                     struct psc_builder *builder, struct psc_error *error) {
    (void)request;
    struct resolver *resolver = calloc(1, sizeof *resolver);
    if (resolver == NULL) {
        return psc_no_memory(error);
    }
    enum psc_status status = PSC_OK;
    resolver->builder = builder;
    if ((details & (PSC_PROCESS_NAME | PSC_PROCESS_SERVICE)) != 0) {
        status = services_read(&resolver->services, error);
        resolver->services_known = status == PSC_OK;
        status = status == PSC_NO_MEMORY ? status : process_list_name(builder);
    }
    status = status == PSC_OK ? resolve_all(resolver, details, error) : psc_no_memory(error);
    services_done(&resolver->services);
    free(resolver);
    return status;
}

enum psc_status psc_platform_name_users(struct psc_builder *builder, struct psc_error *error) {
    (void)builder, (void)error; // Windows does not tell who made a socket
    return PSC_OK;
}
