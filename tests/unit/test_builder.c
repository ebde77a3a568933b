// test_builder.c - builder and snapshot: rows are sorted and unique, owners are many to many with
// the oldest first, and filters for owners drop rows.
#include "model/builder.h"
#include "support/netstat_row.h"
#include "support/test.h"

static struct psc_builder *new_builder(const struct psc_filter *filter) {
    struct psc_builder *builder = psc_builder_new(filter);
    assert_non_null(builder);
    return builder;
}

static void add(struct psc_builder *builder, const char *text, uint64_t inode) {
    struct psc_endpoint row = netstat_row(text);
    row.inode = inode;
    row.known = inode != 0 ? PSC_KNOWN_INODE : 0;
    psc_builder_add(builder, &row);
}

static struct psc_snapshot *finish(struct psc_builder *builder) {
    struct psc_snapshot *snapshot;
    assert_int_equal(psc_builder_finish(builder, "web1", 1234, &snapshot), PSC_OK);
    return snapshot;
}

static void sorts_all_kinds_of_rows(void **state) {
    enum { COUNT = 3000 };
    struct psc_filter filter;
    uint32_t seed = 5;
    psc_filter_init(&filter);
    struct psc_builder *builder = new_builder(&filter);
    for (unsigned i = 0; i < COUNT; i++) {
        struct psc_endpoint row = {.inode = i + 1, .known = PSC_KNOWN_INODE};
        seed = seed * 1664525 + 1013904223;
        row.protocol = (uint8_t)(seed >> 30);
        row.state = psc_endpoint_is_udp(&row) ? PSC_STATE_UDP_CONNECTED : PSC_STATE_ESTABLISHED;
        // Few values for many fields, so that each part of the order decides sometimes.
        row.local.bytes[0] = seed >> 8 & 0x80;
        row.local.bytes[psc_endpoint_is_ipv6(&row) ? i % 16 : i % 4] |= seed >> 10 & 3;
        static const uint32_t zones[] = {0, 1, 0x3ffe, 0x3fff, 0x4000, UINT32_MAX};
        row.ifindex = zones[(seed >> 12) % 6];
        row.local_port = (uint16_t)((seed >> 15 & 1) * 65535);
        row.remote.bytes[0] = seed >> 16 & 1;
        row.remote_port = seed >> 17 & 1;
        psc_builder_add(builder, &row);
    }
    psc_builder_seal(builder);
    assert_int_equal(psc_builder_count(builder), COUNT);
    bool seen[COUNT + 1] = {false};
    for (size_t i = 0; i < COUNT; i++) {
        const struct psc_endpoint *row = psc_builder_endpoint(builder, i);
        assert_true(i == 0 || psc_endpoint_compare(psc_builder_endpoint(builder, i - 1), row) < 0);
        assert_false(seen[row->inode]);
        seen[row->inode] = true;
    }
    psc_builder_free(builder);
}

static void drops_duplicates(void **state) {
    struct psc_filter filter;
    psc_filter_init(&filter);
    struct psc_builder *builder = new_builder(&filter);
    add(builder, "TCP 0.0.0.0:80 0.0.0.0:0 LISTENING", 7);
    add(builder, "TCP 0.0.0.0:22 0.0.0.0:0 LISTENING", 5);
    add(builder, "TCP 0.0.0.0:80 0.0.0.0:0 LISTENING", 7);
    add(builder, "TCP 0.0.0.0:80 0.0.0.0:0 LISTENING", 6); // another socket, SO_REUSEPORT
    add(builder, "UDP 0.0.0.0:53 *:*", 0);
    add(builder, "UDP 0.0.0.0:53 *:*", 0); // nothing identifies these as one
    psc_builder_seal(builder);
    struct psc_snapshot *snapshot = finish(builder);
    static const uint64_t inodes[] = {5, 6, 7, 0, 0};
    assert_int_equal(psc_snapshot_count(snapshot), 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(psc_snapshot_endpoint(snapshot, i)->inode, inodes[i]);
    }
    psc_snapshot_free(snapshot);
}

static void adds_what_the_filter_accepts_and_rewinds(void **state) {
    struct psc_filter filter;
    psc_filter_init(&filter);
    filter.protocols = PSC_PROTOCOLS_TCP;
    struct psc_builder *builder = new_builder(&filter);
    add(builder, "TCP 0.0.0.0:80 0.0.0.0:0 LISTENING", 1);
    add(builder, "UDP 0.0.0.0:53 *:*", 2);
    size_t mark = psc_builder_count(builder);
    assert_int_equal(mark, 1);
    for (uint64_t i = 0; i < 40; i++) {
        add(builder, "TCP 0.0.0.0:22 0.0.0.0:0 LISTENING", 10 + i);
    }
    psc_builder_rewind(builder, mark);
    add(builder, "TCP [::]:22 [::]:0 LISTENING", 3);
    psc_builder_seal(builder);
    struct psc_snapshot *snapshot = finish(builder);
    assert_int_equal(psc_snapshot_count(snapshot), 2);
    assert_int_equal(psc_snapshot_endpoint(snapshot, 0)->inode, 1);
    assert_int_equal(psc_snapshot_endpoint(snapshot, 1)->inode, 3);
    psc_snapshot_free(snapshot);
}

static void a_snapshot_may_be_empty(void **state) {
    struct psc_filter filter;
    psc_filter_init(&filter);
    struct psc_builder *builder = new_builder(&filter);
    psc_builder_seal(builder);
    psc_builder_end_links(builder, "k", "w");
    psc_builder_select(builder);
    struct psc_snapshot *snapshot = finish(builder);
    assert_int_equal(psc_snapshot_count(snapshot), 0);
    assert_int_equal(psc_snapshot_notice_count(snapshot), 0);
    assert_string_equal(psc_snapshot_host(snapshot), "web1");
    assert_int_equal(psc_snapshot_time(snapshot), 1234);
    psc_snapshot_free(snapshot);
    psc_snapshot_free(NULL);
    psc_builder_free(NULL);
}

// Process 10 holds the first two rows, 11 to 13 the second; the third has no owner.
static struct psc_builder *shared_rows(const struct psc_filter *filter) {
    struct psc_builder *builder = new_builder(filter);
    add(builder, "TCP 0.0.0.0:1 0.0.0.0:0 LISTENING", 1);
    add(builder, "TCP 0.0.0.0:2 0.0.0.0:0 LISTENING", 2);
    struct psc_endpoint row = netstat_row("TCP 10.0.0.1:3 10.0.0.2:9 TIME_WAIT");
    row.known = PSC_KNOWN_OWNERS;
    psc_builder_add(builder, &row);
    row = netstat_row("UDP 0.0.0.0:4 *:*"); // its owner is hidden
    row.uid = 65534;
    row.known = PSC_KNOWN_UID;
    psc_builder_add(builder, &row);
    psc_builder_seal(builder);
    static const struct {
        size_t row;
        uint32_t pid;
    } links[] = {{1, 12}, {0, 10}, {1, 10}, {1, 12}, {1, 11}, {0, 10}, {1, 13}};
    for (size_t i = 0; i < COUNT(links); i++) {
        psc_builder_link(builder, links[i].row, links[i].pid);
    }
    psc_builder_end_links(builder, "owners-hidden", "; be root");
    return builder;
}

static struct psc_process *find_process(struct psc_builder *builder, uint32_t pid) {
    for (size_t i = 0; i < psc_builder_process_count(builder); i++) {
        struct psc_process *process = psc_builder_process(builder, i);
        if (process != NULL && process->pid == pid) {
            return process;
        }
    }
    return NULL;
}

static void assert_owners(const struct psc_snapshot *snapshot, size_t row, const char *pids) {
    char text[64] = "";
    struct psc_owners owners = psc_snapshot_owners(snapshot, row);
    for (size_t i = 0; i < owners.count; i++) {
        snprintf(text + strlen(text), sizeof text - strlen(text), " %u",
                 psc_snapshot_process(snapshot, owners.processes[i])->pid);
    }
    assert_string_equal(text, pids);
    const struct psc_process *oldest = psc_snapshot_oldest(snapshot, row);
    assert_int_equal(oldest != NULL ? oldest->pid : 0, strtoul(pids, NULL, 10));
}

static void owners_are_many_to_many_and_the_oldest_is_first(void **state) {
    struct psc_filter filter;
    psc_filter_init(&filter);
    struct psc_builder *builder = shared_rows(&filter);
    static const struct {
        uint32_t pid;
        int64_t started;
    } starts[] = {{10, 500}, {12, 100}, {13, 100}}; // nothing is known of 11
    for (size_t i = 0; i < 3; i++) {
        struct psc_process *process = find_process(builder, starts[i].pid);
        assert_non_null(process);
        assert_true(process->shares);
        process->started = starts[i].started;
        process->known |= PSC_PROCESS_STARTED;
    }
    struct psc_snapshot *snapshot = finish(builder);
    assert_owners(snapshot, 0, " 10");
    assert_owners(snapshot, 1, " 12 13 10 11"); // by start, then by number, unknown ones last
    assert_owners(snapshot, 2, "");
    assert_owners(snapshot, 3, "");
    static const bool known[] = {true, true, true, false};
    for (size_t i = 0; i < 4; i++) {
        uint32_t bits = psc_snapshot_endpoint(snapshot, i)->known;
        assert_int_equal((bits & PSC_KNOWN_OWNERS) != 0, known[i]);
    }
    psc_snapshot_free(snapshot);
}

static void a_single_owner_does_not_share(void **state) {
    struct psc_filter filter;
    psc_filter_init(&filter);
    struct psc_builder *builder = new_builder(&filter);
    add(builder, "TCP 0.0.0.0:1 0.0.0.0:0 LISTENING", 1);
    psc_builder_seal(builder);
    for (int i = 0; i < 2; i++) { // through two descriptors
        psc_builder_link(builder, 0, 10);
    }
    psc_builder_end_links(builder, "k", "w");
    assert_int_equal(psc_builder_process_count(builder), 1);
    assert_false(psc_builder_process(builder, 0)->shares);
    psc_builder_free(builder);
}

static void many_processes_keep_their_rows(void **state) {
    enum { ROWS = 100, PIDS = 300 };
    struct psc_filter filter;
    psc_filter_init(&filter);
    struct psc_builder *builder = new_builder(&filter);
    for (unsigned i = 0; i < ROWS; i++) {
        char text[64];
        snprintf(text, sizeof text, "TCP 0.0.0.0:%u 0.0.0.0:0 LISTENING", 1000 + i);
        add(builder, text, i + 1);
    }
    psc_builder_seal(builder);
    for (uint32_t step = 0; step < 3; step++) { // again, when the process is known
        for (uint32_t pid = 1; pid <= PIDS; pid++) {
            // Numbers with equal low bits, the worst case of a hash table.
            uint32_t row = (pid * 7 + step * 31) % ROWS;
            psc_builder_link(builder, row, pid << 12);
        }
    }
    psc_builder_end_links(builder, "k", "w");
    assert_int_equal(psc_builder_process_count(builder), PIDS);
    struct psc_snapshot *snapshot = finish(builder);
    for (size_t row = 0; row < ROWS; row++) {
        struct psc_owners owners = psc_snapshot_owners(snapshot, row);
        assert_int_equal(owners.count, 9);
        for (size_t i = 0; i < owners.count; i++) {
            uint32_t pid = psc_snapshot_process(snapshot, owners.processes[i])->pid >> 12;
            assert_true(row == pid * 7 % ROWS || row == (pid * 7 + 31) % ROWS ||
                        row == (pid * 7 + 62) % ROWS);
        }
    }
    psc_snapshot_free(snapshot);
}

// Names of the processes, for the filters by name.
static void name_processes(struct psc_builder *builder) {
    static const struct {
        uint32_t pid;
        const char *name, *path, *user;
    } processes[] = {
        {10, "nginx", "/usr/sbin/nginx", "root"},
        {11, "node", "/opt/shop/bin/node", "alice"},
        {12, "node", NULL, NULL},
        {13, NULL, NULL, NULL},
    };
    for (size_t i = 0; i < COUNT(processes); i++) {
        struct psc_process *process = find_process(builder, processes[i].pid);
        if (process != NULL) {
            process->name = processes[i].name;
            process->path = processes[i].path;
            process->user = processes[i].user;
        }
    }
}

struct selection {
    const char *pids, *processes, *users; // NULL: no filter
    const char *ports;
};

static void check_selection(const struct selection *selection) {
    struct psc_filter filter;
    struct psc_error error;
    char ports[8] = "";
    psc_filter_init(&filter);
    assert_true(selection->pids == NULL ||
                psc_filter_set(&filter, "pid", selection->pids, &error) == PSC_OK);
    assert_true(selection->processes == NULL ||
                psc_filter_set(&filter, "process", selection->processes, &error) == PSC_OK);
    assert_true(selection->users == NULL ||
                psc_filter_set(&filter, "user", selection->users, &error) == PSC_OK);
    struct psc_builder *builder = shared_rows(&filter);
    psc_builder_name_user(builder, 65534, "nobody");
    name_processes(builder);
    psc_builder_select(builder);
    struct psc_snapshot *snapshot = finish(builder);
    for (size_t row = 0; row < psc_snapshot_count(snapshot); row++) {
        ports[row] = (char)('0' + psc_snapshot_endpoint(snapshot, row)->local_port);
    }
    assert_string_equal(ports, selection->ports);
    psc_snapshot_free(snapshot);
    psc_filter_done(&filter);
}

static void selects_by_owner(void **state) {
    // Rows by their ports: 1 (pid 10), 2 (10 to 13), 3 (no owner) and 4 (unknown).
    static const struct selection cases[] = {
        {NULL, NULL, NULL, "1234"},    {"10", NULL, NULL, "12"},      {"11", NULL, NULL, "2"},
        {"9", NULL, NULL, ""},         {"0", NULL, NULL, "3"}, // as the table shows it
        {"!11", NULL, NULL, "134"},    {"!10", NULL, NULL, "34"},     {"!0", NULL, NULL, "124"},
        {NULL, "nginx", NULL, "12"},   {NULL, "NODE", NULL, "2"},     {NULL, "/opt/*", NULL, "2"},
        {NULL, "!node", NULL, "134"},  {NULL, "!*", NULL, "34"},      {NULL, NULL, "root", "12"},
        {NULL, NULL, "alice", "2"},    {NULL, NULL, "nobody", "4"}, // the socket's user
        {NULL, NULL, "65534", "4"},    {NULL, NULL, "!alice", "134"}, {"10", "node", NULL, "2"},
        {"!11", "nginx", "root", "1"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        check_selection(&cases[i]);
    }
}

static void processes_without_rows_are_gone(void **state) {
    struct psc_filter filter;
    struct psc_error error;
    psc_filter_init(&filter);
    assert_int_equal(psc_filter_set(&filter, "pid", "!11", &error), PSC_OK);
    struct psc_builder *builder = shared_rows(&filter);
    assert_non_null(find_process(builder, 10));
    assert_null(find_process(builder, 11)); // its only row is dropped
    psc_builder_free(builder);
    psc_filter_done(&filter);
}

static void hidden_owners_are_counted(void **state) {
    static const struct {
        const char *pids, *text;
        size_t count;
    } cases[] = {
        {"!99", "1 socket has no visible owner; be root", 1},
        // The row is not shown, and its hidden owner might be the one to show.
        {"10", "1 socket has no visible owner; be root", 1},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct psc_filter filter;
        struct psc_error error;
        psc_filter_init(&filter);
        assert_int_equal(psc_filter_set(&filter, "pid", cases[i].pids, &error), PSC_OK);
        struct psc_snapshot *snapshot = finish(shared_rows(&filter));
        assert_int_equal(psc_snapshot_notice_count(snapshot), cases[i].count);
        if (cases[i].count > 0) {
            assert_string_equal(psc_snapshot_notice(snapshot, 0)->kind, "owners-hidden");
            assert_string_equal(psc_snapshot_notice(snapshot, 0)->text, cases[i].text);
            assert_int_equal(psc_snapshot_notice(snapshot, 0)->count, 1);
        }
        psc_snapshot_free(snapshot);
        psc_filter_done(&filter);
    }
}

static void a_kind_of_notice_is_added_once(void **state) {
    struct psc_filter filter;
    psc_filter_init(&filter);
    struct psc_builder *builder = new_builder(&filter);
    psc_builder_notice(builder, "torn", 3, "dump %d was torn", 1);
    psc_builder_notice(builder, "torn", 4, "dump %d was torn", 2);
    psc_builder_notice(builder, "other", 0, "another");
    struct psc_snapshot *snapshot = finish(builder);
    assert_int_equal(psc_snapshot_notice_count(snapshot), 2);
    assert_string_equal(psc_snapshot_notice(snapshot, 0)->text, "dump 1 was torn");
    assert_int_equal(psc_snapshot_notice(snapshot, 0)->count, 3);
    assert_string_equal(psc_snapshot_notice(snapshot, 1)->text, "another");
    psc_snapshot_free(snapshot);
}

static void numbers_have_names(void **state) {
    struct psc_filter filter;
    const char *name = "unchanged";
    psc_filter_init(&filter);
    struct psc_builder *builder = new_builder(&filter);
    char word[] = "eth0";
    for (uint32_t zone = 40; zone > 0; zone--) { // backwards, because they are sorted
        word[3] = (char)('0' + zone);
        psc_builder_name_interface(builder, zone * 3, zone == 7 ? NULL : word);
    }
    psc_builder_name_user(builder, 1000, "alice");
    psc_builder_name_user(builder, 4711, NULL);
    assert_true(psc_builder_interface_named(builder, 21));
    assert_false(psc_builder_interface_named(builder, 20));
    assert_false(psc_builder_user_named(builder, 0, &name));
    assert_string_equal(name, "unchanged");
    assert_true(psc_builder_user_named(builder, 4711, &name));
    assert_null(name);
    assert_true(psc_builder_user_named(builder, 1000, NULL));
    struct psc_snapshot *snapshot = finish(builder);
    assert_string_equal(psc_snapshot_interface(snapshot, 3), "eth1");
    assert_string_equal(psc_snapshot_interface(snapshot, 27), "eth9");
    assert_null(psc_snapshot_interface(snapshot, 21));
    assert_null(psc_snapshot_interface(snapshot, 4));
    assert_string_equal(psc_snapshot_user(snapshot, 1000), "alice");
    assert_null(psc_snapshot_user(snapshot, 4711));
    assert_null(psc_snapshot_user(snapshot, 0));
    psc_snapshot_free(snapshot);
}

static void remotes_have_names(void **state) {
    struct psc_filter filter;
    psc_filter_init(&filter);
    struct psc_builder *builder = new_builder(&filter);
    add(builder, "TCP 10.0.0.1:3 10.0.0.2:9 ESTABLISHED", 1);
    add(builder, "TCP 10.0.0.1:4 10.0.0.3:9 ESTABLISHED", 2);
    psc_builder_seal(builder);
    psc_builder_name_remote(builder, 1, "db.example");
    struct psc_snapshot *snapshot = finish(builder);
    assert_null(psc_snapshot_remote_name(snapshot, 0));
    assert_string_equal(psc_snapshot_remote_name(snapshot, 1), "db.example");
    psc_snapshot_free(snapshot);
}

static void privilege_is_kept(void **state) {
    struct psc_filter filter;
    psc_filter_init(&filter);
    for (unsigned privileged = 0; privileged < 2; privileged++) {
        struct psc_builder *builder = new_builder(&filter);
        if (privileged) {
            psc_builder_set_privileged(builder);
        }
        psc_builder_seal(builder);
        struct psc_snapshot *snapshot = finish(builder);
        assert_int_equal(psc_snapshot_is_privileged(snapshot), privileged);
        psc_snapshot_free(snapshot);
    }
}

// Only rows whose owners are unknown may be gone.
static void rows_that_were_closed_are_dropped(void **state) {
    struct psc_filter filter;
    (void)state;
    psc_filter_init(&filter);
    struct psc_builder *builder = new_builder(&filter);
    add(builder, "UDP 0.0.0.0:1 *:*", 11);
    add(builder, "UDP 0.0.0.0:2 *:*", 12);
    add(builder, "UDP 0.0.0.0:3 *:*", 13);
    add(builder, "UDP 0.0.0.0:4 *:*", 14);
    psc_builder_seal(builder);
    psc_builder_link(builder, 1, 7);
    psc_builder_link(builder, 3, 8);
    psc_builder_end_links(builder, "owners-unknown", "");
    assert_false(psc_builder_has_unowned(builder)); // they may be hidden
    psc_builder_set_privileged(builder);
    assert_true(psc_builder_has_unowned(builder));
    struct psc_builder *later = new_builder(&filter);
    add(later, "UDP 0.0.0.0:3 *:*", 13);
    add(later, "UDP 0.0.0.0:1 *:*", 99); // another socket
    psc_builder_seal(later);
    psc_builder_drop_closed(builder, later);
    psc_builder_free(later);
    assert_true(psc_builder_has_unowned(builder));
    struct psc_snapshot *snapshot = finish(builder);
    assert_int_equal(psc_snapshot_count(snapshot), 3);
    assert_owners(snapshot, 0, " 7");
    assert_int_equal(psc_snapshot_endpoint(snapshot, 1)->local_port, 3);
    assert_owners(snapshot, 1, "");
    assert_owners(snapshot, 2, " 8");
    psc_snapshot_free(snapshot);
}

static void texts_of_any_size_are_kept(void **state) {
    static const size_t sizes[] = {0, 1, 4095, 4096, 4097, 20000, 5, 16384};
    enum { COUNT = COUNT(sizes) };
    const char *texts[COUNT];
    char bytes[20001];
    struct psc_filter filter;
    psc_filter_init(&filter);
    memset(bytes, '\xff', sizeof bytes);
    struct psc_builder *builder = new_builder(&filter);
    for (size_t i = 0; i < COUNT; i++) {
        bytes[0] = (char)i;
        texts[i] = psc_builder_text(builder, bytes, sizes[i]);
        assert_non_null(texts[i]);
    }
    for (size_t i = 0; i < COUNT; i++) {
        bytes[0] = (char)i;
        assert_memory_equal(texts[i], bytes, sizes[i]);
        assert_int_equal(texts[i][sizes[i]], '\0');
    }
    psc_builder_free(builder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorts_all_kinds_of_rows),
        cmocka_unit_test(drops_duplicates),
        cmocka_unit_test(adds_what_the_filter_accepts_and_rewinds),
        cmocka_unit_test(a_snapshot_may_be_empty),
        cmocka_unit_test(owners_are_many_to_many_and_the_oldest_is_first),
        cmocka_unit_test(a_single_owner_does_not_share),
        cmocka_unit_test(many_processes_keep_their_rows),
        cmocka_unit_test(selects_by_owner),
        cmocka_unit_test(processes_without_rows_are_gone),
        cmocka_unit_test(hidden_owners_are_counted),
        cmocka_unit_test(a_kind_of_notice_is_added_once),
        cmocka_unit_test(numbers_have_names),
        cmocka_unit_test(remotes_have_names),
        cmocka_unit_test(privilege_is_kept),
        cmocka_unit_test(rows_that_were_closed_are_dropped),
        cmocka_unit_test(texts_of_any_size_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
