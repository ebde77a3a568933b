// netns_fixture_rows.c - the table of expected rows, and the comparison with it.
#include "support/netns_fixture_rows.h"

#include "model/address.h"
#include "support/test.h"

#define ANY (-1)

struct expected_row {
    enum psc_protocol protocol;
    enum psc_state state;
    const char *local;
    uint16_t local_port;
    const char *remote; // NULL: none
    uint16_t remote_port;
    bool held;                      // a file refers to it, so that it has an inode
    int64_t recv_queue, send_queue; // in sock_diag's meaning; ANY for what the kernel decides
    uint32_t ifindex;               // by netlink; /proc/net tells it of link-local addresses alone
    enum { UNTOLD, DUAL, V6ONLY } v6only;
};

#define TCP4(state, ...)                                                                           \
    { PSC_PROTOCOL_TCP4, PSC_STATE_##state, __VA_ARGS__ }
#define TCP6(state, ...)                                                                           \
    { PSC_PROTOCOL_TCP6, PSC_STATE_##state, __VA_ARGS__ }
#define UDP4(state, ...)                                                                           \
    { PSC_PROTOCOL_UDP4, PSC_STATE_UDP_##state, __VA_ARGS__ }
#define UDP6(state, ...)                                                                           \
    { PSC_PROTOCOL_UDP6, PSC_STATE_UDP_##state, __VA_ARGS__ }

// A FIN that was received counts as one byte of the queue.
static const struct expected_row rows[] = {
    TCP4(LISTENING, "127.0.0.1", 10001, NULL, 0, true, 1, 8, 0, UNTOLD),
    TCP4(ESTABLISHED, "127.0.0.1", 20001, "127.0.0.1", 10001, true, 0, 0, 0, UNTOLD),
    TCP4(ESTABLISHED, "127.0.0.1", 10001, "127.0.0.1", 20001, false, 0, 0, 0, UNTOLD),
    TCP4(ESTABLISHED, "127.0.0.1", 20002, "127.0.0.1", 10001, true, 0, 0, 0, UNTOLD),
    TCP4(ESTABLISHED, "127.0.0.1", 10001, "127.0.0.1", 20002, true, 5, 0, 0, UNTOLD),
    TCP4(FIN_WAIT_2, "127.0.0.1", 20003, "127.0.0.1", 10001, true, 0, 0, 0, UNTOLD),
    TCP4(CLOSE_WAIT, "127.0.0.1", 10001, "127.0.0.1", 20003, true, 1, 0, 0, UNTOLD),
    TCP4(TIME_WAIT, "127.0.0.1", 20004, "127.0.0.1", 10001, false, 0, 0, 0, UNTOLD),
    TCP4(BOUND, "127.0.0.1", 20004, NULL, 0, true, 1, 0, 0, UNTOLD), // its port is not given back
    TCP4(FIN_WAIT_1, "127.0.0.1", 20005, "127.0.0.1", 10001, true, 0, ANY, 0, UNTOLD),
    TCP4(ESTABLISHED, "127.0.0.1", 10001, "127.0.0.1", 20005, true, ANY, 0, 0, UNTOLD),
    TCP4(CLOSING, "127.0.0.1", 20006, "127.0.0.1", 10001, true, 1, ANY, 0, UNTOLD),
    TCP4(FIN_WAIT_2, "127.0.0.1", 10001, "127.0.0.1", 20006, true, ANY, 0, 0, UNTOLD),
    TCP4(LAST_ACK, "127.0.0.1", 20007, "127.0.0.1", 10001, true, 1, ANY, 0, UNTOLD),
    TCP4(FIN_WAIT_2, "127.0.0.1", 10001, "127.0.0.1", 20007, true, ANY, 0, 0, UNTOLD),
    TCP4(LISTENING, "127.0.0.1", 10002, NULL, 0, true, 1, 0, 0, UNTOLD),
    TCP4(ESTABLISHED, "127.0.0.1", 20008, "127.0.0.1", 10002, true, 0, 0, 0, UNTOLD),
    TCP4(ESTABLISHED, "127.0.0.1", 10002, "127.0.0.1", 20008, false, 0, 0, 0, UNTOLD),
    TCP4(SYN_SENT, "127.0.0.1", 20009, "127.0.0.1", 10002, true, 0, 1, 0, UNTOLD),
    TCP4(LISTENING, "127.0.0.1", 10003, NULL, 0, true, 0, 8, 0, UNTOLD),
    TCP4(ESTABLISHED, "127.0.0.1", 20010, "127.0.0.1", 10003, true, 0, 0, 0, UNTOLD),
    TCP4(SYN_RECEIVED, "127.0.0.1", 10003, "127.0.0.1", 20010, false, 0, 0, 0, UNTOLD),
    TCP4(BOUND, "127.0.0.1", 10004, NULL, 0, true, 0, 0, 0, UNTOLD),
    TCP4(LISTENING, "0.0.0.0", 10005, NULL, 0, true, 0, 8, 0, UNTOLD),
    TCP4(LISTENING, "127.0.0.1", 10006, NULL, 0, true, 0, 8, 1, UNTOLD),
    TCP4(ESTABLISHED, "127.0.0.1", 20011, "127.0.0.1", 10011, true, 0, 0, 0, UNTOLD),

    TCP6(LISTENING, "::", 10011, NULL, 0, true, 0, 8, 0, DUAL),
    TCP6(ESTABLISHED, "::ffff:127.0.0.1", 10011, "::ffff:127.0.0.1", 20011, true, 0, 0, 0, UNTOLD),
    TCP6(LISTENING, "::1", 10012, NULL, 0, true, 0, 8, 0, V6ONLY),
    TCP6(ESTABLISHED, "::1", 20012, "::1", 10012, true, 0, 0, 0, UNTOLD),
    TCP6(ESTABLISHED, "::1", 10012, "::1", 20012, true, 0, 0, 0, UNTOLD),
    TCP6(LISTENING, "fe80::1", 10013, NULL, 0, true, 0, 8, 1, V6ONLY),

    UDP4(UNCONNECTED, "127.0.0.1", 10021, NULL, 0, true, 0, 0, 0, UNTOLD),
    UDP4(CONNECTED, "127.0.0.1", 20021, "127.0.0.1", 10021, true, 0, 0, 0, UNTOLD),
    UDP6(UNCONNECTED, "::", 10031, NULL, 0, true, 0, 0, 0, DUAL),
    UDP6(UNCONNECTED, "::1", 10032, NULL, 0, true, 0, 0, 0, V6ONLY),
    UDP6(CONNECTED, "::1", 20032, "::1", 10032, true, 0, 0, 0, UNTOLD),
    UDP6(UNCONNECTED, "fe80::1", 10033, NULL, 0, true, 0, 0, 1, V6ONLY),
};
#define ROW_COUNT COUNT(rows)

static bool is_shown(const struct expected_row *row, enum psc_protocol protocol,
                     enum netns_fixture_source source) {
    return row->protocol == protocol &&
           (source == NETNS_FIXTURE_BY_NETLINK || row->state != PSC_STATE_BOUND);
}

size_t netns_fixture_row_count(enum psc_protocol protocol, enum netns_fixture_source source) {
    size_t count = 0;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        count += is_shown(&rows[i], protocol, source);
    }
    return count;
}

static struct psc_address parse(const char *text) {
    struct psc_address address = {{0}};
    bool ipv6;
    assert_true(text == NULL || psc_address_parse(text, &address, &ipv6));
    return address;
}

static const struct psc_endpoint *find(const struct psc_builder *builder,
                                       const struct expected_row *row) {
    struct psc_address local = parse(row->local);
    struct psc_address remote = parse(row->remote);
    const struct psc_endpoint *found = NULL;
    for (size_t i = 0; i < psc_builder_count(builder); i++) {
        const struct psc_endpoint *endpoint = psc_builder_endpoint(builder, i);
        if (endpoint->protocol == row->protocol && endpoint->local_port == row->local_port &&
            endpoint->remote_port == row->remote_port &&
            memcmp(&endpoint->local, &local, sizeof local) == 0 &&
            memcmp(&endpoint->remote, &remote, sizeof remote) == 0) {
            assert_null(found);
            found = endpoint;
        }
    }
    if (found == NULL) {
        fail_msg("no row %s:%u -> %u", row->local, row->local_port, row->remote_port);
    }
    return found;
}

static void check_queue(int64_t expected, uint32_t actual) {
    if (expected == ANY) {
        assert_true(actual > 0);
    } else {
        assert_int_equal(actual, expected);
    }
}

static void check_row(const struct psc_endpoint *endpoint, const struct expected_row *row,
                      enum netns_fixture_source source, uint32_t uid) {
    bool netlink = source == NETNS_FIXTURE_BY_NETLINK;
    bool backlog = netlink || row->state != PSC_STATE_LISTENING;
    bool request = row->state == PSC_STATE_SYN_RECEIVED; // there is no socket yet
    uint32_t known = (request ? 0 : PSC_KNOWN_INODE) | PSC_KNOWN_RECV_QUEUE |
                     (backlog ? PSC_KNOWN_SEND_QUEUE : 0) | (netlink ? PSC_KNOWN_COOKIE : 0) |
                     (row->held ? PSC_KNOWN_UID : PSC_KNOWN_OWNERS) |
                     (netlink && row->v6only != UNTOLD ? PSC_KNOWN_V6ONLY : 0);
    assert_int_equal(endpoint->state, row->state);
    assert_int_equal(endpoint->state_number, 0);
    assert_int_equal(endpoint->known, known);
    assert_int_equal(endpoint->inode != 0, row->held);
    assert_int_equal(endpoint->cookie != 0, netlink);
    assert_int_equal(endpoint->uid, row->held ? uid : 0);
    assert_int_equal(endpoint->v6only, netlink && row->v6only == V6ONLY);
    assert_int_equal(endpoint->ifindex, netlink || row->local[0] == 'f' ? row->ifindex : 0);
    check_queue(row->recv_queue, endpoint->recv_queue);
    check_queue(backlog ? row->send_queue : 0, endpoint->send_queue);
}

void netns_fixture_check_rows(const struct psc_builder *builder, enum psc_protocol protocol,
                              enum netns_fixture_source source, uint32_t uid) {
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (is_shown(&rows[i], protocol, source)) {
            check_row(find(builder, &rows[i]), &rows[i], source, uid);
        }
    }
    assert_int_equal(psc_builder_count(builder), netns_fixture_row_count(protocol, source));
}
