// test_policy.c - what is learned passes, whatever the names are; each kind of line matches what it says
// and nothing else; and a malformed line is named, and nothing of its file is used.
#include "audit/policy.h"
#include "base/strbuf.h"
#include "support/snapshot_fixture.h"
#include "support/test.h"

static void parse(struct psc_policy *policy, const char *text) {
    struct psc_error error;
    *policy = (struct psc_policy){0};
    if (psc_policy_parse(policy, text, strlen(text), "p", &error) != PSC_OK) {
        fail_msg("%s", error.text);
    }
}

static char *format(const struct psc_policy *policy) {
    struct psc_strbuf text = {0};
    for (size_t i = 0; i < policy->count; i++) {
        psc_strbuf_add_format(&text, "%s\n", policy->entries[i].text);
    }
    char *lines = psc_strbuf_detach(&text);
    assert_non_null(lines);
    return lines;
}

static char *learn_from(struct psc_snapshot *snapshot) {
    struct psc_port_ranges ranges[2] = {
        {.dynamic_first = 32768, .dynamic_last = 60999},
        {.dynamic_first = 40000, .dynamic_last = 50000},
    };
    struct psc_error error;
    struct psc_policy policy = {0};
    assert_int_equal(psc_port_set_add(&ranges[false].reserved, 50051, 50051), PSC_OK);
    assert_int_equal(psc_policy_learn(&policy, snapshot, ranges, &error), PSC_OK);
    char *text = format(&policy);
    psc_policy_done(&policy);
    psc_port_ranges_done(&ranges[false]);
    psc_snapshot_free(snapshot);
    return text;
}

static char *learn(const struct fixture_row *rows, size_t count) {
    return learn_from(snapshot_fixture(rows, count));
}

static bool allows_owner(const struct psc_policy *policy, const struct psc_snapshot *snapshot,
                         size_t row, const struct psc_process *owner) {
    for (size_t i = 0; i < policy->count; i++) {
        if (psc_policy_entry_allows(&policy->entries[i], snapshot, row, owner)) {
            return true;
        }
    }
    return false;
}

static bool allows(const struct psc_policy *policy, const struct psc_snapshot *snapshot,
                   size_t row) {
    struct psc_owners owners = psc_snapshot_owners(snapshot, row);
    bool allowed = owners.count > 0 || allows_owner(policy, snapshot, row, NULL);
    for (size_t i = 0; i < owners.count; i++) {
        allowed = allows_owner(policy, snapshot, row,
                               psc_snapshot_process(snapshot, owners.processes[i])) &&
                  allowed;
    }
    return allowed;
}

// Learning ----------------------------------------------------------------------------------------

static const struct fixture_row machine[] = {
    {"UDP [fe80::1%2]:546 *:*", 0, 7, {.path = "/sbin/dhclient"}},
    {"UDP 0.0.0.0:40000 *:*", 101, 6, {.path = "/usr/sbin/avahi-daemon"}},
    {"UDP 0.0.0.0:5353 *:*", 101, 6, {.path = "/usr/sbin/avahi-daemon"}},
    {"TCP [::]:22 [::]:0 LISTENING", 0, 3, {.path = "/usr/sbin/sshd"}},
    {"TCP 127.0.0.1:40000 0.0.0.0:0 LISTENING", 1000, 4, {.path = "/usr/bin/node"}},
    {"TCP 0.0.0.0:80 0.0.0.0:0 LISTENING", 0, 5, {.path = "/usr/sbin/nginx"}},
    {"TCP 0.0.0.0:80 0.0.0.0:0 LISTENING", 0, 8, {.path = "/usr/sbin/nginx"}},
    {"TCP 0.0.0.0:22 0.0.0.0:0 LISTENING", 0, 3, {.path = "/usr/sbin/sshd"}},
    {"TCP 10.0.0.1:22 10.0.0.2:5000 ESTABLISHED", 0, 3, {.path = "/usr/sbin/sshd"}},
    {"TCP 0.0.0.0:111 0.0.0.0:0 LISTENING", 0, 0, {.path = NULL}},
    {"UDP 0.0.0.0%2:68 *:*", 0, 7, {.path = "/sbin/dhclient"}},
    {"UDP 0.0.0.0%9:69 *:*", 0, 7, {.path = "/sbin/dhclient"}},
};

static const char learned[] = "allow tcp 0.0.0.0:22 sshd\n"
                              "allow tcp 0.0.0.0:80 nginx\n"
                              "allow tcp 0.0.0.0:111\n"
                              "allow tcp 127.0.0.1:32768-60999 node\n"
                              "allow tcp [::]:22 sshd\n"
                              "allow udp 0.0.0.0%eth0:68 dhclient\n"
                              "allow udp 0.0.0.0%9:69 dhclient\n"
                              "allow udp 0.0.0.0:5353 avahi-daemon\n"
                              "allow udp 0.0.0.0:40000-50000 avahi-daemon\n"
                              "allow udp [fe80::1%eth0]:546 dhclient\n";

static void a_learned_policy_is_sorted_and_passes(void **state) {
    struct psc_policy policy;
    char *text = learn(machine, COUNT(machine));
    assert_string_equal(text, learned);
    parse(&policy, text);
    char *again = format(&policy);
    assert_string_equal(again, text);
    struct psc_snapshot *snapshot = snapshot_fixture(machine, COUNT(machine));
    for (size_t row = 0; row < psc_snapshot_count(snapshot); row++) {
        bool listens =
            psc_endpoint_exposure(psc_snapshot_endpoint(snapshot, row)) != PSC_EXPOSURE_NONE;
        assert_int_equal(allows(&policy, snapshot, row), listens);
    }
    psc_snapshot_free(snapshot);
    psc_policy_done(&policy);
    free(again);
    free(text);
}

// PIDs, the order of rows and the ports that the system chose do not matter.
static void a_restart_changes_nothing(void **state) {
    struct fixture_row restarted[COUNT(machine)];
    for (size_t i = 0; i < COUNT(machine); i++) {
        restarted[i] = machine[COUNT(machine) - 1 - i];
        restarted[i].pid += restarted[i].pid != 0 ? 1000 : 0;
        if (strcmp(restarted[i].row, "UDP 0.0.0.0:40000 *:*") == 0) {
            restarted[i].row = "UDP 0.0.0.0:45678 *:*";
        }
        if (strcmp(restarted[i].row, "TCP 127.0.0.1:40000 0.0.0.0:0 LISTENING") == 0) {
            restarted[i].row = "TCP 127.0.0.1:51234 0.0.0.0:0 LISTENING";
        }
    }
    char *text = learn(restarted, COUNT(restarted));
    assert_string_equal(text, learned);
    free(text);
}

// Only ports that are the same after the next start are written.
static void ports_that_change_become_ranges(void **state) {
    static const struct {
        struct fixture_row row;
        const char *line;
    } cases[] = {
        {{"TCP 0.0.0.0:48433 0.0.0.0:0 LISTENING", 0, 7, {.name = "rpc.statd"}},
         "allow tcp 0.0.0.0:32768-60999 rpc.statd\n"},
        {{"TCP [::]:60999 [::]:0 LISTENING", 0, 7, {.name = "rpc.statd"}},
         "allow tcp [::]:32768-60999 rpc.statd\n"},
        {{"UDP 0.0.0.0:48433 *:*", 0, 7, {.name = "rpc.statd"}},
         "allow udp 0.0.0.0:40000-50000 rpc.statd\n"},
        {{"UDP 0.0.0.0:39999 *:*", 0, 7, {.name = "rpc.statd"}},
         "allow udp 0.0.0.0:39999 rpc.statd\n"},
        {{"UDP 127.0.0.1:803 *:*", 0, 7, {.name = "rpc.statd"}},
         "allow udp 127.0.0.1:512-1023 rpc.statd\n"},
        {{"UDP 0.0.0.0:111 *:*", 0, 7, {.name = "rpcbind"}}, "allow udp 0.0.0.0:111 rpcbind\n"},
        {{"UDP 127.0.0.1:803 *:*", 0, 7, {.name = "named"}}, "allow udp 127.0.0.1:803 named\n"},
        // Known, or never chosen by the system.
        {{"TCP 0.0.0.0:33060 0.0.0.0:0 LISTENING", 0, 7, {.name = "mysqld"}},
         "allow tcp 0.0.0.0:33060 mysqld\n"},
        {{"TCP 0.0.0.0:50051 0.0.0.0:0 LISTENING", 0, 7, {.name = "grpc"}},
         "allow tcp 0.0.0.0:50051 grpc\n"},
        // Any program could use the whole range.
        {{"TCP 0.0.0.0:48433 0.0.0.0:0 LISTENING", 0, 0, {.name = NULL}},
         "allow tcp 0.0.0.0:48433\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *text = learn(&cases[i].row, 1);
        assert_string_equal(text, cases[i].line);
        free(text);
    }
}

// A socket that root can see no owner of is the kernel's, and stays so.
static void sockets_without_an_owner_are_learned_as_such(void **state) {
    static const struct fixture_row rows[] = {
        {"TCP 0.0.0.0:2049 0.0.0.0:0 LISTENING", 0, 0, {.name = NULL}},
        {"UDP 0.0.0.0:45678 *:*", 0, 0, {.name = NULL}},
    };
    char *text = learn_from(snapshot_fixture_privileged(rows, 2));
    assert_string_equal(text, "allow tcp 0.0.0.0:2049 -\nallow udp 0.0.0.0:40000-50000 -\n");
    free(text);
    text = learn(rows, 2);
    assert_string_equal(text, "allow tcp 0.0.0.0:2049\nallow udp 0.0.0.0:45678\n");
    free(text);
}

// systemd holds the socket of a socket unit before and after it starts the program.
static void the_service_manager_is_not_the_program(void **state) {
    static const struct fixture_row rows[] = {
        {"TCP 0.0.0.0:111 0.0.0.0:0 LISTENING",
         0,
         7,
         {.path = "/usr/sbin/rpcbind", .other_pid = 1}},
        {"TCP 0.0.0.0:632 0.0.0.0:0 LISTENING", 0, 1, {.path = "/usr/lib/systemd/systemd"}},
        {"TCP 0.0.0.0:633 0.0.0.0:0 LISTENING", 0, 9, {.path = "/usr/lib/systemd/systemd"}},
    };
    static const struct fixture_row restarted[] = {
        {"TCP 0.0.0.0:111 0.0.0.0:0 LISTENING", 0, 1, {.path = "/usr/lib/systemd/systemd"}},
        {"TCP 0.0.0.0:632 0.0.0.0:0 LISTENING", 0, 1, {.other_pid = 7}},
        {"TCP 0.0.0.0:633 0.0.0.0:0 LISTENING", 0, 7, {.path = "/usr/sbin/rpcbind"}},
    };
    struct psc_policy policy;
    char *text = learn_from(snapshot_fixture_privileged(rows, COUNT(rows)));
    assert_string_equal(text, "allow tcp 0.0.0.0:111 rpcbind\nallow tcp 0.0.0.0:632\n"
                              "allow tcp 0.0.0.0:633 systemd\n");
    parse(&policy, text);
    struct psc_snapshot *snapshot = snapshot_fixture_privileged(restarted, COUNT(restarted));
    assert_true(allows(&policy, snapshot, 0));
    assert_true(allows(&policy, snapshot, 1));
    assert_false(allows(&policy, snapshot, 2));
    psc_snapshot_free(snapshot);
    psc_policy_done(&policy);
    free(text);
}

static const char *const hostile_names[] = {
    "",
    " ",
    "a b",
    "#",
    "#allow",
    "user=root",
    "\"",
    "\\",
    "\\x41",
    "a\nallow tcp *:* x",
    "\x1b]0;pwned\a",
    "caf\xe9",
    "\xd0\xbc\xd0\xb8\xd1\x80",
    "gpj.\xe2\x80\xaetxt\xe2\x80\xac",
    "a\xe2\x80\x8b\xc2\xad\xef\xbb\xbf", // invisible
    "*",
    "?",
    "[a-z]",
    "a*b",
    "\t",
    "\r",
    "\x7f",
    "-",
    "allow",
    "say \"hi\", \\back\\",
    "\xff\xfe",
    "C:\\x",
    "\xc2\x9b[31m",
    "ngi\xc2\xadnx",
    "ngi\xe2\x80\x8bnx",
    "\xef\xbb\xbfnginx",
    "nginx\xf3\xa0\x84\x80",
};

static void hostile_names_survive(void **state) {
    for (size_t i = 0; i < COUNT(hostile_names); i++) {
        struct fixture_row rows[] = {
            {"TCP 0.0.0.0%3:80 0.0.0.0:0 LISTENING", 0, 2, {.name = hostile_names[i]}},
            {"TCP [::%3]:80 [::]:0 LISTENING", 0, 2, {.name = hostile_names[i]}},
            {"TCP 0.0.0.0%3:80 0.0.0.0:0 LISTENING", 0, 3, {.name = "another"}},
        };
        struct psc_policy policy;
        char *text = learn(rows, 2);
        for (const char *at = text; *at != '\0'; at++) {
            assert_true(*at == '\n' || (unsigned char)*at >= 0x20);
        }
        assert_null(strstr(text, "\xe2\x80\x8b"));
        bool invisible = i >= COUNT(hostile_names) - 4;
        assert_true(!invisible || strstr(text, hostile_names[i]) == NULL); // escaped
        parse(&policy, text);
        assert_int_equal(policy.count, 2);
        assert_string_equal(policy.entries[0].program, hostile_names[i]);
        assert_string_equal(policy.entries[0].zone, "a\"b #]\x1b");
        struct psc_snapshot *snapshot = snapshot_fixture(rows, 3);
        assert_true(allows(&policy, snapshot, 0));
        assert_false(allows(&policy, snapshot, 1));
        assert_true(allows(&policy, snapshot, 2));
        psc_snapshot_free(snapshot);
        psc_policy_done(&policy);
        free(text);
    }
}

// Matching ----------------------------------------------------------------------------------------

static const struct {
    const char *line;
    struct fixture_row row;
    bool allowed;
} matches[] = {
    {"allow tcp 0.0.0.0:22", {"TCP 0.0.0.0:22 x LISTENING", 0, 1, {.name = "sshd"}}, true},
    {"allow tcp 0.0.0.0:22", {"TCP 0.0.0.0:23 x LISTENING", 0, 1, {.name = "sshd"}}, false},
    {"allow udp 0.0.0.0:22", {"TCP 0.0.0.0:22 x LISTENING", 0, 1, {.name = "sshd"}}, false},
    {"allow * 0.0.0.0:22", {"TCP 0.0.0.0:22 x LISTENING", 0, 1, {.name = "sshd"}}, true},
    {"allow * 0.0.0.0:53", {"UDP 0.0.0.0:53 *:*", 0, 1, {.name = "named"}}, true},
    {"allow tcp 0.0.0.0:22", {"TCP [::]:22 x LISTENING", 0, 1, {.name = "sshd"}}, false},
    {"allow tcp [::]:22", {"TCP [::]:22 x LISTENING", 0, 1, {.name = "sshd"}}, true},
    {"allow tcp [::]:22", {"TCP 0.0.0.0:22 x LISTENING", 0, 1, {.name = "sshd"}}, false},
    {"allow tcp 0.0.0.0:22", {"TCP 10.0.0.1:22 x LISTENING", 0, 1, {.name = "sshd"}}, false},
    {"allow tcp *:22", {"TCP 10.0.0.1:22 x LISTENING", 0, 1, {.name = "sshd"}}, true},
    {"allow tcp *:*", {"TCP [::1]:22 x LISTENING", 0, 1, {.name = "sshd"}}, true},
    {"allow tcp 10.0.0.0/8:22", {"TCP 10.9.0.1:22 x LISTENING", 0, 1, {.name = "sshd"}}, true},
    {"allow tcp 10.0.0.0/8:22", {"TCP 11.0.0.1:22 x LISTENING", 0, 1, {.name = "sshd"}}, false},
    {"allow tcp [fd00::]/8:22", {"TCP [fd12::1]:22 x LISTENING", 0, 1, {.name = "sshd"}}, true},
    {"allow tcp [fd00::]/8:22", {"TCP [fe12::1]:22 x LISTENING", 0, 1, {.name = "sshd"}}, false},
    {"allow tcp loopback:*", {"TCP 127.0.0.53:22 x LISTENING", 0, 1, {.name = "x"}}, true},
    {"allow tcp loopback:*", {"TCP [::1]:22 x LISTENING", 0, 1, {.name = "x"}}, true},
    {"allow tcp loopback:*", {"TCP 0.0.0.0%1:22 x LISTENING", 0, 1, {.name = "x"}}, true},
    {"allow tcp loopback:*", {"TCP 0.0.0.0:22 x LISTENING", 0, 1, {.name = "x"}}, false},
    {"allow tcp link:*", {"TCP 169.254.1.1:22 x LISTENING", 0, 1, {.name = "x"}}, true},
    {"allow tcp all:80", {"TCP [::]:80 x LISTENING", 0, 1, {.name = "x"}}, true},
    {"allow tcp address:80", {"TCP 10.0.0.1:80 x LISTENING", 0, 1, {.name = "x"}}, true},
    {"allow tcp address:80", {"TCP 0.0.0.0:80 x LISTENING", 0, 1, {.name = "x"}}, false},
    {"allow udp 0.0.0.0%eth0:68", {"UDP 0.0.0.0%2:68 *:*", 0, 1, {.name = "x"}}, true},
    {"allow udp 0.0.0.0%eth1:68", {"UDP 0.0.0.0%2:68 *:*", 0, 1, {.name = "x"}}, false},
    {"allow udp 0.0.0.0%eth0:68", {"UDP 0.0.0.0:68 *:*", 0, 1, {.name = "x"}}, false},
    {"allow udp 0.0.0.0:68", {"UDP 0.0.0.0%2:68 *:*", 0, 1, {.name = "x"}}, true},
    {"allow udp [fe80::1%eth0]:546", {"UDP [fe80::1%2]:546 *:*", 0, 1, {.name = "x"}}, true},
    {"allow tcp *:8000-8100", {"TCP 0.0.0.0:8000 x LISTENING", 0, 1, {.name = "x"}}, true},
    {"allow tcp *:8000-8100", {"TCP 0.0.0.0:8100 x LISTENING", 0, 1, {.name = "x"}}, true},
    {"allow tcp *:8000-8100", {"TCP 0.0.0.0:8101 x LISTENING", 0, 1, {.name = "x"}}, false},
    {"allow tcp *:22 sshd", {"TCP 0.0.0.0:22 x LISTENING", 0, 1, {.name = "sshd"}}, true},
    {"allow tcp *:22 sshd", {"TCP 0.0.0.0:22 x LISTENING", 0, 1, {.name = "sshd2"}}, false},
    {"allow tcp *:22 ssh*", {"TCP 0.0.0.0:22 x LISTENING", 0, 1, {.name = "sshd2"}}, true},
    {"allow tcp *:22 \"ssh*\"", {"TCP 0.0.0.0:22 x LISTENING", 0, 1, {.name = "sshd"}}, false},
    {"allow tcp *:22 /usr/sbin/sshd",
     {"TCP 0.0.0.0:22 x LISTENING", 0, 1, {.path = "/usr/sbin/sshd"}},
     true},
    {"allow tcp *:22 /usr/sbin/sshd",
     {"TCP 0.0.0.0:22 x LISTENING", 0, 1, {.path = "/tmp/sshd"}},
     false},
    // To an ordinary user, what is hidden may be allowed.
    {"allow tcp *:22 -", {"TCP 0.0.0.0:22 x LISTENING", 0, 0, {.name = NULL}}, true},
    {"allow tcp *:22 -", {"TCP 0.0.0.0:22 x LISTENING", 0, 1, {.name = "-"}}, false},
    {"allow tcp *:22 \"-\"", {"TCP 0.0.0.0:22 x LISTENING", 0, 1, {.name = "-"}}, true},
    {"allow tcp *:22 sshd", {"TCP 0.0.0.0:22 x LISTENING", 0, 0, {.name = NULL}}, true},
    {"allow tcp *:22 /usr/sbin/sshd", {"TCP 0.0.0.0:22 x LISTENING", 0, 1, {.name = "sshd"}}, true},
    {"allow tcp *:22 user=root", {"TCP 0.0.0.0:22 x LISTENING", 0, 1, {.user = "root"}}, true},
    {"allow tcp *:22 user=root", {"TCP 0.0.0.0:22 x LISTENING", 0, 1, {.user = "alice"}}, false},
    {"allow tcp *:22 user=1000 ssh", {"TCP 0.0.0.0:22 x LISTENING", 1000, 0, {.name = NULL}}, true},
    {"allow tcp *:22 ssh user=1000",
     {"TCP 0.0.0.0:22 x LISTENING", 1001, 0, {.name = NULL}},
     false},
    {"allow tcp *:22 user=1000", {"TCP 0.0.0.0:22 x LISTENING", -1, 0, {.name = NULL}}, true},
    {"allow tcp *:22 user=\"a b\"", {"TCP 0.0.0.0:22 x LISTENING", 0, 1, {.user = "a b"}}, true},
};

static void check_match(const char *line, struct fixture_row row, bool privileged, bool allowed) {
    struct psc_policy policy;
    char text[128];
    const char *remote = strchr(row.row, 'x');
    if (remote != NULL) { // so that the table fits on lines
        snprintf(text, sizeof text, "%.*s%s%s", (int)(remote - row.row), row.row,
                 strchr(row.row, '[') != NULL ? "[::]:0" : "0.0.0.0:0", remote + 1);
        row.row = text;
    }
    parse(&policy, line);
    struct psc_snapshot *snapshot =
        privileged ? snapshot_fixture_privileged(&row, 1) : snapshot_fixture(&row, 1);
    if (allows(&policy, snapshot, 0) != allowed) {
        fail_msg("%s: %s", line, row.row);
    }
    psc_snapshot_free(snapshot);
    psc_policy_done(&policy);
}

static void a_line_allows_what_it_says(void **state) {
    for (size_t i = 0; i < COUNT(matches); i++) {
        check_match(matches[i].line, matches[i].row, false, matches[i].allowed);
    }
}

// Where everything can be examined, what cannot be is hiding: a long path, a socket in flight.
static void to_root_nothing_unknown_matches(void **state) {
    static const struct {
        const char *line;
        struct fixture_process process;
        uint32_t pid;
        bool allowed;
    } cases[] = {
        {"allow tcp *:22 sshd", {.path = "/usr/sbin/sshd"}, 1, true},
        {"allow tcp *:22 /usr/sbin/sshd", {.path = "/usr/sbin/sshd"}, 1, true},
        {"allow tcp *:22 sshd", {.name = "sshd"}, 1, false}, // PR_SET_NAME
        {"allow tcp *:22 s*", {.name = "sshd"}, 1, false},
        {"allow tcp *:22 /usr/sbin/sshd", {.name = "sshd"}, 1, false},
        {"allow tcp *:22 sshd", {.name = NULL}, 1, false},
        {"allow tcp *:22 sshd", {.name = NULL}, 0, false},
        {"allow tcp *:22 /usr/sbin/sshd", {.name = NULL}, 0, false},
        {"allow tcp *:22 -", {.name = NULL}, 0, true},
        {"allow tcp *:22 -", {.name = NULL}, 1, false},
        {"allow tcp *:22", {.name = NULL}, 0, true},
        {"allow tcp *:22", {.name = "x"}, 1, true},
        {"allow tcp *:22 user=0", {.name = NULL}, 0, true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        check_match(
            cases[i].line,
            (struct fixture_row){"TCP 0.0.0.0:22 x LISTENING", 0, cases[i].pid, cases[i].process},
            true, cases[i].allowed);
    }
}

// Reading -----------------------------------------------------------------------------------------

static void lines_are_written_in_one_way(void **state) {
    static const struct {
        const char *text, *written;
    } cases[] = {
        {"", ""},
        {"\n\n  \n\t\n# allow tcp *:1\n   # more", ""},
        {"allow tcp *:80", "allow tcp *:80\n"},
        {"allow tcp *:80\r\nallow udp *:53\r\n", "allow tcp *:80\nallow udp *:53\n"},
        {"  allow\ttcp   *:80  # why", "allow tcp *:80\n"},
        {"allow tcp 127.0.0.1:80 # nginx", "allow tcp 127.0.0.1:80\n"},
        {"allow tcp 127.0.0.1:80 a#b", "allow tcp 127.0.0.1:80 \"a#b\"\n"},
        {"allow tcp *:0-65535 \"nginx\"", "allow tcp *:* nginx\n"},
        {"allow tcp *:80-80 user=www nginx", "allow tcp *:80 nginx user=www\n"},
        {"allow tcp 10.1.2.3/8:80", "allow tcp 10.0.0.0/8:80\n"},
        {"allow tcp [FE80::0:1%eth0]:80", "allow tcp [fe80::1%eth0]:80\n"},
        {"allow tcp [0::]/0:80", "allow tcp [::]/0:80\n"},
        {"allow tcp 0.0.0.0/0:80", "allow tcp 0.0.0.0/0:80\n"},
        {"allow tcp [::ffff:1.2.3.4]:80", "allow tcp [::ffff:1.2.3.4]:80\n"},
        {"allow tcp \"0.0.0.0%a b\":80", NULL},
        {"allow tcp \"0.0.0.0%a b:80\"", "allow tcp \"0.0.0.0%a b:80\"\n"},
        {"allow tcp \"*:80\" \"user=x\"", "allow tcp *:80 \"user=x\"\n"},
        {"allow tcp *:80 node* user=\"node*\"", "allow tcp *:80 node* user=\"node*\"\n"},
        {"allow tcp *:80 \"\\x41\\\"\\\\\"", "allow tcp *:80 \"A\\\"\\\\\"\n"},
        {"allow tcp *:80 C:\\Programs\\x.exe", "allow tcp *:80 \"C:\\\\Programs\\\\x.exe\"\n"},
        {"allow tcp *:80 user=www -", "allow tcp *:80 - user=www\n"},
        {"allow tcp *:80 \"-\"", "allow tcp *:80 \"-\"\n"},
        // What Notepad writes, at the beginning only.
        {"\xef\xbb\xbf", ""},
        {"\xef\xbb\xbf# Notepad\r\nallow tcp *:80\r\n", "allow tcp *:80\n"},
        {"\xef\xbb\xbf\xef\xbb\xbf"
         "allow tcp *:80",
         NULL},
        {"\n\xef\xbb\xbf"
         "allow tcp *:80",
         NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct psc_policy policy = {0};
        struct psc_error error;
        enum psc_status status =
            psc_policy_parse(&policy, cases[i].text, strlen(cases[i].text), "p", &error);
        assert_int_equal(status, cases[i].written != NULL ? PSC_OK : PSC_USAGE);
        if (status == PSC_OK) {
            char *text = format(&policy);
            assert_string_equal(text, cases[i].written);
            free(text);
        }
        psc_policy_done(&policy);
    }
}

static const struct {
    const char *line, *sentence;
} bad_lines[] = {
    {"deny tcp *:80", "'deny' is not a rule"},
    {"Allow tcp *:80", "'Allow' is not a rule"},
    {"allow", "'allow' is incomplete"},
    {"allow tcp", "'tcp' is incomplete"},
    {"allow tcp # *:80", "'tcp' is incomplete"},
    {"allow sctp *:80", "'sctp' is not a protocol"},
    {"allow tcp 80", "'80' has no port"},
    {"allow tcp *:http", "'http' is not a port"},
    {"allow tcp *:", "'' is not a port"},
    {"allow tcp *:65536", "'65536' is not a port"},
    {"allow tcp *:99999999999999999999", "is not a port"},
    {"allow tcp *:90-80", "'90-80' is not a port"},
    {"allow tcp *:80-", "'80-' is not a port"},
    {"allow tcp *:80,90", "'80,90' is not a port"},
    {"allow tcp *:-1", "'-1' is not a port"},
    {"allow tcp 1.2.3:80", "'1.2.3' is not an address"},
    {"allow tcp 1.2.3.4/33:80", "'1.2.3.4/33' is not an address"},
    {"allow tcp ::1:80", "'::1' is not an address"},
    {"allow tcp [::1:80", "'[::1' is not an address"},
    {"allow tcp [1.2.3.4]:80", "'[1.2.3.4]' is not an address"},
    {"allow tcp [fe80::1%]:80", "'[fe80::1%]' is not an address"},
    {"allow tcp [fe80::1%eth0:80", "'[fe80::1%eth0' is not an address"},
    {"allow tcp []%x:80", "'[]%x' is not an address"},
    {"allow tcp 0.0.0.0%:80", "'0.0.0.0%' is not an address"},
    {"allow tcp 0.0.0.0/8%eth0:80", "'0.0.0.0/8%eth0' is not an address"},
    {"allow tcp 0.0.0.0%eth0/8:80", "'0.0.0.0%eth0/8' is not an address"},
    {"allow tcp everywhere:80", "'everywhere' is not an address"},
    {"allow tcp *:80 a b", "'b' is one word too many"},
    {"allow tcp *:80 user=a user=b", "'user=b' is one word too many"},
    {"allow tcp *:80 - b", "'b' is one word too many"},
    {"allow tcp *:80 - -", "is one word too many"},
    {"allow tcp *:80 a -", "'-' is one word too many"},
    {"allow tcp *:80 user=", "'user=' needs a name"},
    {"allow tcp *:80 \"a", "'\"a' has no closing quote"},
    {"allow tcp *:80 \"a\"b", "'\"a\"b' continues after its closing quote"},
    {"allow tcp *:80 a\"b\"", "'a\"b\"' has a quote inside"},
    {"allow tcp *:80 \"\\n\"", "'\\n\"' is not an escape"},
    {"allow tcp *:80 \"\\x0\"", "is not an escape"},
    {"allow tcp *:80 \"\\x00\"", "'\\x00' is not an escape"},
    {"allow tcp *:80 \"\\", "is not an escape"},
    {"allow tcp *:80 a\x1b[2J", "a control character"},
    {"\xff", "'\\xff' is not a rule"},
};

static void a_bad_line_is_named_with_its_word(void **state) {
    for (size_t i = 0; i < COUNT(bad_lines); i++) {
        char text[256];
        struct psc_error error;
        struct psc_policy policy = {0};
        snprintf(text, sizeof text, "# first\nallow udp *:53\n%s\nallow udp *:54\n",
                 bad_lines[i].line);
        assert_int_equal(psc_policy_parse(&policy, text, strlen(text), "/etc/p", &error),
                         PSC_USAGE);
        if (strncmp(error.text, "/etc/p:3: ", 10) != 0 ||
            strstr(error.text, bad_lines[i].sentence) == NULL) {
            fail_msg("%s: %s", bad_lines[i].line, error.text);
        }
        assert_int_equal(policy.count, 0); // nothing of it is used
        assert_null(policy.entries);
    }
}

static void a_byte_that_ends_texts_is_refused(void **state) {
    static const char text[] = "allow tcp *:80 a\0b";
    struct psc_error error;
    struct psc_policy policy = {0};
    assert_int_equal(psc_policy_parse(&policy, text, sizeof text - 1, "p", &error), PSC_USAGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_learned_policy_is_sorted_and_passes),
        cmocka_unit_test(a_restart_changes_nothing),
        cmocka_unit_test(ports_that_change_become_ranges),
        cmocka_unit_test(sockets_without_an_owner_are_learned_as_such),
        cmocka_unit_test(the_service_manager_is_not_the_program),
        cmocka_unit_test(hostile_names_survive),
        cmocka_unit_test(a_line_allows_what_it_says),
        cmocka_unit_test(to_root_nothing_unknown_matches),
        cmocka_unit_test(lines_are_written_in_one_way),
        cmocka_unit_test(a_bad_line_is_named_with_its_word),
        cmocka_unit_test(a_byte_that_ends_texts_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
