// inode_table.h - a hash table from socket inodes to rows, read by several threads at once.
#ifndef PSC_PLATFORM_LINUX_INODE_TABLE_H
#define PSC_PLATFORM_LINUX_INODE_TABLE_H

#include "model/builder.h"

struct inode_table {
    struct inode_slot {
        uint64_t inode; /**< 0: free */
        uint32_t row;
        bool owned; /**< for whoever links: an owner was found */
    } * slots;
    size_t mask;  /**< number of slots, a power of two, less 1 */
    size_t count; /**< of rows in the table */
};

/** Takes the rows whose owners are not known. @p table needs inode_table_done() only on success. */
PSC_NODISCARD enum psc_status inode_table_init(struct inode_table *table,
                                               const struct psc_builder *builder,
                                               struct psc_error *error);
void inode_table_done(struct inode_table *table);

/**
 * Copies the inodes that no owner was found of, as far as they fit.
 * @return how many there are
 */
size_t inode_table_unowned(const struct inode_table *table, uint64_t *inodes, size_t most);

/** The slot where the search for an inode begins. */
static inline size_t inode_table_slot(const struct inode_table *table, uint64_t inode) {
    return (size_t)(inode * 0x9e3779b97f4a7c15U >> 20) & table->mask;
}

/**
 * Finds the rows of an inode one by one; the subflows of a Multipath TCP connection share theirs.
 * @param slot in and out: begins as inode_table_slot()
 * @return whether there was another; @p row gets it
 */
static inline bool inode_table_next(const struct inode_table *table, uint64_t inode, size_t *slot,
                                    uint32_t *row) {
    for (; table->slots[*slot].inode != 0; *slot = (*slot + 1) & table->mask) {
        if (table->slots[*slot].inode == inode) {
            *row = table->slots[*slot].row;
            *slot = (*slot + 1) & table->mask;
            return true;
        }
    }
    return false;
}

/** Whether an inode is in the table. */
static inline bool inode_table_has(const struct inode_table *table, uint64_t inode) {
    size_t slot = inode_table_slot(table, inode);
    uint32_t row;
    return inode_table_next(table, inode, &slot, &row);
}

#endif
