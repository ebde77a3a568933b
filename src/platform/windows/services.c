// services.c - the services that run in each process.
#include "platform/windows/services.h"

#include <stdlib.h>
#include <windows.h>

#include <winsvc.h>

#include "base/array.h"
#include "platform/windows/win32.h"

#define BUFFER_SIZE 65536 // the manager fills it and continues with the next call

static enum psc_status add(struct services *services, const ENUM_SERVICE_STATUS_PROCESSW *entry,
                           struct psc_error *error) {
    if (!PSC_ARRAY_RESERVE(services->list, services->capacity, services->count + 1)) {
        return psc_no_memory(error);
    }
    char *name = wide_to_utf8(entry->lpServiceName, wcslen(entry->lpServiceName));
    if (name == NULL) {
        return psc_no_memory(error);
    }
    uint32_t pid = entry->ServiceStatusProcess.dwProcessId;
    services->list[services->count++] = (struct service){pid, name};
    return PSC_OK;
}

static enum psc_status enumerate(SC_HANDLE manager, void *buffer, struct services *services,
                                 struct psc_error *error) {
    DWORD resume = 0;
    bool more = true;
    while (more) {
        DWORD needed;
        DWORD count = 0;
        DWORD previous = resume;
        more = !EnumServicesStatusExW(manager, SC_ENUM_PROCESS_INFO, SERVICE_WIN32, SERVICE_ACTIVE,
                                      buffer, BUFFER_SIZE, &needed, &count, &resume, NULL);
        // A call without progress would be repeated forever.
        if (more && (GetLastError() != ERROR_MORE_DATA || count == 0 || resume == previous)) {
            return psc_fail(error, PSC_UNSUPPORTED, "cannot list the services");
        }
        const ENUM_SERVICE_STATUS_PROCESSW *entries = buffer;
        for (DWORD i = 0; i < count; i++) {
            enum psc_status status = add(services, &entries[i], error);
            if (status != PSC_OK) {
                return status;
            }
        }
    }
    return PSC_OK;
}

enum psc_status services_read(struct services *services, struct psc_error *error) {
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ENUMERATE_SERVICE);
    if (manager == NULL) {
        return psc_fail(error, PSC_UNSUPPORTED, "the service manager does not answer");
    }
    void *buffer = malloc(BUFFER_SIZE);
    enum psc_status status =
        buffer != NULL ? enumerate(manager, buffer, services, error) : psc_no_memory(error);
    free(buffer);
    CloseServiceHandle(manager);
    return status;
}

void services_done(struct services *services) {
    for (size_t i = 0; i < services->count; i++) {
        free(services->list[i].name);
    }
    free(services->list);
    *services = (struct services){0};
}

void services_join(const struct services *services, uint32_t pid, const char *prefix,
                   const char *separator, struct psc_strbuf *text) {
    for (size_t i = 0; i < services->count; i++) {
        if (services->list[i].pid == pid) {
            psc_strbuf_add_format(text, "%s%s%s", text->size > 0 ? separator : "", prefix,
                                  services->list[i].name);
        }
    }
}
