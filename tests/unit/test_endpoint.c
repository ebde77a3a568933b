// test_endpoint.c - endpoint: the words of states, the exposure of listeners, and the order of rows.
#include <ctype.h>

#include "model/endpoint.h"
#include "support/netstat_row.h"
#include "support/test.h"

#define BIT(name) PSC_STATE_BIT(PSC_STATE_##name)

static void words_are_read_as_they_are_written(void **state) {
    for (unsigned number = 0; number < PSC_STATE_UDP_UNCONNECTED; number++) {
        char word[32];
        snprintf(word, sizeof word, "%s", psc_state_word(number));
        assert_int_equal(psc_state_parse(word), PSC_STATE_BIT(number));
        for (char *at = word; *at != '\0'; at++) {
            *at = *at == '_' ? '-' : (char)tolower(*at);
        }
        assert_int_equal(psc_state_parse(word), PSC_STATE_BIT(number));
    }
    assert_string_equal(psc_state_word(PSC_STATE_UDP_UNCONNECTED), "");
    assert_string_equal(psc_state_word(PSC_STATE_UDP_CONNECTED), "");
    assert_string_equal(psc_state_word((enum psc_state)99), "UNKNOWN");
}

// The words of net-tools (netstat.c, tcp_state), iproute2 (ss.c, scan_state and sstate_name) and
// lsof (its dialects print SYN_RCDV too), and what Microsoft's pages misprint.
static void understands_the_other_tools(void **state) {
    static const struct {
        const char *word;
        uint32_t states;
    } cases[] = {
        {"LISTEN", BIT(LISTENING)},
        {"listening", BIT(LISTENING)},
        {"ESTAB", BIT(ESTABLISHED)},
        {"SYN_RECV", BIT(SYN_RECEIVED)},
        {"SYN-RECV", BIT(SYN_RECEIVED)},
        {"syn-rcv", BIT(SYN_RECEIVED)},
        {"SYN_RCVD", BIT(SYN_RECEIVED)},
        {"SYN_RCDV", BIT(SYN_RECEIVED)},
        {"FIN_WAIT1", BIT(FIN_WAIT_1)},
        {"FIN-WAIT-1", BIT(FIN_WAIT_1)},
        {"fin_wait_2", BIT(FIN_WAIT_2)},
        {"FinWait2", BIT(FIN_WAIT_2)},
        {"TIME-WAIT", BIT(TIME_WAIT)},
        {"timeD_WAIT", BIT(TIME_WAIT)},
        {"SYN_SEND", BIT(SYN_SENT)},
        {"CLOSE-WAIT", BIT(CLOSE_WAIT)},
        {"LAST-ACK", BIT(LAST_ACK)},
        {"CLOSE", BIT(CLOSED)},
        {"IDLE", BIT(CLOSED)},
        {"UNCONN", BIT(UDP_UNCONNECTED)},
        {"bound-inactive", BIT(BOUND)},
        {"bucket", BIT(SYN_RECEIVED) | BIT(TIME_WAIT)},
        {"all", PSC_STATES_ALL},
        {"", 0},
        {"_", 0},
        {"LISTENINGS", 0},
        {"LISTENI", 0},
        {"listening_but_much_longer_than_any_of_these_words", 0},
        {"0", 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (psc_state_parse(cases[i].word) != cases[i].states) {
            fail_msg("'%s' means %x", cases[i].word, (unsigned)psc_state_parse(cases[i].word));
        }
    }
    uint32_t connected = psc_state_parse("connected");
    assert_int_equal(connected & (BIT(LISTENING) | BIT(CLOSED) | BIT(SYN_SENT)), BIT(SYN_SENT));
    assert_int_equal(psc_state_parse("synchronized"), connected & ~BIT(SYN_SENT));
    assert_int_equal(psc_state_parse("big"), PSC_STATES_ALL & ~psc_state_parse("bucket"));
}

static void tells_which_rows_have_a_peer(void **state) {
    static const struct {
        const char *row;
        bool peer;
    } cases[] = {
        {"TCP 0.0.0.0:80 0.0.0.0:0 LISTENING", false},
        {"TCP 0.0.0.0:80 0.0.0.0:0 BOUND", false},
        {"TCP 1.2.3.4:80 1.2.3.5:99 TIME_WAIT", true},
        {"TCP 1.2.3.4:80 1.2.3.5:99 SYN_SENT", true},
        {"TCP 1.2.3.4:80 1.2.3.5:99 UNKNOWN(77)", true},
        {"UDP 0.0.0.0:53 *:*", false},
        {"UDP 0.0.0.0:53 1.2.3.5:53", true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct psc_endpoint row = netstat_row(cases[i].row);
        assert_int_equal(psc_endpoint_has_peer(&row), cases[i].peer);
    }
}

static void tells_from_where_a_listener_is_reached(void **state) {
    static const struct {
        const char *row, *word;
    } cases[] = {
        {"TCP 0.0.0.0:80 0.0.0.0:0 LISTENING", "all"},
        {"TCP 127.0.0.1:80 0.0.0.0:0 LISTENING", "loopback"},
        {"TCP 127.255.0.1:80 0.0.0.0:0 LISTENING", "loopback"},
        {"TCP 169.254.3.4:80 0.0.0.0:0 LISTENING", "link"},
        {"TCP 169.253.3.4:80 0.0.0.0:0 LISTENING", "address"},
        {"TCP 0.0.0.1:80 0.0.0.0:0 LISTENING", "address"},
        {"TCP [::]:80 [::]:0 LISTENING", "all"},
        {"TCP [::1]:80 [::]:0 LISTENING", "loopback"},
        {"TCP [::2]:80 [::]:0 LISTENING", "address"},
        {"TCP [fe80::1%2]:80 [::]:0 LISTENING", "link"},
        {"TCP [febf::1%2]:80 [::]:0 LISTENING", "link"},
        {"TCP [fec0::1]:80 [::]:0 LISTENING", "address"},
        {"TCP [::ffff:127.0.0.1]:80 [::]:0 LISTENING", "loopback"},
        {"TCP [::ffff:0.0.0.0]:80 [::]:0 LISTENING", "all"},
        {"TCP [::ffff:10.0.0.1]:80 [::]:0 LISTENING", "address"},
        {"TCP 0.0.0.0%1:80 0.0.0.0:0 LISTENING", "loopback"}, // lo, whatever its address
        {"TCP [::%1]:80 [::]:0 LISTENING", "loopback"},
        {"TCP [fe80::1%1]:80 [::]:0 LISTENING", "loopback"},
        {"TCP 0.0.0.0%2:80 0.0.0.0:0 LISTENING", "all"},
        {"UDP 0.0.0.0:53 *:*", "all"},
        {"UDP [::1]:53 *:*", "loopback"},
        {"UDP 0.0.0.0:53 1.2.3.4:53", NULL},
        {"TCP 0.0.0.0:80 0.0.0.0:0 BOUND", NULL},
        {"TCP 10.0.0.1:80 10.0.0.2:99 ESTABLISHED", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct psc_endpoint row = netstat_row(cases[i].row);
        const char *word = psc_exposure_word(psc_endpoint_exposure(&row));
        if (cases[i].word == NULL) {
            assert_null(word);
        } else if (word == NULL || strcmp(word, cases[i].word) != 0) {
            fail_msg("%s: %s", cases[i].row, word != NULL ? word : "none");
        }
    }
}

static void orders_rows(void **state) {
    // Each row belongs before the next.
    static const char *const rows[] = {
        "TCP 0.0.0.0:9999 0.0.0.0:0 LISTENING",
        "TCP 9.0.0.1:80 0.0.0.0:0 LISTENING",
        "TCP 10.0.0.1:9 10.0.0.2:10 ESTABLISHED",
        "TCP 10.0.0.1:80 9.0.0.2:100 ESTABLISHED",
        "TCP 10.0.0.1:80 10.0.0.2:9 ESTABLISHED",
        "TCP 10.0.0.1:80 10.0.0.2:10 ESTABLISHED",
        "TCP 10.0.0.1%2:1 0.0.0.0:0 LISTENING",
        "TCP 10.0.0.1%100000:1 0.0.0.0:0 LISTENING",
        "TCP 200.0.0.1:1 0.0.0.0:0 LISTENING",
        "TCP [::]:80 [::]:0 LISTENING",
        "TCP [fe80::1%3]:80 [::]:0 LISTENING",
        "UDP 0.0.0.0:1 *:*",
        "UDP [::]:1 *:*",
    };
    const size_t count = COUNT(rows);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            struct psc_endpoint a = netstat_row(rows[i]);
            struct psc_endpoint b = netstat_row(rows[j]);
            int order = psc_endpoint_compare(&a, &b);
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
    }
}

static void tells_sockets_apart(void **state) {
    static const struct {
        uint64_t cookies[2], inodes[2];
        bool same;
    } cases[] = {
        {{7, 7}, {5, 5}, true}, {{7, 8}, {5, 5}, false},
        {{7, 7}, {5, 0}, true},                          // closed by its process between two dumps
        {{0, 0}, {5, 5}, true}, {{0, 0}, {5, 6}, false}, // SO_REUSEPORT
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct psc_endpoint pair[2];
        for (size_t j = 0; j < 2; j++) {
            pair[j] = netstat_row("TCP 0.0.0.0:80 0.0.0.0:0 LISTENING");
            pair[j].cookie = cases[i].cookies[j];
            pair[j].inode = cases[i].inodes[j];
            pair[j].known = PSC_KNOWN_INODE | (pair[j].cookie != 0 ? PSC_KNOWN_COOKIE : 0);
        }
        assert_int_equal(psc_endpoint_same(&pair[0], &pair[1]), cases[i].same);
    }
}

static void rows_without_identity_are_all_kept(void **state) {
    struct psc_endpoint row = netstat_row("UDP 0.0.0.0:5353 *:*");
    assert_false(psc_endpoint_same(&row, &row)); // Windows lists several sockets alike
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_read_as_they_are_written),
        cmocka_unit_test(understands_the_other_tools),
        cmocka_unit_test(tells_which_rows_have_a_peer),
        cmocka_unit_test(tells_from_where_a_listener_is_reached),
        cmocka_unit_test(orders_rows),
        cmocka_unit_test(tells_sockets_apart),
        cmocka_unit_test(rows_without_identity_are_all_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
