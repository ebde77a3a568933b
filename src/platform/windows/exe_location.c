// exe_location.c - where an executable is, and who may write there.
#include "platform/windows/exe_location.h"

#include <aclapi.h>

#include "model/snapshot.h"

#define REPLACE_ANY (WRITE_DAC | WRITE_OWNER | GENERIC_WRITE | GENERIC_ALL | DELETE)
#define REPLACE_FILE (REPLACE_ANY | FILE_WRITE_DATA)
// Permission to delete in a directory is permission to replace what is in it.
#define REPLACE_IN_DIRECTORY (REPLACE_ANY | FILE_DELETE_CHILD)
// In the executable's own directory a new file is enough: the program may load it as a library.
#define ADD_LIBRARY (REPLACE_IN_DIRECTORY | FILE_ADD_FILE)

static bool includes_ordinary_users(PSID sid) {
    return IsWellKnownSid(sid, WinWorldSid) || IsWellKnownSid(sid, WinAuthenticatedUserSid) ||
           IsWellKnownSid(sid, WinBuiltinUsersSid);
}

bool exe_location_list_grants(ACL *list, DWORD permissions) {
    DWORD denied = 0;
    for (DWORD i = 0; list != NULL && i < list->AceCount; i++) {
        void *entry;
        if (!GetAce(list, i, &entry)) {
            return false;
        }
        // Entries that allow and entries that deny have the same layout.
        ACCESS_ALLOWED_ACE *ace = entry;
        bool allows = ace->Header.AceType == ACCESS_ALLOWED_ACE_TYPE;
        bool denies = ace->Header.AceType == ACCESS_DENIED_ACE_TYPE;
        if ((ace->Header.AceFlags & INHERIT_ONLY_ACE) != 0 || !(allows || denies) ||
            !includes_ordinary_users(&ace->SidStart)) {
            continue;
        }
        if (allows && (ace->Mask & permissions & ~denied) != 0) {
            return true;
        }
        denied |= denies ? ace->Mask : 0;
    }
    return list == NULL;
}

// Sets a flag if a file or directory grants one of the permissions. Returns whether that is known.
static bool examine(wchar_t *path, DWORD permissions, uint8_t flag, uint8_t *flags) {
    ACL *list = NULL;
    PSECURITY_DESCRIPTOR descriptor = NULL;
    if (GetNamedSecurityInfoW(path, SE_FILE_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, &list,
                              NULL, &descriptor) != ERROR_SUCCESS) {
        return false;
    }
    if (exe_location_list_grants(list, permissions)) {
        *flags |= flag;
    }
    LocalFree(descriptor);
    return true;
}

bool exe_location_is_temporary(const wchar_t *path) {
    static const wchar_t *const names[] = {L"temp", L"tmp", L"$recycle.bin"};
    for (const wchar_t *at = path; (at = wcschr(at, L'\\')) != NULL;) {
        at++;
        size_t length = wcscspn(at, L"\\");
        for (size_t i = 0; i < sizeof names / sizeof names[0] && at[length] != L'\0'; i++) {
            if (wcslen(names[i]) == length && _wcsnicmp(at, names[i], length) == 0) {
                return true;
            }
        }
    }
    return false;
}

// Examines all directories of a path, from the last to the root, which keeps its backslash.
static bool examine_directories(wchar_t *path, uint8_t *flags) {
    DWORD permissions = ADD_LIBRARY;
    for (size_t length = wcslen(path); length > 3; permissions = REPLACE_IN_DIRECTORY) {
        while (path[length - 1] != L'\\') {
            length--;
        }
        length -= length > 3;
        path[length] = L'\0';
        if (!examine(path, permissions, PSC_EXE_DIRECTORY_WRITABLE, flags)) {
            return false;
        }
    }
    return true;
}

bool exe_location_flags(wchar_t *path, uint8_t *flags) {
    *flags = 0;
    if (wcsncmp(path + (path[0] != L'\0'), L":\\", 2) != 0) {
        return false;
    }
    if (exe_location_is_temporary(path)) {
        *flags |= PSC_EXE_TEMPORARY;
    }
    return examine(path, REPLACE_FILE, PSC_EXE_FILE_WRITABLE, flags) &&
           examine_directories(path, flags);
}
