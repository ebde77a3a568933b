// confine.c - mitigation policies: what this process gives up for good, as far as this Windows has them.
#include "platform/windows/confine.h"

#include <stdio.h>

#include "platform/platform.h"
#include "platform/windows/win32.h"

// The values of a policy, which is a DWORD for each of those below.
enum {
    NO_REMOTE_IMAGES = 1U << 0,
    NO_LOW_LABEL_IMAGES = 1U << 1,
    PREFER_SYSTEM32 = 1U << 2,
    DISABLE_EXTENSION_POINTS = 1U << 0, // AppInit_DLLs, window hooks, Winsock LSPs
    NO_CHILD_PROCESSES = 1U << 0,
};

typedef BOOL WINAPI set_policy(PROCESS_MITIGATION_POLICY policy, void *value, SIZE_T size);
typedef BOOL WINAPI get_policy(HANDLE process, PROCESS_MITIGATION_POLICY policy, void *value,
                               SIZE_T size);

static bool apply(PROCESS_MITIGATION_POLICY policy, DWORD value) {
    set_policy *set = (set_policy *)system_function(L"kernel32.dll", "SetProcessMitigationPolicy");
    return set != NULL && set(policy, &value, sizeof value);
}

const char *psc_platform_borrowed_privileges(void) {
    return NULL; // no executable has privileges of its own
}

void psc_platform_confine(enum psc_confinement confinement, const char *output) {
    (void)output;
    if (confinement == PSC_CONFINE_COLLECTING) {
        // The third value came later than the policy, which refuses values that it does not know.
        if (!apply(ProcessImageLoadPolicy,
                   NO_REMOTE_IMAGES | NO_LOW_LABEL_IMAGES | PREFER_SYSTEM32)) {
            apply(ProcessImageLoadPolicy, NO_REMOTE_IMAGES | NO_LOW_LABEL_IMAGES);
        }
        apply(ProcessExtensionPointDisablePolicy, DISABLE_EXTENSION_POINTS);
    } else {
        // Not earlier: some commands run netsh to learn port ranges.
        apply(ProcessChildProcessPolicy, NO_CHILD_PROCESSES);
    }
}

void confine_describe(char text[CONFINE_DESCRIPTION_SIZE]) {
    static const struct {
        PROCESS_MITIGATION_POLICY policy;
        DWORD value;
        const char *words;
    } restrictions[] = {
        {ProcessImageLoadPolicy, NO_REMOTE_IMAGES, "no remote DLLs"},
        {ProcessImageLoadPolicy, NO_LOW_LABEL_IMAGES, "no low-integrity DLLs"},
        {ProcessImageLoadPolicy, PREFER_SYSTEM32, "System32 first"},
        {ProcessExtensionPointDisablePolicy, DISABLE_EXTENSION_POINTS, "no extension points"},
        {ProcessChildProcessPolicy, NO_CHILD_PROCESSES, "no child processes"},
    };
    get_policy *get = (get_policy *)system_function(L"kernel32.dll", "GetProcessMitigationPolicy");
    size_t used = 0;
    snprintf(text, CONFINE_DESCRIPTION_SIZE, "none");
    for (size_t i = 0; get != NULL && i < sizeof restrictions / sizeof restrictions[0]; i++) {
        DWORD value = 0;
        if (get(GetCurrentProcess(), restrictions[i].policy, &value, sizeof value) &&
            (value & restrictions[i].value) != 0) {
            used += (size_t)snprintf(text + used, CONFINE_DESCRIPTION_SIZE - used, "%s%s",
                                     used > 0 ? ", " : "", restrictions[i].words);
        }
    }
}

enum psc_status psc_platform_require_stack(struct psc_error *error) {
    (void)error; // the executable's header reserves it
    return PSC_OK;
}
