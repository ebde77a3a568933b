// inode_table.c - building the table from socket inodes to rows.
#include "platform/linux/inode_table.h"

#include <stdlib.h>

static bool is_sought(const struct psc_endpoint *endpoint) {
    return (endpoint->known & PSC_KNOWN_OWNERS) == 0 && endpoint->inode != 0;
}

enum psc_status inode_table_init(struct inode_table *table, const struct psc_builder *builder,
                                 struct psc_error *error) {
    size_t rows = psc_builder_count(builder);
    size_t slots = 16;
    while (slots < 2 * rows) {
        slots *= 2;
    }
    table->count = 0;
    table->mask = slots - 1;
    table->slots = calloc(slots, sizeof *table->slots);
    if (table->slots == NULL) {
        return psc_no_memory(error);
    }
    for (size_t row = 0; row < rows; row++) {
        const struct psc_endpoint *endpoint = psc_builder_endpoint(builder, row);
        if (!is_sought(endpoint)) {
            continue;
        }
        size_t slot = inode_table_slot(table, endpoint->inode);
        while (table->slots[slot].inode != 0) {
            slot = (slot + 1) & table->mask;
        }
        table->slots[slot] = (struct inode_slot){endpoint->inode, (uint32_t)row, false};
        table->count++;
    }
    return PSC_OK;
}

void inode_table_done(struct inode_table *table) {
    free(table->slots);
}

size_t inode_table_unowned(const struct inode_table *table, uint64_t *inodes, size_t most) {
    size_t count = 0;
    for (size_t slot = 0; slot <= table->mask; slot++) {
        if (table->slots[slot].inode != 0 && !table->slots[slot].owned) {
            if (count < most) {
                inodes[count] = table->slots[slot].inode;
            }
            count++;
        }
    }
    return count;
}
