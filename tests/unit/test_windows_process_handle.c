// test_windows_process_handle.c - process_handle: real processes are opened and ended; those that refuse it are
// fakes.
#include "platform/platform.h"
#include "support/test.h"
#include "support/windows_fake.h"
#include "support/windows_run.h"

static DWORD refused_pid; // OpenProcess refuses it
static bool refuses_end;  // TerminateProcess refuses

WINDOWS_FAKE(OpenProcess);
WINDOWS_FAKE(TerminateProcess);

static HANDLE WINAPI fake_OpenProcess(DWORD access, BOOL inherit, DWORD pid) {
    if (pid == refused_pid) {
        SetLastError(ERROR_ACCESS_DENIED);
        return NULL;
    }
    return WINDOWS_REAL(OpenProcess)(access, inherit, pid);
}

static BOOL WINAPI fake_TerminateProcess(HANDLE process, UINT exit) {
    if (refuses_end) {
        SetLastError(ERROR_ACCESS_DENIED);
        return FALSE;
    }
    return WINDOWS_REAL(TerminateProcess)(process, exit);
}

static uint64_t identity_of(HANDLE process) {
    FILETIME created, ended, kernel, user;
    assert_true(GetProcessTimes(process, &created, &ended, &kernel, &user));
    return (uint64_t)created.dwHighDateTime << 32 | created.dwLowDateTime;
}

struct fixture {
    struct psc_request request;
    struct windows_holder holder;
    uint64_t identity;
    struct psc_process_handle *held;
    struct psc_error error;
};

static struct fixture fixture;

static int start_holder(void **state) {
    memset(&fixture, 0, sizeof fixture);
    refused_pid = 0;
    refuses_end = false;
    psc_request_init(&fixture.request);
    windows_holder_start(&fixture.holder, WINDOWS_HOLDER, L"tcp4");
    fixture.identity = identity_of(fixture.holder.process);
    return 0;
}

static int end_holder(void **state) {
    refuses_end = false;
    psc_platform_close_process(fixture.held);
    windows_holder_end(&fixture.holder);
    return 0;
}

static enum psc_status hold(uint32_t pid, uint64_t identity) {
    return psc_platform_open_process(&fixture.request, pid, identity, &fixture.held,
                                     &fixture.error);
}

static void ends_by_force_what_has_no_window(void **state) {
    assert_int_equal(hold(fixture.holder.pid, fixture.identity), PSC_OK);
    assert_int_equal(psc_platform_terminate_process(fixture.held, false, &fixture.error),
                     PSC_UNSUPPORTED);
    assert_non_null(strstr(fixture.error.text, "--force"));
    assert_false(psc_platform_wait_process(fixture.held, 100));
    assert_int_equal(psc_platform_terminate_process(fixture.held, true, &fixture.error), PSC_OK);
    assert_true(psc_platform_wait_process(fixture.held, 5000));
    assert_int_equal(psc_platform_terminate_process(fixture.held, true, &fixture.error), PSC_GONE);
}

static void another_process_of_that_number(void **state) {
    assert_int_equal(hold(fixture.holder.pid, fixture.identity + 1), PSC_GONE);
    assert_null(fixture.held);
    assert_int_equal(WaitForSingleObject(fixture.holder.process, 0), WAIT_TIMEOUT);
}

static void a_process_that_is_gone(void **state) {
    assert_int_equal(hold(0xfffffff0, 1), PSC_GONE);
    assert_null(fixture.held);
}

static void a_process_that_refuses(void **state) {
    refused_pid = fixture.holder.pid;
    assert_int_equal(hold(fixture.holder.pid, fixture.identity), PSC_DENIED);
    refused_pid = 0;
    refuses_end = true;
    assert_int_equal(hold(fixture.holder.pid, fixture.identity), PSC_OK);
    assert_int_equal(psc_platform_terminate_process(fixture.held, true, &fixture.error),
                     PSC_DENIED);
    assert_int_equal(WaitForSingleObject(fixture.holder.process, 0), WAIT_TIMEOUT);
}

static void critical_processes_and_ancestors(void **state) {
    assert_true(psc_platform_is_critical(0));
    assert_true(psc_platform_is_critical(4));
    assert_false(psc_platform_is_critical(fixture.holder.pid));
    assert_true(psc_platform_is_self_or_ancestor(&fixture.request, GetCurrentProcessId()));
    assert_false(psc_platform_is_self_or_ancestor(&fixture.request, fixture.holder.pid));
    assert_false(psc_platform_is_self_or_ancestor(&fixture.request, 0xfffffff0));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start_holder, end_holder)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(ends_by_force_what_has_no_window), TEST(another_process_of_that_number),
        TEST(a_process_that_is_gone),           TEST(a_process_that_refuses),
        TEST(critical_processes_and_ancestors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
