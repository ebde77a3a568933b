// test_windows_exe_location.c - exe_location: constructed access lists, names of directories, this program.
#include <windows.h>

#include "model/snapshot.h"
#include "platform/windows/exe_location.h"
#include "support/test.h"

struct entry {
    bool denies;
    BYTE flags;
    DWORD permissions;
    WELL_KNOWN_SID_TYPE sid;
};

static bool grants(const struct entry *entries, size_t count, DWORD permissions) {
    union {
        ACL list;
        char bytes[1024];
    } buffer;
    assert_true(InitializeAcl(&buffer.list, sizeof buffer, ACL_REVISION));
    for (size_t i = 0; i < count; i++) {
        char sid[SECURITY_MAX_SID_SIZE];
        DWORD size = sizeof sid;
        assert_true(CreateWellKnownSid(entries[i].sid, NULL, sid, &size));
        assert_true((entries[i].denies ? AddAccessDeniedAceEx : AddAccessAllowedAceEx)(
            &buffer.list, ACL_REVISION, entries[i].flags, entries[i].permissions, sid));
    }
    return exe_location_list_grants(&buffer.list, permissions);
}

static void access_lists(void **state) {
    static const struct {
        struct entry entries[2];
        size_t count;
        bool grants;
    } cases[] = {
        {{{0}}, 0, false}, // an empty list
        {{{false, 0, FILE_WRITE_DATA, WinWorldSid}}, 1, true},
        {{{false, 0, FILE_WRITE_DATA, WinAuthenticatedUserSid}}, 1, true},
        {{{false, 0, FILE_ALL_ACCESS, WinBuiltinUsersSid}}, 1, true},
        {{{false, 0, FILE_ALL_ACCESS, WinBuiltinAdministratorsSid}}, 1, false},
        {{{false, 0, FILE_ALL_ACCESS, WinLocalSystemSid}}, 1, false},
        {{{false, 0, FILE_READ_DATA, WinWorldSid}}, 1, false},
        {{{false, INHERIT_ONLY_ACE, FILE_WRITE_DATA, WinWorldSid}}, 1, false},
        {{{true, 0, FILE_WRITE_DATA, WinWorldSid}, {false, 0, FILE_WRITE_DATA, WinWorldSid}},
         2,
         false},
        {{{true, 0, FILE_WRITE_DATA, WinBuiltinAdministratorsSid},
          {false, 0, FILE_WRITE_DATA, WinWorldSid}},
         2,
         true},
        {{{false, 0, FILE_READ_DATA, WinWorldSid}, {false, 0, FILE_WRITE_DATA, WinWorldSid}},
         2,
         true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (grants(cases[i].entries, cases[i].count, FILE_WRITE_DATA) != cases[i].grants) {
            fail_msg("case %u", (unsigned)i);
        }
    }
    assert_true(exe_location_list_grants(NULL, FILE_WRITE_DATA)); // no list at all
}

static void temporary_directories(void **state) {
    static const struct {
        const wchar_t *path;
        bool temporary;
    } cases[] = {
        {L"C:\\Windows\\Temp\\x.exe", true},
        {L"C:\\Users\\a\\AppData\\Local\\Temp\\1\\x.exe", true},
        {L"D:\\tmp\\x.exe", true},
        {L"C:\\$Recycle.Bin\\S-1\\x.exe", true},
        {L"C:\\Windows\\temp.exe", false},
        {L"C:\\temp", false}, // a file of that name
        {L"C:\\Temperature\\x.exe", false},
        {L"C:\\Program Files\\x.exe", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_true(exe_location_is_temporary(cases[i].path) == cases[i].temporary);
    }
}

static void of_this_program(void **state) {
    wchar_t path[MAX_PATH];
    wchar_t network[] = L"\\Device\\Mup\\x.exe";
    wchar_t empty[] = L"";
    uint8_t flags;
    assert_true(GetModuleFileNameW(NULL, path, MAX_PATH) > 0);
    assert_true(exe_location_flags(path, &flags));
    assert_int_equal(flags & PSC_EXE_REPLACED, 0); // Windows protects a running executable
    assert_false(exe_location_flags(network, &flags));
    assert_false(exe_location_flags(empty, &flags));
    assert_int_equal(flags, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(access_lists),
        cmocka_unit_test(temporary_directories),
        cmocka_unit_test(of_this_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
