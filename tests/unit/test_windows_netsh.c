// test_windows_netsh.c - netsh: running it, and what it prints in several languages.
#include <windows.h>

#include "platform/windows/netsh.h"
#include "support/test.h"
#include "support/windows_fake.h"
#include "support/windows_run.h"

// Running ------------------------------------------------------------------------------------------

WINDOWS_FAKE(CreateProcessW);
WINDOWS_FAKE(WaitForSingleObject);
WINDOWS_FAKE(TerminateProcess);

static struct machine { bool missing, hangs, terminated; } machine;

// Starts another program in place of netsh.
static BOOL WINAPI fake_CreateProcessW(const wchar_t *program, wchar_t *command,
                                       SECURITY_ATTRIBUTES *process, SECURITY_ATTRIBUTES *thread,
                                       BOOL inherit, DWORD flags, void *environment,
                                       const wchar_t *directory, STARTUPINFOW *startup,
                                       PROCESS_INFORMATION *started) {
    wchar_t version[] = L"portscope --version";
    assert_int_equal(_wcsicmp(program + wcslen(program) - 19, L"\\system32\\netsh.exe"), 0);
    assert_int_equal(wcscmp(command, L"netsh.exe int ipv4"), 0);
    return !machine.missing &&
           WINDOWS_REAL(CreateProcessW)(WINDOWS_PROGRAM, version, process, thread, inherit, flags,
                                        environment, directory, startup, started);
}

static DWORD WINAPI fake_WaitForSingleObject(HANDLE handle, DWORD milliseconds) {
    assert_true(milliseconds <= 60000);
    return machine.hangs ? WAIT_TIMEOUT : WINDOWS_REAL(WaitForSingleObject)(handle, milliseconds);
}

static BOOL WINAPI fake_TerminateProcess(HANDLE process, UINT code) {
    machine.terminated = true;
    return WINDOWS_REAL(TerminateProcess)(process, code);
}

static char answer[NETSH_ANSWER_SIZE];

static void its_output_is_kept(void **state) {
    assert_true(netsh_run(L"int ipv4", answer));
    assert_memory_equal(answer, "portscope ", 10);
    assert_string_equal(answer + strlen(answer) - 2, "\r\n");
    assert_false(machine.terminated);
}

static void one_that_hangs_is_ended(void **state) {
    machine.hangs = true;
    assert_false(netsh_run(L"int ipv4", answer));
    assert_true(machine.terminated);
    assert_string_equal(answer, "");
}

static void one_that_does_not_start(void **state) {
    machine = (struct machine){.missing = true};
    assert_false(netsh_run(L"int ipv4", answer));
    assert_string_equal(answer, "");
}

// Parsing ------------------------------------------------------------------------------------------

static unsigned count_ports(const struct psc_port_set *ports) {
    unsigned count = 0;
    for (uint32_t port = 0; port <= UINT16_MAX; port++) {
        count += psc_port_set_find(ports, (uint16_t)port) != NULL;
    }
    return count;
}

static void excluded_ranges(void **state) {
    static const char english[] =
        "\r\nProtocol tcp Port Exclusion Ranges\r\n\r\nStart Port    End Port      \r\n"
        "----------    --------      \r\n      5357        5357      \r\n"
        "     50000       50059     *\r\n\r\n* - Administered port exclusions.\r\n\r\n";
    static const char french[] =
        "\r\nPlages d'exclusion de ports de protocole tcp\r\n\r\n"
        "Port de d\x82"
        "but    Port de fin      \r\n----------    --------      \r\n"
        "      1025        1124      \r\n\r\n* - Exclusions de ports administr\x82"
        "es.\r\n";
    struct psc_port_set ports = {0};
    assert_int_equal(netsh_parse_excluded(english, &ports), PSC_OK);
    assert_int_equal(count_ports(&ports), 61);
    assert_non_null(psc_port_set_find(&ports, 5357));
    assert_non_null(psc_port_set_find(&ports, 50000));
    assert_non_null(psc_port_set_find(&ports, 50059));
    assert_null(psc_port_set_find(&ports, 50060));
    assert_int_equal(netsh_parse_excluded(french, &ports), PSC_OK); // adds to the other family's
    assert_int_equal(count_ports(&ports), 161);
    assert_non_null(psc_port_set_find(&ports, 1025));
    assert_non_null(psc_port_set_find(&ports, 1124));
    psc_port_set_done(&ports);
}

static void what_is_no_range_is_passed_over(void **state) {
    static const char *const texts[] = {
        "",
        "\r\n",
        "The following command was not found: int ipv4.\r\n",
        "1 2 3\r\n",
        "100\r\n",
        "200 100\r\n",
        "1 65536\r\n",
        "1-2\r\n",
        "1 2 x\r\n",
        "99999999999 99999999999\r\n",
        "-1 5\r\n",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct psc_port_set ports = {0};
        assert_int_equal(netsh_parse_excluded(texts[i], &ports), PSC_OK);
        assert_int_equal(count_ports(&ports), 0);
    }
}

static void the_dynamic_range(void **state) {
    static const struct {
        const char *text;
        uint16_t first, last;
    } cases[] = {
        {"\r\nProtocol tcp Dynamic Port Range\r\n---------------------------------\r\n"
         "Start Port      : 49152\r\nNumber of Ports : 16384\r\n\r\n",
         49152, 65535},
        {"\r\nDynamischer Portbereich: Protokoll TCP\r\n-----\r\n"
         "Startport         : 1024\r\nAnzahl von Ports  : 64511\r\n",
         1024, 65534},
        {"\xe5\x8d\x8f\xe8\xae\xae tcp\r\n-----\r\n\xe5\xbc\x80 : 1\r\n\xe6\x95\xb0 : 1\r\n", 1, 1},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint16_t first = 0;
        uint16_t last = 0;
        assert_true(netsh_parse_dynamic(cases[i].text, &first, &last));
        assert_int_equal(first, cases[i].first);
        assert_int_equal(last, cases[i].last);
    }
}

static void what_is_no_dynamic_range_is_refused(void **state) {
    static const char *const texts[] = {
        "", "a: 1\r\n", "a: 1\r\nb: 0\r\n", "a: 49152\r\nb: 16385\r\n", "a: x\r\nb: y\r\n", ":::",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        uint16_t first;
        uint16_t last;
        assert_false(netsh_parse_dynamic(texts[i], &first, &last));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_output_is_kept),
        cmocka_unit_test(one_that_hangs_is_ended),
        cmocka_unit_test(one_that_does_not_start),
        cmocka_unit_test(excluded_ranges),
        cmocka_unit_test(what_is_no_range_is_passed_over),
        cmocka_unit_test(the_dynamic_range),
        cmocka_unit_test(what_is_no_dynamic_range_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
