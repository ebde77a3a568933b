// test_windows_file.c - file: files appear as a whole or not at all, and replace only what they may.
#include <windows.h>

#include <aclapi.h>
#include <sddl.h>

#include "platform/file.h"
#include "support/capture.h"
#include "support/test.h"
#include "support/windows_fake.h"
#include "support/windows_run.h"

#define KILLED 77

static char directory[MAX_PATH];

// What Windows answers where Wine or this user cannot make it answer that.
static struct machine {
    bool symbolic_link, owner_refused, other_directory;
    wchar_t temporary[MAX_PATH]; // out: the name of the last file that was created
} machine;

WINDOWS_FAKE(CreateFileW);
WINDOWS_FAKE(GetFileInformationByHandleEx);
WINDOWS_FAKE(GetFinalPathNameByHandleW);

static HANDLE WINAPI fake_CreateFileW(const wchar_t *path, DWORD access, DWORD share,
                                      SECURITY_ATTRIBUTES *security, DWORD disposition, DWORD flags,
                                      HANDLE template) {
    if (disposition != OPEN_EXISTING) {
        assert_int_equal(disposition, CREATE_NEW);
        assert_int_equal(share, 0);
        assert_true(flags & FILE_FLAG_OPEN_REPARSE_POINT);
        _snwprintf(machine.temporary, MAX_PATH, L"%ls", path);
        if (machine.owner_refused) {
            assert_non_null(security->lpSecurityDescriptor);
            SetLastError(ERROR_INVALID_OWNER);
            return INVALID_HANDLE_VALUE;
        }
    }
    return WINDOWS_REAL(CreateFileW)(path, access, share, security, disposition, flags, template);
}

static BOOL WINAPI fake_GetFileInformationByHandleEx(HANDLE file, FILE_INFO_BY_HANDLE_CLASS kind,
                                                     void *info, DWORD size) {
    assert_int_equal(kind, FileAttributeTagInfo);
    if (machine.symbolic_link) {
        *(FILE_ATTRIBUTE_TAG_INFO *)info =
            (FILE_ATTRIBUTE_TAG_INFO){FILE_ATTRIBUTE_REPARSE_POINT, IO_REPARSE_TAG_SYMLINK};
        return TRUE;
    }
    return WINDOWS_REAL(GetFileInformationByHandleEx)(file, kind, info, size);
}

// The first call is for the new file.
static DWORD WINAPI fake_GetFinalPathNameByHandleW(HANDLE file, wchar_t *path, DWORD size,
                                                   DWORD flags) {
    static const wchar_t other[] = L"\\\\?\\C:\\other\\a.txt";
    if (machine.other_directory) {
        machine.other_directory = false;
        wcscpy(path, other);
        return (DWORD)wcslen(other);
    }
    return WINDOWS_REAL(GetFinalPathNameByHandleW)(file, path, size, flags);
}

static void path_to(const char *name, char path[2 * MAX_PATH]) {
    snprintf(path, 2 * MAX_PATH, "%s\\%s", directory, name);
}

static unsigned count_files(void) {
    WIN32_FIND_DATAA found;
    char all[2 * MAX_PATH];
    unsigned count = 0;
    path_to("*", all);
    HANDLE search = FindFirstFileA(all, &found);
    for (BOOL more = search != INVALID_HANDLE_VALUE; more; more = FindNextFileA(search, &found)) {
        count += (found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) == 0;
    }
    FindClose(search);
    return count;
}

static void write_file(const char *name, const char *text, bool finish) {
    char path[2 * MAX_PATH];
    struct psc_new_file *file;
    struct psc_error error = {""};
    path_to(name, path);
    if (psc_file_begin(path, &file, &error) != PSC_OK) {
        fail_msg("%s", error.text);
    }
    fputs(text, psc_file_stream(file));
    if (finish) {
        assert_int_equal(psc_file_finish(file, &error), PSC_OK);
    } else {
        psc_file_discard(file);
    }
}

static void assert_file(const char *name, const char *expected) {
    char path[2 * MAX_PATH];
    path_to(name, path);
    char *text = capture_file(path, NULL);
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
}

static void a_new_file_and_one_that_is_replaced(void **state) {
    write_file("a.txt", "one\n", true);
    assert_file("a.txt", "one\n");
    write_file("a.txt", "two\n", true);
    assert_file("a.txt", "two\n");
    assert_int_equal(count_files(), 1);
}

static void what_is_given_up_leaves_nothing(void **state) {
    write_file("a.txt", "old\n", true);
    write_file("a.txt", "new\n", false);
    write_file("b.txt", "new\n", false);
    assert_file("a.txt", "old\n");
    assert_int_equal(count_files(), 1);
}

static void assert_refused(const char *name, const char *reason) {
    char path[2 * MAX_PATH];
    struct psc_new_file *file;
    struct psc_error error;
    path_to(name, path);
    assert_int_equal(psc_file_begin(path, &file, &error), PSC_OUTPUT);
    assert_null(file);
    if (strstr(error.text, path) == NULL || strstr(error.text, reason) == NULL) {
        fail_msg("%s: '%s'", name, error.text);
    }
}

static void only_regular_files_are_replaced(void **state) {
    assert_refused("NUL", "device");
    assert_refused("", "directory");
    assert_refused("..", "directory");
    assert_refused("none\\a.txt", "Windows error 3");
    assert_int_equal(count_files(), 0);
    write_file("a.txt", "old\n", true);
    machine.symbolic_link = true;
    assert_refused("a.txt", "symbolic link");
    assert_file("a.txt", "old\n");
    assert_int_equal(count_files(), 1);
}

static void what_others_own_is_not_replaced(void **state) {
    write_file("a.txt", "old\n", true);
    machine.owner_refused = true;
    assert_refused("a.txt", "belongs to another user");
    assert_file("a.txt", "old\n");
    assert_int_equal(count_files(), 1);
}

// Another user replaces a directory of the path by a junction.
static void a_directory_that_changes_is_refused(void **state) {
    write_file("a.txt", "old\n", true);
    machine.other_directory = true;
    assert_refused("a.txt", "its directory");
    assert_int_equal(count_files(), 1);
}

// The owner and the access list of a file, as text.
static wchar_t *security_of(wchar_t *path) {
    const SECURITY_INFORMATION parts = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    PSECURITY_DESCRIPTOR descriptor;
    wchar_t *text;
    assert_int_equal(
        GetNamedSecurityInfoW(path, SE_FILE_OBJECT, parts, NULL, NULL, NULL, NULL, &descriptor),
        ERROR_SUCCESS);
    assert_true(ConvertSecurityDescriptorToStringSecurityDescriptorW(descriptor, SDDL_REVISION_1,
                                                                     parts, &text, NULL));
    LocalFree(descriptor);
    return text;
}

static void owner_and_access_list_are_kept(void **state) {
    char path[2 * MAX_PATH];
    wchar_t wide[2 * MAX_PATH];
    wchar_t list[MAX_PATH];
    PSECURITY_DESCRIPTOR descriptor;
    path_to("a.txt", path);
    MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, 2 * MAX_PATH);
    write_file("a.txt", "old\n", true);
    wchar_t *usual = security_of(wide);
    // Only the owner has access, and nothing is inherited.
    assert_memory_equal(usual, L"O:", 2 * sizeof(wchar_t));
    _snwprintf(list, MAX_PATH, L"D:P(A;;FA;;;%.*ls)", (int)wcscspn(usual, L"D") - 2, usual + 2);
    assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorW(list, SDDL_REVISION_1,
                                                                     &descriptor, NULL));
    assert_true(SetFileSecurityW(
        wide, DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION, descriptor));
    LocalFree(descriptor);
    wchar_t *before = security_of(wide);
    assert_true(wcscmp(usual, before) != 0);
    write_file("a.txt", "new\n", true);
    wchar_t *after = security_of(wide);
    if (wcscmp(before, after) != 0) {
        fail_msg("%ls became %ls", before, after);
    }
    assert_file("a.txt", "new\n");
    LocalFree(usual);
    LocalFree(before);
    LocalFree(after);
}

static void the_temporary_name_cannot_be_foreseen(void **state) {
    wchar_t first[MAX_PATH];
    write_file("a.txt", "one\n", true);
    wcscpy(first, machine.temporary);
    write_file("a.txt", "two\n", true);
    assert_true(wcscmp(first, machine.temporary) != 0);
}

static void a_program_that_is_killed_leaves_nothing(void **state) {
    static struct windows_run run;
    wchar_t program[MAX_PATH];
    wchar_t arguments[3 * MAX_PATH];
    write_file("a.txt", "old\n", true);
    assert_true(GetModuleFileNameW(NULL, program, MAX_PATH) > 0);
    _snwprintf(arguments, 3 * MAX_PATH, L"\"%hs\\a.txt\"", directory);
    windows_run(&run, program, arguments);
    assert_int_equal(run.exit, KILLED);
    assert_file("a.txt", "old\n");
    assert_int_equal(count_files(), 1);
}

// Neither the name nor the size is what a C library of one byte per character expects.
static void a_file_is_read_whole(void **state) {
    char path[2 * MAX_PATH];
    struct psc_strbuf text = {0};
    struct psc_error error;
    char bytes[20000];
    memset(bytes, 'x', sizeof bytes - 1);
    bytes[sizeof bytes - 1] = '\0';
    write_file("a\xe2\x82\xac.txt", bytes, true);
    path_to("a\xe2\x82\xac.txt", path);
    assert_int_equal(psc_file_read(path, &text, &error), PSC_OK);
    assert_int_equal(text.size, sizeof bytes - 1);
    assert_string_equal(text.bytes, bytes);
    psc_strbuf_done(&text);
    wchar_t wide[2 * MAX_PATH];
    MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, 2 * MAX_PATH);
    assert_true(DeleteFileW(wide));
    assert_int_equal(psc_file_read(path, &text, &error), PSC_SYSTEM);
    assert_non_null(strstr(error.text, "cannot read"));
    psc_strbuf_done(&text);
}

static void be_killed(const char *path) {
    struct psc_new_file *file;
    struct psc_error error;
    if (psc_file_begin(path, &file, &error) != PSC_OK) {
        exit(1);
    }
    fputs("new\n", psc_file_stream(file));
    fflush(psc_file_stream(file));
    TerminateProcess(GetCurrentProcess(), KILLED);
}

static int make_directory(void **state) {
    char temporary[MAX_PATH];
    machine = (struct machine){0};
    GetTempPathA(MAX_PATH, temporary);
    snprintf(directory, sizeof directory, "%spsc-%lu-%lu", temporary, GetCurrentProcessId(),
             GetTickCount());
    return CreateDirectoryA(directory, NULL) ? 0 : -1;
}

static int drop_directory(void **state) {
    char path[2 * MAX_PATH];
    path_to("a.txt", path);
    DeleteFileA(path);
    return RemoveDirectoryA(directory) ? 0 : -1; // fails if anything is left
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_directory, drop_directory)

int main(int argc, char **argv) {
    if (argc == 2) {
        be_killed(argv[1]);
    }
    const struct CMUnitTest tests[] = {
        TEST(a_new_file_and_one_that_is_replaced),
        TEST(what_is_given_up_leaves_nothing),
        TEST(only_regular_files_are_replaced),
        TEST(what_others_own_is_not_replaced),
        TEST(a_directory_that_changes_is_refused),
        TEST(owner_and_access_list_are_kept),
        TEST(the_temporary_name_cannot_be_foreseen),
        TEST(a_program_that_is_killed_leaves_nothing),
        TEST(a_file_is_read_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
