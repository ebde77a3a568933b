// owners_bpf_decode.c - the iterator's bytes to owners; a pure function.
#include <string.h>

#include "platform/linux/owners_bpf.h"
#include "platform/linux/socket_record.h"

bool owners_bpf_decode(const char *bytes, size_t size, struct owner_list *owners, size_t *used) {
    size_t at = 0;
    while (size - at >= sizeof(struct socket_record)) {
        struct socket_record record;
        memcpy(&record, bytes + at, sizeof record);
        // A process that is just ending has no number any more.
        if (record.pid != 0 && !owner_list_add(owners, record.inode, record.pid)) {
            return false;
        }
        at += sizeof record;
    }
    *used = at;
    return true;
}
