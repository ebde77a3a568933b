// owner_list.h - what a search for owners finds: which process has which socket open.
#ifndef PSC_PLATFORM_LINUX_OWNER_LIST_H
#define PSC_PLATFORM_LINUX_OWNER_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Begins as all zero; ends with owner_list_done(). The same pair may stand in it several times. */
struct owner_list {
    struct owner {
        uint64_t inode;
        uint32_t pid;
    } * list;
    size_t count, capacity;
};

/** @return false when out of memory; the list stays as it was */
bool owner_list_add(struct owner_list *owners, uint64_t inode, uint32_t pid);
void owner_list_done(struct owner_list *owners);

#endif
