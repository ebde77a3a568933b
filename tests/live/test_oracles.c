// test_oracles.c - the program's tables beside those of ss and netstat, row by row, in a network
// namespace of the test's own. What the others cannot see is compared with the truth instead.
#include <unistd.h>

#include "support/live_states.h"
#include "support/read_table.h"
#include "support/spawn.h"
#include "support/test.h"

static const uint32_t unbound = PSC_STATES_ALL & ~PSC_STATE_BIT(PSC_STATE_BOUND);

// Runs a program and reads its table. False where it is missing or does not know an option.
static bool read_table(const char *command, read_row *read, struct rows *rows) {
    struct spawned spawned;
    spawn(&spawned, "%s", command);
    bool ran = spawned.status == 0;
    if (!ran) {
        print_message("%s: status %d %.*s\n", command, spawned.status,
                      (int)strcspn(spawned.err, "\n"), spawned.err);
    }
    char *rest = spawned.out;
    for (char *line; ran && (line = strsep(&rest, "\n")) != NULL;) {
        read(rows, line);
    }
    spawn_done(&spawned);
    return ran;
}

static void read_program(const char *options, read_row *read, struct rows *rows) {
    char command[512];
    snprintf(command, sizeof command, "%s %s", PSC_PROGRAM, options);
    assert_true(read_table(command, read, rows));
    assert_true(rows->count > 0);
}

static void read_oracle(const char *command, read_row *read, struct rows *rows) {
    if (!read_table(command, read, rows)) {
        skip_test("nothing to compare with");
    }
}

static bool is_bound(const struct row *row) {
    return strcmp(row->state, "BOUND") == 0;
}

// ss 6.15 lists the TCP ports that are only bound with all others, older versions do not; portscope
// does with -q.
static void read_program_like_ss(const struct rows *ss, const char *options, read_row *read,
                                 struct rows *rows) {
    char as_ss[256];
    bool bound = false;
    for (size_t i = 0; i < ss->count; i++) {
        bound = bound || is_bound(&ss->list[i]);
    }
    snprintf(as_ss, sizeof as_ss, "%s%s", bound ? "-q " : "", options);
    read_program(as_ss, read, rows);
}

// Comparing ---------------------------------------------------------------------------------------

// Empties the owners of sockets that only a thread with files of its own holds: `ss -p` looks at
// the files of processes alone.
static void drop_owners_in_threads(struct rows *rows, const struct live_states *live) {
    for (size_t i = 0; i < live->count; i++) {
        struct row hidden = {.protocol = ""};
        row_set_endpoint(&hidden, &live->rows[i].endpoint);
        for (size_t j = 0; live->rows[i].in_thread && j < rows->count; j++) {
            if (strcmp(rows->list[j].local, hidden.local) == 0) {
                rows->list[j].owners[0] = '\0';
            }
        }
    }
}

static void same_as_truth(void **state) {
    const struct live_states *live = live_in_namespace(state);
    struct rows shown = {0};
    struct rows truth = {0};
    read_program("-an --csv --columns " READ_CSV_COLUMNS, read_csv_row, &shown);
    rows_add_live(&truth, live, unbound);
    rows_assert_equal(&shown, &truth, ROW_PRINTED, "portscope -an");
    rows_done(&shown);
    rows_done(&truth);
}

static void same_as_ss(void **state) {
    (void)live_in_namespace(state);
    struct rows shown = {0};
    struct rows ss = {0};
    read_oracle("ss -tuan", read_ss_row, &ss);
    read_program_like_ss(&ss, "-an --csv --columns " READ_CSV_COLUMNS, read_csv_row, &shown);
    rows_assert_equal(&shown, &ss,
                      ROW_ZONE | ROW_DEVICE | ROW_QUEUES | ROW_MAPPED | ROW_LISTENER_LIMIT,
                      "portscope -an and ss -tuan");
    rows_done(&shown);
    rows_done(&ss);
}

// netstat reads /proc/net: no interfaces, no limit of listeners; and it writes mapped addresses as
// IPv4.
static void same_as_netstat(void **state) {
    (void)live_in_namespace(state);
    struct rows shown = {0};
    struct rows netstat = {0};
    read_oracle("netstat -tuanW", read_netstat_row, &netstat);
    read_program("-an --csv --columns " READ_CSV_COLUMNS, read_csv_row, &shown);
    rows_assert_equal(&shown, &netstat, ROW_QUEUES, "portscope -an and netstat -tuan");
    rows_done(&shown);
    rows_done(&netstat);
}

static void same_owners_as_ss(void **state) {
    const struct live_states *live = live_in_namespace(state);
    static const char *const forms[] = {"-ano --json", "-ano --ndjson"};
    struct rows ss = {0};
    read_oracle("ss -tuanp", read_ss_row_named, &ss);
    for (size_t i = 0; i < COUNT(forms); i++) {
        struct rows shown = {0};
        read_program_like_ss(&ss, forms[i], read_json_row, &shown);
        drop_owners_in_threads(&shown, live);
        rows_assert_equal(&shown, &ss,
                          ROW_ZONE | ROW_DEVICE | ROW_QUEUES | ROW_MAPPED | ROW_LISTENER_LIMIT |
                              ROW_OWNERS,
                          "portscope -ano and ss -tuanp");
        rows_done(&shown);
    }
    rows_done(&ss);
}

// Newer versions of ss look at threads when told to.
static void same_owners_in_threads_as_ss(void **state) {
    (void)live_in_namespace(state);
    struct rows ss = {0};
    struct rows shown = {0};
    read_oracle("ss -tuanpT", read_ss_row, &ss);
    read_program_like_ss(&ss, "-ano --csv --columns " READ_CSV_COLUMNS, read_csv_row, &shown);
    rows_assert_equal(&shown, &ss, ROW_ZONE | ROW_DEVICE | ROW_MAPPED | ROW_OWNERS,
                      "portscope -ano and ss -tuanpT");
    rows_done(&ss);
    rows_done(&shown);
}

static void keep_bound(struct rows *rows) {
    size_t kept = 0;
    for (size_t i = 0; i < rows->count; i++) {
        if (is_bound(&rows->list[i])) {
            rows->list[kept++] = rows->list[i];
        }
    }
    rows->count = kept;
}

static void same_bound_ports_as_ss(void **state) {
    (void)live_in_namespace(state);
    struct rows ss = {0};
    struct rows shown = {0};
    // Two states, because ss leaves out the column of a single one.
    read_oracle("ss -tuanp state bound-inactive state listening", read_ss_row, &ss);
    read_program("-anoq --csv --columns " READ_CSV_COLUMNS, read_csv_row, &shown);
    keep_bound(&ss);
    keep_bound(&shown);
    rows_assert_equal(&shown, &ss, ROW_ZONE | ROW_DEVICE | ROW_MAPPED | ROW_OWNERS,
                      "ss state bound-inactive");
    rows_done(&ss);
    rows_done(&shown);
}

// The tables for people: no oracle has them, so they are held against the truth.

static pid_t oldest(const struct live_row *row) {
    for (size_t i = 0; i < row->owner_count; i++) {
        if (row->owners[i] == getpid()) {
            return row->owners[i]; // all others are our children
        }
    }
    return row->owner_count > 0 ? row->owners[0] : 0;
}

static void table_names_the_oldest(void **state) {
    const struct live_states *live = live_in_namespace(state);
    struct rows shown = {0};
    struct rows truth = {0};
    read_program("-ano", read_table_row, &shown);
    for (size_t i = 0; i < live->count; i++) {
        const struct live_row *from = &live->rows[i];
        if (from->endpoint.state != PSC_STATE_BOUND) {
            struct row *row = rows_add(&truth);
            row_set_endpoint(row, &from->endpoint);
            int used = snprintf(row->owners, sizeof row->owners, "%d", oldest(from));
            if (from->owner_count > 1) {
                snprintf(row->owners + used, sizeof row->owners - (size_t)used, " +%zu",
                         from->owner_count - 1);
            }
        }
    }
    rows_assert_equal(&shown, &truth, ROW_ZONE | ROW_DEVICE | ROW_MAPPED | ROW_OWNERS,
                      "portscope -ano");
    rows_done(&shown);
    rows_done(&truth);
}

static void wide_names_every_owner(void **state) {
    const struct live_states *live = live_in_namespace(state);
    struct rows shown = {0};
    struct rows truth = {0};
    read_program("-ano --wide", read_table_row, &shown);
    for (size_t i = 0; i < live->count; i++) {
        const struct live_row *from = &live->rows[i];
        size_t lines = from->owner_count > 0 ? from->owner_count : 1;
        for (size_t j = 0; from->endpoint.state != PSC_STATE_BOUND && j < lines; j++) {
            struct row *row = rows_add(&truth);
            row_set_endpoint(row, &from->endpoint);
            snprintf(row->owners, sizeof row->owners, "%d",
                     from->owner_count > 0 ? from->owners[j] : 0);
        }
    }
    rows_assert_equal(&shown, &truth, ROW_ZONE | ROW_DEVICE | ROW_MAPPED | ROW_OWNERS,
                      "portscope --wide");
    rows_done(&shown);
    rows_done(&truth);
}

// Each set of letters is a set of states.
static void letters_choose_states(void **state) {
    const struct live_states *live = live_in_namespace(state);
    const uint32_t bound = PSC_STATE_BIT(PSC_STATE_BOUND);
    const struct {
        const char *options;
        uint32_t states;
    } cases[] = {
        {"-n", PSC_STATES_CONNECTIONS},
        {"-ln", PSC_STATES_LISTENERS},
        {"--listening", PSC_STATES_LISTENERS},
        {"-ltn", PSC_STATE_BIT(PSC_STATE_LISTENING)},
        {"--state time_wait,SYN-RECV",
         PSC_STATE_BIT(PSC_STATE_TIME_WAIT) | PSC_STATE_BIT(PSC_STATE_SYN_RECEIVED)},
        {"-anq", live_kernel_tells_bound() ? PSC_STATES_ALL : PSC_STATES_ALL & ~bound},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char options[256];
        struct rows shown = {0};
        struct rows truth = {0};
        snprintf(options, sizeof options, "%s --csv --columns " READ_CSV_COLUMNS, cases[i].options);
        read_program(options, read_csv_row, &shown);
        rows_add_live(&truth, live, cases[i].states);
        rows_assert_equal(&shown, &truth, ROW_PRINTED, cases[i].options);
        rows_done(&shown);
        rows_done(&truth);
    }
}

typedef bool wants(const struct live_row *row, long number);

static bool has_port(const struct live_row *row, long port) {
    return row->endpoint.local_port == port || row->endpoint.remote_port == port;
}

static bool has_not_port(const struct live_row *row, long port) {
    return !has_port(row, port);
}

static bool has_local_port(const struct live_row *row, long port) {
    return row->endpoint.local_port == port;
}

static bool has_remote_port(const struct live_row *row, long port) {
    return row->endpoint.remote_port == port;
}

static bool has_owner(const struct live_row *row, long pid) {
    for (size_t i = 0; i < row->owner_count; i++) {
        if (row->owners[i] == pid) {
            return true;
        }
    }
    return false;
}

static void assert_filtered(const struct live_states *live, const char *option, long number,
                            wants *want) {
    char options[256];
    struct rows all = {0};
    struct rows truth = {0};
    struct rows shown = {0};
    rows_add_live(&all, live, PSC_STATES_ALL);
    for (size_t i = 0; i < live->count; i++) {
        if (live->rows[i].endpoint.state != PSC_STATE_BOUND && want(&live->rows[i], number)) {
            *rows_add(&truth) = all.list[i];
        }
    }
    snprintf(options, sizeof options, "-an %s%ld --csv --columns " READ_CSV_COLUMNS, option,
             number);
    read_program(options, read_csv_row, &shown);
    rows_assert_equal(&shown, &truth, ROW_PRINTED, options);
    rows_done(&all);
    rows_done(&truth);
    rows_done(&shown);
}

// The kernel helps with these filters, and the search for owners may be another one for few rows.
static void filters_choose_rows(void **state) {
    const struct live_states *live = live_in_namespace(state);
    uint32_t seen = PSC_STATE_BIT(PSC_STATE_BOUND);
    for (size_t i = 0; i < live->count; i++) {
        const struct psc_endpoint *endpoint = &live->rows[i].endpoint;
        if ((seen & PSC_STATE_BIT(endpoint->state)) == 0) {
            assert_filtered(live, ":", endpoint->local_port, has_port);
            assert_filtered(live, "--port !", endpoint->local_port, has_not_port);
            assert_filtered(live, "--lport ", endpoint->local_port, has_local_port);
        }
        if ((seen & PSC_STATE_BIT(endpoint->state)) == 0 && endpoint->remote_port != 0) {
            assert_filtered(live, "--rport ", endpoint->remote_port, has_remote_port);
        }
        seen |= PSC_STATE_BIT(endpoint->state);
    }
    for (size_t i = 0; i < live->child_count; i++) {
        assert_filtered(live, "--pid ", live->children[i], has_owner);
    }
    assert_filtered(live, "--pid ", getpid(), has_owner);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_as_truth),
        cmocka_unit_test(same_as_ss),
        cmocka_unit_test(same_as_netstat),
        cmocka_unit_test(same_owners_as_ss),
        cmocka_unit_test(same_owners_in_threads_as_ss),
        cmocka_unit_test(same_bound_ports_as_ss),
        cmocka_unit_test(table_names_the_oldest),
        cmocka_unit_test(wide_names_every_owner),
        cmocka_unit_test(letters_choose_states),
        cmocka_unit_test(filters_choose_rows),
    };
    return cmocka_run_group_tests(tests, live_fill_namespace, live_tear_down);
}
