// test_filter.c - filter: what each list means, what is wrong with a bad one, and which rows pass.
#include "model/builder.h"
#include "model/filter.h"
#include "support/netstat_row.h"
#include "support/test.h"

#define LISTENER "TCP 0.0.0.0:8080 0.0.0.0:0 LISTENING"
#define CONNECTION "TCP 10.1.2.3:443 203.0.113.9:50000 ESTABLISHED"
#define MAPPED "TCP [::ffff:10.1.2.3]:443 [::ffff:203.0.113.9]:50000 CLOSE_WAIT"
#define LINK_LOCAL "TCP [fe80::1%2]:22 [fe80::2]:50000 ESTABLISHED"
#define BOUND "TCP 127.0.0.1:7000 0.0.0.0:0 BOUND"
#define UDP "UDP 127.0.0.1:53 *:*"
#define UDP_PEER "UDP [2001:db8::1]:53 [2001:db8::2]:80"

static const struct {
    const char *name, *list, *row;
    bool pass;
} passing[] = {
    {"port", "8080", LISTENER, true},
    {"port", "80", LISTENER, false}, // not 8080
    {"port", "80,8000-8100", LISTENER, true},
    {"port", "50000", CONNECTION, true},
    {"port", "443", CONNECTION, true},
    {"port", "0", LISTENER, false}, // its remote port is not 0, it has none
    {"port", "!443", CONNECTION, false},
    {"port", "!50000", CONNECTION, false},
    {"port", "!80", CONNECTION, true},
    {"port", "0-65535", UDP, true},
    {"port", "65535", UDP, false},
    {"lport", "50000", CONNECTION, false},
    {"lport", "443", CONNECTION, true},
    {"rport", "443", CONNECTION, false},
    {"rport", "50000", CONNECTION, true},
    {"rport", "0", LISTENER, false},
    {"rport", "!443", LISTENER, true},
    {"rport", "80", UDP_PEER, true},
    {"proto", "tcp", CONNECTION, true},
    {"proto", "tcp", UDP, false},
    {"proto", "TCP4", CONNECTION, true},
    {"proto", "tcpv6", CONNECTION, false},
    {"proto", "tcp6,udp", UDP, true},
    {"proto", "udp6", UDP, false},
    {"proto", "!udp", UDP, false},
    {"proto", "!udp", LISTENER, true},
    {"state", "listen", LISTENER, true},
    {"state", "LISTENING,time-wait", CONNECTION, false},
    {"state", "!listening", LISTENER, false},
    {"state", "!listening", BOUND, true},
    {"state", "estab,bound", BOUND, true},
    {"state", "unconn", UDP, true},
    {"state", "unconn", UDP_PEER, false},
    {"address", "10.0.0.0/8", CONNECTION, true},
    {"address", "203.0.113.9", CONNECTION, true},
    {"address", "203.0.113.9", MAPPED, true},
    {"address", "::ffff:10.0.0.0/104", CONNECTION, true},
    {"address", "fe80::/10,10.9.9.9", LINK_LOCAL, true},
    {"address", "0.0.0.0", LISTENER, true},
    {"address", "!10.0.0.0/8", MAPPED, false},
    {"address", "!10.0.0.0/8", UDP, true},
    {"address", "127.0.0.0/8", UDP, true},
    {"local", "10.0.0.0/8", CONNECTION, true},
    {"local", "203.0.113.9", CONNECTION, false},
    {"remote", "203.0.113.9", CONNECTION, true},
    {"remote", "10.0.0.0/8", CONNECTION, false},
    {"remote", "0.0.0.0", LISTENER, false}, // it has no peer
    {"remote", "!203.0.113.9", LISTENER, true},
    {"remote", "!203.0.113.0/24", MAPPED, false},
    {"remote", "[2001:db8::]/32", UDP_PEER, true},
};

static void rows_pass(void **state) {
    for (size_t i = 0; i < COUNT(passing); i++) {
        struct psc_filter filter;
        struct psc_error error;
        struct psc_endpoint row = netstat_row(passing[i].row);
        psc_filter_init(&filter);
        assert_true(psc_filter_endpoint(&filter, &row));
        assert_int_equal(psc_filter_set(&filter, passing[i].name, passing[i].list, &error), PSC_OK);
        if (psc_filter_endpoint(&filter, &row) != passing[i].pass) {
            fail_msg("--%s %s and %s", passing[i].name, passing[i].list, passing[i].row);
        }
        psc_filter_done(&filter);
    }
}

static void assert_keeps_everything(const struct psc_filter *filter) {
    struct psc_filter fresh;
    psc_filter_init(&fresh);
    assert_int_equal(filter->protocols, fresh.protocols);
    assert_int_equal(filter->states, fresh.states);
    assert_false(psc_filter_names_ports(filter));
    assert_false(filter->any_port.negated || filter->local_port.negated ||
                 filter->remote_port.negated);
    assert_false(filter->protocols_given || filter->states_given || filter->exposed);
    assert_int_equal(filter->pids.count, 0);
    assert_int_equal(filter->processes.count + filter->users.count, 0);
    assert_int_equal(
        filter->any_address.count + filter->local_address.count + filter->remote_address.count, 0);
    assert_false(filter->pids.negated || filter->processes.negated || filter->users.negated);
    assert_false(filter->any_address.negated || filter->local_address.negated ||
                 filter->remote_address.negated);
}

static void bad_lists_are_named_and_change_nothing(void **state) {
    // The sentence quotes the word, and says what is allowed.
    static const struct {
        const char *name, *list, *quoted, *allowed;
    } cases[] = {
        {"port", "", "''", "8000-8100"},
        {"port", "!", "''", "65535"},
        {"port", "80,", "''", "65535"},
        {"port", "80,http", "'http'", "65535"},
        {"port", "65536", "'65536'", "65535"},
        {"port", "99999999999999999999", "'99999999999999999999'", "65535"},
        {"port", "90-80", "'90-80'", "8000-8100"},
        {"port", "80-", "'80-'", "8000-8100"},
        {"port", "-80", "'-80'", "8000-8100"},
        {"port", "80 ", "'80 '", "8000-8100"},
        {"port", "80,!90", "'!90'", "65535"},
        {"pid", "12,x", "'x'", "12,13"},
        {"pid", "-1", "'-1'", "12,13"},
        {"pid", "4294967296", "'4294967296'", "12,13"},
        {"pid", "!", "''", "12,13"},
        {"process", "nginx,", "''", "globs"},
        {"process", "!", "''", "globs"},
        {"user", "", "''", "globs"},
        {"proto", "tcp,icmp", "'icmp'", "udp6"},
        {"proto", "!", "''", "udp6"},
        {"state", "listening,open", "'open'", "time_wait"},
        {"state", "", "''", "time_wait"},
        {"address", "10.0.0.0/8,10.0.0.256", "'10.0.0.256'", "fe80::/10"},
        {"address", "!10.0.0.0/33", "'10.0.0.0/33'", "fe80::/10"},
        {"local", "localhost", "'localhost'", "10.0.0.0/8"},
        {"remote", "", "''", "10.0.0.0/8"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct psc_filter filter;
        struct psc_error error = {""};
        psc_filter_init(&filter);
        assert_int_equal(psc_filter_set(&filter, cases[i].name, cases[i].list, &error), PSC_USAGE);
        if (strstr(error.text, cases[i].quoted) != error.text ||
            strstr(error.text, cases[i].allowed) == NULL) {
            fail_msg("--%s %s: %s", cases[i].name, cases[i].list, error.text);
        }
        assert_keeps_everything(&filter);
        psc_filter_done(&filter);
    }
}

// A list that is given twice is one list, and a bad second one leaves the first as it was.
static void lists_given_twice_are_one(void **state) {
    static const struct {
        const char *name, *first, *second, *row;
    } cases[] = {
        {"port", "443", "9", CONNECTION},
        {"lport", "9", "443", CONNECTION},
        {"rport", "50000", "9", CONNECTION},
        {"address", "10.0.0.0/8", "11.0.0.0/8", CONNECTION},
        {"local", "11.0.0.0/8", "10.0.0.0/8", CONNECTION},
        {"remote", "203.0.113.9", "::1", CONNECTION},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct psc_filter filter;
        struct psc_error error;
        char negated[32];
        struct psc_endpoint row = netstat_row(cases[i].row);
        psc_filter_init(&filter);
        snprintf(negated, sizeof negated, "!%s", cases[i].first);
        assert_int_equal(psc_filter_set(&filter, cases[i].name, cases[i].first, &error), PSC_OK);
        assert_int_equal(psc_filter_set(&filter, cases[i].name, "x", &error), PSC_USAGE);
        assert_int_equal(psc_filter_set(&filter, cases[i].name, negated, &error), PSC_USAGE);
        assert_non_null(strstr(error.text, negated));
        assert_int_equal(psc_filter_set(&filter, cases[i].name, cases[i].second, &error), PSC_OK);
        assert_true(psc_filter_endpoint(&filter, &row));
        psc_filter_done(&filter);
    }
}

static void different_filters_are_and(void **state) {
    struct psc_filter filter;
    struct psc_error error;
    struct psc_endpoint row = netstat_row(CONNECTION);
    psc_filter_init(&filter);
    assert_int_equal(psc_filter_set(&filter, "lport", "443", &error), PSC_OK);
    assert_int_equal(psc_filter_set(&filter, "state", "established", &error), PSC_OK);
    assert_int_equal(psc_filter_set(&filter, "remote", "203.0.113.0/24", &error), PSC_OK);
    assert_true(psc_filter_endpoint(&filter, &row));
    row.local_port = 444;
    assert_false(psc_filter_endpoint(&filter, &row));
    row.local_port = 443;
    row.remote.bytes[0] = 1;
    assert_false(psc_filter_endpoint(&filter, &row));
    psc_filter_done(&filter);
}

static void exposed_means_listeners_that_other_machines_reach(void **state) {
    static const struct {
        const char *row;
        bool exposed;
    } cases[] = {
        {LISTENER, true},
        {"TCP [::1]:80 [::]:0 LISTENING", false},
        {"UDP 169.254.1.1:137 *:*", true},
        {CONNECTION, false},
        {BOUND, false},
        {UDP_PEER, false},
    };
    struct psc_filter filter;
    psc_filter_init(&filter);
    filter.exposed = true;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct psc_endpoint row = netstat_row(cases[i].row);
        assert_int_equal(psc_filter_endpoint(&filter, &row), cases[i].exposed);
    }
}

static void globs_match(void **state) {
    static const struct {
        const char *pattern, *text;
        bool match;
    } cases[] = {
        {"node", "node", true},
        {"node", "nodejs", false},
        {"node", "a node", false},
        {"NoDe", "nOdE", true},
        {"node*", "node", true},
        {"node*", "nodejs", true},
        {"*node", "/usr/bin/node", true},
        {"*/node", "node", false},
        {"*", "", true},
        {"**", "x", true},
        {"", "", true},
        {"", "x", false},
        {"?", "", false},
        {"?", "x", true},
        {"no?e", "node", true},
        {"a*b*c", "axxbyybzzc", true},
        {"a*b*c", "axxbyybzz", false},
        {"*aab", "aaaaaab", true},
        {"[mn]ode", "node", true},
        {"[mn]ode", "code", false},
        {"[!mn]ode", "code", true},
        {"[^mn]ode", "node", false},
        {"[a-n]ode", "Node", true},
        {"[A-N]ode", "node", true},
        {"[a-m]ode", "node", false},
        {"[]x]", "]", true},
        {"[!]x]", "]", false},
        {"[a-]", "-", true},
        {"[a-]", "b", false},
        {"[node", "[node", true}, // not a set without its end
        {"a[", "a[", true},
        {"python3.*", "python3x11", false},
        {"caf\xe9", "caf\xe9", true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (psc_glob_match(cases[i].pattern, cases[i].text) != cases[i].match) {
            fail_msg("'%s' and '%s'", cases[i].pattern, cases[i].text);
        }
    }
}

static void globs_are_not_slow(void **state) {
    char text[4001];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    // A matcher that tries every star again would never finish.
    assert_false(psc_glob_match("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
}

static void owners_are_needed_only_for_their_filters(void **state) {
    static const struct {
        const char *name, *list;
        bool needed;
    } cases[] = {
        {"pid", "12", true},   {"process", "x", true},   {"user", "!x", true},
        {"port", "12", false}, {"address", "::", false}, {"state", "listen", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct psc_filter filter;
        struct psc_error error;
        psc_filter_init(&filter);
        assert_false(psc_filter_needs(&filter).owners);
        assert_int_equal(psc_filter_set(&filter, cases[i].name, cases[i].list, &error), PSC_OK);
        assert_int_equal(psc_filter_needs(&filter).owners, cases[i].needed);
        psc_filter_done(&filter);
        assert_false(psc_filter_needs(&filter).owners);
    }
}

// A snapshot of one row with one owner.
static struct psc_snapshot *owned_row(uint32_t pid, const char *user) {
    struct psc_endpoint row = netstat_row(LISTENER);
    struct psc_snapshot *snapshot;
    row.known |= PSC_KNOWN_UID;
    row.uid = 1000;
    struct psc_builder *builder = psc_builder_new(&psc_filter_everything);
    assert_non_null(builder);
    psc_builder_add(builder, &row);
    psc_builder_seal(builder);
    psc_builder_link(builder, 0, pid);
    psc_builder_end_links(builder, "owners-hidden", "hidden");
    psc_builder_name_user(builder, 1000, user);
    assert_int_equal(psc_builder_finish(builder, "host", 0, &snapshot), PSC_OK);
    return snapshot;
}

static void lists_have_their_values(void **state) {
    struct psc_filter filter;
    struct psc_error error;
    psc_filter_init(&filter);
    assert_int_equal(psc_filter_set(&filter, "pid", "!0,12,4294967295", &error), PSC_OK);
    assert_int_equal(psc_filter_set(&filter, "pid", "!13", &error), PSC_OK);
    assert_int_equal(psc_filter_set(&filter, "user", "alice,b*", &error), PSC_OK);
    assert_int_equal(psc_filter_set(&filter, "user", "x", &error), PSC_OK);
    static const struct {
        uint32_t pid;
        bool pid_passes;
        const char *user;
        bool user_passes;
    } cases[] = {
        {1, true, "Alice", true},       {12, false, "bob", true},
        {13, false, "carol", false},    {14, true, "alic", false},
        {UINT32_MAX, false, "x", true}, {UINT32_MAX - 1, true, "xx", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct psc_snapshot *snapshot = owned_row(cases[i].pid, cases[i].user);
        assert_int_equal(psc_filter_pids(&filter, snapshot, 0), cases[i].pid_passes);
        assert_int_equal(psc_filter_names(&filter, snapshot, 0), cases[i].user_passes);
        psc_snapshot_free(snapshot);
    }
    psc_filter_done(&filter);
}

// Masks are lists, too: the first names what is kept, and others add to it.
static void masks_given_twice_are_one(void **state) {
    struct psc_filter filter;
    struct psc_error error;
    psc_filter_init(&filter);
    assert_int_equal(psc_filter_set(&filter, "proto", "tcp4", &error), PSC_OK);
    assert_int_equal(psc_filter_set(&filter, "proto", "x", &error), PSC_USAGE);
    assert_int_equal(psc_filter_set(&filter, "proto", "udp6", &error), PSC_OK);
    assert_int_equal(filter.protocols,
                     PSC_PROTOCOL_BIT(PSC_PROTOCOL_TCP4) | PSC_PROTOCOL_BIT(PSC_PROTOCOL_UDP6));
    assert_int_equal(psc_filter_set(&filter, "state", "bound", &error), PSC_OK);
    assert_int_equal(psc_filter_set(&filter, "state", "unconn", &error), PSC_OK);
    assert_int_equal(filter.states,
                     PSC_STATE_BIT(PSC_STATE_BOUND) | PSC_STATE_BIT(PSC_STATE_UDP_UNCONNECTED));
    assert_true(filter.protocols_given && filter.states_given);
    psc_filter_done(&filter);
}

// Negated lists exclude what either names, and do not mix with others, in either order.
static void masks_are_negated_as_lists(void **state) {
    static const char *const orders[][2] = {{"!listening", "listening"},
                                            {"listening", "!listening"}};
    struct psc_filter filter;
    struct psc_error error;
    psc_filter_init(&filter);
    assert_int_equal(psc_filter_set(&filter, "proto", "!tcp4", &error), PSC_OK);
    assert_int_equal(psc_filter_set(&filter, "proto", "tcp4", &error), PSC_USAGE);
    assert_int_equal(psc_filter_set(&filter, "proto", "!udp", &error), PSC_OK);
    assert_int_equal(filter.protocols, PSC_PROTOCOL_BIT(PSC_PROTOCOL_TCP6));
    for (size_t i = 0; i < COUNT(orders); i++) {
        psc_filter_init(&filter);
        assert_int_equal(psc_filter_set(&filter, "state", "!x", &error), PSC_USAGE);
        assert_int_equal(psc_filter_set(&filter, "state", orders[i][0], &error), PSC_OK);
        uint32_t states = filter.states;
        assert_int_equal(psc_filter_set(&filter, "state", orders[i][1], &error), PSC_USAGE);
        assert_non_null(strstr(error.text, orders[i][1]));
        assert_int_equal(filter.states, states);
    }
}

// Each filter takes a value exactly if the help shows one.
static void every_filter_can_be_set(void **state) {
    static const struct {
        const char *name, *value, *help;
    } rows[] = {
#define FILTER_ROW(name, value, parse, read, field, help) {(name), (value), (help)},
        PSC_FILTER_LIST(FILTER_ROW)
#undef FILTER_ROW
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct psc_filter filter;
        struct psc_error error;
        psc_filter_init(&filter);
        bool flag = rows[i].value == NULL;
        assert_true(rows[i].help[0] != '\0');
        assert_int_equal(psc_filter_set(&filter, rows[i].name, flag ? "x" : NULL, &error),
                         PSC_USAGE);
        assert_non_null(strstr(error.text, rows[i].name));
        assert_keeps_everything(&filter);
        const char *value = flag                                   ? NULL
                            : strcmp(rows[i].value, "NETS") == 0   ? "::1"
                            : strcmp(rows[i].value, "PROTOS") == 0 ? "tcp"
                            : strcmp(rows[i].value, "STATES") == 0 ? "listen"
                                                                   : "80";
        assert_int_equal(psc_filter_set(&filter, rows[i].name, value, &error), PSC_OK);
        assert_memory_not_equal(&filter, &psc_filter_everything, sizeof filter);
        psc_filter_done(&filter);
    }
    struct psc_filter filter = psc_filter_everything;
    struct psc_error error;
    assert_int_equal(psc_filter_set(&filter, "ports", "80", &error), PSC_USAGE);
    assert_string_equal(error.text, "'ports' is not a filter");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_pass),
        cmocka_unit_test(bad_lists_are_named_and_change_nothing),
        cmocka_unit_test(lists_given_twice_are_one),
        cmocka_unit_test(different_filters_are_and),
        cmocka_unit_test(exposed_means_listeners_that_other_machines_reach),
        cmocka_unit_test(globs_match),
        cmocka_unit_test(globs_are_not_slow),
        cmocka_unit_test(owners_are_needed_only_for_their_filters),
        cmocka_unit_test(lists_have_their_values),
        cmocka_unit_test(masks_given_twice_are_one),
        cmocka_unit_test(masks_are_negated_as_lists),
        cmocka_unit_test(every_filter_can_be_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
