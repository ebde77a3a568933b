// test_namespace.c - the platform layer in a network namespace of the test's own, where every row is
// known: by every method, with any number of threads, the table must be right.
#include <unistd.h>

#include "support/live_states.h"
#include "support/test.h"

static const uint32_t bound = PSC_STATE_BIT(PSC_STATE_BOUND);

static struct psc_request everything(void) {
    struct psc_request request;
    psc_request_init(&request);
    return request;
}

static void assert_shows(const struct psc_request *request, const struct live_states *live,
                         uint32_t states, unsigned parts, const char *title) {
    struct psc_snapshot *snapshot = live_collect(request, PSC_PROCESS_STARTED);
    struct rows shown = {0};
    struct rows truth = {0};
    rows_add_snapshot(&shown, snapshot);
    rows_add_live(&truth, live, states);
    rows_assert_equal(&shown, &truth, parts, title);
    rows_done(&shown);
    rows_done(&truth);
    psc_snapshot_free(snapshot);
}

static void netlink_shows_everything(void **state) {
    const struct live_states *live = live_in_namespace(state);
    struct psc_request request = everything();
    struct psc_snapshot *snapshot = live_collect(&request, 0);
    bool told = live_kernel_tells_bound();
    assert_int_equal(live_has_notice(snapshot, "bound-unknown"), !told);
    assert_int_equal(psc_snapshot_notice_count(snapshot), told ? 0 : 1);
    psc_snapshot_free(snapshot);
    assert_shows(&request, live, told ? PSC_STATES_ALL : PSC_STATES_ALL & ~bound, ROW_ALL,
                 "netlink");
}

// Without some of the states, every other test here would pass.
static void every_state_is_made(void **state) {
    const struct live_states *live = live_in_namespace(state);
    const uint32_t impossible = PSC_STATE_BIT(PSC_STATE_CLOSED) |
                                PSC_STATE_BIT(PSC_STATE_DELETE_TCB) |
                                PSC_STATE_BIT(PSC_STATE_UNKNOWN);
    uint32_t made = 0;
    for (size_t i = 0; i < live->count; i++) {
        made |= PSC_STATE_BIT(live->rows[i].endpoint.state);
    }
    assert_int_equal(made, PSC_STATES_ALL & ~impossible);
}

static void dual_stack_is_told(void **state) {
    const struct live_states *live = live_in_namespace(state);
    struct psc_request request = everything();
    struct psc_snapshot *snapshot = live_collect(&request, 0);
    size_t v6only = 0;
    size_t dual = 0;
    for (size_t i = 0; i < psc_snapshot_count(snapshot); i++) {
        const struct psc_endpoint *endpoint = psc_snapshot_endpoint(snapshot, i);
        bool told = (endpoint->known & PSC_KNOWN_V6ONLY) != 0;
        v6only += told && endpoint->v6only;
        dual += told && !endpoint->v6only;
    }
    assert_true(!live->ipv6 || (v6only >= 2 && dual >= 2));
    psc_snapshot_free(snapshot);
}

static void oldest_owner_comes_first(void **state) {
    (void)live_in_namespace(state);
    struct psc_request request = everything();
    struct psc_snapshot *snapshot = live_collect(&request, 0);
    size_t shared = 0;
    for (size_t i = 0; i < psc_snapshot_count(snapshot); i++) {
        struct psc_owners owners = psc_snapshot_owners(snapshot, i);
        if (owners.count > 1) {
            shared++;
            // All others that share a socket are our children.
            assert_int_equal(psc_snapshot_oldest(snapshot, i)->pid, getpid());
        }
    }
    assert_int_equal(shared, 2);
    psc_snapshot_free(snapshot);
}

static void proc_net_shows_the_same(void **state) {
    const struct live_states *live = live_in_namespace(state);
    struct psc_request request = everything();
    request.disable = PSC_DISABLE_NETLINK;
    struct psc_snapshot *snapshot = live_collect(&request, 0);
    assert_true(live_has_notice(snapshot, "bound-unknown"));
    assert_int_equal(psc_snapshot_notice_count(snapshot), 1);
    psc_snapshot_free(snapshot);
    assert_shows(&request, live, PSC_STATES_ALL & ~bound, ROW_BY_PROC_NET, "/proc/net");
}

static void each_source_tells_what_it_has(void **state) {
    (void)live_in_namespace(state);
    struct psc_request request = everything();
    request.owners = false;
    for (int by_netlink = 0; by_netlink < 2; by_netlink++) {
        request.disable = by_netlink ? 0 : PSC_DISABLE_NETLINK;
        struct psc_snapshot *snapshot = live_collect(&request, 0);
        for (size_t i = 0; i < psc_snapshot_count(snapshot); i++) {
            row_assert_known(psc_snapshot_endpoint(snapshot, i), by_netlink);
        }
        psc_snapshot_free(snapshot);
    }
}

static void proc_net_has_the_same_queues(void **state) {
    (void)live_in_namespace(state);
    const struct psc_filter filter = {.protocols = PSC_PROTOCOLS_ALL,
                                      .states = PSC_STATES_ALL & ~bound};
    struct psc_request request = everything();
    request.filter = &filter;
    request.owners = false;
    struct psc_snapshot *by_netlink = live_collect(&request, 0);
    request.disable = PSC_DISABLE_NETLINK;
    struct psc_snapshot *by_proc = live_collect(&request, 0);
    struct rows expected = {0};
    struct rows shown = {0};
    assert_int_equal(psc_snapshot_notice_count(by_proc), 0);
    rows_add_snapshot(&expected, by_netlink);
    rows_add_snapshot(&shown, by_proc);
    rows_assert_equal(&shown, &expected, ROW_QUEUES | ROW_SOCKET | ROW_MAPPED, "queues");
    rows_done(&expected);
    rows_done(&shown);
    psc_snapshot_free(by_netlink);
    psc_snapshot_free(by_proc);
}

static void every_method_finds_the_same_owners(void **state) {
    static const unsigned methods[] = {
        0,
        PSC_DISABLE_BPF,
        PSC_DISABLE_BPF | PSC_DISABLE_KCMP,
        PSC_DISABLE_NETLINK,
        PSC_DISABLE_NETLINK | PSC_DISABLE_BPF | PSC_DISABLE_KCMP,
    };
    static const unsigned threads[] = {0, 1, 2, 8};
    const struct live_states *live = live_in_namespace(state);
    const struct psc_filter many = {.protocols = PSC_PROTOCOLS_ALL,
                                    .states = PSC_STATES_ALL & ~bound};
    struct psc_filter few = many;
    assert_int_equal(psc_port_set_add(&few.local_port.set, 0, UINT16_MAX), PSC_OK);
    for (size_t i = 0; i < COUNT(methods); i++) {
        for (size_t j = 0; j < COUNT(threads); j++) {
            char title[64];
            struct psc_request request = everything();
            request.disable = methods[i];
            request.threads = threads[j];
            // With ports, few rows are expected, and the search begins when they are known.
            request.filter = j % 2 == 1 ? &few : &many;
            snprintf(title, sizeof title, "disable %u, threads %u", methods[i], threads[j]);
            assert_shows(&request, live, few.states, ROW_BY_PROC_NET, title);
        }
    }
    psc_filter_done(&few);
}

// The builder's filter lets everything pass here, so only the kernel can have left the other rows out: that is
// what spares `-l` the table of connections.
static void only_asked_states_are_dumped(void **state) {
    static const unsigned disable[] = {0, PSC_DISABLE_NETLINK};
    const struct live_states *live = live_in_namespace(state);
    for (unsigned one = 0; one < PSC_STATE_COUNT; one++) {
        for (size_t i = 0; i < COUNT(disable); i++) {
            const struct psc_filter filter = {.protocols = PSC_PROTOCOLS_ALL,
                                              .states = PSC_STATE_BIT(one)};
            struct psc_request request = everything();
            request.filter = &filter;
            request.disable = disable[i];
            bool told = filter.states != bound || (disable[i] == 0 && live_kernel_tells_bound());
            assert_shows(&request, live, told ? filter.states : 0, ROW_BY_PROC_NET,
                         psc_state_word(one));
        }
    }
}

static void only_asked_tables_are_dumped(void **state) {
    struct live_states live = *live_in_namespace(state);
    const struct live_row *all = live.rows;
    struct live_row *some = malloc(live.count * sizeof *some);
    assert_non_null(some);
    for (enum psc_protocol protocol = PSC_PROTOCOL_TCP4; protocol < PSC_PROTOCOL_COUNT;
         protocol++) {
        struct psc_request request = everything();
        struct live_states part = {.rows = some};
        const struct psc_filter filter = {.protocols = PSC_PROTOCOL_BIT(protocol),
                                          .states = PSC_STATES_ALL & ~bound};
        request.filter = &filter;
        for (size_t i = 0; i < live.count; i++) {
            if (all[i].endpoint.protocol == protocol) {
                some[part.count++] = all[i];
            }
        }
        assert_shows(&request, &part, filter.states, ROW_ALL, "one table");
    }
    free(some);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(netlink_shows_everything),
        cmocka_unit_test(every_state_is_made),
        cmocka_unit_test(dual_stack_is_told),
        cmocka_unit_test(oldest_owner_comes_first),
        cmocka_unit_test(proc_net_shows_the_same),
        cmocka_unit_test(each_source_tells_what_it_has),
        cmocka_unit_test(proc_net_has_the_same_queues),
        cmocka_unit_test(every_method_finds_the_same_owners),
        cmocka_unit_test(only_asked_states_are_dumped),
        cmocka_unit_test(only_asked_tables_are_dumped),
    };
    return cmocka_run_group_tests(tests, live_fill_namespace, live_tear_down);
}
