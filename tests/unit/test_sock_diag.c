// test_sock_diag.c - netlink answers to rows: recorded ones whole, cut at every length and damaged;
// made-up ones for what a kernel seldom says; and the kernel that runs this test.
#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/linux/decode.h"
#include "platform/linux/sock_diag.h"
#include "support/fixture_bytes.h"
#include "support/row_compare.h"
#include "support/test.h"

static const char *const recordings[] = {
    [PSC_PROTOCOL_TCP4] = "sock_diag/tcp4.bin",
    [PSC_PROTOCOL_TCP6] = "sock_diag/tcp6.bin",
    [PSC_PROTOCOL_UDP4] = "sock_diag/udp4.bin",
    [PSC_PROTOCOL_UDP6] = "sock_diag/udp6.bin",
};

// A builder that takes everything, and what came into it.
struct decoding {
    struct psc_filter filter;
    struct psc_builder *builder;
    struct decode_answer answer;
    struct psc_error error;
    enum psc_status status;
    size_t rows;
};

static void begin(struct decoding *decoding) {
    memset(decoding, 0, sizeof *decoding);
    psc_filter_init(&decoding->filter);
    decoding->builder = psc_builder_new(&decoding->filter);
    assert_non_null(decoding->builder);
}

static void decode(struct decoding *decoding, const void *bytes, size_t size,
                   enum psc_protocol protocol) {
    decoding->status = decode_sock_diag(bytes, size, protocol, 1, decoding->builder,
                                        &decoding->answer, &decoding->error);
    decoding->rows = psc_builder_count(decoding->builder);
}

static void end(struct decoding *decoding) {
    psc_builder_free(decoding->builder);
}

// Recordings ---------------------------------------------------------------------------------------

static void recorded_answers_become_the_rows_that_were_made(void **state) {
    struct rows shown = {0};
    struct rows made = {0};
    for (enum psc_protocol protocol = PSC_PROTOCOL_TCP4; protocol < PSC_PROTOCOL_COUNT;
         protocol++) {
        struct fixture_bytes recording = fixture_bytes_read(recordings[protocol]);
        struct decoding decoding;
        begin(&decoding);
        decode(&decoding, recording.bytes, recording.size, protocol);
        assert_int_equal(decoding.status, PSC_OK);
        assert_true(decoding.answer.done);
        assert_false(decoding.answer.interrupted);
        assert_int_equal(decoding.answer.refused, 0);
        psc_builder_seal(decoding.builder);
        for (size_t i = 0; i < psc_builder_count(decoding.builder); i++) {
            const struct psc_endpoint *endpoint = psc_builder_endpoint(decoding.builder, i);
            row_assert_known(endpoint, true);
            row_set_endpoint(rows_add(&shown), endpoint);
        }
        end(&decoding);
        fixture_bytes_free(&recording);
    }
    rows_read(&made, PSC_SOURCE_DIR "/tests/data/live_states");
    rows_assert_equal(&shown, &made, ROW_ALL & ~(unsigned)ROW_OWNERS, "recorded by netlink");
    rows_done(&shown);
    rows_done(&made);
}

// How many rows the first bytes of a recording have whole.
static size_t whole_rows(const struct fixture_bytes *bytes, size_t size) {
    size_t rows = 0;
    struct nlmsghdr header;
    for (size_t at = 0; at + sizeof header <= size; at += NLMSG_ALIGN(header.nlmsg_len)) {
        memcpy(&header, bytes->bytes + at, sizeof header);
        rows += header.nlmsg_type == SOCK_DIAG_BY_FAMILY && at + header.nlmsg_len <= size;
    }
    return rows;
}

static void every_truncation_is_an_error_or_not_done(void **state) {
    for (enum psc_protocol protocol = PSC_PROTOCOL_TCP4; protocol < PSC_PROTOCOL_COUNT;
         protocol++) {
        struct fixture_bytes recording = fixture_bytes_read(recordings[protocol]);
        for (size_t size = 0; size < recording.size; size++) {
            char *cut = fixture_bytes_cut(recording.bytes, size);
            struct decoding decoding;
            begin(&decoding);
            decode(&decoding, cut, size, protocol);
            assert_true(decoding.status == PSC_MALFORMED ||
                        (decoding.status == PSC_OK && !decoding.answer.done));
            assert_int_equal(decoding.rows, whole_rows(&recording, size));
            assert_int_equal(decoding.status == PSC_OK, decoding.error.text[0] == '\0');
            end(&decoding);
            free(cut);
        }
        fixture_bytes_free(&recording);
    }
}

static void damage_never_crashes(void **state) {
    const size_t smallest_row = sizeof(struct nlmsghdr) + sizeof(struct inet_diag_msg);
    for (enum psc_protocol protocol = PSC_PROTOCOL_TCP4; protocol < PSC_PROTOCOL_COUNT;
         protocol++) {
        struct fixture_bytes recording = fixture_bytes_read(recordings[protocol]);
        size_t errors = 0;
        for (uint64_t seed = 0; seed < 4000; seed++) {
            char *bytes = fixture_bytes_cut(recording.bytes, recording.size);
            fixture_bytes_damage(bytes, recording.size, seed);
            struct decoding decoding;
            begin(&decoding);
            decode(&decoding, bytes, recording.size, protocol);
            assert_true(decoding.status == PSC_OK || decoding.status == PSC_MALFORMED);
            assert_in_range(decoding.rows, 0, recording.size / smallest_row);
            psc_builder_seal(decoding.builder);
            errors += decoding.status != PSC_OK;
            end(&decoding);
            free(bytes);
        }
        assert_true(errors > 0);
        fixture_bytes_free(&recording);
    }
}

// Made-up answers ----------------------------------------------------------------------------------

#define HEADER sizeof(struct nlmsghdr)
#define ROW sizeof(struct inet_diag_msg)

struct datagram {
    char bytes[512];
    size_t size;
};

static void put(struct datagram *datagram, const void *bytes, size_t size) {
    assert_true(datagram->size + size <= sizeof datagram->bytes);
    memcpy(datagram->bytes + datagram->size, bytes, size);
    datagram->size += size;
}

static void put_header(struct datagram *datagram, size_t size, unsigned type, unsigned flags,
                       uint32_t sequence) {
    struct nlmsghdr header = {.nlmsg_len = (uint32_t)size,
                              .nlmsg_type = (uint16_t)type,
                              .nlmsg_flags = (uint16_t)flags,
                              .nlmsg_seq = sequence};
    put(datagram, &header, sizeof header);
}

static void put_row(struct datagram *datagram, uint8_t family) {
    struct inet_diag_msg row = {
        .idiag_family = family, .idiag_state = 10, .id.idiag_sport = htons(80), .idiag_inode = 7};
    put(datagram, &row, sizeof row);
}

static void put_attribute(struct datagram *datagram, unsigned length, unsigned type,
                          unsigned value) {
    struct nlattr attribute = {.nla_len = (uint16_t)length, .nla_type = (uint16_t)type};
    uint8_t byte = (uint8_t)value;
    put(datagram, &attribute, sizeof attribute);
    if (length > sizeof attribute) {
        put(datagram, &byte, 1);
    }
}

struct answer_case {
    const char *name;
    unsigned type, flags;
    uint32_t sequence;
    size_t cut;        // bytes of the payload that the message leaves out
    const int *number; // payload, or a row where it is NULL
    uint8_t family;
    enum psc_status status;
    bool done, interrupted;
    int refused;
    size_t rows;
};

static void answers_beside_rows_are_understood(void **state) {
    static const int none = 0, denied = -EPERM, absent = -ENOENT, positive = 5, huge = -5000;
    const unsigned row = SOCK_DIAG_BY_FAMILY, intr = NLM_F_MULTI | NLM_F_DUMP_INTR;
    const struct answer_case cases[] = {
        {"a row", row, 0, 1, 0, NULL, AF_INET, PSC_OK, 0, 0, 0, 1},
        {"interrupted row", row, intr, 1, 0, NULL, AF_INET, PSC_OK, 0, 1, 0, 1},
        {"other family", row, 0, 1, 0, NULL, AF_INET6, PSC_MALFORMED, 0, 0, 0, 0},
        {"no family", row, 0, 1, 0, NULL, AF_UNSPEC, PSC_MALFORMED, 0, 0, 0, 0},
        {"short row", row, 0, 1, 1, NULL, AF_INET, PSC_MALFORMED, 0, 0, 0, 0},
        {"empty row", row, 0, 1, ROW, NULL, AF_INET, PSC_MALFORMED, 0, 0, 0, 0},
        {"other sequence", row, 0, 2, 0, NULL, AF_INET, PSC_OK, 0, 0, 0, 0},
        {"other sequence, short", row, 0, 2, 1, NULL, AF_INET, PSC_OK, 0, 0, 0, 0},
        {"other sequence, done", NLMSG_DONE, 0, 0, 0, &none, 0, PSC_OK, 0, 0, 0, 0},
        {"other sequence, error", NLMSG_ERROR, intr, 9, 0, &denied, 0, PSC_OK, 0, 0, 0, 0},
        {"unknown type", 99, 0, 1, 0, NULL, AF_INET, PSC_OK, 0, 0, 0, 0},
        {"no-op", NLMSG_NOOP, 0, 1, 0, &none, 0, PSC_OK, 0, 0, 0, 0},
        {"done", NLMSG_DONE, 0, 1, 0, &none, 0, PSC_OK, 1, 0, 0, 0},
        {"done, bare", NLMSG_DONE, 0, 1, sizeof none, &none, 0, PSC_OK, 1, 0, 0, 0},
        {"done, interrupted", NLMSG_DONE, intr, 1, 0, &none, 0, PSC_OK, 1, 1, 0, 0},
        {"done, refused", NLMSG_DONE, 0, 1, 0, &absent, 0, PSC_OK, 1, 0, ENOENT, 0},
        {"done, half a number", NLMSG_DONE, 0, 1, 2, &none, 0, PSC_MALFORMED, 1, 0, 0, 0},
        {"done, no errno", NLMSG_DONE, 0, 1, 0, &positive, 0, PSC_MALFORMED, 1, 0, 0, 0},
        {"error", NLMSG_ERROR, 0, 1, 0, &denied, 0, PSC_OK, 1, 0, EPERM, 0},
        {"error, none", NLMSG_ERROR, 0, 1, 0, &none, 0, PSC_OK, 1, 0, 0, 0},
        {"error, bare", NLMSG_ERROR, 0, 1, sizeof none, &none, 0, PSC_MALFORMED, 1, 0, 0, 0},
        {"error, no errno", NLMSG_ERROR, 0, 1, 0, &huge, 0, PSC_MALFORMED, 1, 0, 0, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct answer_case *c = &cases[i];
        struct datagram datagram = {.size = 0};
        size_t payload = c->number != NULL ? sizeof *c->number : ROW;
        put_header(&datagram, HEADER + payload - c->cut, c->type, c->flags, c->sequence);
        if (c->number != NULL) {
            put(&datagram, c->number, sizeof *c->number);
        } else {
            put_row(&datagram, c->family);
        }
        struct decoding decoding;
        begin(&decoding);
        decode(&decoding, datagram.bytes, datagram.size - c->cut, PSC_PROTOCOL_TCP4);
        if (decoding.status != c->status || decoding.answer.done != c->done ||
            decoding.answer.interrupted != c->interrupted ||
            decoding.answer.refused != c->refused || decoding.rows != c->rows) {
            fail_msg("%s: status %d, %zu rows", c->name, (int)decoding.status, decoding.rows);
        }
        end(&decoding);
    }
}

static void attributes_are_read_within_their_message(void **state) {
    enum { V6 = INET_DIAG_SKV6ONLY, OTHER = INET_DIAG_SHUTDOWN };
    static const struct {
        const char *name;
        unsigned length, type, value;
        size_t pad; // bytes after the attribute that belong to the message
        enum psc_status status;
        bool known, v6only;
    } cases[] = {
        {"v6only", 5, V6, 1, 3, PSC_OK, true, true},
        {"dual stack", 5, V6, 0, 3, PSC_OK, true, false},
        {"not padded", 5, V6, 1, 0, PSC_OK, true, true},
        {"without a value", 4, V6, 1, 0, PSC_OK, false, false},
        {"another one", 5, OTHER, 1, 3, PSC_OK, false, false},
        {"longer than the message", 9, V6, 1, 3, PSC_MALFORMED, false, false},
        {"shorter than its header", 3, V6, 1, 0, PSC_MALFORMED, false, false},
        {"of no length", 0, V6, 1, 4, PSC_MALFORMED, false, false},
        {"and half another", 5, V6, 1, 5, PSC_MALFORMED, false, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        static const char zeros[8];
        struct datagram datagram = {.size = 0};
        size_t attribute = (cases[i].length > 4 ? 5 : 4) + cases[i].pad;
        put_header(&datagram, HEADER + ROW + attribute, SOCK_DIAG_BY_FAMILY, 0, 1);
        put_row(&datagram, AF_INET6);
        put_attribute(&datagram, cases[i].length, cases[i].type, cases[i].value);
        put(&datagram, zeros, cases[i].pad);
        struct decoding decoding;
        begin(&decoding);
        decode(&decoding, datagram.bytes, datagram.size, PSC_PROTOCOL_TCP6);
        bool read = decoding.rows == 1;
        const struct psc_endpoint *row = read ? psc_builder_endpoint(decoding.builder, 0) : NULL;
        if (decoding.status != cases[i].status || read != (cases[i].status == PSC_OK) ||
            (read && (((row->known & PSC_KNOWN_V6ONLY) != 0) != cases[i].known ||
                      row->v6only != cases[i].v6only))) {
            fail_msg("an attribute %s: status %d", cases[i].name, (int)decoding.status);
        }
        end(&decoding);
    }
}

static void nothing_is_read_after_the_end_of_a_dump(void **state) {
    const int none = 0;
    struct datagram datagram = {.size = 0};
    put_header(&datagram, HEADER + sizeof none, NLMSG_DONE, 0, 1);
    put(&datagram, &none, sizeof none);
    put_header(&datagram, HEADER + ROW, SOCK_DIAG_BY_FAMILY, 0, 1);
    put_row(&datagram, AF_INET);
    struct decoding decoding;
    begin(&decoding);
    decode(&decoding, datagram.bytes, datagram.size, PSC_PROTOCOL_TCP4);
    assert_int_equal(decoding.status, PSC_OK);
    assert_true(decoding.answer.done);
    assert_int_equal(decoding.rows, 0);
    end(&decoding);
}

// The kernel ---------------------------------------------------------------------------------------

static void dump(struct decoding *decoding, enum psc_protocol protocol, uint32_t states) {
    begin(decoding);
    decoding->status = sock_diag_dump(&psc_filter_everything, protocol, states, decoding->builder,
                                      &decoding->error);
    if (decoding->status == PSC_UNSUPPORTED) {
        end(decoding);
        skip_test("%s", decoding->error.text);
    }
    assert_int_equal(decoding->status, PSC_OK);
    psc_builder_seal(decoding->builder);
}

static void the_kernel_tells_of_an_own_listener(void **state) {
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof name;
    int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listening, (struct sockaddr *)&name, size), 0);
    assert_int_equal(listen(listening, 3), 0);
    assert_int_equal(getsockname(listening, (struct sockaddr *)&name, &size), 0);
    struct decoding decoding;
    dump(&decoding, PSC_PROTOCOL_TCP4, PSC_STATE_BIT(PSC_STATE_LISTENING));
    size_t found = 0;
    for (size_t i = 0; i < psc_builder_count(decoding.builder); i++) {
        const struct psc_endpoint *row = psc_builder_endpoint(decoding.builder, i);
        assert_int_equal(row->state, PSC_STATE_LISTENING); // nothing else was asked for
        found +=
            row->local_port == ntohs(name.sin_port) && row->uid == getuid() && row->send_queue == 3;
    }
    assert_int_equal(found, 1);
    end(&decoding);
    close(listening);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded_answers_become_the_rows_that_were_made),
        cmocka_unit_test(every_truncation_is_an_error_or_not_done),
        cmocka_unit_test(damage_never_crashes),
        cmocka_unit_test(answers_beside_rows_are_understood),
        cmocka_unit_test(attributes_are_read_within_their_message),
        cmocka_unit_test(nothing_is_read_after_the_end_of_a_dump),
        cmocka_unit_test(the_kernel_tells_of_an_own_listener),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
