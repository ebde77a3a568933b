// test_windows_ports.c - ports: real attempts to bind, and what Windows answers where Wine does not:
// reserved ports, and ports with an exclusive holder. netsh is a fake.
#include <winsock2.h>
#include <ws2tcpip.h>

#include "platform/platform.h"
#include "platform/windows/netsh.h"
#include "support/test.h"
#include "support/windows_fake.h"
#include "support/windows_socket.h"

// What bind() answers, of one test program in one thread.
static struct machine {
    int specific_error, any_error; // 0: the real one
    unsigned binds;
    bool exclusive, netsh_missing;
} machine;

WINDOWS_FAKE(bind);
WINDOWS_FAKE(setsockopt);

static int WSAAPI fake_bind(SOCKET socket, const struct sockaddr *address, int size) {
    const struct sockaddr_in *v4 = (const void *)address;
    bool any = address->sa_family == AF_INET6 || v4->sin_addr.s_addr == 0;
    int error = any ? machine.any_error : machine.specific_error;
    machine.binds++;
    if (error != 0) {
        WSASetLastError(error);
        return SOCKET_ERROR;
    }
    return WINDOWS_REAL(bind)(socket, address, size);
}

static int WSAAPI fake_setsockopt(SOCKET socket, int level, int option, const char *value,
                                  int size) {
    assert_false(level == SOL_SOCKET && option == SO_REUSEADDR);
    machine.exclusive = machine.exclusive || (level == SOL_SOCKET && option == SO_EXCLUSIVEADDRUSE);
    return WINDOWS_REAL(setsockopt)(socket, level, option, value, size);
}

bool __wrap_netsh_run(const wchar_t *arguments, char answer[NETSH_ANSWER_SIZE]);
bool __wrap_netsh_run(const wchar_t *arguments, char answer[NETSH_ANSWER_SIZE]) {
    bool dynamic = wcsstr(arguments, L"dynamicport") != NULL;
    bool ipv6 = wcsstr(arguments, L"ipv6") != NULL;
    assert_non_null(wcsstr(arguments, L"tcp"));
    strcpy(answer, dynamic ? "Start Port : 49152\r\nNumber of Ports : 16384\r\n"
                   : ipv6  ? "\r\n  5000  5010  *\r\n"
                           : "\r\n  5357  5357\r\n");
    return !machine.netsh_missing;
}

static int usual_machine(void **state) {
    WSADATA ignored;
    machine = (struct machine){0};
    return WSAStartup(MAKEWORD(2, 2), &ignored);
}

static enum psc_probe_result probe(enum psc_protocol protocol, unsigned port, uint8_t first) {
    struct psc_probe probe = {.protocol = protocol, .port = (uint16_t)port};
    struct psc_error error = {""};
    enum psc_probe_result result;
    if (first != 0) {
        probe.address.bytes[0] = first;
        probe.address.bytes[3] = 1;
    }
    if (psc_platform_probe(&probe, &result, &error) != PSC_OK) {
        fail_msg("%s", error.text);
    }
    return result;
}

static void a_held_port_is_taken_and_then_free(void **state) {
    static const struct {
        int family, type;
        enum psc_protocol protocol;
    } kinds[] = {{AF_INET, SOCK_STREAM, PSC_PROTOCOL_TCP4},
                 {AF_INET6, SOCK_STREAM, PSC_PROTOCOL_TCP6},
                 {AF_INET, SOCK_DGRAM, PSC_PROTOCOL_UDP4},
                 {AF_INET6, SOCK_DGRAM, PSC_PROTOCOL_UDP6}};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        u_short port;
        SOCKET held = windows_socket_open(kinds[i].family, kinds[i].type, &port);
        assert_true(held != INVALID_SOCKET);
        assert_int_equal(probe(kinds[i].protocol, port, 0), PSC_PROBE_TAKEN);
        closesocket(held);
        assert_int_equal(probe(kinds[i].protocol, port, 0), PSC_PROBE_FREE);
        assert_int_equal(probe(kinds[i].protocol, port, 0), PSC_PROBE_FREE); // given back at once
    }
    assert_true(machine.exclusive);
}

static void an_address_of_another_machine(void **state) {
    assert_int_equal(probe(PSC_PROTOCOL_TCP4, 40000, 192), PSC_PROBE_NO_ADDRESS); // 192.0.0.1
}

static void a_reserved_port(void **state) {
    machine.any_error = machine.specific_error = WSAEACCES;
    assert_int_equal(probe(PSC_PROTOCOL_TCP4, 50000, 0), PSC_PROBE_RESERVED);
    assert_int_equal(probe(PSC_PROTOCOL_TCP6, 50000, 0), PSC_PROBE_RESERVED);
    assert_int_equal(probe(PSC_PROTOCOL_TCP4, 50000, 127), PSC_PROBE_RESERVED);
}

static void an_address_with_an_exclusive_holder(void **state) {
    machine.specific_error = WSAEACCES;
    machine.any_error = WSAEADDRINUSE;
    assert_int_equal(probe(PSC_PROTOCOL_TCP4, 50000, 127), PSC_PROBE_TAKEN);
    assert_int_equal(machine.binds, 2);
}

static void other_answers(void **state) {
    struct psc_probe refused_probe = {.protocol = PSC_PROTOCOL_TCP4, .port = 1};
    struct psc_error error;
    enum psc_probe_result result;
    machine.any_error = WSAEADDRNOTAVAIL;
    assert_int_equal(probe(PSC_PROTOCOL_TCP4, 1, 0), PSC_PROBE_NO_ADDRESS);
    machine.any_error = WSAEAFNOSUPPORT;
    assert_int_equal(probe(PSC_PROTOCOL_TCP6, 1, 0), PSC_PROBE_NO_FAMILY);
    machine.any_error = WSAENOBUFS;
    assert_int_equal(psc_platform_probe(&refused_probe, &result, &error), PSC_SYSTEM);
    assert_non_null(strstr(error.text, "10055"));
}

static void ranges_of_both_families(void **state) {
    struct psc_request request;
    struct psc_port_ranges ranges;
    struct psc_error error;
    psc_request_init(&request);
    assert_int_equal(psc_platform_port_ranges(&request, false, &ranges, &error), PSC_OK);
    assert_int_equal(ranges.known, PSC_RANGES_RESERVED | PSC_RANGES_DYNAMIC);
    assert_true(ranges.reserved_refuses);
    assert_true(psc_port_is_reserved(&ranges, 5357) && psc_port_is_reserved(&ranges, 5010));
    assert_false(psc_port_is_reserved(&ranges, 5011));
    assert_int_equal(ranges.dynamic_first, 49152);
    assert_int_equal(ranges.dynamic_last, 65535);
    assert_int_equal(ranges.first_unprivileged, 0);
    psc_port_ranges_done(&ranges);
    machine.netsh_missing = true;
    assert_int_equal(psc_platform_port_ranges(&request, false, &ranges, &error), PSC_OK);
    assert_int_equal(ranges.known, 0);
    assert_int_equal(ranges.reserved.count, 0);
    assert_int_equal(ranges.dynamic_first, 49152); // what Windows usually has
    assert_int_equal(ranges.dynamic_last, 65535);
}

#define TEST(function) cmocka_unit_test_setup(function, usual_machine)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_held_port_is_taken_and_then_free),
        TEST(an_address_of_another_machine),
        TEST(a_reserved_port),
        TEST(an_address_with_an_exclusive_holder),
        TEST(other_answers),
        TEST(ranges_of_both_families),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
