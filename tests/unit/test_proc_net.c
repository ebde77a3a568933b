// test_proc_net.c - the text of /proc/net to rows: recorded text whole, cut at every length and
// damaged; single lines; interfaces of link-local addresses; and the kernel that runs this test.
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/linux/decode.h"
#include "platform/platform.h"
#include "support/fake_proc.h"
#include "support/fixture_bytes.h"
#include "support/row_compare.h"
#include "support/test.h"

static const char *const recordings[] = {
    [PSC_PROTOCOL_TCP4] = "proc_net/tcp",
    [PSC_PROTOCOL_TCP6] = "proc_net/tcp6",
    [PSC_PROTOCOL_UDP4] = "proc_net/udp",
    [PSC_PROTOCOL_UDP6] = "proc_net/udp6",
};

struct parsing {
    struct psc_filter filter;
    struct psc_builder *builder;
    struct decode_links links;
    struct psc_error error;
    enum psc_status status;
    size_t rows;
};

static void begin(struct parsing *parsing) {
    memset(parsing, 0, sizeof *parsing);
    psc_filter_init(&parsing->filter);
    parsing->builder = psc_builder_new(&parsing->filter);
    assert_non_null(parsing->builder);
}

static void parse(struct parsing *parsing, const char *text, size_t size,
                  enum psc_protocol protocol) {
    parsing->status = decode_proc_net(text, size, protocol, PSC_STATES_ALL, &parsing->links,
                                      parsing->builder, &parsing->error);
    parsing->rows = psc_builder_count(parsing->builder);
}

static void end(struct parsing *parsing) {
    psc_builder_free(parsing->builder);
}

static enum psc_status parse_links(struct parsing *parsing, const char *name) {
    struct fixture_bytes bytes = fixture_bytes_read(name);
    enum psc_status status =
        decode_if_inet6(bytes.bytes, bytes.size, &parsing->links, &parsing->error);
    fixture_bytes_free(&bytes);
    return status;
}

// Recordings ---------------------------------------------------------------------------------------

static void recorded_texts_become_the_rows_that_were_made(void **state) {
    struct rows shown = {0};
    struct rows made = {0};
    struct rows told = {0};
    for (enum psc_protocol protocol = PSC_PROTOCOL_TCP4; protocol < PSC_PROTOCOL_COUNT;
         protocol++) {
        struct fixture_bytes bytes = fixture_bytes_read(recordings[protocol]);
        struct parsing parsing;
        begin(&parsing);
        assert_int_equal(parse_links(&parsing, "proc_net/if_inet6"), PSC_OK);
        parse(&parsing, bytes.bytes, bytes.size, protocol);
        assert_int_equal(parsing.status, PSC_OK);
        psc_builder_seal(parsing.builder);
        for (size_t i = 0; i < psc_builder_count(parsing.builder); i++) {
            const struct psc_endpoint *endpoint = psc_builder_endpoint(parsing.builder, i);
            row_assert_known(endpoint, false);
            row_set_endpoint(rows_add(&shown), endpoint);
        }
        end(&parsing);
        fixture_bytes_free(&bytes);
    }
    rows_read(&made, PSC_SOURCE_DIR "/tests/data/live_states");
    for (size_t i = 0; i < made.count; i++) {
        if (strcmp(made.list[i].state, "BOUND") != 0) {
            *rows_add(&told) = made.list[i];
        }
    }
    rows_assert_equal(&shown, &told, ROW_BY_PROC_NET & ~(unsigned)ROW_OWNERS, "recorded text");
    rows_done(&shown);
    rows_done(&made);
    rows_done(&told);
}

static void every_truncation_inside_a_line_is_an_error(void **state) {
    for (enum psc_protocol protocol = PSC_PROTOCOL_TCP4; protocol < PSC_PROTOCOL_COUNT;
         protocol++) {
        struct fixture_bytes bytes = fixture_bytes_read(recordings[protocol]);
        size_t lines = 0;
        for (size_t size = 0; size < bytes.size; size++) {
            bool at_line_end = size > 0 && bytes.bytes[size - 1] == '\n';
            lines += at_line_end;
            char *cut = fixture_bytes_cut(bytes.bytes, size);
            struct parsing parsing;
            begin(&parsing);
            parse(&parsing, cut, size, protocol);
            assert_int_equal(parsing.status, at_line_end ? PSC_OK : PSC_MALFORMED);
            assert_int_equal(parsing.rows, lines > 0 ? lines - 1 : 0); // the first is the heading
            end(&parsing);
            free(cut);
        }
        fixture_bytes_free(&bytes);
    }
}

static void damage_never_crashes(void **state) {
    for (enum psc_protocol protocol = PSC_PROTOCOL_TCP4; protocol < PSC_PROTOCOL_COUNT;
         protocol++) {
        struct fixture_bytes bytes = fixture_bytes_read(recordings[protocol]);
        size_t errors = 0;
        for (uint64_t seed = 0; seed < 4000; seed++) {
            char *text = fixture_bytes_cut(bytes.bytes, bytes.size);
            fixture_bytes_damage(text, bytes.size, seed);
            struct parsing parsing;
            begin(&parsing);
            parse(&parsing, text, bytes.size, protocol);
            assert_true(parsing.status == PSC_OK || parsing.status == PSC_MALFORMED);
            psc_builder_seal(parsing.builder);
            errors += parsing.status != PSC_OK;
            end(&parsing);
            free(text);
        }
        assert_true(errors > 0);
        fixture_bytes_free(&bytes);
    }
}

// Lines --------------------------------------------------------------------------------------------

#define HEADING "  sl  local_address rem_address   st\n"
#define ENDS "   0: 0100007F:0050 0200007F:0051 "
#define REST " 00000003:00000004 00:00000000 00000000  1000        0 4026531999 1 0\n"

static void lines_that_the_kernel_does_not_print_are_errors(void **state) {
    static const struct {
        const char *text;
        enum psc_status status;
        size_t rows;
    } cases[] = {
        {"", PSC_MALFORMED, 0},
        {"  sl", PSC_MALFORMED, 0},
        {HEADING, PSC_OK, 0},
        {HEADING ENDS "01" REST, PSC_OK, 1},
        {HEADING ENDS "0F" REST, PSC_OK, 1}, // a state of a newer kernel
        {HEADING "\n", PSC_MALFORMED, 0},
        {HEADING ENDS "01" REST "\n", PSC_MALFORMED, 1},
        {HEADING ENDS "1" REST, PSC_MALFORMED, 0},
        {HEADING ENDS "0G" REST, PSC_MALFORMED, 0},
        {HEADING "   0  0100007F:0050 0200007F:0051 01" REST, PSC_MALFORMED, 0},
        {HEADING "   x: 0100007F:0050 0200007F:0051 01" REST, PSC_MALFORMED, 0},
        {HEADING "   0: 0100007:0050 0200007F:0051 01" REST, PSC_MALFORMED, 0},
        {HEADING "   0: 0100007F0050 0200007F:0051 01" REST, PSC_MALFORMED, 0},
        {HEADING "   0: 0100007F:0050 0200007F:51 01" REST, PSC_MALFORMED, 0},
        {HEADING "   0: 0100007F:0050 0200007F:\t051 01" REST, PSC_MALFORMED, 0},
        {HEADING ENDS "01 00000003-00000004 00:00000000 00000000 0 0 1\n", PSC_MALFORMED, 0},
        {HEADING ENDS "01 00000003:00000004 00:00000000 00000000 0\n", PSC_MALFORMED, 0},
        {HEADING ENDS "01 00000003:00000004 00:00000000 00000000 -1 0 1\n", PSC_MALFORMED, 0},
        {HEADING ENDS "01 00000003:00000004 00:00000000 00000000 0 0 -1\n", PSC_MALFORMED, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct parsing parsing;
        begin(&parsing);
        parse(&parsing, cases[i].text, strlen(cases[i].text), PSC_PROTOCOL_TCP4);
        if (parsing.status != cases[i].status || parsing.rows != cases[i].rows) {
            fail_msg("%s: status %d, %zu rows", cases[i].text, (int)parsing.status, parsing.rows);
        }
        end(&parsing);
    }
}

static void fields_of_a_line(void **state) {
    static const char text[] = HEADING ENDS "01" REST;
    struct parsing parsing;
    begin(&parsing);
    parse(&parsing, text, strlen(text), PSC_PROTOCOL_TCP4);
    const struct psc_endpoint *row = psc_builder_endpoint(parsing.builder, 0);
    assert_memory_equal(row->local.bytes, "\x7f\0\0\1", 4);
    assert_memory_equal(row->remote.bytes, "\x7f\0\0\2", 4);
    assert_int_equal(row->local_port, 0x50);
    assert_int_equal(row->remote_port, 0x51);
    assert_int_equal(row->send_queue, 3);
    assert_int_equal(row->recv_queue, 4);
    assert_int_equal(row->uid, 1000);
    assert_int_equal(row->inode, 4026531999);
    end(&parsing);
}

static void states_that_are_not_asked_for_are_left_out(void **state) {
    struct fixture_bytes bytes = fixture_bytes_read(recordings[PSC_PROTOCOL_TCP4]);
    struct parsing parsing;
    begin(&parsing);
    assert_int_equal(decode_proc_net(bytes.bytes, bytes.size, PSC_PROTOCOL_TCP4,
                                     PSC_STATE_BIT(PSC_STATE_TIME_WAIT), &parsing.links,
                                     parsing.builder, &parsing.error),
                     PSC_OK);
    assert_int_equal(psc_builder_count(parsing.builder), 2);
    assert_int_equal(psc_builder_endpoint(parsing.builder, 0)->state, PSC_STATE_TIME_WAIT);
    assert_int_equal(psc_builder_endpoint(parsing.builder, 1)->state, PSC_STATE_TIME_WAIT);
    end(&parsing);
    fixture_bytes_free(&bytes);
}

// Interfaces ---------------------------------------------------------------------------------------

static uint32_t zone_of(const struct decode_links *links, unsigned last_byte) {
    for (size_t i = 0; i < links->count; i++) {
        if (links->list[i].address.bytes[15] == last_byte) {
            return links->list[i].ifindex;
        }
    }
    return UINT32_MAX;
}

static void an_address_on_two_interfaces_tells_no_zone(void **state) {
    struct parsing parsing;
    begin(&parsing);
    assert_int_equal(parse_links(&parsing, "proc_net/if_inet6_twins"), PSC_OK);
    assert_int_equal(zone_of(&parsing.links, 1), 0);          // fe80::1 of tap0 and tap1
    assert_int_equal(zone_of(&parsing.links, 2), 4);          // fe80::2 of tap2
    assert_int_equal(zone_of(&parsing.links, 7), UINT32_MAX); // 2001:db8::7 needs no zone
    end(&parsing);
}

static void more_interfaces_than_there_is_room_for(void **state) {
    char text[100 * 64];
    size_t size = 0;
    for (unsigned i = 1; i <= 100; i++) {
        size += (size_t)snprintf(text + size, sizeof text - size,
                                 "fe8000000000000000000000000000%02x %x 40 20 80 eth%u\n", i,
                                 i + 0x100, i);
    }
    struct decode_links links;
    struct psc_error error;
    assert_int_equal(decode_if_inet6(text, size, &links, &error), PSC_OK);
    assert_int_equal(links.count, 64);
    assert_int_equal(zone_of(&links, 64), 64 + 0x100);
    assert_int_equal(zone_of(&links, 65), UINT32_MAX);
}

static void interfaces_cut_or_damaged(void **state) {
    struct fixture_bytes bytes = fixture_bytes_read("proc_net/if_inet6_twins");
    struct decode_links links;
    struct psc_error error;
    for (size_t size = 0; size < bytes.size; size++) {
        char *cut = fixture_bytes_cut(bytes.bytes, size);
        bool whole = size == 0 || bytes.bytes[size - 1] == '\n';
        assert_int_equal(decode_if_inet6(cut, size, &links, &error),
                         whole ? PSC_OK : PSC_MALFORMED);
        free(cut);
    }
    for (uint64_t seed = 0; seed < 4000; seed++) {
        char *text = fixture_bytes_cut(bytes.bytes, bytes.size);
        fixture_bytes_damage(text, bytes.size, seed);
        enum psc_status status = decode_if_inet6(text, bytes.size, &links, &error);
        assert_true(status == PSC_OK || status == PSC_MALFORMED);
        free(text);
    }
    fixture_bytes_free(&bytes);
}

// Files --------------------------------------------------------------------------------------------

// Reads one table below a directory, as where netlink is not available.
static void read_table(struct parsing *parsing, const char *root, enum psc_protocol protocol) {
    const struct psc_filter filter = {.protocols = PSC_PROTOCOL_BIT(protocol),
                                      .states = PSC_STATES_ALL};
    struct psc_request request;
    psc_request_init(&request);
    request.filter = &filter;
    request.disable = PSC_DISABLE_NETLINK;
    request.owners = false;
    request.proc_root = root;
    begin(parsing);
    parsing->status = psc_platform_collect(&request, parsing->builder, &parsing->error);
}

static enum psc_status read_nothing(const char *root, enum psc_protocol protocol) {
    struct parsing parsing;
    read_table(&parsing, root, protocol);
    assert_int_equal(psc_builder_count(parsing.builder), 0);
    end(&parsing);
    return parsing.status;
}

static void a_missing_file_is_an_error_only_for_ipv4(void **state) {
    struct fake_proc proc;
    fake_proc_make(&proc);
    assert_int_equal(read_nothing(proc.root, PSC_PROTOCOL_TCP6), PSC_OK);
    assert_int_equal(read_nothing(proc.root, PSC_PROTOCOL_UDP6), PSC_OK);
    assert_int_equal(read_nothing(proc.root, PSC_PROTOCOL_TCP4), PSC_SYSTEM);
    assert_int_equal(read_nothing(proc.root, PSC_PROTOCOL_UDP4), PSC_SYSTEM);
    // A directory in place of a file cannot be read, whatever the family.
    fake_proc_directory(&proc, "net/tcp6");
    assert_int_equal(read_nothing(proc.root, PSC_PROTOCOL_TCP6), PSC_SYSTEM);
    fake_proc_remove(&proc);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded_texts_become_the_rows_that_were_made),
        cmocka_unit_test(every_truncation_inside_a_line_is_an_error),
        cmocka_unit_test(damage_never_crashes),
        cmocka_unit_test(lines_that_the_kernel_does_not_print_are_errors),
        cmocka_unit_test(fields_of_a_line),
        cmocka_unit_test(states_that_are_not_asked_for_are_left_out),
        cmocka_unit_test(an_address_on_two_interfaces_tells_no_zone),
        cmocka_unit_test(more_interfaces_than_there_is_room_for),
        cmocka_unit_test(interfaces_cut_or_damaged),
        cmocka_unit_test(a_missing_file_is_an_error_only_for_ipv4),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
