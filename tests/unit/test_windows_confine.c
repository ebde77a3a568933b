// test_windows_confine.c - confine: which restrictions it sets on which Windows, and whether they hold.
#include "platform/platform.h"
#include "platform/windows/confine.h"
#include "platform/windows/win32.h"
#include "support/test.h"

#define POLICIES 32

// What a Windows knows, in one thread: the values of each policy that it accepts, and has.
static struct machine {
    bool real, functions_missing;
    DWORD known[POLICIES], set[POLICIES];
} machine;

static BOOL WINAPI fake_set(PROCESS_MITIGATION_POLICY policy, void *value, SIZE_T size) {
    DWORD flags;
    assert_int_equal(size, sizeof flags);
    memcpy(&flags, value, sizeof flags);
    if ((flags & ~machine.known[policy]) != 0) {
        return FALSE;
    }
    machine.set[policy] |= flags;
    return TRUE;
}

static BOOL WINAPI fake_get(HANDLE process, PROCESS_MITIGATION_POLICY policy, void *value,
                            SIZE_T size) {
    assert_ptr_equal(process, GetCurrentProcess());
    memcpy(value, &machine.set[policy], size);
    return machine.known[policy] != 0;
}

system_function_pointer *__real_system_function(const wchar_t *library, const char *name);
system_function_pointer *__wrap_system_function(const wchar_t *library, const char *name);
system_function_pointer *__wrap_system_function(const wchar_t *library, const char *name) {
    return machine.real                                      ? __real_system_function(library, name)
           : machine.functions_missing                       ? NULL
           : strcmp(name, "SetProcessMitigationPolicy") == 0 ? (system_function_pointer *)fake_set
           : strcmp(name, "GetProcessMitigationPolicy") == 0 ? (system_function_pointer *)fake_get
                                                             : NULL;
}

static int newest_windows(void **state) {
    machine = (struct machine){.known = {[ProcessImageLoadPolicy] = 7,
                                         [ProcessExtensionPointDisablePolicy] = 1,
                                         [ProcessChildProcessPolicy] = 1}};
    return 0;
}

static void assert_limits(const char *expected) {
    char text[CONFINE_DESCRIPTION_SIZE];
    confine_describe(text);
    assert_string_equal(text, expected);
}

static void everything_in_two_steps(void **state) {
    char text[PSC_DESCRIPTION_SIZE];
    assert_limits("none");
    psc_platform_confine(PSC_CONFINE_COLLECTING, NULL);
    assert_limits("no remote DLLs, no low-integrity DLLs, System32 first, no extension points");
    assert_int_equal(machine.set[ProcessChildProcessPolicy], 0); // netsh may still be needed
    psc_platform_confine(PSC_CONFINE_REPORTING, NULL);
    assert_limits("no remote DLLs, no low-integrity DLLs, System32 first, no extension points, "
                  "no child processes");
    psc_platform_describe(text);
    assert_non_null(strstr(text, "limits:  no remote DLLs, "));
    assert_string_equal(text + strlen(text) - 19, "no child processes\n"); // all of it fits
}

static void an_older_windows_gets_what_it_has(void **state) {
    machine.known[ProcessImageLoadPolicy] = 3;
    machine.known[ProcessChildProcessPolicy] = 0;
    psc_platform_confine(PSC_CONFINE_COLLECTING, NULL);
    psc_platform_confine(PSC_CONFINE_REPORTING, NULL);
    assert_limits("no remote DLLs, no low-integrity DLLs, no extension points");
}

static void the_oldest_has_nothing(void **state) {
    machine.functions_missing = true;
    psc_platform_confine(PSC_CONFINE_COLLECTING, NULL);
    psc_platform_confine(PSC_CONFINE_REPORTING, NULL);
    assert_limits("none");
}

// The last test: this process starts no program any more.
static void no_program_can_be_started(void **state) {
    char limits[CONFINE_DESCRIPTION_SIZE];
    wchar_t command[] = L"cmd.exe /c exit";
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION started;
    machine.real = true;
    psc_platform_confine(PSC_CONFINE_COLLECTING, NULL);
    psc_platform_confine(PSC_CONFINE_REPORTING, NULL);
    confine_describe(limits);
    if (strstr(limits, "no child processes") == NULL) {
        skip_test("this system has no such policy; limits: %s", limits);
    }
    assert_false(
        CreateProcessW(NULL, command, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &started));
}

#define TEST(function) cmocka_unit_test_setup(function, newest_windows)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(everything_in_two_steps),
        TEST(an_older_windows_gets_what_it_has),
        TEST(the_oldest_has_nothing),
        TEST(no_program_can_be_started),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
