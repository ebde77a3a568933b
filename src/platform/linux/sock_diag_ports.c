// sock_diag_ports.c - port filters to operations; a pure function.
//
// Each filter is a block of tests `first <= port && port <= last`, one after the other. The first
// that holds jumps behind the block, and if none does the last one jumps behind the program, 4 bytes
// too far, which the kernel takes for "no". Jumps are counted in bytes, from the operation that jumps.
#include "platform/linux/sock_diag_ports.h"

#include <stdbool.h>

#define MOST_RANGES 16
#define OPERATION sizeof(struct inet_diag_bc_op)
#define TEST_LENGTH 4 // operations: two comparisons, each with its operand

static struct inet_diag_bc_op operation(unsigned code, size_t yes, size_t no) {
    return (struct inet_diag_bc_op){(unsigned char)code, (unsigned char)(yes * OPERATION),
                                    (unsigned short)(no * OPERATION)};
}

static struct inet_diag_bc_op operand(uint16_t port) {
    return (struct inet_diag_bc_op){0, 0, port};
}

// Puts a test at @p at. @p failed is where to go if it fails, counted from its beginning.
static void put_test(struct inet_diag_bc_op *at, bool local, struct psc_port_range range,
                     size_t failed) {
    at[0] = operation(local ? INET_DIAG_BC_S_GE : INET_DIAG_BC_D_GE, 2, failed);
    at[1] = operand(range.first);
    at[2] = operation(local ? INET_DIAG_BC_S_LE : INET_DIAG_BC_D_LE, 2, failed - 2);
    at[3] = operand(range.last);
}

// Where each of the tests of a block stands: all but the last have a jump to the block's end behind
// them.
static size_t test_place(size_t test) {
    return test * (TEST_LENGTH + 1);
}

// Adds a block for one filter. Returns the new length; what fails still jumps to the block's end + 1,
// and the caller moves that if another block follows.
static size_t add_block(struct inet_diag_bc_op *operations, size_t length,
                        const struct psc_port_filter *ports, bool local, bool remote) {
    const struct psc_port_range *ranges = ports->set.ranges;
    size_t count = ports->negated ? 0 : ports->set.count;
    size_t tests = count * ((local ? 1U : 0U) + (remote ? 1U : 0U));
    if (tests == 0 || count > MOST_RANGES) {
        return length;
    }
    struct inet_diag_bc_op *block = operations + length;
    size_t end = test_place(tests) - 1;
    for (size_t test = 0; test < tests; test++) {
        size_t place = test_place(test);
        bool last = test + 1 == tests;
        bool first_side = test < count;
        put_test(block + place, local && first_side, ranges[first_side ? test : test - count],
                 last ? end + 1 - place : TEST_LENGTH + 1);
        if (!last) {
            block[place + TEST_LENGTH] = operation(INET_DIAG_BC_JMP, 1, end - place - TEST_LENGTH);
        }
    }
    return length + end;
}

// The last test of a block fails for good: it has to jump behind the whole program.
static void reject_behind(struct inet_diag_bc_op *operations, size_t block_end, size_t length) {
    for (size_t at = block_end - TEST_LENGTH; at < block_end; at += 2) {
        operations[at].no = (unsigned short)((length + 1 - at) * OPERATION);
    }
}

size_t sock_diag_ports_compile(const struct psc_filter *filter,
                               struct inet_diag_bc_op operations[SOCK_DIAG_PORTS_MOST]) {
    size_t ends[3];
    ends[0] = add_block(operations, 0, &filter->any_port, true, true);
    ends[1] = add_block(operations, ends[0], &filter->local_port, true, false);
    ends[2] = add_block(operations, ends[1], &filter->remote_port, false, true);
    for (size_t i = 0; i < 3; i++) {
        if (ends[i] > (i > 0 ? ends[i - 1] : 0)) {
            reject_behind(operations, ends[i], ends[2]);
        }
    }
    return ends[2];
}
