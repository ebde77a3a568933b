// test_kernel_state.c - the kernel's numbers of states: to ours, and the masks it is asked with.
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "platform/linux/kernel_state.h"

static struct psc_endpoint with_number(enum psc_protocol protocol, unsigned number) {
    struct psc_endpoint endpoint = {.protocol = (uint8_t)protocol};
    kernel_state_set(&endpoint, number);
    return endpoint;
}

static void tcp_numbers(void **state) {
    (void)state;
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
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (enum psc_protocol protocol = PSC_PROTOCOL_TCP4; protocol <= PSC_PROTOCOL_TCP6;
             protocol++) {
            struct psc_endpoint endpoint = with_number(protocol, cases[i].number);
            assert_int_equal(endpoint.state, cases[i].state);
            assert_int_equal(endpoint.state_number, 0);
            assert_true(kernel_state_mask(protocol, PSC_STATE_BIT(cases[i].state)) &
                        1U << cases[i].number);
        }
    }
}

static void unknown_numbers_are_kept(void **state) {
    (void)state;
    static const unsigned numbers[] = {0, 14, 15, 99, 255};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct psc_endpoint endpoint = with_number(PSC_PROTOCOL_TCP4, numbers[i]);
        assert_int_equal(endpoint.state, PSC_STATE_UNKNOWN);
        assert_int_equal(endpoint.state_number, numbers[i]);
    }
}

static void udp_numbers(void **state) {
    (void)state;
    assert_int_equal(with_number(PSC_PROTOCOL_UDP4, 1).state, PSC_STATE_UDP_CONNECTED);
    assert_int_equal(with_number(PSC_PROTOCOL_UDP4, 7).state, PSC_STATE_UDP_UNCONNECTED);
    assert_int_equal(with_number(PSC_PROTOCOL_UDP6, 1).state, PSC_STATE_UDP_CONNECTED);
    assert_int_equal(with_number(PSC_PROTOCOL_UDP6, 7).state, PSC_STATE_UDP_UNCONNECTED);
}

static void masks(void **state) {
    (void)state;
    const uint32_t listening = PSC_STATE_BIT(PSC_STATE_LISTENING);
    const uint32_t bound = PSC_STATE_BIT(PSC_STATE_BOUND);
    static const uint32_t ask_bound = 1U << 13;
    assert_int_equal(kernel_state_mask(PSC_PROTOCOL_TCP4, 0), 0);
    assert_int_equal(kernel_state_mask(PSC_PROTOCOL_TCP4, listening), 1U << 10);
    assert_int_equal(kernel_state_mask(PSC_PROTOCOL_TCP6, PSC_STATE_BIT(PSC_STATE_TIME_WAIT)),
                     1U << 6);
    assert_int_equal(kernel_state_mask(PSC_PROTOCOL_TCP4, PSC_STATES_UDP), 0);
    assert_true(kernel_state_mask(PSC_PROTOCOL_TCP4, bound) & ask_bound);
    // Who does not ask for bound ports must not get them, and all others must come.
    assert_false(kernel_state_mask(PSC_PROTOCOL_TCP4, PSC_STATES_ALL & ~bound) & ask_bound);
    assert_int_equal(kernel_state_mask(PSC_PROTOCOL_TCP4, PSC_STATES_ALL) | 1, UINT32_MAX);
    assert_int_equal(kernel_state_mask(PSC_PROTOCOL_UDP4, PSC_STATES_ALL), 1U << 1 | 1U << 7);
    assert_int_equal(kernel_state_mask(PSC_PROTOCOL_UDP6, PSC_STATE_BIT(PSC_STATE_UDP_CONNECTED)),
                     1U << 1);
    assert_int_equal(kernel_state_mask(PSC_PROTOCOL_UDP4, PSC_STATES_LISTENERS), 1U << 7);
    assert_int_equal(kernel_state_mask(PSC_PROTOCOL_UDP4, listening | bound), 0);
}

static void a_socket_without_a_file_has_no_owner(void **state) {
    (void)state;
    struct psc_endpoint endpoint = {.protocol = PSC_PROTOCOL_TCP4};
    kernel_state_set_owner(&endpoint, 0, 0);
    assert_int_equal(endpoint.known, PSC_KNOWN_INODE | PSC_KNOWN_OWNERS);

    endpoint = (struct psc_endpoint){.protocol = PSC_PROTOCOL_TCP4, .known = PSC_KNOWN_COOKIE};
    kernel_state_set_owner(&endpoint, 42, 1000);
    assert_int_equal(endpoint.known, PSC_KNOWN_COOKIE | PSC_KNOWN_INODE | PSC_KNOWN_UID);
    assert_int_equal(endpoint.inode, 42);
    assert_int_equal(endpoint.uid, 1000);
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
