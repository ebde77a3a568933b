// test_windows_ip_helper.c - ip_helper: constructed tables, tables that grow, and missing functions. A fake
// system_function() returns the functions of iphlpapi.dll.
#include <winsock2.h>
#include <ws2ipdef.h>

#include <iphlpapi.h>

#include "platform/windows/ip_helper.h"
#include "platform/windows/win32.h"
#include "support/test.h"

// Decoding ----------------------------------------------------------------------------------------

static bool five_is_an_interface(uint32_t index) {
    return index == 5;
}

struct fixture {
    struct psc_filter filter;
    struct psc_builder *builder;
    struct psc_error error;
};

static int make_fixture(void **state) {
    struct fixture *fixture = calloc(1, sizeof *fixture);
    psc_filter_init(&fixture->filter);
    fixture->builder = psc_builder_new(&fixture->filter);
    *state = fixture;
    return fixture->builder != NULL ? 0 : -1;
}

static int drop_fixture(void **state) {
    struct fixture *fixture = *state;
    psc_builder_free(fixture->builder);
    free(fixture);
    return 0;
}

static enum psc_status decode(struct fixture *fixture, const void *bytes, size_t size,
                              enum psc_protocol protocol) {
    return ip_helper_decode(bytes, size, IP_HELPER_OWNERS, protocol, PSC_STATES_ALL,
                            five_is_an_interface, fixture->builder, &fixture->error);
}

static void tcp4_rows(void **state) {
    struct fixture *fixture = *state;
    struct {
        DWORD count;
        MIB_TCPROW_OWNER_PID rows[2];
    } protocol = {2,
                  {{MIB_TCP_STATE_LISTEN, 0, 0xbeef5000, 0x01020304, 0x1234, 888},
                   {MIB_TCP_STATE_ESTAB, 0x0100007f, 0x901f, 0x0200007f, 0xbb01, 4242}}};
    assert_int_equal(decode(fixture, &protocol, sizeof protocol, PSC_PROTOCOL_TCP4), PSC_OK);
    assert_int_equal(psc_builder_count(fixture->builder), 2);
    const struct psc_endpoint *row = psc_builder_endpoint(fixture->builder, 0);
    assert_int_equal(row->state, PSC_STATE_LISTENING);
    assert_int_equal(row->local_port, 80); // the upper half of the field is noise
    assert_int_equal(row->remote_port, 0); // and so is the remote end of a listener
    assert_int_equal(row->remote.bytes[0], 0);
    assert_int_equal(row->pid, 888);
    assert_int_equal(row->known, PSC_KNOWN_PID);
    row = psc_builder_endpoint(fixture->builder, 1);
    assert_memory_equal(row->local.bytes, "\x7f\0\0\1", 4);
    assert_memory_equal(row->remote.bytes, "\x7f\0\0\2", 4);
    assert_int_equal(row->local_port, 8080);
    assert_int_equal(row->remote_port, 443);
}

static void every_state_number(void **state) {
    struct fixture *fixture = *state;
    static const struct {
        DWORD number;
        enum psc_state state;
        uint8_t shown;
    } cases[] = {
        {1, PSC_STATE_CLOSED, 0},        {2, PSC_STATE_LISTENING, 0},
        {3, PSC_STATE_SYN_SENT, 0},      {4, PSC_STATE_SYN_RECEIVED, 0},
        {5, PSC_STATE_ESTABLISHED, 0},   {6, PSC_STATE_FIN_WAIT_1, 0},
        {7, PSC_STATE_FIN_WAIT_2, 0},    {8, PSC_STATE_CLOSE_WAIT, 0},
        {9, PSC_STATE_CLOSING, 0},       {10, PSC_STATE_LAST_ACK, 0},
        {11, PSC_STATE_TIME_WAIT, 0},    {12, PSC_STATE_DELETE_TCB, 0},
        {100, PSC_STATE_BOUND, 0},       {0, PSC_STATE_UNKNOWN, 0},
        {13, PSC_STATE_UNKNOWN, 13},     {99, PSC_STATE_UNKNOWN, 99},
        {101, PSC_STATE_UNKNOWN, 101},   {255, PSC_STATE_UNKNOWN, 255},
        {70000, PSC_STATE_UNKNOWN, 255}, {0xffffffff, PSC_STATE_UNKNOWN, 255},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct {
            DWORD count;
            MIB_TCPROW_OWNER_PID row;
        } protocol = {1, {cases[i].number, 0, 0, 0, 0, 1}};
        assert_int_equal(decode(fixture, &protocol, sizeof protocol, PSC_PROTOCOL_TCP4), PSC_OK);
        const struct psc_endpoint *row = psc_builder_endpoint(fixture->builder, i);
        assert_int_equal(row->state, cases[i].state);
        assert_int_equal(row->state_number, cases[i].shown);
    }
}

// A connection that is over has no owner; otherwise an owner without a PID is unknown.
static void pid_0(void **state) {
    struct fixture *fixture = *state;
    struct {
        DWORD count;
        MIB_TCPROW_OWNER_PID rows[3];
    } protocol = {3,
                  {{MIB_TCP_STATE_TIME_WAIT, 0, 0, 0, 0, 0},
                   {MIB_TCP_STATE_LISTEN, 0, 0, 0, 0, 0},
                   {MIB_TCP_STATE_LISTEN, 0, 0, 0, 0, 4}}};
    assert_int_equal(decode(fixture, &protocol, sizeof protocol, PSC_PROTOCOL_TCP4), PSC_OK);
    assert_int_equal(psc_builder_endpoint(fixture->builder, 0)->known, PSC_KNOWN_OWNERS);
    assert_int_equal(psc_builder_endpoint(fixture->builder, 1)->known, 0);
    assert_int_equal(psc_builder_endpoint(fixture->builder, 2)->known, PSC_KNOWN_PID);
    assert_int_equal(psc_builder_endpoint(fixture->builder, 2)->pid, 4);
}

static void scope_ids_in_both_byte_orders(void **state) {
    struct fixture *fixture = *state;
    static const struct {
        uint8_t first, second;
        DWORD scope;
        uint32_t ifindex;
    } cases[] = {
        {0xfe, 0x80, 5, 5},          {0xfe, 0x80, 0x05000000, 5}, {0xfe, 0x80, 0, 0},
        {0xfe, 0x80, 0x2000, 0},     {0xfe, 0x80, 0xffffffff, 0}, {0xfe, 0xbf, 5, 5},
        {0xff, 0x02, 0x05000000, 5}, {0x20, 0x01, 5, 0},          {0, 0, 5, 0},
        {0xfe, 0xc0, 5, 0},          {0xff, 0x05, 5, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct {
            DWORD count;
            MIB_UDP6ROW_OWNER_PID row;
        } protocol = {1, {{cases[i].first, cases[i].second}, cases[i].scope, 0x6c07, 884}};
        protocol.row.ucLocalAddr[15] = 1;
        assert_int_equal(decode(fixture, &protocol, sizeof protocol, PSC_PROTOCOL_UDP6), PSC_OK);
        const struct psc_endpoint *row = psc_builder_endpoint(fixture->builder, i);
        assert_int_equal(row->ifindex, cases[i].ifindex);
        assert_int_equal(row->local_port, 1900);
        assert_int_equal(row->state, PSC_STATE_UDP_UNCONNECTED);
        assert_int_equal(row->local.bytes[15], 1);
        assert_int_equal(row->pid, 884);
    }
}

static void tcp6_and_udp4_rows(void **state) {
    struct fixture *fixture = *state;
    struct {
        DWORD count;
        MIB_TCP6ROW_OWNER_PID row;
    } tcp = {1, {{[15] = 1}, 0, 0x5000, {[0] = 0x20, [15] = 2}, 0, 0x5100, 5, 7}};
    struct {
        DWORD count;
        MIB_UDPROW_OWNER_PID row;
    } udp = {1, {0x0100007f, 0x3500, 9}};
    assert_int_equal(decode(fixture, &tcp, sizeof tcp, PSC_PROTOCOL_TCP6), PSC_OK);
    assert_int_equal(decode(fixture, &udp, sizeof udp, PSC_PROTOCOL_UDP4), PSC_OK);
    const struct psc_endpoint *row = psc_builder_endpoint(fixture->builder, 0);
    assert_int_equal(row->protocol, PSC_PROTOCOL_TCP6);
    assert_int_equal(row->local.bytes[15], 1);
    assert_int_equal(row->remote.bytes[0], 0x20);
    assert_int_equal(row->remote.bytes[15], 2);
    assert_int_equal(row->local_port, 80);
    assert_int_equal(row->remote_port, 81);
    assert_int_equal(row->pid, 7);
    row = psc_builder_endpoint(fixture->builder, 1);
    assert_int_equal(row->protocol, PSC_PROTOCOL_UDP4);
    assert_memory_equal(row->local.bytes, "\x7f\0\0\1", 4);
    assert_int_equal(row->local_port, 53);
    assert_int_equal(row->pid, 9);
}

static void every_truncation_is_an_error(void **state) {
    struct fixture *fixture = *state;
    static const size_t rows[PSC_PROTOCOL_COUNT] = {
        sizeof(MIB_TCPROW_OWNER_PID), sizeof(MIB_TCP6ROW_OWNER_PID), sizeof(MIB_UDPROW_OWNER_PID),
        sizeof(MIB_UDP6ROW_OWNER_PID)};
    for (enum psc_protocol protocol = PSC_PROTOCOL_TCP4; protocol < PSC_PROTOCOL_COUNT;
         protocol++) {
        size_t whole = sizeof(DWORD) + 3 * rows[protocol];
        for (size_t size = 0; size < whole; size++) {
            char *bytes = calloc(1, size + 1); // of exactly this size for tools that watch it
            DWORD count = 3;
            memcpy(bytes, &count, size < sizeof count ? size : sizeof count);
            assert_int_equal(decode(fixture, bytes, size, protocol), PSC_MALFORMED);
            free(bytes);
        }
    }
    DWORD many[4] = {0xffffffff};
    assert_int_equal(decode(fixture, many, sizeof many, PSC_PROTOCOL_UDP4), PSC_MALFORMED);
    assert_int_equal(psc_builder_count(fixture->builder), 0);
}

static void only_wanted_states_are_kept(void **state) {
    struct fixture *fixture = *state;
    struct {
        DWORD count;
        MIB_TCPROW_OWNER_PID rows[2];
    } protocol = {2, {{2, 0, 0, 0, 0, 1}, {5, 0, 0, 0, 0, 1}}};
    assert_int_equal(ip_helper_decode(&protocol, sizeof protocol, IP_HELPER_OWNERS,
                                      PSC_PROTOCOL_TCP4, PSC_STATE_BIT(PSC_STATE_LISTENING),
                                      five_is_an_interface, fixture->builder, &fixture->error),
                     PSC_OK);
    assert_int_equal(psc_builder_count(fixture->builder), 1);
}

// Reading -----------------------------------------------------------------------------------------

// What iphlpapi.dll answers, of one test program in one thread.
static struct answers {
    DWORD numbers[40]; // NO_ERROR: the table
    unsigned calls;
    bool grows; // needs more each time
    bool missing;
    ULONG family;
    int class;
    unsigned bound_rows;
} answers;

static DWORD WINAPI fake_get_table(void *protocol, DWORD *size, BOOL order, ULONG family, int class,
                                   ULONG reserved) {
    (void)order, (void)reserved;
    answers.family = family;
    answers.class = class;
    DWORD number = answers.numbers[answers.calls++];
    if (answers.grows) {
        *size += 24;
        return ERROR_INSUFFICIENT_BUFFER;
    }
    if (number == ERROR_INSUFFICIENT_BUFFER) {
        *size = *size * 2;
    } else if (number == NO_ERROR) {
        memset(protocol, 0, *size);
    }
    return number;
}

static DWORD WINAPI fake_get_bound(void **table, HANDLE heap, DWORD flags) {
    DWORD size = (DWORD)(sizeof(DWORD) + answers.bound_rows * sizeof(MIB_TCPROW2));
    MIB_TCPTABLE2 *bound = HeapAlloc(heap, flags | HEAP_ZERO_MEMORY, size);
    bound->dwNumEntries = answers.bound_rows;
    for (unsigned i = 0; i < answers.bound_rows; i++) {
        bound->table[i].dwState = i; // which has no meaning here
        bound->table[i].dwLocalPort = htons((u_short)(50100 + i));
        bound->table[i].dwOwningPid = 44328;
    }
    *table = bound;
    return NO_ERROR;
}

static PCHAR WINAPI fake_index_to_name(ULONG index, PCHAR name) {
    return index == 5 ? name : NULL;
}

system_function_pointer *__wrap_system_function(const wchar_t *library, const char *name);
system_function_pointer *__wrap_system_function(const wchar_t *library, const char *name) {
    assert_int_equal(wcscmp(library, L"iphlpapi.dll"), 0);
    return answers.missing                         ? NULL
           : strncmp(name, "GetExtended", 11) == 0 ? (system_function_pointer *)fake_get_table
           : strncmp(name, "InternalGet", 11) == 0 ? (system_function_pointer *)fake_get_bound
                                                   : (system_function_pointer *)fake_index_to_name;
}

static int make_answers(void **state) {
    answers = (struct answers){0};
    return make_fixture(state);
}

static enum psc_status read_table(struct fixture *fixture, enum psc_protocol protocol,
                                  uint32_t states) {
    return ip_helper_read(protocol, states, fixture->builder, &fixture->error);
}

static void a_table_that_grew_is_read_again(void **state) {
    answers.numbers[0] = answers.numbers[1] = ERROR_INSUFFICIENT_BUFFER;
    assert_int_equal(read_table(*state, PSC_PROTOCOL_TCP6, PSC_STATES_ALL), PSC_OK);
    assert_int_equal(answers.calls, 3);
    assert_int_equal(answers.family, AF_INET6);
    assert_int_equal(answers.class, TCP_TABLE_OWNER_PID_ALL);
}

static void growth_that_never_ends_is_given_up(void **state) {
    answers.grows = true;
    assert_int_equal(read_table(*state, PSC_PROTOCOL_TCP4, PSC_STATES_ALL), PSC_SYSTEM);
    assert_int_equal(answers.calls, 16);
}

static void odd_errors_are_retried_twice(void **state) {
    answers.numbers[0] = answers.numbers[1] = ERROR_GEN_FAILURE;
    assert_int_equal(read_table(*state, PSC_PROTOCOL_UDP4, PSC_STATES_ALL), PSC_OK);
    assert_int_equal(answers.calls, 3);
    assert_int_equal(answers.class, UDP_TABLE_OWNER_PID);
}

static void lasting_errors_are_reported(void **state) {
    struct fixture *fixture = *state;
    for (int i = 0; i < 40; i++) {
        answers.numbers[i] = ERROR_GEN_FAILURE;
    }
    assert_int_equal(read_table(fixture, PSC_PROTOCOL_TCP4, PSC_STATES_ALL), PSC_SYSTEM);
    assert_non_null(strstr(fixture->error.text, "31"));
    assert_int_equal(answers.calls, 3);
    for (int i = 0; i < 40; i++) {
        answers.numbers[i] = ERROR_ACCESS_DENIED;
    }
    assert_int_equal(read_table(fixture, PSC_PROTOCOL_TCP4, PSC_STATES_ALL), PSC_DENIED);
}

static void a_family_that_is_not_installed_is_empty(void **state) {
    for (int i = 0; i < 40; i++) {
        answers.numbers[i] = ERROR_NOT_SUPPORTED;
    }
    assert_int_equal(read_table(*state, PSC_PROTOCOL_UDP6, PSC_STATES_ALL), PSC_OK);
    assert_int_equal(read_table(*state, PSC_PROTOCOL_UDP4, PSC_STATES_ALL), PSC_SYSTEM);
}

static void listeners_alone_have_a_class(void **state) {
    assert_int_equal(read_table(*state, PSC_PROTOCOL_TCP4, PSC_STATE_BIT(PSC_STATE_LISTENING)),
                     PSC_OK);
    assert_int_equal(answers.class, TCP_TABLE_OWNER_PID_LISTENER);
}

static void bound_rows_where_windows_lists_them(void **state) {
    struct fixture *fixture = *state;
    answers.bound_rows = 3;
    assert_int_equal(ip_helper_read_bound(PSC_PROTOCOL_TCP4, fixture->builder, &fixture->error),
                     PSC_OK);
    assert_int_equal(psc_builder_count(fixture->builder), 3);
    for (size_t i = 0; i < 3; i++) {
        const struct psc_endpoint *row = psc_builder_endpoint(fixture->builder, i);
        assert_int_equal(row->state, PSC_STATE_BOUND);
        assert_int_equal(row->local_port, 50100 + i);
        assert_int_equal(row->pid, 44328);
    }
}

static void bound_rows_where_it_does_not(void **state) {
    struct fixture *fixture = *state;
    answers.missing = true;
    assert_int_equal(ip_helper_read_bound(PSC_PROTOCOL_TCP6, fixture->builder, &fixture->error),
                     PSC_UNSUPPORTED);
    assert_int_equal(read_table(fixture, PSC_PROTOCOL_TCP4, PSC_STATES_ALL), PSC_UNSUPPORTED);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_answers, drop_fixture)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(tcp4_rows),
        TEST(every_state_number),
        TEST(pid_0),
        TEST(scope_ids_in_both_byte_orders),
        TEST(tcp6_and_udp4_rows),
        TEST(every_truncation_is_an_error),
        TEST(only_wanted_states_are_kept),
        TEST(a_table_that_grew_is_read_again),
        TEST(growth_that_never_ends_is_given_up),
        TEST(odd_errors_are_retried_twice),
        TEST(lasting_errors_are_reported),
        TEST(a_family_that_is_not_installed_is_empty),
        TEST(listeners_alone_have_a_class),
        TEST(bound_rows_where_windows_lists_them),
        TEST(bound_rows_where_it_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
