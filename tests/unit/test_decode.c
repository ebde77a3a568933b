// test_decode.c - the kernel's state numbers, the masks to request them, and sockets without a file.
#include <netinet/tcp.h>

#include "platform/linux/decode.h"
#include "support/test.h"

// The row of a line in /proc/net that has these fields.
static struct psc_endpoint decoded(enum psc_protocol protocol, unsigned number, unsigned inode) {
    char text[256];
    bool ipv6 = protocol == PSC_PROTOCOL_TCP6 || protocol == PSC_PROTOCOL_UDP6;
    const char *address = ipv6 ? "00000000000000000000000001000000" : "0100007F";
    int size = snprintf(text, sizeof text,
                        "heading\n0: %s:0016 %s:0017 %02X 00000000:00000000 00:00000000 00000000 "
                        "1000 0 %u 1\n",
                        address, address, number, inode);
    struct psc_filter filter;
    struct psc_error error;
    const struct decode_links links = {.count = 0};
    psc_filter_init(&filter);
    struct psc_builder *builder = psc_builder_new(&filter);
    assert_non_null(builder);
    assert_int_equal(
        decode_proc_net(text, (size_t)size, protocol, PSC_STATES_ALL, &links, builder, &error),
        PSC_OK);
    assert_int_equal(psc_builder_count(builder), 1);
    psc_builder_seal(builder);
    struct psc_endpoint row = *psc_builder_endpoint(builder, 0);
    psc_builder_free(builder);
    return row;
}

static struct psc_endpoint with_number(enum psc_protocol protocol, unsigned number) {
    return decoded(protocol, number, 1);
}

static void tcp_numbers(void **state) {
    static const struct {
        unsigned number;
        enum psc_state state;
    } cases[] = {
        {TCP_ESTABLISHED, PSC_STATE_ESTABLISHED},
        {TCP_SYN_SENT, PSC_STATE_SYN_SENT},
        {TCP_SYN_RECV, PSC_STATE_SYN_RECEIVED},
        {TCP_FIN_WAIT1, PSC_STATE_FIN_WAIT_1},
        {TCP_FIN_WAIT2, PSC_STATE_FIN_WAIT_2},
        {TCP_TIME_WAIT, PSC_STATE_TIME_WAIT},
        {TCP_CLOSE, PSC_STATE_BOUND}, // what Linux 6.8 and later say of BOUND_INACTIVE
        {TCP_CLOSE_WAIT, PSC_STATE_CLOSE_WAIT},
        {TCP_LAST_ACK, PSC_STATE_LAST_ACK},
        {TCP_LISTEN, PSC_STATE_LISTENING},
        {TCP_CLOSING, PSC_STATE_CLOSING},
        {12, PSC_STATE_SYN_RECEIVED}, // NEW_SYN_RECV
        {13, PSC_STATE_BOUND},        // BOUND_INACTIVE
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (enum psc_protocol protocol = PSC_PROTOCOL_TCP4; protocol <= PSC_PROTOCOL_TCP6;
             protocol++) {
            struct psc_endpoint endpoint = with_number(protocol, cases[i].number);
            assert_int_equal(endpoint.state, cases[i].state);
            assert_int_equal(endpoint.state_number, 0);
            assert_true(decode_state_mask(protocol, PSC_STATE_BIT(cases[i].state)) &
                        1U << cases[i].number);
        }
    }
}

static void unknown_numbers_are_kept(void **state) {
    static const unsigned numbers[] = {0, 14, 15, 99, 255};
    for (size_t i = 0; i < COUNT(numbers); i++) {
        struct psc_endpoint endpoint = with_number(PSC_PROTOCOL_TCP4, numbers[i]);
        assert_int_equal(endpoint.state, PSC_STATE_UNKNOWN);
        assert_int_equal(endpoint.state_number, numbers[i]);
    }
}

static void udp_numbers(void **state) {
    assert_int_equal(with_number(PSC_PROTOCOL_UDP4, 1).state, PSC_STATE_UDP_CONNECTED);
    assert_int_equal(with_number(PSC_PROTOCOL_UDP4, 7).state, PSC_STATE_UDP_UNCONNECTED);
    assert_int_equal(with_number(PSC_PROTOCOL_UDP6, 1).state, PSC_STATE_UDP_CONNECTED);
    assert_int_equal(with_number(PSC_PROTOCOL_UDP6, 7).state, PSC_STATE_UDP_UNCONNECTED);
}

static void masks(void **state) {
    const uint32_t listening = PSC_STATE_BIT(PSC_STATE_LISTENING);
    const uint32_t bound = PSC_STATE_BIT(PSC_STATE_BOUND);
    static const uint32_t ask_bound = 1U << 13;
    assert_int_equal(decode_state_mask(PSC_PROTOCOL_TCP4, 0), 0);
    assert_int_equal(decode_state_mask(PSC_PROTOCOL_TCP4, listening), 1U << 10);
    assert_int_equal(decode_state_mask(PSC_PROTOCOL_TCP6, PSC_STATE_BIT(PSC_STATE_TIME_WAIT)),
                     1U << 6);
    assert_int_equal(decode_state_mask(PSC_PROTOCOL_TCP4, PSC_STATES_UDP), 0);
    assert_true(decode_state_mask(PSC_PROTOCOL_TCP4, bound) & ask_bound);
    // Who does not ask for bound ports must not get them, and all others must come.
    assert_false(decode_state_mask(PSC_PROTOCOL_TCP4, PSC_STATES_ALL & ~bound) & ask_bound);
    assert_int_equal(decode_state_mask(PSC_PROTOCOL_TCP4, PSC_STATES_ALL) | 1, UINT32_MAX);
    assert_int_equal(decode_state_mask(PSC_PROTOCOL_UDP4, PSC_STATES_ALL), 1U << 1 | 1U << 7);
    assert_int_equal(decode_state_mask(PSC_PROTOCOL_UDP6, PSC_STATE_BIT(PSC_STATE_UDP_CONNECTED)),
                     1U << 1);
    assert_int_equal(decode_state_mask(PSC_PROTOCOL_UDP4, PSC_STATES_LISTENERS), 1U << 7);
    assert_int_equal(decode_state_mask(PSC_PROTOCOL_UDP4, listening | bound), 0);
}

static void a_socket_without_a_file_has_no_owner(void **state) {
    const uint64_t interesting = PSC_KNOWN_INODE | PSC_KNOWN_UID | PSC_KNOWN_OWNERS;
    struct psc_endpoint row = decoded(PSC_PROTOCOL_TCP4, TCP_TIME_WAIT, 0);
    assert_int_equal(row.known & interesting, PSC_KNOWN_INODE | PSC_KNOWN_OWNERS);

    row = decoded(PSC_PROTOCOL_TCP4, TCP_SYN_RECV, 0); // there is no socket that could have one
    assert_int_equal(row.known & interesting, PSC_KNOWN_OWNERS);

    row = decoded(PSC_PROTOCOL_TCP6, TCP_ESTABLISHED, 42);
    assert_int_equal(row.known & interesting, PSC_KNOWN_INODE | PSC_KNOWN_UID);
    assert_int_equal(row.inode, 42);
    assert_int_equal(row.uid, 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tcp_numbers),
        cmocka_unit_test(unknown_numbers_are_kept),
        cmocka_unit_test(udp_numbers),
        cmocka_unit_test(masks),
        cmocka_unit_test(a_socket_without_a_file_has_no_owner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
