// test_ports.c - ports: sets, specs, attempts to bind, and the verdict by their results, the rows and the
// system's ranges.
#include "model/address.h"
#include "model/builder.h"
#include "model/ports.h"
#include "support/netstat_row.h"
#include "support/test.h"

// Sets --------------------------------------------------------------------------------------------

// The ranges of a set, as `80 8000-8010`.
static void write_set(const struct psc_port_set *set, char *text, size_t room) {
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < set->count; i++) {
        const struct psc_port_range *range = &set->ranges[i];
        used += (size_t)snprintf(text + used, room - used, i > 0 ? " %u" : "%u", range->first);
        if (range->last != range->first) {
            used += (size_t)snprintf(text + used, room - used, "-%u", range->last);
        }
        assert_true(used < room);
    }
}

static void lists_become_sorted_ranges(void **state) {
    static const struct {
        const char *list, *ranges;
    } cases[] = {
        {"80", "80"},
        {"443,80", "80 443"},
        {"80,80", "80"},
        {"80,81", "80-81"}, // neighbors are one range
        {"81,80", "80-81"},
        {"80,82", "80 82"},
        {"80,82,81", "80-82"},
        {"10-20,15-25", "10-25"},
        {"15-25,10-20", "10-25"},
        {"10-20,12-13", "10-20"},
        {"12-13,10-20", "10-20"},
        {"10-20,21-30", "10-30"},
        {"1,3,5,7,2-6", "1-7"},
        {"1,3,5,7,9,3-6", "1 3-7 9"},
        {"0", "0"},
        {"65535", "65535"},
        {"0,65535", "0 65535"},
        {"1,0", "0-1"},
        {"65535,65534", "65534-65535"},
        {"0-65535", "0-65535"},
        {"5,0-65535,7", "0-65535"},
        {"0-32767,32768-65535", "0-65535"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct psc_port_set set = {0};
        struct psc_error error;
        char ranges[64];
        assert_int_equal(psc_port_set_parse(&set, cases[i].list, &error), PSC_OK);
        write_set(&set, ranges, sizeof ranges);
        assert_string_equal(ranges, cases[i].ranges);
        psc_port_set_done(&set);
        assert_int_equal(set.count, 0);
    }
}

static void bad_lists_add_nothing(void **state) {
    static const char *const lists[] = {"",    "80,",   "80,65536", "80,,90", "80,90-",
                                        "80 ", "90-80", "80;90",    "80-90-", "!80"};
    struct psc_port_set set = {0};
    struct psc_error error;
    char ranges[64];
    assert_int_equal(psc_port_set_parse(&set, "79", &error), PSC_OK);
    for (size_t i = 0; i < COUNT(lists); i++) {
        assert_int_equal(psc_port_set_parse(&set, lists[i], &error), PSC_USAGE);
        write_set(&set, ranges, sizeof ranges);
        assert_string_equal(ranges, "79");
    }
    psc_port_set_done(&set);
}

// Every set is compared with a table of all ports.
static void sets_have_what_was_added(void **state) {
    static bool added[UINT16_MAX + 1];
    uint32_t seed = 11;
    for (uint32_t round = 0; round < 20; round++) {
        struct psc_port_set set = {0};
        memset(added, 0, sizeof added);
        for (int i = 0; i < 200; i++) {
            seed = seed * 1664525 + 1013904223;
            uint32_t first = seed >> 16;
            uint32_t last = first + (seed >> 8) % (round * 50 + 1);
            last = last < UINT16_MAX ? last : UINT16_MAX;
            assert_int_equal(psc_port_set_add(&set, (uint16_t)first, (uint16_t)last), PSC_OK);
            memset(added + first, 1, last - first + 1);
        }
        for (size_t i = 1; i < set.count; i++) {
            assert_true(set.ranges[i - 1].last + 1 < set.ranges[i].first);
        }
        for (uint32_t port = 0; port <= UINT16_MAX; port++) {
            const struct psc_port_range *range = psc_port_set_find(&set, (uint16_t)port);
            assert_int_equal(range != NULL, added[port]);
            assert_true(range == NULL || (range->first <= port && port <= range->last));
        }
        psc_port_set_done(&set);
    }
}

// Specs -------------------------------------------------------------------------------------------

static void specs_are_read(void **state) {
    static const struct {
        const char *word;
        bool udp;
        struct psc_port_spec spec;
    } cases[] = {
        {"1", false, {1, 1, false}},
        {"65535", false, {65535, 65535, false}},
        {"3000", true, {3000, 3000, true}},
        {":3000", false, {3000, 3000, false}},
        {"03000", false, {3000, 3000, false}},
        {"8000-8010", false, {8000, 8010, false}},
        {"8000-8000", false, {8000, 8000, false}},
        {"1-65535", false, {1, 65535, false}},
        {"5353/udp", false, {5353, 5353, true}},
        {"5432/tcp", true, {5432, 5432, false}},
        {"8000-8010/udp", false, {8000, 8010, true}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct psc_port_spec spec = {0, 0, !cases[i].spec.udp};
        struct psc_error error;
        if (psc_port_spec_parse(cases[i].word, cases[i].udp, &spec, &error) != PSC_OK) {
            fail_msg("%s: %s", cases[i].word, error.text);
        }
        assert_int_equal(spec.first, cases[i].spec.first);
        assert_int_equal(spec.last, cases[i].spec.last);
        assert_int_equal(spec.udp, cases[i].spec.udp);
    }
}

static void other_words_are_no_specs(void **state) {
    static const char *const words[] = {
        "",          ":",         "0",        "65536",     "99999999999999999999",
        "-1",        "+1",        " 1",       "1 ",        "1-",
        "-",         "2-1",       "1-0",      "1-65536",   "1-2-3",
        "3000/",     "3000/sctp", "3000/TCP", "3000/udp4", "/udp",
        "3000/udp ", "http",      "3000udp",  "::3000",    "3000:3001",
        "0x10",      "1,2",
    };
    for (size_t i = 0; i < COUNT(words); i++) {
        struct psc_port_spec spec = {7, 8, true};
        struct psc_error error;
        if (psc_port_spec_parse(words[i], false, &spec, &error) != PSC_USAGE) {
            fail_msg("'%s' is read as %u-%u", words[i], spec.first, spec.last);
        }
        assert_non_null(strstr(error.text, words[i]));
        assert_int_equal(spec.first, 7); // nothing is written
    }
}

// Attempts ----------------------------------------------------------------------------------------

static struct psc_bind_address bind_address_of(const char *text) {
    struct psc_bind_address address = {.one_address = text != NULL};
    if (text != NULL) {
        assert_true(psc_address_parse(text, &address.address, &address.ipv6));
    }
    return address;
}

static void probes_are_of_both_families_or_of_one_address(void **state) {
    static const struct {
        const char *address;
        bool udp;
        size_t count;
        enum psc_protocol protocols[2];
    } cases[] = {
        {NULL, false, 2, {PSC_PROTOCOL_TCP4, PSC_PROTOCOL_TCP6}},
        {NULL, true, 2, {PSC_PROTOCOL_UDP4, PSC_PROTOCOL_UDP6}},
        {"127.0.0.1", false, 1, {PSC_PROTOCOL_TCP4}},
        {"127.0.0.1", true, 1, {PSC_PROTOCOL_UDP4}},
        {"0.0.0.0", false, 1, {PSC_PROTOCOL_TCP4}},
        {"::1", false, 1, {PSC_PROTOCOL_TCP6}},
        {"::", true, 1, {PSC_PROTOCOL_UDP6}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct psc_bind_address address = bind_address_of(cases[i].address);
        struct psc_probe probes[2];
        address.ifindex = cases[i].address != NULL ? 3 : 0;
        assert_int_equal(psc_port_probes(&address, 3000, cases[i].udp, probes), cases[i].count);
        for (size_t j = 0; j < cases[i].count; j++) {
            assert_int_equal(probes[j].protocol, cases[i].protocols[j]);
            assert_int_equal(probes[j].port, 3000);
            assert_int_equal(probes[j].ifindex, address.ifindex);
            assert_memory_equal(&probes[j].address, &address.address, sizeof address.address);
        }
    }
}

// The verdict -------------------------------------------------------------------------------------

// Ranges as on Linux, or as on Windows, where reserved ports refuse.
static struct psc_port_ranges ranges_of(bool refuses) {
    struct psc_port_ranges ranges = {.reserved_refuses = refuses,
                                     .dynamic_first = 49152,
                                     .dynamic_last = 60999,
                                     .first_unprivileged = 1024};
    struct psc_error error;
    assert_int_equal(psc_port_set_parse(&ranges.reserved, "5000-5010,5012", &error), PSC_OK);
    return ranges;
}

static struct psc_snapshot *snapshot_of(const char *const *rows) {
    struct psc_filter filter;
    struct psc_snapshot *snapshot;
    psc_filter_init(&filter);
    struct psc_builder *builder = psc_builder_new(&filter);
    assert_non_null(builder);
    for (size_t i = 0; i < 4 && rows[i] != NULL; i++) {
        // `v6only` before a row is a property of its socket.
        bool v6only = strncmp(rows[i], "v6only ", 7) == 0;
        struct psc_endpoint endpoint = netstat_row(rows[i] + (v6only ? 7 : 0));
        endpoint.v6only = v6only;
        psc_builder_add(builder, &endpoint);
    }
    psc_builder_seal(builder);
    assert_int_equal(psc_builder_finish(builder, "", 0, &snapshot), PSC_OK);
    psc_filter_done(&filter);
    return snapshot;
}

#define R(name) PSC_PROBE_##name
#define BOTH(name)                                                                                 \
    { PSC_PROBE_##name, PSC_PROBE_##name }

// The verdict of a check, then its flags.
static const struct decision {
    const char *address; // of the server; NULL: any
    uint16_t port;
    bool windows;
    enum psc_probe_result results[2];
    const char *rows[4];
    const char *found;
} decisions[] = {
    // Free.
    {NULL, 3000, false, BOTH(FREE), {NULL}, "free"},
    {"127.0.0.1", 3000, false, {R(FREE)}, {NULL}, "free"},
    {NULL, 3000, false, {R(FREE), R(NO_FAMILY)}, {NULL}, "free"},
    {NULL, 3000, false, BOTH(NO_FAMILY), {NULL}, "address-unavailable"},
    {"::1", 3000, false, {R(NO_FAMILY)}, {NULL}, "address-unavailable"},
    {"192.0.2.9", 3000, false, {R(NO_ADDRESS)}, {NULL}, "address-unavailable"},
    // Other ports and protocols do not matter.
    {NULL, 3000, false, BOTH(FREE), {"TCP 0.0.0.0:3001 0.0.0.0:0 LISTENING"}, "free"},
    {NULL, 3000, false, BOTH(FREE), {"UDP 0.0.0.0:3000 *:*"}, "free"},
    {NULL, 3000, false, BOTH(FREE), {"TCP 127.0.0.1:9 127.0.0.1:3000 ESTABLISHED"}, "free"},

    // In use.
    {NULL, 3000, false, BOTH(TAKEN), {"TCP 0.0.0.0:3000 0.0.0.0:0 LISTENING"}, "in-use"},
    {NULL, 3000, false, {R(FREE), R(TAKEN)}, {"TCP [::]:3000 [::]:0 LISTENING"}, "in-use"},
    {NULL, 3000, false, BOTH(TAKEN), {"TCP 0.0.0.0:3000 0.0.0.0:0 BOUND"}, "in-use"},
    {NULL,
     3000,
     false,
     {R(TAKEN), R(FREE)},
     {"TCP 127.0.0.1:3000 127.0.0.1:9 ESTABLISHED"},
     "in-use"},
    {NULL, 3000, false, BOTH(TAKEN), {"TCP 127.0.0.1:3000 127.0.0.1:9 FIN_WAIT_2"}, "in-use"},
    {"127.0.0.1", 3000, false, {R(TAKEN)}, {"TCP 127.0.0.1:3000 0.0.0.0:0 LISTENING"}, "in-use"},
    {"127.0.0.1", 3000, false, {R(TAKEN)}, {"TCP 0.0.0.0:3000 0.0.0.0:0 LISTENING"}, "in-use"},
    {"127.0.0.1", 3000, false, {R(TAKEN)}, {"TCP [::]:3000 [::]:0 LISTENING"}, "in-use"},
    {"127.0.0.1",
     3000,
     false,
     {R(TAKEN)},
     {"TCP [::ffff:127.0.0.1]:3000 [::]:0 LISTENING"},
     "in-use"},
    {"::1", 3000, false, {R(TAKEN)}, {"TCP [::]:3000 [::]:0 LISTENING"}, "in-use"},

    // At another address.
    {NULL,
     3000,
     false,
     {R(TAKEN), R(FREE)},
     {"TCP 127.0.0.1:3000 0.0.0.0:0 LISTENING", "TCP 127.0.0.1:3000 127.0.0.1:9 ESTABLISHED"},
     "in-use partial"},
    {NULL,
     3000,
     false,
     BOTH(TAKEN),
     {"TCP 127.0.0.1:3000 0.0.0.0:0 LISTENING", "TCP [::]:3000 [::]:0 LISTENING"},
     "in-use"},
    {NULL, 3000, false, {R(FREE), R(TAKEN)}, {"TCP [::1]:3000 [::]:0 LISTENING"}, "in-use partial"},
    {NULL,
     3000,
     false,
     {R(TAKEN), R(FREE)},
     {"TCP 192.0.2.1:3000 0.0.0.0:0 LISTENING"},
     "in-use partial"},
    {"127.0.0.1",
     3000,
     false,
     {R(FREE)},
     {"TCP [::1]:3000 [::]:0 LISTENING"},
     "free-localhost-taken"},
    {"127.0.0.1",
     3000,
     false,
     {R(FREE)},
     {"v6only TCP [::]:3000 [::]:0 LISTENING"},
     "free-localhost-taken"},
    {"::1",
     3000,
     false,
     {R(FREE)},
     {"TCP 127.0.0.1:3000 0.0.0.0:0 LISTENING"},
     "free-localhost-taken"},
    {"0.0.0.0",
     3000,
     false,
     {R(FREE)},
     {"TCP [::1]:3000 [::]:0 LISTENING"},
     "free-localhost-taken"},
    {"0.0.0.0",
     3000,
     false,
     {R(TAKEN)},
     {"TCP 192.0.2.1:3000 0.0.0.0:0 LISTENING"},
     "in-use partial"},
    // Both bind, as on Windows, but a client may reach the other server.
    {NULL, 3000, false, BOTH(FREE), {"TCP 127.0.0.1:3000 0.0.0.0:0 LISTENING"}, "in-use-elsewhere"},
    // 127.0.0.2 is not `localhost`, and neither is an interface other than lo.
    {"127.0.0.1",
     3000,
     false,
     {R(FREE)},
     {"TCP 127.0.0.2:3000 0.0.0.0:0 LISTENING"},
     "free elsewhere"},
    {"127.0.0.2",
     3000,
     false,
     {R(FREE)},
     {"TCP 127.0.0.1:3000 0.0.0.0:0 LISTENING"},
     "free-localhost-taken"},
    {"::1", 3000, false, {R(FREE)}, {"TCP 0.0.0.0%2:3000 0.0.0.0:0 LISTENING"}, "free elsewhere"},
    {"::1",
     3000,
     false,
     {R(FREE)},
     {"TCP 0.0.0.0%1:3000 0.0.0.0:0 LISTENING"},
     "free-localhost-taken"},
    {"127.0.0.1",
     3000,
     false,
     {R(FREE)},
     {"TCP 192.0.2.1:3000 0.0.0.0:0 LISTENING"},
     "free elsewhere"},
    {"127.0.0.1", 3000, false, {R(FREE)}, {"TCP [::1]:3000 [::1]:9 ESTABLISHED"}, "free"},

    // Closed connections, of servers that set SO_REUSEADDR and of those that did not.
    {NULL,
     3000,
     false,
     {R(REUSABLE), R(FREE)},
     {"TCP 127.0.0.1:3000 127.0.0.1:9 TIME_WAIT"},
     "free-closing time_wait"},
    {NULL, 3000, false, {R(REUSABLE), R(FREE)}, {NULL}, "free-closing time_wait"},
    {NULL,
     3000,
     false,
     {R(REUSABLE), R(FREE)},
     {"TCP 127.0.0.1:3000 127.0.0.1:9 ESTABLISHED"},
     "free-reuseaddr"},
    {NULL, 3000, false, BOTH(REUSABLE), {"TCP 0.0.0.0:3000 0.0.0.0:0 BOUND"}, "free-reuseaddr"},
    {NULL,
     3000,
     false,
     {R(TAKEN), R(FREE)},
     {"TCP 127.0.0.1:3000 127.0.0.1:9 TIME_WAIT"},
     "in-use time_wait"},
    {NULL, 3000, false, BOTH(FREE), {"TCP 127.0.0.1:3000 127.0.0.1:9 TIME_WAIT"}, "free"},
    {NULL, 3000, false, BOTH(FREE), {"TCP 127.0.0.1:3000 127.0.0.1:9 SYN_RECEIVED"}, "free"},

    // Taken, without a row.
    {NULL, 3000, false, BOTH(TAKEN), {NULL}, "in-use holder_unknown"},
    {NULL,
     3000,
     false,
     BOTH(TAKEN),
     {"TCP 0.0.0.0:3001 0.0.0.0:0 LISTENING"},
     "in-use holder_unknown"},
    {NULL, 3000, false, BOTH(TAKEN), {"UDP 0.0.0.0:3000 *:*"}, "in-use holder_unknown"},

    // Reserved: a note on Linux, a refusal on Windows.
    {NULL, 5000, false, BOTH(FREE), {NULL}, "free set-aside"},
    {NULL, 5011, false, BOTH(FREE), {NULL}, "free"},
    {NULL, 5000, true, BOTH(RESERVED), {NULL}, "reserved 5000-5010"},
    {NULL, 5007, true, BOTH(RESERVED), {NULL}, "reserved 5000-5010"},
    {NULL, 5010, true, BOTH(RESERVED), {NULL}, "reserved 5000-5010"},
    {NULL, 5012, true, BOTH(RESERVED), {NULL}, "reserved 5012-5012"},
    // The attempt to bind counts for more than the list.
    {NULL, 6000, true, BOTH(RESERVED), {NULL}, "reserved 6000-6000"},
    {NULL, 6000, true, {R(FREE), R(RESERVED)}, {NULL}, "reserved 6000-6000"},
    {NULL, 5000, true, BOTH(FREE), {NULL}, "free"}, // reserved by an administrator: binding works
    {NULL, 5000, true, BOTH(TAKEN), {"TCP 0.0.0.0:5000 0.0.0.0:0 LISTENING"}, "in-use"},
    // A row that listens counts for more than the range.
    {NULL, 5000, true, BOTH(RESERVED), {"TCP 0.0.0.0:5000 0.0.0.0:0 LISTENING"}, "in-use"},
    {NULL,
     5000,
     true,
     BOTH(RESERVED),
     {"TCP 127.0.0.1:5000 0.0.0.0:0 LISTENING"},
     "in-use partial"},
    {NULL, 5000, true, BOTH(RESERVED), {"TCP 0.0.0.0:5000 0.0.0.0:0 BOUND"}, "reserved 5000-5010"},
    {NULL, 49151, false, BOTH(FREE), {NULL}, "free"},
    {NULL, 49152, false, BOTH(FREE), {NULL}, "free dynamic"},
    {NULL, 60999, false, BOTH(FREE), {NULL}, "free dynamic"},
    {NULL, 61000, false, BOTH(FREE), {NULL}, "free"},
    {NULL, 50000, false, BOTH(TAKEN), {"TCP 0.0.0.0:50000 0.0.0.0:0 LISTENING"}, "in-use"},

    // Privileges are checked before the port: the table says whether it is in use.
    {NULL, 80, false, BOTH(DENIED), {NULL}, "needs-privilege"},
    {NULL, 80, false, BOTH(DENIED), {"TCP 0.0.0.0:80 0.0.0.0:0 LISTENING"}, "in-use"},
    {NULL, 80, false, BOTH(DENIED), {"TCP 127.0.0.1:80 0.0.0.0:0 LISTENING"}, "in-use partial"},
    {NULL,
     80,
     false,
     BOTH(DENIED),
     {"TCP 127.0.0.1:80 127.0.0.1:9 ESTABLISHED"},
     "needs-privilege"},
    {NULL, 80, false, BOTH(DENIED), {"TCP 127.0.0.1:80 127.0.0.1:9 TIME_WAIT"}, "needs-privilege"},
};

static void describe(const struct psc_port_check *check, char *text, size_t size) {
    char range[32] = "";
    if (check->verdict == PSC_VERDICT_RESERVED) {
        snprintf(range, sizeof range, " %u-%u", check->reserved_first, check->reserved_last);
    }
    snprintf(text, size, "%s%s%s%s%s%s%s%s", psc_verdict_word(check->verdict), range,
             check->dynamic ? " dynamic" : "", check->reserved_soft ? " set-aside" : "",
             check->holder_unknown ? " holder_unknown" : "", check->time_wait ? " time_wait" : "",
             check->elsewhere ? " elsewhere" : "", check->partial ? " partial" : "");
}

static void tcp_is_decided(void **state) {
    for (size_t i = 0; i < COUNT(decisions); i++) {
        const struct decision *given = &decisions[i];
        struct psc_snapshot *snapshot = snapshot_of(given->rows);
        struct psc_bind_address address = bind_address_of(given->address);
        struct psc_port_ranges ranges = ranges_of(given->windows);
        struct psc_port_check check = {.port = given->port};
        char found[128];
        psc_port_decide(&address, given->results, address.one_address ? 1 : 2, snapshot, &ranges,
                        &check);
        describe(&check, found, sizeof found);
        if (strcmp(found, given->found) != 0) {
            fail_msg("%zu: %s %u, %s: '%s', not '%s'", i,
                     given->address != NULL ? given->address : "any", given->port,
                     given->rows[0] != NULL ? given->rows[0] : "no rows", found, given->found);
        }
        psc_port_ranges_done(&ranges);
        psc_snapshot_free(snapshot);
    }
}

static void udp_is_decided(void **state) {
    static const struct {
        const char *address;
        enum psc_probe_result results[2];
        const char *rows[4];
        const char *found;
    } cases[] = {
        {NULL, BOTH(FREE), {NULL}, "free"},
        {NULL, BOTH(TAKEN), {"UDP 0.0.0.0:53 *:*"}, "in-use"},
        {NULL, BOTH(TAKEN), {"UDP 127.0.0.53%1:53 *:*"}, "in-use partial"},
        {"127.0.0.1", {R(FREE)}, {"UDP 127.0.0.53%1:53 *:*"}, "free elsewhere"},
        {"127.0.0.1", {R(FREE)}, {"UDP [::1]:53 *:*"}, "free-localhost-taken"},
        {NULL, BOTH(TAKEN), {"UDP 127.0.0.1:53 127.0.0.1:9 "}, "in-use"},
        {"::1", {R(FREE)}, {"UDP 127.0.0.1:53 127.0.0.1:9 "}, "free"},
        {NULL, BOTH(FREE), {"TCP 0.0.0.0:53 0.0.0.0:0 LISTENING"}, "free"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct psc_snapshot *snapshot = snapshot_of(cases[i].rows);
        struct psc_bind_address address = bind_address_of(cases[i].address);
        struct psc_port_ranges ranges = ranges_of(false);
        struct psc_port_check check = {.port = 53, .udp = true};
        char found[128];
        psc_port_decide(&address, cases[i].results, address.one_address ? 1 : 2, snapshot, &ranges,
                        &check);
        describe(&check, found, sizeof found);
        assert_string_equal(found, cases[i].found);
        psc_port_ranges_done(&ranges);
        psc_snapshot_free(snapshot);
    }
}

// A system that reserves nothing, and reports nothing.
static void a_system_may_have_no_ranges(void **state) {
    static const enum psc_probe_result results[] = {PSC_PROBE_RESERVED, PSC_PROBE_RESERVED};
    static const enum psc_probe_result good[] = {PSC_PROBE_FREE, PSC_PROBE_FREE};
    static const char *const no_rows[4] = {NULL};
    const struct psc_bind_address address = {.one_address = false};
    const struct psc_port_ranges none = {.time_wait_seconds = 60};
    struct psc_port_check check = {.port = 65535};
    struct psc_snapshot *snapshot = snapshot_of(no_rows);
    psc_port_decide(&address, good, 2, snapshot, &none, &check);
    assert_int_equal(check.verdict, PSC_VERDICT_FREE);
    assert_false(check.dynamic || check.reserved_soft);
    psc_port_decide(&address, results, 2, snapshot, &none, &check);
    assert_int_equal(check.verdict, PSC_VERDICT_RESERVED);
    assert_int_equal(check.reserved_first, 65535);
    assert_int_equal(check.reserved_last, 65535);
    psc_snapshot_free(snapshot);
}

static void ranges_end_where_ports_do(void **state) {
    static const enum psc_probe_result results[] = {PSC_PROBE_RESERVED, PSC_PROBE_RESERVED};
    static const char *const no_rows[4] = {NULL};
    const struct psc_bind_address address = {.one_address = false};
    struct psc_port_ranges all = {.reserved_refuses = true};
    struct psc_port_check check = {.port = 80};
    struct psc_error error;
    struct psc_snapshot *snapshot = snapshot_of(no_rows);
    assert_int_equal(psc_port_set_parse(&all.reserved, "0-65535", &error), PSC_OK);
    psc_port_decide(&address, results, 2, snapshot, &all, &check);
    assert_int_equal(check.reserved_first, 0);
    assert_int_equal(check.reserved_last, 65535);
    psc_port_ranges_done(&all);
    psc_snapshot_free(snapshot);
}

// A client holds a port, but does not serve on it, so that kill leaves it alone.
static void clients_hold_and_do_not_serve(void **state) {
    static const struct {
        const char *row;
        bool udp, holds, serves;
    } cases[] = {
        {"TCP 127.0.0.1:80 0.0.0.0:0 LISTENING", false, true, true},
        {"TCP 127.0.0.1:80 0.0.0.0:0 BOUND", false, true, true},
        {"TCP 127.0.0.1:80 127.0.0.1:9 ESTABLISHED", false, true, false},
        {"TCP 127.0.0.1:80 127.0.0.1:9 CLOSE_WAIT", false, true, false},
        {"TCP 127.0.0.1:80 127.0.0.1:9 SYN_SENT", false, true, false},
        {"TCP 127.0.0.1:80 127.0.0.1:9 TIME_WAIT", false, false, false},
        {"TCP 127.0.0.1:80 127.0.0.1:9 SYN_RECEIVED", false, false, false},
        {"TCP 127.0.0.1:9 127.0.0.1:80 ESTABLISHED", false, false, false},
        {"TCP 127.0.0.1:81 0.0.0.0:0 LISTENING", false, false, false},
        {"UDP 127.0.0.1:80 *:*", false, false, false},
        {"UDP 127.0.0.1:80 *:*", true, true, true},
        {"UDP 127.0.0.1:80 127.0.0.1:9 ", true, true, false},
        {"UDP 127.0.0.1:9 127.0.0.1:80 ", true, false, false},
        {"TCP 127.0.0.1:80 0.0.0.0:0 LISTENING", true, false, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct psc_endpoint endpoint = netstat_row(cases[i].row);
        assert_int_equal(psc_endpoint_holds_port(&endpoint, 80, cases[i].udp), cases[i].holds);
        assert_int_equal(psc_endpoint_serves_port(&endpoint, 80, cases[i].udp), cases[i].serves);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_become_sorted_ranges),
        cmocka_unit_test(bad_lists_add_nothing),
        cmocka_unit_test(sets_have_what_was_added),
        cmocka_unit_test(specs_are_read),
        cmocka_unit_test(other_words_are_no_specs),
        cmocka_unit_test(probes_are_of_both_families_or_of_one_address),
        cmocka_unit_test(tcp_is_decided),
        cmocka_unit_test(udp_is_decided),
        cmocka_unit_test(a_system_may_have_no_ranges),
        cmocka_unit_test(ranges_end_where_ports_do),
        cmocka_unit_test(clients_hold_and_do_not_serve),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
