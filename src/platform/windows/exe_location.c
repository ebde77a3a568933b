// exe_location.c - where an executable lies, and who may write there.
#include "platform/windows/exe_location.h"

#include <stdlib.h>
#include <string.h>

#include <aclapi.h>

#include "model/snapshot.h"

#define ALWAYS (WRITE_DAC | WRITE_OWNER | GENERIC_WRITE | GENERIC_ALL | DELETE)
#define OF_FILE (ALWAYS | FILE_WRITE_DATA)
// Who may delete in a directory may put something else in place of what is in it.
#define OF_DIRECTORY (ALWAYS | FILE_DELETE_CHILD)
// And who may add to that of the program may add a library that it then loads.
#define OF_OWN_DIRECTORY (OF_DIRECTORY | FILE_ADD_FILE)

static bool is_everybody(PSID sid) {
    return IsWellKnownSid(sid, WinWorldSid) || IsWellKnownSid(sid, WinAuthenticatedUserSid) ||
           IsWellKnownSid(sid, WinBuiltinUsersSid);
}

bool place_gives_everybody(ACL *list, DWORD rights) {
    DWORD denied = 0;
    for (DWORD i = 0; list != NULL && i < list->AceCount; i++) {
        void *entry;
        if (!GetAce(list, i, &entry)) {
            return false;
        }
        // Both kinds of entry begin alike.
        ACCESS_ALLOWED_ACE *ace = entry;
        bool allows = ace->Header.AceType == ACCESS_ALLOWED_ACE_TYPE;
        bool denies = ace->Header.AceType == ACCESS_DENIED_ACE_TYPE;
        if ((ace->Header.AceFlags & INHERIT_ONLY_ACE) != 0 || !(allows || denies) ||
            !is_everybody(&ace->SidStart)) {
            continue;
        }
        if (allows && (ace->Mask & rights & ~denied) != 0) {
            return true;
        }
        denied |= denies ? ace->Mask : 0;
    }
    return list == NULL;
}

// Returns whether it is known.
static bool ask(const wchar_t *path, DWORD rights, uint8_t bit, uint8_t *place) {
    ACL *list = NULL;
    PSECURITY_DESCRIPTOR descriptor = NULL;
    wchar_t *name = _wcsdup(path); // the function takes no constant
    bool known =
        name != NULL && GetNamedSecurityInfoW(name, SE_FILE_OBJECT, DACL_SECURITY_INFORMATION, NULL,
                                              NULL, &list, NULL, &descriptor) == ERROR_SUCCESS;
    if (known && place_gives_everybody(list, rights)) {
        *place |= bit;
    }
    LocalFree(descriptor);
    free(name);
    return known;
}

bool place_is_temporary(const wchar_t *path) {
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

// From the directory of the file upwards. The root of a drive keeps its backslash.
static bool ask_directories(wchar_t *path, uint8_t *place) {
    bool known = true;
    DWORD rights = OF_OWN_DIRECTORY;
    for (wchar_t *last; known && (last = wcsrchr(path, L'\\')) != NULL && last > path + 1;) {
        bool root = last == path + 2 && path[1] == L':';
        last[root ? 1 : 0] = L'\0';
        known = ask(path, rights, PSC_EXE_DIRECTORY_WRITABLE, place);
        rights = OF_DIRECTORY;
        if (root) {
            break;
        }
    }
    return known;
}

bool process_place(const wchar_t *path, size_t length, uint8_t *place) {
    *place = 0;
    // A volume without a drive has no name by which files could be asked for.
    if (length < 4 || path[1] != L':') {
        return false;
    }
    wchar_t *copy = malloc((length + 1) * sizeof *copy);
    if (copy == NULL) {
        return false;
    }
    memcpy(copy, path, length * sizeof *copy);
    copy[length] = L'\0';
    if (place_is_temporary(copy)) {
        *place |= PSC_EXE_TEMPORARY;
    }
    bool known = ask(copy, OF_FILE, PSC_EXE_FILE_WRITABLE, place) && ask_directories(copy, place);
    free(copy);
    return known;
}
