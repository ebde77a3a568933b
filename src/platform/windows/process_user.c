// process_user.c - the user that a process runs as.
#include "process_user.h"

#include <string.h>

#include "wide.h"

#define NAME_SIZE 257 // UNLEN + 1 of lmcons.h; domains are shorter

static const char *service_account(PSID sid) {
    return IsWellKnownSid(sid, WinLocalSystemSid)      ? "SYSTEM"
           : IsWellKnownSid(sid, WinLocalServiceSid)   ? "LOCAL SERVICE"
           : IsWellKnownSid(sid, WinNetworkServiceSid) ? "NETWORK SERVICE"
                                                       : NULL;
}

static bool is_this_machine(const wchar_t *domain) {
    wchar_t name[NAME_SIZE];
    DWORD size = NAME_SIZE;
    return GetComputerNameW(name, &size) && _wcsicmp(name, domain) == 0;
}

static enum psc_status name_account(PSID sid, struct psc_builder *builder, const char **user) {
    const char *known = service_account(sid);
    if (known != NULL) {
        *user = psc_builder_text(builder, known, strlen(known));
        return *user != NULL ? PSC_OK : PSC_NO_MEMORY;
    }
    wchar_t name[NAME_SIZE];
    wchar_t domain[NAME_SIZE];
    DWORD name_size = NAME_SIZE;
    DWORD domain_size = NAME_SIZE;
    SID_NAME_USE use;
    if (!LookupAccountSidW(NULL, sid, name, &name_size, domain, &domain_size, &use)) {
        return PSC_OK;
    }
    wchar_t whole[2 * NAME_SIZE] = L"";
    if (domain[0] != L'\0' && !is_this_machine(domain)) {
        wcscat(wcscat(whole, domain), L"\\");
    }
    wcscat(whole, name);
    *user = wide_to_text(builder, whole, wcslen(whole));
    return *user != NULL ? PSC_OK : PSC_NO_MEMORY;
}

enum psc_status process_user(HANDLE process, struct psc_builder *builder, const char **user) {
    union {
        TOKEN_USER token;
        char bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } information;
    HANDLE token;
    DWORD size;
    enum psc_status status = PSC_OK;
    *user = NULL;
    if (!OpenProcessToken(process, TOKEN_QUERY, &token)) {
        return PSC_OK;
    }
    if (GetTokenInformation(token, TokenUser, &information, sizeof information, &size)) {
        status = name_account(information.token.User.Sid, builder, user);
    }
    CloseHandle(token);
    return status;
}
