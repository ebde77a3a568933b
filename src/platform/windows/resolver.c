// resolver.c - fills in processes: name, services, executable, arguments, user, start.
//
// A detail that cannot be read stays unknown. The only failure is a lack of memory; it is sticky.
#include <stdlib.h>
#include <string.h>
#include <winternl.h>

#include "base/strbuf.h"
#include "base/text.h"
#include "platform/platform.h"
#include "platform/windows/exe_location.h"
#include "platform/windows/process.h"
#include "platform/windows/services.h"
#include "platform/windows/win32.h"

// What needs a handle. Protected processes, and for ordinary users those of others, refuse one.
#define BY_HANDLE                                                                                  \
    (PSC_PROCESS_PATH | PSC_PROCESS_COMMAND_LINE | PSC_PROCESS_USER | PSC_PROCESS_STARTED |        \
     PSC_PROCESS_ACCOUNT | PSC_PROCESS_EXE_FLAGS)

struct resolver {
    struct psc_builder *builder;
    struct services services;
    bool services_known;
    bool out_of_memory;
    union {
        wchar_t path[PROCESS_PATH_SIZE];
        char command_line[sizeof(UNICODE_STRING) + PROCESS_PATH_SIZE * sizeof(wchar_t)];
        void *align;
    } buffer;
};

// Notes whether a text could be allocated.
static const char *checked(struct resolver *resolver, const char *text) {
    resolver->out_of_memory |= text == NULL;
    return text;
}

// Moves a text into the snapshot.
static const char *keep(struct resolver *resolver, char *text, size_t size) {
    const char *kept = text != NULL ? psc_builder_text(resolver->builder, text, size) : NULL;
    free(text);
    return checked(resolver, kept);
}

static const char *keep_strbuf(struct resolver *resolver, struct psc_strbuf *text) {
    size_t size = text->size;
    return keep(resolver, psc_strbuf_detach(text), size);
}

static void set_path(struct resolver *resolver, size_t length, struct psc_process *process) {
    process->path =
        checked(resolver, wide_to_text(resolver->builder, resolver->buffer.path, length));
    if (process->path == NULL) {
        return;
    }
    process->known |= PSC_PROCESS_PATH;
    if ((process->known & PSC_PROCESS_NAME) == 0) {
        process->name = psc_base_name(process->path, "\\");
        process->known |= PSC_PROCESS_NAME;
    }
}

static void resolve_path(struct resolver *resolver, HANDLE handle, unsigned missing,
                         struct psc_process *process) {
    wchar_t *path = resolver->buffer.path;
    size_t length = process_path(handle, process->pid, path);
    if (length == 0) {
        return;
    }
    if (process->path == NULL) {
        set_path(resolver, length, process);
    }
    path[length] = L'\0';
    if ((missing & PSC_PROCESS_EXE_FLAGS) != 0 && exe_location_flags(path, &process->exe_flags)) {
        process->known |= PSC_PROCESS_EXE_FLAGS;
    }
}

static void resolve_command_line(struct resolver *resolver, HANDLE handle,
                                 struct psc_process *process) {
    size_t length;
    const wchar_t *line =
        process_command_line(handle, &resolver->buffer, sizeof resolver->buffer, &length);
    if (line == NULL) {
        return;
    }
    char *text = wide_to_utf8(line, length);
    process->command_line_size = text != NULL ? process_split_command_line(text) : 0;
    process->command_line = keep(resolver, text, process->command_line_size);
    process->known |= PSC_PROCESS_COMMAND_LINE;
}

static void resolve_start(HANDLE handle, struct psc_process *process) {
    FILETIME created, exited, kernel, user;
    if (GetProcessTimes(handle, &created, &exited, &kernel, &user)) {
        process->identity = file_time_units(created);
        process->started = file_time_unix(created);
        process->known |= PSC_PROCESS_STARTED;
    }
}

// The idle process cannot be opened, and System runs no program. A PID of WSL 1 may be no process.
static void resolve_by_handle(struct resolver *resolver, unsigned missing,
                              struct psc_process *process) {
    if (process->pid == PID_IDLE || process->pid == PID_SYSTEM) {
        return;
    }
    // Protected processes refuse PROCESS_QUERY_INFORMATION, which would give nothing more.
    HANDLE handle = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, process->pid);
    if ((missing & (PSC_PROCESS_PATH | PSC_PROCESS_EXE_FLAGS)) != 0) {
        resolve_path(resolver, handle, missing, process);
    }
    if (handle == NULL) {
        return;
    }
    if ((missing & PSC_PROCESS_STARTED) != 0) {
        resolve_start(handle, process);
    }
    if ((missing & PSC_PROCESS_COMMAND_LINE) != 0) {
        resolve_command_line(resolver, handle, process);
    }
    if ((missing & (PSC_PROCESS_USER | PSC_PROCESS_ACCOUNT)) != 0 &&
        process_set_user(handle, resolver->builder, process) != PSC_OK) {
        resolver->out_of_memory = true;
    }
    CloseHandle(handle);
}

static void resolve_services(struct resolver *resolver, struct psc_process *process) {
    struct psc_strbuf text = {0};
    process->known |= PSC_PROCESS_SERVICE;
    services_join(&resolver->services, process->pid, "", ", ", &text);
    if (text.size == 0 && !text.failed) {
        return;
    }
    process->service = keep_strbuf(resolver, &text);
    // In PowerShell `sc` is Set-Content.
    services_join(&resolver->services, process->pid, "sc.exe stop ", " & ", &text);
    process->stop_command = keep_strbuf(resolver, &text);
    if (process->name != NULL && process->service != NULL) {
        psc_strbuf_add_format(&text, "%s (%s)", process->name, process->service);
        process->name = keep_strbuf(resolver, &text);
    }
}

static void resolve_process(struct resolver *resolver, unsigned details,
                            struct psc_process *process) {
    unsigned wanted = details | (process->shares ? PSC_PROCESS_STARTED : 0U);
    unsigned missing = wanted & ~process->known;
    // A process that is not in the list is named by its path.
    if ((missing & PSC_PROCESS_NAME) != 0) {
        missing |= PSC_PROCESS_PATH;
    }
    if ((missing & BY_HANDLE) != 0) {
        resolve_by_handle(resolver, missing, process);
    }
    if (resolver->services_known && (process->known & PSC_PROCESS_SERVICE) == 0) {
        resolve_services(resolver, process);
    }
}

// What is known of all processes at once.
static void resolve_lists(struct resolver *resolver, struct psc_error *error) {
    enum psc_status status = services_read(&resolver->services, error);
    resolver->services_known = status == PSC_OK;
    resolver->out_of_memory =
        status == PSC_NO_MEMORY || process_set_names(resolver->builder) != PSC_OK;
}

enum psc_status psc_platform_resolve(const struct psc_request *request, unsigned details,
                                     struct psc_builder *builder, struct psc_error *error) {
    (void)request;
    struct resolver *resolver = calloc(1, sizeof *resolver);
    if (resolver == NULL) {
        return psc_no_memory(error);
    }
    resolver->builder = builder;
    if ((details & (PSC_PROCESS_NAME | PSC_PROCESS_SERVICE)) != 0) {
        resolve_lists(resolver, error);
    }
    for (size_t i = 0; i < psc_builder_process_count(builder) && !resolver->out_of_memory; i++) {
        struct psc_process *process = psc_builder_process(builder, i);
        if (process != NULL) {
            resolve_process(resolver, details, process);
        }
    }
    bool out_of_memory = resolver->out_of_memory;
    services_done(&resolver->services);
    free(resolver);
    return out_of_memory ? psc_no_memory(error) : PSC_OK;
}
