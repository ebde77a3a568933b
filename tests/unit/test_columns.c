// test_columns.c - columns: picking, what they need, and sorting by each of them.
#include "format/columns.h"
#include "model/builder.h"
#include "support/netstat_row.h"
#include "support/test.h"

static void names_are_listed(const struct psc_columns *columns, char *text, size_t size) {
    text[0] = '\0';
    for (size_t i = 0; i < columns->count; i++) {
        size_t used = strlen(text);
        snprintf(text + used, size - used, "%s%s", i > 0 ? "," : "", columns->list[i]->name);
    }
}

static void every_column_can_be_picked(void **state) {
    for (size_t i = 0; psc_column_at(i) != NULL; i++) {
        struct psc_columns columns = {0};
        struct psc_error error;
        const struct psc_column *column = NULL;
        bool reverse = true;
        const char *name = psc_column_at(i)->name;
        assert_true(psc_column_at(i)->help[0] != '\0');
        assert_int_equal(psc_columns_parse(&columns, name, &error), PSC_OK);
        assert_int_equal(columns.count, 1);
        assert_string_equal(columns.list[0]->name, name);
        assert_int_equal(psc_column_parse(name, &column, &reverse, &error), PSC_OK);
        assert_ptr_equal(column, columns.list[0]);
        assert_false(reverse);
        char reversed[40];
        snprintf(reversed, sizeof reversed, "-%s", name);
        assert_int_equal(psc_column_parse(reversed, &column, &reverse, &error), PSC_OK);
        assert_true(reverse);
        // Anything else would end its line, or its field, too early.
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
    }
}

static void lists_keep_their_order(void **state) {
    struct psc_columns columns = {0};
    struct psc_error error;
    char names[400];
    assert_int_equal(psc_columns_parse(&columns, "process,pid,local_port", &error), PSC_OK);
    names_are_listed(&columns, names, sizeof names);
    assert_string_equal(names, "process,pid,local_port");
}

static void bad_lists_are_named_and_change_nothing(void **state) {
    static const struct {
        const char *list, *text;
    } cases[] = {
        {"", "'' is not a column: allowed are protocol, family, local,"},
        {"pid,", "'' is not a column"},
        {",pid", "'' is not a column"},
        {"pid,PID", "'PID' is not a column"},
        {"pi", "'pi' is not a column"},
        {"pids", "'pids' is not a column"},
        {"-pid", "'-pid' is not a column"},
        {"pid,local,pid", "column 'pid' is named twice"},
        {"local,pid,pid", "column 'pid' is named twice"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct psc_columns columns = {.count = 7};
        struct psc_error error = {""};
        assert_int_equal(psc_columns_parse(&columns, cases[i].list, &error), PSC_USAGE);
        assert_ptr_equal(strstr(error.text, cases[i].text), error.text);
        assert_int_equal(columns.count, 7);
    }
    const struct psc_column *column = NULL;
    bool reverse = false;
    struct psc_error error;
    assert_int_equal(psc_column_parse("-pids", &column, &reverse, &error), PSC_USAGE);
    assert_non_null(strstr(error.text, "exposure")); // all of them are listed
    assert_null(column);
    assert_false(reverse);
}

static void forms_have_their_columns(void **state) {
    static const struct {
        enum psc_format format;
        unsigned show;
        const char *names;
    } cases[] = {
        {PSC_FORMAT_TABLE, 0, "protocol,local,remote,state"},
        {PSC_FORMAT_TABLE, PSC_SHOW_PID, "protocol,local,remote,state,pid"},
        {PSC_FORMAT_TABLE, PSC_SHOW_PID | PSC_SHOW_PROCESS,
         "protocol,local,remote,state,pid,process"},
        {PSC_FORMAT_TABLE, PSC_SHOW_PID | PSC_SHOW_PATH | PSC_SHOW_WIDE,
         "protocol,local,remote,state,pid,path,owner_user,started,command_line"},
        {PSC_FORMAT_JSON, 0,
         "protocol,family,local,remote,state,pid,process,owners,uid,user,inode,recv_queue,"
         "send_queue,exposure"},
        {PSC_FORMAT_NDJSON, PSC_SHOW_PID,
         "protocol,family,local,remote,state,pid,process,owners,uid,user,inode,recv_queue,"
         "send_queue,exposure"},
        {PSC_FORMAT_CSV, 0,
         "protocol,family,local_address,local_port,remote_address,remote_port,state,pid,process,"
         "path,owners,owner_user,started,command_line,uid,user,inode,recv_queue,send_queue,"
         "exposure"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct psc_columns columns = {0};
        char names[400];
        psc_columns_default(&columns, cases[i].format, cases[i].show);
        names_are_listed(&columns, names, sizeof names);
        assert_string_equal(names, cases[i].names);
    }
}

static void needs_are_those_of_all_together(void **state) {
    static const struct {
        const char *list;
        bool owners, users;
        unsigned details;
    } cases[] = {
        {"protocol,local,remote,state,uid,inode,recv_queue", false, false, 0},
        {"pid", true, false, 0},
        {"process", true, false, PSC_PROCESS_NAME},
        {"user", false, true, 0},
        {"owner_user,started", true, true, PSC_PROCESS_USER | PSC_PROCESS_STARTED},
        {"command_line,path", true, false,
         PSC_PROCESS_COMMAND_LINE | PSC_PROCESS_PATH | PSC_PROCESS_NAME},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct psc_columns columns = {0};
        struct psc_error error;
        assert_int_equal(psc_columns_parse(&columns, cases[i].list, &error), PSC_OK);
        struct psc_needs needs = psc_columns_need(&columns, NULL);
        assert_int_equal(needs.owners, cases[i].owners);
        assert_int_equal(needs.users, cases[i].users);
        assert_int_equal(needs.details, cases[i].details);
    }
}

// Sorting -----------------------------------------------------------------------------------------

#define KNOWN                                                                                      \
    (PSC_KNOWN_UID | PSC_KNOWN_INODE | PSC_KNOWN_RECV_QUEUE | PSC_KNOWN_SEND_QUEUE |               \
     PSC_KNOWN_OWNERS)

// Called a … f in what follows; here in the order of a snapshot.
static const struct {
    const char *row;
    uint32_t known, uid, number; // the number is inode and both queues
    uint32_t pids[2];
} rows[] = {
    {"TCP 10.0.0.1:80 10.0.0.9:6000 ESTABLISHED", KNOWN, 1000, 5, {30, 20}},
    {"TCP 10.0.0.2:22 0.0.0.0:0 LISTENING", KNOWN, 0, 5, {10, 0}},
    {"TCP 10.0.0.2:22 9.0.0.1:7000 TIME_WAIT", PSC_KNOWN_OWNERS, 0, 0, {0, 0}},
    {"TCP [::1]:80 [::]:0 LISTENING", KNOWN, 5, 7, {20, 0}},
    {"UDP 10.0.0.1:53 *:*", KNOWN & ~PSC_KNOWN_OWNERS, 70, 1, {0, 0}},
    {"UDP [fe80::1]:53 [fe80::2]:80", KNOWN, 1000, 3, {30, 0}},
};
#define ROW_COUNT COUNT(rows)

static void name_processes(struct psc_builder *builder) {
    for (size_t i = 0; i < psc_builder_process_count(builder); i++) {
        struct psc_process *process = psc_builder_process(builder, i);
        // Who is older has the higher number; of the process 20 nothing more is known.
        process->started = process->pid == 10 ? 3000 : 1000;
        process->known = process->pid == 20 ? 0 : PSC_PROCESS_STARTED | PSC_PROCESS_COMMAND_LINE;
        process->name = process->pid == 10 ? "beta" : process->pid == 30 ? "alpha" : NULL;
        process->path = process->pid == 10 ? "/a" : process->pid == 30 ? "/b" : NULL;
        process->user = process->pid == 10 ? "root" : process->pid == 30 ? "alice" : NULL;
        process->command_line = process->name;
        process->command_line_size = process->name != NULL ? strlen(process->name) + 1 : 0;
    }
}

static struct psc_snapshot *new_snapshot(const struct psc_filter *filter) {
    struct psc_builder *builder = psc_builder_new(filter);
    struct psc_snapshot *snapshot;
    assert_non_null(builder);
    for (size_t i = 0; i < ROW_COUNT; i++) {
        struct psc_endpoint row = netstat_row(rows[i].row);
        row.known = rows[i].known;
        row.uid = rows[i].uid;
        row.inode = row.recv_queue = row.send_queue = rows[i].number;
        psc_builder_add(builder, &row);
    }
    psc_builder_seal(builder);
    for (size_t i = 0; i < 2 * ROW_COUNT; i++) {
        uint32_t pid = rows[i / 2].pids[i % 2];
        if (pid != 0) {
            psc_builder_link(builder, i / 2, pid);
        }
    }
    psc_builder_end_links(builder, "k", "w");
    name_processes(builder);
    psc_builder_name_user(builder, 0, "root");
    psc_builder_name_user(builder, 1000, "alice");
    psc_builder_name_user(builder, 5, "bob");
    assert_int_equal(psc_builder_finish(builder, "h", 0, &snapshot), PSC_OK);
    return snapshot;
}

static void sorts_both_ways_and_keeps_equals(void **state) {
    // What is not known comes last, and first if reversed.
    static const struct {
        const char *column, *order, *reversed;
    } cases[] = {
        {"protocol", "abcdef", "efabcd"},
        {"family", "abcedf", "dfabce"},
        {"local", "eabcdf", "fdbcae"},
        {"local_address", "eabcdf", "fdbcae"},
        {"local_port", "bcefad", "adefbc"},
        {"remote", "becadf", "fdacbe"},
        {"remote_address", "becadf", "fdacbe"},
        {"remote_port", "bdefac", "cafbde"},
        {"state", "bdacef", "fecabd"},
        {"pid", "cbdafe", "eafdbc"},
        {"process", "afbcde", "cdebaf"},
        {"path", "bafcde", "cdeafb"},
        {"owners", "cbdfae", "eabdfc"},
        {"owner_user", "afbcde", "cdebaf"},
        {"started", "afbcde", "cdebaf"},
        {"command_line", "afbcde", "cdebaf"},
        {"uid", "bdeafc", "cafedb"},
        {"user", "afdbce", "cebdaf"},
        {"inode", "efabdc", "cdabfe"},
        {"recv_queue", "efabdc", "cdabfe"},
        {"send_queue", "efabdc", "cdabfe"},
        {"exposure", "acfdbe", "bedacf"},
    };
    struct psc_filter filter;
    psc_filter_init(&filter);
    struct psc_snapshot *snapshot = new_snapshot(&filter);
    const size_t count = COUNT(cases);
    assert_null(psc_column_at(count));
    for (size_t i = 0; i < 2 * count; i++) {
        uint32_t order[ROW_COUNT] = {0, 1, 2, 3, 4, 5};
        char letters[ROW_COUNT + 1] = "";
        struct psc_error error;
        const struct psc_column *column;
        bool reverse;
        assert_int_equal(psc_column_parse(cases[i / 2].column, &column, &reverse, &error), PSC_OK);
        assert_int_equal(psc_column_sort(column, i % 2 == 1, snapshot, order, &error), PSC_OK);
        for (size_t row = 0; row < ROW_COUNT; row++) {
            letters[row] = (char)('a' + order[row]);
        }
        const char *expected = i % 2 == 1 ? cases[i / 2].reversed : cases[i / 2].order;
        if (strcmp(letters, expected) != 0) {
            fail_msg("%s%s: %s", i % 2 == 1 ? "-" : "", cases[i / 2].column, letters);
        }
    }
    psc_snapshot_free(snapshot);
}

static void an_empty_snapshot_can_be_sorted(void **state) {
    struct psc_filter filter;
    struct psc_snapshot *snapshot;
    struct psc_error error;
    const struct psc_column *column;
    bool reverse;
    uint32_t order[1] = {9};
    psc_filter_init(&filter);
    struct psc_builder *builder = psc_builder_new(&filter);
    assert_non_null(builder);
    assert_int_equal(psc_builder_finish(builder, "h", 0, &snapshot), PSC_OK);
    assert_int_equal(psc_column_parse("pid", &column, &reverse, &error), PSC_OK);
    assert_int_equal(psc_column_sort(column, false, snapshot, order, &error), PSC_OK);
    assert_int_equal(order[0], 9);
    psc_snapshot_free(snapshot);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_column_can_be_picked),
        cmocka_unit_test(lists_keep_their_order),
        cmocka_unit_test(bad_lists_are_named_and_change_nothing),
        cmocka_unit_test(forms_have_their_columns),
        cmocka_unit_test(needs_are_those_of_all_together),
        cmocka_unit_test(sorts_both_ways_and_keeps_equals),
        cmocka_unit_test(an_empty_snapshot_can_be_sorted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
