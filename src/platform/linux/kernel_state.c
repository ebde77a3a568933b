// kernel_state.c - the kernel's numbers of states.
#include "platform/linux/kernel_state.h"

#define UDP_CONNECTED_NUMBER 1
#define UDP_UNCONNECTED_NUMBER 7

// By the kernel's number. 12 (NEW_SYN_RECV) is how it calls a request that it reports as 3; a bound
// socket is asked for as 13 (BOUND_INACTIVE) and reported as 7 (CLOSE), which no other socket in a
// dump has: closed sockets without a port are in no table.
static const enum psc_state tcp_states[] = {
    [0] = PSC_STATE_UNKNOWN,       [1] = PSC_STATE_ESTABLISHED, [2] = PSC_STATE_SYN_SENT,
    [3] = PSC_STATE_SYN_RECEIVED,  [4] = PSC_STATE_FIN_WAIT_1,  [5] = PSC_STATE_FIN_WAIT_2,
    [6] = PSC_STATE_TIME_WAIT,     [7] = PSC_STATE_BOUND,       [8] = PSC_STATE_CLOSE_WAIT,
    [9] = PSC_STATE_LAST_ACK,      [10] = PSC_STATE_LISTENING,  [11] = PSC_STATE_CLOSING,
    [12] = PSC_STATE_SYN_RECEIVED, [13] = PSC_STATE_BOUND,
};
#define TCP_STATE_COUNT (sizeof tcp_states / sizeof tcp_states[0])

void kernel_state_set(struct psc_endpoint *endpoint, unsigned number) {
    if (psc_endpoint_is_udp(endpoint)) {
        endpoint->state =
            number == UDP_UNCONNECTED_NUMBER ? PSC_STATE_UDP_UNCONNECTED : PSC_STATE_UDP_CONNECTED;
        return;
    }
    endpoint->state =
        number < TCP_STATE_COUNT ? (uint8_t)tcp_states[number] : (uint8_t)PSC_STATE_UNKNOWN;
    endpoint->state_number = endpoint->state == PSC_STATE_UNKNOWN ? (uint8_t)number : 0;
}

uint32_t kernel_state_mask(enum psc_protocol protocol, uint32_t states) {
    uint32_t mask = 0;
    if (protocol == PSC_PROTOCOL_UDP4 || protocol == PSC_PROTOCOL_UDP6) {
        bool connected = (states & PSC_STATE_BIT(PSC_STATE_UDP_CONNECTED)) != 0;
        bool unconnected = (states & PSC_STATE_BIT(PSC_STATE_UDP_UNCONNECTED)) != 0;
        return (connected ? 1U << UDP_CONNECTED_NUMBER : 0) |
               (unconnected ? 1U << UDP_UNCONNECTED_NUMBER : 0);
    }
    for (unsigned number = 1; number < TCP_STATE_COUNT; number++) {
        if ((states & PSC_STATE_BIT(tcp_states[number])) != 0) {
            mask |= 1U << number;
        }
    }
    if ((states & PSC_STATE_BIT(PSC_STATE_UNKNOWN)) != 0) {
        mask |= ~((1U << TCP_STATE_COUNT) - 1);
    }
    return mask;
}

void kernel_state_set_owner(struct psc_endpoint *endpoint, uint64_t inode, uint32_t uid) {
    endpoint->inode = inode;
    endpoint->known |= PSC_KNOWN_INODE;
    if (inode == 0) {
        endpoint->known |= PSC_KNOWN_OWNERS;
    } else {
        endpoint->uid = uid;
        endpoint->known |= PSC_KNOWN_UID;
    }
}
