// test_policy.c - what may listen: what is learnt passes, whatever the names are; each kind of line
// matches what it says and nothing else; and a bad line is named and nothing of its file used.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "audit/policy.h"
#include "support/snapshot_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void parse(struct psc_policy *policy, const char *text) {
    struct psc_error error;
    *policy = (struct psc_policy){0};
    if (psc_policy_parse(policy, text, strlen(text), "p", &error) != PSC_OK) {
        fail_msg("%s", error.text);
    }
}

static char *format(const struct psc_policy *policy) {
    struct psc_error error;
    char *text;
    assert_int_equal(psc_policy_format(policy, &text, &error), PSC_OK);
    return text;
}

static char *learn(const struct made_row *rows, size_t count) {
    struct psc_error error;
    struct psc_policy policy = {0};
    struct psc_snapshot *snapshot = made_snapshot(rows, count);
    assert_int_equal(psc_policy_learn(&policy, snapshot, &error), PSC_OK);
    char *text = format(&policy);
    psc_policy_done(&policy);
    psc_snapshot_free(snapshot);
    return text;
}

static bool allows(const struct psc_policy *policy, const struct psc_snapshot *snapshot,
                   size_t row) {
    for (size_t i = 0; i < policy->count; i++) {
        if (psc_policy_entry_allows(&policy->entries[i], snapshot, row)) {
            return true;
        }
    }
    return false;
}

// Learning ----------------------------------------------------------------------------------------

static const struct made_row machine[] = {
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

static const char learnt[] = "allow tcp 0.0.0.0:22 sshd\n"
                             "allow tcp 0.0.0.0:80 nginx\n"
                             "allow tcp 0.0.0.0:111\n"
                             "allow tcp 127.0.0.1:40000 node\n"
                             "allow tcp [::]:22 sshd\n"
                             "allow udp 0.0.0.0%eth0:68 dhclient\n"
                             "allow udp 0.0.0.0%9:69 dhclient\n"
                             "allow udp 0.0.0.0:5353 avahi-daemon\n"
                             "allow udp 0.0.0.0:32768-65535 avahi-daemon\n"
                             "allow udp [fe80::1%eth0]:546 dhclient\n";

static void a_learnt_policy_is_sorted_and_passes(void **state) {
    struct psc_policy policy;
    (void)state;
    char *text = learn(machine, COUNT(machine));
    assert_string_equal(text, learnt);
    parse(&policy, text);
    char *again = format(&policy);
    assert_string_equal(again, text);
    struct psc_snapshot *snapshot = made_snapshot(machine, COUNT(machine));
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

// PIDs, the order of rows and the ports that the system chose are of no account.
static void a_restart_changes_nothing(void **state) {
    struct made_row restarted[COUNT(machine)];
    (void)state;
    for (size_t i = 0; i < COUNT(machine); i++) {
        restarted[i] = machine[COUNT(machine) - 1 - i];
        restarted[i].pid += restarted[i].pid != 0 ? 1000 : 0;
        if (strcmp(restarted[i].row, "UDP 0.0.0.0:40000 *:*") == 0) {
            restarted[i].row = "UDP 0.0.0.0:51234 *:*";
        }
    }
    char *text = learn(restarted, COUNT(restarted));
    assert_string_equal(text, learnt);
    free(text);
}

static void hostile_names_survive(void **state) {
    static const char *const names[] = {
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
    };
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        struct made_row rows[] = {
            {"TCP 0.0.0.0%3:80 0.0.0.0:0 LISTENING", 0, 2, {.name = names[i]}},
            {"TCP [::%3]:80 [::]:0 LISTENING", 0, 2, {.name = names[i]}},
            {"TCP 0.0.0.0%3:80 0.0.0.0:0 LISTENING", 0, 3, {.name = "another"}},
        };
        struct psc_policy policy;
        char *text = learn(rows, 2);
        for (const char *at = text; *at != '\0'; at++) {
            assert_true(*at == '\n' || (unsigned char)*at >= 0x20);
        }
        parse(&policy, text);
        assert_int_equal(policy.count, 2);
        assert_string_equal(policy.entries[0].program, names[i]);
        assert_string_equal(policy.entries[0].zone, "a\"b #]\x1b");
        struct psc_snapshot *snapshot = made_snapshot(rows, 3);
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
    struct made_row row;
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
    // What is hidden offends against nothing; a rule of its own says that it is hidden.
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

static void a_line_allows_what_it_says(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(matches); i++) {
        struct psc_policy policy;
        struct made_row row = matches[i].row;
        char text[128];
        const char *remote = strchr(row.row, 'x');
        if (remote != NULL) { // so that the table fits on lines
            snprintf(text, sizeof text, "%.*s%s%s", (int)(remote - row.row), row.row,
                     strchr(row.row, '[') != NULL ? "[::]:0" : "0.0.0.0:0", remote + 1);
            row.row = text;
        }
        parse(&policy, matches[i].line);
        struct psc_snapshot *snapshot = made_snapshot(&row, 1);
        if (allows(&policy, snapshot, 0) != matches[i].allowed) {
            fail_msg("%s: %s", matches[i].line, row.row);
        }
        psc_snapshot_free(snapshot);
        psc_policy_done(&policy);
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
    };
    (void)state;
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

static void a_bad_line_is_named_with_its_word(void **state) {
    static const struct {
        const char *line, *sentence;
    } cases[] = {
        {"deny tcp *:80", "'deny' is not a rule"},
        {"Allow tcp *:80", "'Allow' is not a rule"},
        {"allow", "'allow' needs more behind it"},
        {"allow tcp", "'tcp' needs more behind it"},
        {"allow tcp # *:80", "'tcp' needs more behind it"},
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
        {"allow tcp *:80 user=", "'user=' has no name"},
        {"allow tcp *:80 \"a", "'\"a' has no closing quote"},
        {"allow tcp *:80 \"a\"b", "'\"a\"b' goes on behind its closing quote"},
        {"allow tcp *:80 a\"b\"", "'a\"b\"' has a quote inside"},
        {"allow tcp *:80 \"\\n\"", "'\\n\"' is not an escape"},
        {"allow tcp *:80 \"\\x0\"", "is not an escape"},
        {"allow tcp *:80 \"\\x00\"", "'\\x00' is not an escape"},
        {"allow tcp *:80 \"\\", "is not an escape"},
        {"allow tcp *:80 a\x1b[2J", "a control character"},
        {"\xff", "'\\xff' is not a rule"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[256];
        struct psc_error error;
        struct psc_policy policy = {0};
        snprintf(text, sizeof text, "# first\nallow udp *:53\n%s\nallow udp *:54\n", cases[i].line);
        assert_int_equal(psc_policy_parse(&policy, text, strlen(text), "/etc/p", &error),
                         PSC_USAGE);
        if (strncmp(error.text, "/etc/p:3: ", 10) != 0 ||
            strstr(error.text, cases[i].sentence) == NULL) {
            fail_msg("%s: %s", cases[i].line, error.text);
        }
        assert_int_equal(policy.count, 0); // nothing of it is used
        assert_null(policy.entries);
    }
}

static void a_byte_that_ends_texts_is_refused(void **state) {
    static const char text[] = "allow tcp *:80 a\0b";
    struct psc_error error;
    struct psc_policy policy = {0};
    (void)state;
    assert_int_equal(psc_policy_parse(&policy, text, sizeof text - 1, "p", &error), PSC_USAGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_learnt_policy_is_sorted_and_passes),
        cmocka_unit_test(a_restart_changes_nothing),
        cmocka_unit_test(hostile_names_survive),
        cmocka_unit_test(a_line_allows_what_it_says),
        cmocka_unit_test(lines_are_written_in_one_way),
        cmocka_unit_test(a_bad_line_is_named_with_its_word),
        cmocka_unit_test(a_byte_that_ends_texts_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
