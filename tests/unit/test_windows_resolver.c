// test_windows_resolver.c - resolver: what Wine cannot show. Processes that refuse, paths without a
// handle, the kernel's two processes, services that come in pieces. The functions of Windows are fakes.
#include <windows.h>

#include <tlhelp32.h>
#include <winternl.h>

#include "platform/platform.h"
#include "platform/windows/win32.h"
#include "support/test.h"
#include "support/windows_fake.h"

// The machine -------------------------------------------------------------------------------------

#define REFUSED 1000 // processes with this number and above cannot be opened
#define HIDDEN 31    // ERROR_GEN_FAILURE: has a handle, but no path

static const struct {
    DWORD pid;
    const wchar_t *name;
} listed[] = {
    {0, L"[System Process]"}, {4, L"Sistema"},      {700, L"svchost.exe"}, {710, L"node.exe"},
    {720, L"Registry"},       {1000, L"lsass.exe"}, {1010, L"secret.exe"},
};
#define LISTED COUNT(listed)

// What a test makes of it, in one thread.
static struct machine {
    size_t at; // in the list
    unsigned opened, enumerated;
    bool services_refused, services_stuck;
    bool no_native; // NtQuerySystemInformation does not know class 88
    DWORD image_error;
} machine;

WINDOWS_FAKE(OpenProcess);
WINDOWS_FAKE(QueryFullProcessImageNameW);
WINDOWS_FAKE(QueryDosDeviceW);
WINDOWS_FAKE(OpenSCManagerW);
WINDOWS_FAKE(CloseServiceHandle);
WINDOWS_FAKE(EnumServicesStatusExW);

static HANDLE WINAPI fake_OpenProcess(DWORD access, BOOL inherit, DWORD pid) {
    (void)inherit;
    assert_int_equal(access, PROCESS_QUERY_LIMITED_INFORMATION);
    assert_true(pid != 0 && pid != 4);
    machine.opened++;
    if (pid >= REFUSED) {
        SetLastError(pid == 4711 ? ERROR_INVALID_PARAMETER : ERROR_ACCESS_DENIED);
        return NULL;
    }
    return GetCurrentProcess(); // whose times and user are real
}

static BOOL WINAPI fake_QueryFullProcessImageNameW(HANDLE process, DWORD flags, wchar_t *path,
                                                   DWORD *size) {
    static const wchar_t image[] = L"C:\\Program Files\\node\\node.exe";
    (void)process, (void)flags;
    if (machine.image_error != 0) {
        SetLastError(machine.image_error);
        return FALSE;
    }
    assert_true(*size > wcslen(image));
    wcscpy(path, image);
    *size = (DWORD)wcslen(image);
    return TRUE;
}

static DWORD WINAPI fake_QueryDosDeviceW(const wchar_t *drive, wchar_t *target, DWORD size) {
    static const wchar_t volume[] = L"\\Device\\HarddiskVolume3";
    static const wchar_t shorter[] =
        L"\\Device\\HarddiskVolume"; // is no prefix of a path's first names
    const wchar_t *found = drive[0] == L'C' ? volume : drive[0] == L'B' ? shorter : NULL;
    if (found == NULL || size < COUNT(volume)) {
        return 0;
    }
    wcscpy(target, found);
    return (DWORD)wcslen(found) + 1;
}

// Not declared as imported, and so wrapped by their names alone.
BOOL WINAPI __wrap_Process32FirstW(HANDLE list, PROCESSENTRY32W *entry);
BOOL WINAPI __wrap_Process32NextW(HANDLE list, PROCESSENTRY32W *entry);

BOOL WINAPI __wrap_Process32NextW(HANDLE list, PROCESSENTRY32W *entry) {
    (void)list;
    if (machine.at == LISTED) {
        return FALSE;
    }
    entry->th32ProcessID = listed[machine.at].pid;
    wcscpy(entry->szExeFile, listed[machine.at++].name);
    return TRUE;
}

BOOL WINAPI __wrap_Process32FirstW(HANDLE list, PROCESSENTRY32W *entry) {
    machine.at = 0;
    return __wrap_Process32NextW(list, entry);
}

static SC_HANDLE WINAPI fake_OpenSCManagerW(const wchar_t *computer, const wchar_t *base,
                                            DWORD access) {
    (void)computer, (void)base;
    assert_int_equal(access, SC_MANAGER_ENUMERATE_SERVICE);
    if (machine.services_refused) {
        SetLastError(ERROR_ACCESS_DENIED);
        return NULL;
    }
    return (SC_HANDLE)&machine;
}

static BOOL WINAPI fake_CloseServiceHandle(SC_HANDLE handle) {
    return handle != NULL;
}

// One service a call.
static BOOL WINAPI fake_EnumServicesStatusExW(SC_HANDLE manager, SC_ENUM_TYPE level, DWORD type,
                                              DWORD state, BYTE *buffer, DWORD size, DWORD *needed,
                                              DWORD *count, DWORD *resume, const wchar_t *group) {
    static const struct {
        DWORD pid;
        wchar_t name[16];
    } services[] = {{700, L"Dnscache"}, {1000, L"SamSs"}, {700, L"NlaSvc"}};
    (void)manager, (void)level, (void)type, (void)state, (void)group, (void)size;
    assert_true(machine.enumerated++ < 10);
    ENUM_SERVICE_STATUS_PROCESSW *entry = (void *)buffer;
    wchar_t *name = (wchar_t *)(void *)(entry + 1);
    wcscpy(name, services[*resume].name);
    *entry = (ENUM_SERVICE_STATUS_PROCESSW){.lpServiceName = name};
    entry->ServiceStatusProcess.dwProcessId = services[*resume].pid;
    *count = 1;
    *needed = sizeof *entry;
    *resume += machine.services_stuck ? 0 : 1;
    SetLastError(ERROR_MORE_DATA);
    return *resume == 3;
}

static NTSTATUS NTAPI fake_query_system(int class, void *information, ULONG size, ULONG *needed) {
    static const wchar_t secret[] = L"\\Device\\HarddiskVolume3\\Windows\\secret.exe";
    static const wchar_t network[] = L"\\Device\\Mup\\server\\share\\far.exe";
    struct {
        HANDLE pid;
        UNICODE_STRING image;
    } *query = information;
    (void)needed;
    uintptr_t pid = (uintptr_t)query->pid;
    assert_int_equal(class, 88);
    assert_int_equal(size, sizeof *query);
    const wchar_t *path = pid == 1010 ? secret : pid == 1020 ? network : NULL;
    if (machine.no_native || path == NULL) {
        return (NTSTATUS)0xc0000003;
    }
    assert_true(query->image.MaximumLength >= 65534);
    wcscpy(query->image.Buffer, path);
    query->image.Length = (USHORT)(2 * wcslen(path));
    return 0;
}

static NTSTATUS NTAPI fake_query_process(HANDLE process, int class, void *information, ULONG size,
                                         ULONG *needed) {
    static const wchar_t line[] = L"\"C:\\Program Files\\node\\node.exe\" \u00fc.js \"a b\"";
    UNICODE_STRING *text = information;
    (void)process, (void)needed;
    assert_int_equal(class, 60);
    assert_true(size >= sizeof *text + sizeof line);
    text->Buffer = (wchar_t *)(void *)(text + 1);
    text->Length = sizeof line - sizeof line[0];
    memcpy(text->Buffer, line, sizeof line);
    return 0;
}

system_function_pointer *__wrap_system_function(const wchar_t *library, const char *name);
system_function_pointer *__wrap_system_function(const wchar_t *library, const char *name) {
    (void)library;
    return strcmp(name, "NtQuerySystemInformation") == 0
               ? (system_function_pointer *)fake_query_system
               : (system_function_pointer *)fake_query_process;
}

// Tests -------------------------------------------------------------------------------------------

struct fixture {
    struct psc_filter filter;
    struct psc_builder *builder;
    struct psc_error error;
};

static int make_fixture(void **state) {
    struct fixture *fixture = calloc(1, sizeof *fixture);
    machine = (struct machine){0};
    psc_filter_init(&fixture->filter);
    fixture->builder = psc_builder_new(&fixture->filter);
    *state = fixture;
    return 0;
}

static int drop_fixture(void **state) {
    struct fixture *fixture = *state;
    psc_builder_free(fixture->builder);
    free(fixture);
    return 0;
}

// One row that a process owns.
static struct psc_process *own(struct fixture *fixture, uint32_t pid) {
    struct psc_endpoint row = {.state = PSC_STATE_LISTENING, .local_port = 80};
    psc_builder_add(fixture->builder, &row);
    psc_builder_seal(fixture->builder);
    psc_builder_link(fixture->builder, 0, pid);
    psc_builder_end_links(fixture->builder, "x", "x");
    return psc_builder_process(fixture->builder, 0);
}

static const struct psc_process *resolve(struct fixture *fixture, struct psc_process *process,
                                         unsigned details) {
    struct psc_request request;
    psc_request_init(&request);
    assert_int_equal(psc_platform_resolve(&request, details, fixture->builder, &fixture->error),
                     PSC_OK);
    return process;
}

#define EVERYTHING                                                                                 \
    (PSC_PROCESS_NAME | PSC_PROCESS_PATH | PSC_PROCESS_COMMAND_LINE | PSC_PROCESS_USER |           \
     PSC_PROCESS_STARTED | PSC_PROCESS_ACCOUNT)

static void an_open_process(void **state) {
    const struct psc_process *process = resolve(*state, own(*state, 710), EVERYTHING);
    assert_string_equal(process->name, "node.exe");
    assert_string_equal(process->path, "C:\\Program Files\\node\\node.exe");
    static const char arguments[] = "C:\\Program Files\\node\\node.exe\0\xc3\xbc.js\0a b";
    assert_int_equal(process->command_line_size, sizeof arguments);
    assert_memory_equal(process->command_line, arguments, sizeof arguments);
    assert_int_equal(process->known & EVERYTHING, EVERYTHING);
    assert_true(process->identity != 0);
    assert_null(process->service);
    assert_int_equal(machine.opened, 1);
}

static void access_denied_is_unknown(void **state) {
    machine.no_native = true;
    const struct psc_process *process = resolve(*state, own(*state, 1010), EVERYTHING);
    assert_string_equal(process->name, "secret.exe"); // the list has it all the same
    assert_int_equal(process->known & EVERYTHING, PSC_PROCESS_NAME);
    assert_null(process->path);
    assert_null(process->user);
    assert_null(process->command_line);
}

static void a_path_without_a_handle(void **state) {
    const struct psc_process *process = resolve(*state, own(*state, 1010), EVERYTHING);
    assert_string_equal(process->path, "C:\\Windows\\secret.exe");
    assert_int_equal(process->known & EVERYTHING, PSC_PROCESS_NAME | PSC_PROCESS_PATH);
}

static void a_path_without_a_drive_and_a_name_from_it(void **state) {
    const struct psc_process *process = resolve(*state, own(*state, 1020), PSC_PROCESS_NAME);
    assert_string_equal(process->path, "\\Device\\Mup\\server\\share\\far.exe");
    assert_string_equal(process->name, "far.exe");
}

static void error_31(void **state) {
    machine.image_error = HIDDEN;
    const struct psc_process *process = resolve(*state, own(*state, 720), EVERYTHING);
    assert_string_equal(process->name, "Registry");
    assert_null(process->path);
    assert_int_equal(process->known & PSC_PROCESS_PATH, 0);
    assert_true(process->known & PSC_PROCESS_STARTED); // which the handle has
}

static void the_kernel(void **state) {
    const struct psc_process *process = resolve(*state, own(*state, 4), EVERYTHING);
    assert_string_equal(process->name, "System"); // whatever the list calls it
    assert_int_equal(process->known & EVERYTHING, PSC_PROCESS_NAME);
    assert_int_equal(machine.opened, 0);
}

static void the_idle_process(void **state) {
    const struct psc_process *process = resolve(*state, own(*state, 0), EVERYTHING);
    assert_string_equal(process->name, "System Idle Process");
    assert_int_equal(process->known & EVERYTHING, PSC_PROCESS_NAME);
}

static void a_process_that_is_gone(void **state) {
    const struct psc_process *process = resolve(*state, own(*state, 4711), EVERYTHING);
    assert_int_equal(process->known & EVERYTHING, 0);
    assert_null(process->name);
}

static void services_of_a_host(void **state) {
    struct psc_process *process = own(*state, 700);
    resolve(*state, process, PSC_PROCESS_NAME);
    assert_string_equal(process->name, "svchost.exe (Dnscache, NlaSvc)");
    assert_string_equal(process->service, "Dnscache, NlaSvc");
    assert_string_equal(process->stop_command, "sc.exe stop Dnscache & sc.exe stop NlaSvc");
    resolve(*state, process, EVERYTHING); // says it once
    assert_string_equal(process->name, "svchost.exe (Dnscache, NlaSvc)");
    assert_true(process->known & PSC_PROCESS_PATH);
    assert_int_equal(machine.enumerated, 6);
}

// The name contains more than a user types.
static void a_host_is_found_by_its_file(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(psc_filter_set(&fixture->filter, "process", "NODE.exe", &fixture->error),
                     PSC_OK);
    resolve(fixture, own(fixture, 700), PSC_PROCESS_NAME | PSC_PROCESS_PATH);
    psc_builder_select(fixture->builder);
    assert_int_equal(psc_builder_count(fixture->builder), 1); // which has this path here
    psc_filter_done(&fixture->filter);
}

static void services_that_may_not_be_listed(void **state) {
    machine.services_refused = true;
    const struct psc_process *process = resolve(*state, own(*state, 700), PSC_PROCESS_NAME);
    assert_string_equal(process->name, "svchost.exe");
    assert_int_equal(process->known & PSC_PROCESS_SERVICE, 0);
}

static void services_without_end(void **state) {
    machine.services_stuck = true;
    const struct psc_process *process = resolve(*state, own(*state, 700), PSC_PROCESS_NAME);
    assert_string_equal(process->name, "svchost.exe");
    assert_int_equal(machine.enumerated, 1);
}

static void only_wanted_details_are_read(void **state) {
    const struct psc_process *process = resolve(*state, own(*state, 710), PSC_PROCESS_NAME);
    assert_string_equal(process->name, "node.exe");
    assert_int_equal(machine.opened, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_fixture, drop_fixture)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(an_open_process),
        TEST(access_denied_is_unknown),
        TEST(a_path_without_a_handle),
        TEST(a_path_without_a_drive_and_a_name_from_it),
        TEST(error_31),
        TEST(the_kernel),
        TEST(the_idle_process),
        TEST(a_process_that_is_gone),
        TEST(services_of_a_host),
        TEST(a_host_is_found_by_its_file),
        TEST(services_that_may_not_be_listed),
        TEST(services_without_end),
        TEST(only_wanted_details_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
