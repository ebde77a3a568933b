// owner_table.h - the sockets to find owners for, by inode, and the owners that a search found.
#ifndef PSC_PLATFORM_LINUX_OWNER_TABLE_H
#define PSC_PLATFORM_LINUX_OWNER_TABLE_H

#include "model/builder.h"

/** Processes and the sockets that they have open. `{0}` is empty. A pair may be there repeatedly. */
struct owner_list {
    struct owner {
        uint64_t inode;
        uint32_t pid;
    } * list;
    size_t count, capacity;
};

/** @return false when out of memory; the list is unchanged then */
bool owner_list_add(struct owner_list *owners, uint64_t inode, uint32_t pid);
void owner_list_done(struct owner_list *owners);

/** A hash table from inodes to rows, which several threads may read at once. */
struct inode_table {
    struct inode_slot {
        uint64_t inode; /**< 0: the slot is free */
        uint32_t row;
        bool owned; /**< an owner was linked */
    } * slots;
    size_t mask;  /**< number of slots, a power of two, minus 1 */
    size_t count; /**< of rows in the table */
};

/** Adds the rows whose owners are not known. Needs inode_table_done() only on success. */
PSC_NODISCARD enum psc_status inode_table_init(struct inode_table *table,
                                               const struct psc_builder *builder,
                                               struct psc_error *error);
void inode_table_done(struct inode_table *table);

/** Links owners with the rows of their sockets, and empties the list. */
void inode_table_link(struct inode_table *table, struct owner_list *owners,
                      struct psc_builder *builder);

/**
 * Copies the inodes without an owner, as many as fit.
 * @return how many there are
 */
size_t inode_table_unowned(const struct inode_table *table, uint64_t *inodes, size_t max);

/** The slot where the search for an inode begins. */
static inline size_t inode_table_slot(const struct inode_table *table, uint64_t inode) {
    return (size_t)(inode * 0x9e3779b97f4a7c15U >> 20) & table->mask;
}

/**
 * Finds the next slot of an inode; the subflows of a Multipath TCP connection share one.
 * @param slot in: inode_table_slot(), later one more than the last result; out: where it was found
 */
static inline bool inode_table_find(const struct inode_table *table, uint64_t inode, size_t *slot) {
    for (*slot &= table->mask; table->slots[*slot].inode != 0; *slot = (*slot + 1) & table->mask) {
        if (table->slots[*slot].inode == inode) {
            return true;
        }
    }
    return false;
}

/** Whether an inode is in the table. */
static inline bool inode_table_has(const struct inode_table *table, uint64_t inode) {
    size_t slot = inode_table_slot(table, inode);
    return inode_table_find(table, inode, &slot);
}

#endif
