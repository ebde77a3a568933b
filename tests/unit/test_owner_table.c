// test_owner_table.c - rows found by the inode of their socket: all of them, and no others.
#include "platform/linux/owner_table.h"
#include "support/test.h"

struct fixture {
    struct psc_filter filter;
    struct psc_builder *builder;
    struct inode_table table;
};

static void begin(struct fixture *fixture) {
    psc_filter_init(&fixture->filter);
    fixture->builder = psc_builder_new(&fixture->filter);
    assert_non_null(fixture->builder);
}

static void add(struct fixture *fixture, uint16_t port, uint64_t inode, uint32_t known) {
    struct psc_endpoint endpoint = {.protocol = PSC_PROTOCOL_TCP4,
                                    .state = PSC_STATE_LISTENING,
                                    .local_port = port,
                                    .inode = inode,
                                    .known = known | PSC_KNOWN_INODE};
    psc_builder_add(fixture->builder, &endpoint);
}

static void seal(struct fixture *fixture) {
    struct psc_error error;
    psc_builder_seal(fixture->builder);
    assert_int_equal(inode_table_init(&fixture->table, fixture->builder, &error), PSC_OK);
}

static void end(struct fixture *fixture) {
    inode_table_done(&fixture->table);
    psc_builder_free(fixture->builder);
}

// Counts the rows of an inode; each must really be one.
static size_t find(const struct fixture *fixture, uint64_t inode) {
    size_t slot = inode_table_slot(&fixture->table, inode);
    size_t count = 0;
    for (; inode_table_find(&fixture->table, inode, &slot); slot++, count++) {
        uint32_t row = fixture->table.slots[slot].row;
        assert_int_equal(psc_builder_endpoint(fixture->builder, row)->inode, inode);
    }
    return count;
}

static void an_empty_table_has_nothing(void **state) {
    struct fixture fixture;
    begin(&fixture);
    seal(&fixture);
    assert_int_equal(fixture.table.count, 0);
    assert_int_equal(find(&fixture, 1), 0);
    end(&fixture);
}

static void only_rows_that_need_an_owner_are_taken(void **state) {
    struct fixture fixture;
    begin(&fixture);
    add(&fixture, 1, 100, 0);
    add(&fixture, 2, 200, PSC_KNOWN_OWNERS);
    add(&fixture, 3, 0, 0);
    seal(&fixture);
    assert_int_equal(fixture.table.count, 1);
    assert_int_equal(find(&fixture, 100), 1);
    assert_int_equal(find(&fixture, 200), 0);
    end(&fixture);
}

static void sockets_with_several_rows(void **state) {
    struct fixture fixture;
    begin(&fixture);
    for (uint16_t port = 1; port <= 5; port++) {
        add(&fixture, port, 77, 0);
    }
    add(&fixture, 6, 78, 0);
    seal(&fixture);
    assert_int_equal(find(&fixture, 77), 5);
    assert_int_equal(find(&fixture, 78), 1);
    end(&fixture);
}

// Inodes that follow each other, that lie far apart, and that share their low bits; as many as there
// could be slots, too, because a table without a free one would be searched forever.
static void many_sockets(void **state) {
    static const uint64_t steps[] = {1, 3, 4096, 1U << 20, (uint64_t)1 << 44};
    static const uint64_t counts[] = {16, 32, 1024, 5000};
    for (size_t i = 0; i < COUNT(steps); i++) {
        for (size_t c = 0; c < COUNT(counts); c++) {
            struct fixture fixture;
            begin(&fixture);
            for (uint64_t n = 1; n <= counts[c]; n++) {
                add(&fixture, (uint16_t)n, n * steps[i], 0);
            }
            seal(&fixture);
            assert_int_equal(fixture.table.count, counts[c]);
            for (uint64_t n = 1; n <= counts[c]; n++) {
                assert_int_equal(find(&fixture, n * steps[i]), 1);
            }
            assert_int_equal(find(&fixture, (counts[c] + 1) * steps[i]), 0);
            end(&fixture);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_table_has_nothing),
        cmocka_unit_test(only_rows_that_need_an_owner_are_taken),
        cmocka_unit_test(sockets_with_several_rows),
        cmocka_unit_test(many_sockets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
