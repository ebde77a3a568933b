// test_sock_diag_ports.c - port filters compiled for the kernel: run by an interpreter that is as strict
// as the kernel's (net/ipv4/inet_diag.c), and by the kernel itself.
#include "platform/linux/sock_diag.h"
#include "support/live_states.h"
#include "support/test.h"

// Whether the kernel would take the program: every jump ends on an operation or just past the end.
static bool is_operation(const struct inet_diag_bc_op *operations, size_t size, size_t offset) {
    size_t at = 0;
    while (at < size && at < offset) {
        at += operations[at / sizeof *operations].yes;
    }
    return at == offset;
}

static void assert_valid(const struct inet_diag_bc_op *operations, size_t count) {
    size_t size = count * sizeof *operations;
    for (size_t at = 0; at < size;) {
        const struct inet_diag_bc_op *operation = &operations[at / sizeof *operations];
        size_t least = operation->code == INET_DIAG_BC_JMP ? 4 : 8;
        assert_true(operation->yes >= least && operation->yes <= size - at + 4);
        assert_true(operation->no >= least && operation->no <= size - at + 4);
        assert_true(operation->no >= size - at ||
                    is_operation(operations, size, at + operation->no));
        assert_int_equal((operation->yes | operation->no) & 3, 0);
        at += operation->yes;
    }
}

static bool run(const struct inet_diag_bc_op *operations, size_t count, uint16_t local,
                uint16_t remote) {
    long left = (long)(count * sizeof *operations);
    const struct inet_diag_bc_op *at = operations;
    while (left > 0) {
        uint16_t operand = at[1].no;
        bool yes = at->code == INET_DIAG_BC_S_GE   ? local >= operand
                   : at->code == INET_DIAG_BC_S_LE ? local <= operand
                   : at->code == INET_DIAG_BC_D_GE ? remote >= operand
                   : at->code == INET_DIAG_BC_D_LE ? remote <= operand
                                                   : false;
        unsigned step = yes ? at->yes : at->no;
        left -= step;
        at += step / sizeof *operations;
    }
    return left == 0;
}

static struct psc_filter filter_of(const char *any, const char *local, const char *remote) {
    struct psc_filter filter;
    struct psc_error error;
    psc_filter_init(&filter);
    assert_true(any == NULL || psc_filter_set(&filter, "port", any, &error) == PSC_OK);
    assert_true(local == NULL || psc_filter_set(&filter, "lport", local, &error) == PSC_OK);
    assert_true(remote == NULL || psc_filter_set(&filter, "rport", remote, &error) == PSC_OK);
    return filter;
}

static void the_program_is_the_filter(void **state) {
    static const struct {
        const char *any, *local, *remote;
    } cases[] = {
        {"80", NULL, NULL},
        {NULL, "80", NULL},
        {NULL, NULL, "80"},
        {"80,443,8000-8100", NULL, NULL},
        {NULL, "1-2,5,9-20", "0,65535"},
        {"0-65535", NULL, NULL},
        {"1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31", "1-100", "2-99"},
        {"22", "1000-2000", NULL},
        {"22", NULL, "443,22"},
        {"65535", "0", NULL},
    };
    static const uint16_t ports[] = {0,    1,    2,    3,    5,     8,    9,    20,   21,
                                     22,   23,   31,   79,   80,    81,   99,   100,  101,
                                     442,  443,  444,  999,  1000,  1500, 2000, 2001, 7999,
                                     8000, 8050, 8100, 8101, 65534, 65535};
    const size_t most = COUNT(ports);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct psc_filter filter = filter_of(cases[i].any, cases[i].local, cases[i].remote);
        struct inet_diag_bc_op operations[SOCK_DIAG_MAX_OPERATIONS];
        size_t count = sock_diag_compile(&filter, operations);
        assert_true(count > 0);
        assert_valid(operations, count);
        for (size_t pair = 0; pair < most * most; pair++) {
            struct psc_endpoint row = {.protocol = PSC_PROTOCOL_TCP4,
                                       .state = PSC_STATE_ESTABLISHED};
            row.local_port = ports[pair / most];
            row.remote_port = ports[pair % most];
            if (run(operations, count, row.local_port, row.remote_port) !=
                psc_filter_endpoint(&filter, &row)) {
                fail_msg("case %zu: %u to %u", i, row.local_port, row.remote_port);
            }
        }
        psc_filter_done(&filter);
    }
}

static void what_cannot_be_said_is_left_out(void **state) {
    struct inet_diag_bc_op operations[SOCK_DIAG_MAX_OPERATIONS];
    struct psc_filter nothing = filter_of(NULL, NULL, NULL);
    assert_int_equal(sock_diag_compile(&nothing, operations), 0);
    struct psc_filter negated = filter_of("!80", NULL, NULL);
    assert_int_equal(sock_diag_compile(&negated, operations), 0);
    struct psc_filter ragged =
        filter_of("1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31,33", "80", NULL);
    size_t count = sock_diag_compile(&ragged, operations);
    struct psc_filter plain = filter_of(NULL, "80", NULL);
    assert_int_equal(count, sock_diag_compile(&plain, operations));
    assert_true(run(operations, count, 80, 33));
    assert_false(run(operations, count, 81, 33));
    psc_filter_done(&negated);
    psc_filter_done(&ragged);
    psc_filter_done(&plain);
}

// The longest program fits, and the kernel runs it as we do.
static void the_kernel_takes_it(void **state) {
    struct live_states *live = live_in_namespace(state);
    char list[256] = "";
    for (unsigned i = 0; i < 15; i++) {
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%u,", 3 * i);
    }
    const struct psc_endpoint *wanted = NULL;
    for (size_t i = 0; i < live->count; i++) {
        wanted = psc_endpoint_has_peer(&live->rows[i].endpoint) ? &live->rows[i].endpoint : wanted;
    }
    assert_non_null(wanted);
    snprintf(list + strlen(list), sizeof list - strlen(list), "%u", wanted->local_port);
    struct psc_filter filter = filter_of(list, list, "1-65535");
    struct inet_diag_bc_op operations[SOCK_DIAG_MAX_OPERATIONS];
    assert_valid(operations, sock_diag_compile(&filter, operations));
    struct psc_request request;
    struct psc_error error;
    psc_request_init(&request);
    request.filter = &filter;
    request.owners = false;
    for (unsigned disable = 0; disable <= PSC_DISABLE_NETLINK; disable += PSC_DISABLE_NETLINK) {
        request.disable = disable;
        struct psc_builder *builder = psc_builder_new(&filter);
        assert_int_equal(psc_platform_collect(&request, builder, &error), PSC_OK);
        assert_true(psc_builder_count(builder) > 0);
        for (size_t i = 0; i < psc_builder_count(builder); i++) {
            assert_int_equal(psc_builder_endpoint(builder, i)->local_port, wanted->local_port);
        }
        psc_builder_free(builder);
    }
    psc_filter_done(&filter);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_program_is_the_filter),
        cmocka_unit_test(what_cannot_be_said_is_left_out),
    };
    const struct CMUnitTest in_namespace[] = {
        cmocka_unit_test(the_kernel_takes_it),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return failed + cmocka_run_group_tests(in_namespace, live_fill_namespace, live_tear_down);
}
