// process.c - what Windows reports about one process.
#include "platform/windows/process.h"

#include <string.h>
#include <winternl.h>

#include "platform/windows/win32.h"

// The list of processes ----------------------------------------------------------------------------

bool process_find(uint32_t pid, PROCESSENTRY32W *entry) {
    HANDLE list = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    if (list == INVALID_HANDLE_VALUE) {
        return false;
    }
    entry->dwSize = sizeof *entry;
    BOOL found = Process32FirstW(list, entry);
    while (found && entry->th32ProcessID != pid) {
        found = Process32NextW(list, entry);
    }
    CloseHandle(list);
    return found;
}

static enum psc_status set_name(struct psc_builder *builder, struct psc_process *process,
                                const wchar_t *listed) {
    // Windows translates these two, or leaves them out.
    const wchar_t *name = process->pid == PID_IDLE     ? L"System Idle Process"
                          : process->pid == PID_SYSTEM ? L"System"
                                                       : listed;
    process->name = wide_to_text(builder, name, wcslen(name));
    if (process->name == NULL) {
        return PSC_NO_MEMORY;
    }
    process->known |= PSC_PROCESS_NAME;
    return PSC_OK;
}

// Names the process with this PID if it has no name yet.
static enum psc_status name_process(struct psc_builder *builder, uint32_t pid,
                                    const wchar_t *listed) {
    for (size_t i = 0; i < psc_builder_process_count(builder); i++) {
        struct psc_process *process = psc_builder_process(builder, i);
        if (process != NULL && process->pid == pid && (process->known & PSC_PROCESS_NAME) == 0) {
            return set_name(builder, process, listed);
        }
    }
    return PSC_OK;
}

enum psc_status process_set_names(struct psc_builder *builder) {
    if (name_process(builder, PID_IDLE, L"") != PSC_OK ||
        name_process(builder, PID_SYSTEM, L"") != PSC_OK) {
        return PSC_NO_MEMORY;
    }
    HANDLE list = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    if (list == INVALID_HANDLE_VALUE) {
        return PSC_OK;
    }
    enum psc_status status = PSC_OK;
    PROCESSENTRY32W entry = {.dwSize = sizeof entry};
    for (BOOL more = Process32FirstW(list, &entry); more && status == PSC_OK;
         more = Process32NextW(list, &entry)) {
        status = name_process(builder, entry.th32ProcessID, entry.szExeFile);
    }
    CloseHandle(list);
    return status;
}

// The executable -----------------------------------------------------------------------------------

// SYSTEM_INFORMATION_CLASS 88 and its struct: not in Microsoft's headers, unchanged since Vista.
#define SYSTEM_PROCESS_ID_INFORMATION 88
struct process_id_information {
    HANDLE pid;
    UNICODE_STRING image;
};
typedef NTSTATUS NTAPI query_system(int class, void *information, ULONG size, ULONG *needed);

// The kernel's name, `\Device\HarddiskVolume3\x.exe`. Returns its length, or 0.
static size_t kernel_path(DWORD pid, wchar_t path[PROCESS_PATH_SIZE]) {
    query_system *query = (query_system *)system_function(L"ntdll.dll", "NtQuerySystemInformation");
    struct process_id_information information = {
        .pid = (HANDLE)(uintptr_t)pid, // NOLINT(performance-no-int-to-ptr): it is a number
        .image = {.Buffer = path, .MaximumLength = (PROCESS_PATH_SIZE - 1) * sizeof(wchar_t)},
    };
    if (query == NULL ||
        query(SYSTEM_PROCESS_ID_INFORMATION, &information, sizeof information, NULL) < 0) {
        return 0;
    }
    return information.image.Length / sizeof(wchar_t);
}

// Replaces the name of a volume by its drive letter, where it has one. Returns the new length.
static size_t use_drive_letter(wchar_t path[PROCESS_PATH_SIZE], size_t length) {
    wchar_t drive[] = L"A:";
    wchar_t volume[MAX_PATH];
    path[length] = L'\0';
    for (; drive[0] <= L'Z'; drive[0]++) {
        if (QueryDosDeviceW(drive, volume, MAX_PATH) == 0) {
            continue;
        }
        size_t size = wcslen(volume);
        if (size > 2 && size < length && path[size] == L'\\' && wcsncmp(path, volume, size) == 0) {
            memmove(path + 2, path + size, (length - size) * sizeof *path);
            memcpy(path, drive, 2 * sizeof *path);
            return length - size + 2;
        }
    }
    return length;
}

size_t process_path(HANDLE process, DWORD pid, wchar_t path[PROCESS_PATH_SIZE]) {
    DWORD length = PROCESS_PATH_SIZE;
    if (process != NULL && QueryFullProcessImageNameW(process, 0, path, &length)) {
        return length;
    }
    size_t kernel_length = kernel_path(pid, path);
    return kernel_length > 0 ? use_drive_letter(path, kernel_length) : 0;
}

// The command line ---------------------------------------------------------------------------------

// PROCESSINFOCLASS 60: a UNICODE_STRING followed by its text; since Windows 8.1.
#define PROCESS_COMMAND_LINE_INFORMATION 60
typedef NTSTATUS NTAPI query_process(HANDLE process, int class, void *information, ULONG size,
                                     ULONG *needed);

const wchar_t *process_command_line(HANDLE process, void *buffer, size_t buffer_size,
                                    size_t *length) {
    query_process *query =
        (query_process *)system_function(L"ntdll.dll", "NtQueryInformationProcess");
    if (query == NULL ||
        query(process, PROCESS_COMMAND_LINE_INFORMATION, buffer, (ULONG)buffer_size, NULL) < 0) {
        return NULL;
    }
    const UNICODE_STRING *line = buffer;
    *length = line->Length / sizeof(wchar_t);
    return line->Buffer;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

// The program's name: quotes protect blanks, and a backslash is an ordinary character.
static char *split_program(char **at, char *to) {
    bool quoted = false;
    for (; **at != '\0' && (quoted || !is_blank(**at)); (*at)++) {
        if (**at == '"') {
            quoted = !quoted;
        } else {
            *to++ = **at;
        }
    }
    return to;
}

// 2n backslashes before a quote are n backslashes; 2n + 1 are n and an ordinary quote. Two quotes
// inside quotes are one ordinary quote.
static char *split_argument(char **at, char *to) {
    bool quoted = false;
    while (**at != '\0' && (quoted || !is_blank(**at))) {
        size_t backslashes = strspn(*at, "\\");
        *at += backslashes;
        bool quote = **at == '"';
        bool escaped = quote && backslashes % 2 == 1;
        size_t kept = quote ? backslashes / 2 : backslashes;
        memset(to, '\\', kept);
        to += kept;
        if (quote && !escaped && quoted && (*at)[1] == '"') {
            (*at)++;
            escaped = true;
        }
        if (quote && !escaped) {
            quoted = !quoted;
            (*at)++;
        } else if (quote || (**at != '\0' && (quoted || !is_blank(**at)))) {
            *to++ = *(*at)++;
        }
    }
    return to;
}

size_t process_split_command_line(char *text) {
    char *at = text;
    char *to = split_program(&at, text);
    for (;;) {
        // The blanks first: the NUL may overwrite the one that ended the argument.
        at += strspn(at, " \t");
        bool last = *at == '\0';
        *to++ = '\0';
        if (last) {
            return (size_t)(to - text);
        }
        to = split_argument(&at, to);
    }
}

// The user -----------------------------------------------------------------------------------------

#define ACCOUNT_NAME_SIZE 257 // UNLEN + 1 of lmcons.h; domain names are shorter

static const wchar_t *service_account(PSID sid) {
    return IsWellKnownSid(sid, WinLocalSystemSid)      ? L"SYSTEM"
           : IsWellKnownSid(sid, WinLocalServiceSid)   ? L"LOCAL SERVICE"
           : IsWellKnownSid(sid, WinNetworkServiceSid) ? L"NETWORK SERVICE"
                                                       : NULL;
}

// S-1-5-80 to S-1-5-111 are made for one service, application pool or the like ("Well-known SIDs");
// people have S-1-5-21 and S-1-12-1.
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
    wchar_t name[ACCOUNT_NAME_SIZE];
    DWORD size = ACCOUNT_NAME_SIZE;
    return GetComputerNameW(name, &size) && _wcsicmp(name, domain) == 0;
}

// Writes `name` or `DOMAIN\name`. Returns whether the account has a name.
static bool name_account(PSID sid, wchar_t text[2 * ACCOUNT_NAME_SIZE]) {
    wchar_t name[ACCOUNT_NAME_SIZE];
    wchar_t domain[ACCOUNT_NAME_SIZE];
    DWORD name_size = ACCOUNT_NAME_SIZE;
    DWORD domain_size = ACCOUNT_NAME_SIZE;
    SID_NAME_USE use;
    const wchar_t *service = service_account(sid);
    if (service != NULL) {
        wcscpy(text, service);
        return true;
    }
    if (!LookupAccountSidW(NULL, sid, name, &name_size, domain, &domain_size, &use)) {
        return false;
    }
    text[0] = L'\0';
    if (domain[0] != L'\0' && !is_this_machine(domain)) {
        wcscat(wcscpy(text, domain), L"\\");
    }
    wcscat(text, name);
    return true;
}

enum psc_status process_set_user(HANDLE handle, struct psc_builder *builder,
                                 struct psc_process *process) {
    union {
        TOKEN_USER token;
        char bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } information;
    wchar_t name[2 * ACCOUNT_NAME_SIZE];
    HANDLE token;
    DWORD size;
    if (!OpenProcessToken(handle, TOKEN_QUERY, &token)) {
        return PSC_OK;
    }
    BOOL known = GetTokenInformation(token, TokenUser, &information, sizeof information, &size);
    CloseHandle(token);
    if (!known) {
        return PSC_OK;
    }
    process->account = account_kind(information.token.User.Sid);
    process->known |= PSC_PROCESS_ACCOUNT;
    if (!name_account(information.token.User.Sid, name)) {
        return PSC_OK;
    }
    process->user = wide_to_text(builder, name, wcslen(name));
    if (process->user == NULL) {
        return PSC_NO_MEMORY;
    }
    process->known |= PSC_PROCESS_USER;
    return PSC_OK;
}
