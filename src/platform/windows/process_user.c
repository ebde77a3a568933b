// process_user.c - the user that a process runs as.
#include "platform/windows/process_user.h"

#include <string.h>

#include "platform/windows/wide.h"

#define NAME_SIZE 257 // UNLEN + 1 of lmcons.h; domains are shorter

static const char *service_account(PSID sid) {
    return IsWellKnownSid(sid, WinLocalSystemSid)      ? "SYSTEM"
           : IsWellKnownSid(sid, WinLocalServiceSid)   ? "LOCAL SERVICE"
           : IsWellKnownSid(sid, WinNetworkServiceSid) ? "NETWORK SERVICE"
                                                       : NULL;
}

// S-1-5-80 to S-1-5-111 are made for one service, one application pool and the like ("Well-known
// SIDs"); people have S-1-5-21 and S-1-12-1.
static uint8_t account_kind(PSID sid) {
    static const SID_IDENTIFIER_AUTHORITY nt = {SECURITY_NT_AUTHORITY};
    if (IsWellKnownSid(sid, WinLocalSystemSid)) {
        return PSC_ACCOUNT_SYSTEM;
    }
    bool of_windows = memcmp(GetSidIdentifierAuthority(sid), &nt, sizeof nt) == 0 &&
                      *GetSidSubAuthorityCount(sid) > 0;
    DWORD first = of_windows ? *GetSidSubAuthority(sid, 0) : 0;
    bool service = service_account(sid) != NULL ||
                   (first >= SECURITY_SERVICE_ID_BASE_RID && first <= SECURITY_MAX_BASE_RID);
    return service ? PSC_ACCOUNT_SERVICE : PSC_ACCOUNT_PERSON;
}

static bool is_this_machine(const wchar_t *domain) {
    wchar_t name[NAME_SIZE];
    DWORD size = NAME_SIZE;
    return GetComputerNameW(name, &size) && _wcsicmp(name, domain) == 0;
}

// `*user` stays NULL for an account without a name.
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

enum psc_status process_user(HANDLE handle, struct psc_builder *builder,
                             struct psc_process *process) {
    union {
        TOKEN_USER token;
        char bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } information;
    HANDLE token;
    DWORD size;
    enum psc_status status = PSC_OK;
    if (!OpenProcessToken(handle, TOKEN_QUERY, &token)) {
        return PSC_OK;
    }
    if (GetTokenInformation(token, TokenUser, &information, sizeof information, &size)) {
        PSID sid = information.token.User.Sid;
        process->account = account_kind(sid);
        status = name_account(sid, builder, &process->user);
        process->known |=
            PSC_PROCESS_ACCOUNT | (process->user != NULL ? (unsigned)PSC_PROCESS_USER : 0);
    }
    CloseHandle(token);
    return status;
}
