// owner_table.c - the sockets to find owners for, by inode, and the owners that a search found.
#include "platform/linux/owner_table.h"

#include <stdlib.h>

#include "base/array.h"

bool owner_list_add(struct owner_list *owners, uint64_t inode, uint32_t pid) {
    const struct owner *last = owners->count > 0 ? &owners->list[owners->count - 1] : NULL;
    // Descriptors of one socket are often next to each other.
    if (last != NULL && last->inode == inode && last->pid == pid) {
        return true;
    }
    if (!PSC_ARRAY_RESERVE(owners->list, owners->capacity, owners->count + 1)) {
        return false;
    }
    owners->list[owners->count++] = (struct owner){inode, pid}; // NOLINT: there is room
    return true;
}

void owner_list_done(struct owner_list *owners) {
    free(owners->list);
    *owners = (struct owner_list){0};
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
        if ((endpoint->known & PSC_KNOWN_OWNERS) != 0 || endpoint->inode == 0) {
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

void inode_table_link(struct inode_table *table, struct owner_list *owners,
                      struct psc_builder *builder) {
    for (size_t i = 0; i < owners->count; i++) {
        const struct owner *owner = &owners->list[i];
        for (size_t slot = inode_table_slot(table, owner->inode);
             inode_table_find(table, owner->inode, &slot); slot++) {
            table->slots[slot].owned = true;
            psc_builder_link(builder, table->slots[slot].row, owner->pid);
        }
    }
    owners->count = 0;
}

size_t inode_table_unowned(const struct inode_table *table, uint64_t *inodes, size_t max) {
    size_t count = 0;
    for (size_t slot = 0; slot <= table->mask; slot++) {
        if (table->slots[slot].inode != 0 && !table->slots[slot].owned) {
            if (count < max) {
                inodes[count] = table->slots[slot].inode;
            }
            count++;
        }
    }
    return count;
}
