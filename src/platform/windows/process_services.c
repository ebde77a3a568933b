// process_services.c - which services run in which process.
#include "platform/windows/process_services.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include <winsvc.h>

#include "platform/windows/wide.h"
#include "platform/windows/windows_error.h"

#define BUFFER_SIZE 65536 // the manager fills what there is and goes on from there

static enum psc_status add(struct services *services, const ENUM_SERVICE_STATUS_PROCESSW *entry,
                           struct psc_error *error) {
    if (services->count == services->capacity) {
        size_t larger = services->capacity == 0 ? 64 : services->capacity * 2;
        struct service *grown = realloc(services->list, larger * sizeof *grown);
        if (grown == NULL) {
            return psc_no_memory(error);
        }
        services->list = grown;
        services->capacity = larger;
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
        DWORD before = resume;
        more = !EnumServicesStatusExW(manager, SC_ENUM_PROCESS_INFO, SERVICE_WIN32, SERVICE_ACTIVE,
                                      buffer, BUFFER_SIZE, &needed, &count, &resume, NULL);
        // Without a step forward it would never end.
        if (more && (GetLastError() != ERROR_MORE_DATA || count == 0 || resume == before)) {
            return psc_fail(error, PSC_UNSUPPORTED, "the services cannot be listed");
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

bool services_have(const struct services *services, uint32_t pid) {
    for (size_t i = 0; i < services->count; i++) {
        if (services->list[i].pid == pid) {
            return true;
        }
    }
    return false;
}

char *services_join(const struct services *services, uint32_t pid, const char *before,
                    const char *between) {
    size_t room = 1;
    for (size_t i = 0; i < services->count; i++) {
        if (services->list[i].pid == pid) {
            room += strlen(between) + strlen(before) + strlen(services->list[i].name);
        }
    }
    char *text = malloc(room);
    if (text == NULL) {
        return NULL;
    }
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < services->count; i++) {
        if (services->list[i].pid == pid) {
            used += (size_t)snprintf(text + used, room - used, "%s%s%s", used > 0 ? between : "",
                                     before, services->list[i].name);
        }
    }
    return text;
}
