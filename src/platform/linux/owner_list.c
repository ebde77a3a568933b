// owner_list.c - a growing list of sockets and the processes that have them open.
#include "platform/linux/owner_list.h"

#include <stdlib.h>

bool owner_list_add(struct owner_list *owners, uint64_t inode, uint32_t pid) {
    // Descriptors of one socket tend to follow each other.
    if (owners->count > 0 && owners->list[owners->count - 1].inode == inode &&
        owners->list[owners->count - 1].pid == pid) {
        return true;
    }
    if (owners->count == owners->capacity) {
        size_t larger = owners->capacity == 0 ? 256 : owners->capacity * 2;
        struct owner *grown = realloc(owners->list, larger * sizeof *grown);
        if (grown == NULL) {
            return false;
        }
        owners->list = grown;
        owners->capacity = larger;
    }
    owners->list[owners->count++] = (struct owner){inode, pid};
    return true;
}

void owner_list_done(struct owner_list *owners) {
    free(owners->list);
    *owners = (struct owner_list){0};
}
