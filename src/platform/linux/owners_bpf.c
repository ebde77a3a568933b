// owners_bpf.c - loads the iterator of sockets.bpf.c and reads its output.
#include "platform/linux/owners_bpf.h"

#include <string.h>

#include "platform/linux/socket_record.h"

bool owners_bpf_decode(const char *bytes, size_t size, struct owner_list *owners, size_t *used) {
    size_t at = 0;
    while (size - at >= sizeof(struct socket_record)) {
        struct socket_record record;
        memcpy(&record, bytes + at, sizeof record);
        // The PID of a process that is just exiting is 0.
        if (record.pid != 0 && !owner_list_add(owners, record.inode, record.pid)) {
            return false;
        }
        at += sizeof record;
    }
    *used = at;
    return true;
}

#ifdef PSC_BPF_BUILT

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "sockets_bpf.lskel.h"

// One read() returns at most 32 KiB.
#define BUFFER_SIZE ((size_t)64 * 1024)

_Static_assert(OWNERS_BPF_MAX_INODES == SOCKET_MAX_WANTED, "the map has room for the inodes");

bool owners_bpf_is_built(void) {
    return true;
}

bool owners_bpf_is_allowed(void) {
    struct sockets_bpf *program = sockets_bpf__open_and_load();
    sockets_bpf__destroy(program);
    return program != NULL;
}

static bool set_wanted(const struct sockets_bpf *program, const uint64_t *inodes, size_t count) {
    struct socket_wanted wanted = {.count = (__u32)count};
    uint32_t key = 0;
    for (size_t i = 0; i < count; i++) {
        wanted.inodes[i] = inodes[i];
    }
    return count == 0 ||
           skel_map_update_elem(program->maps.wanted.map_fd, &key, &wanted, BPF_ANY) == 0;
}

static int create_iterator(const struct sockets_bpf *program) {
    union bpf_attr attributes = {0};
    attributes.iter_create.link_fd = (__u32)program->links.list_sockets_fd;
    return skel_sys_bpf(BPF_ITER_CREATE, &attributes, sizeof attributes);
}

static enum psc_status read_all(int iterator, char *buffer, struct owner_list *owners) {
    size_t kept = 0;
    for (;;) {
        ssize_t got = read(iterator, buffer + kept, BUFFER_SIZE - kept);
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
            continue; // EAGAIN: the kernel pauses after a million files that are no sockets
        }
        if (got <= 0) {
            return got == 0 && kept == 0 ? PSC_OK : PSC_UNSUPPORTED;
        }
        size_t size = kept + (size_t)got;
        size_t used;
        if (!owners_bpf_decode(buffer, size, owners, &used)) {
            return PSC_NO_MEMORY;
        }
        kept = size - used;
        memmove(buffer, buffer + used, kept);
    }
}

static enum psc_status iterate(const struct sockets_bpf *program, struct owner_list *owners) {
    int iterator = create_iterator(program);
    if (iterator < 0) {
        return PSC_UNSUPPORTED;
    }
    char *buffer = malloc(BUFFER_SIZE);
    enum psc_status status = buffer != NULL ? read_all(iterator, buffer, owners) : PSC_NO_MEMORY;
    free(buffer);
    close(iterator);
    return status;
}

enum psc_status owners_bpf_find(const uint64_t *inodes, size_t count, struct owner_list *owners) {
    struct sockets_bpf *program = sockets_bpf__open_and_load();
    if (program == NULL) {
        return PSC_UNSUPPORTED; // no privilege, no BTF, or too old a kernel
    }
    enum psc_status status = PSC_UNSUPPORTED;
    if (set_wanted(program, inodes, count) && sockets_bpf__attach(program) == 0) {
        status = iterate(program, owners);
    }
    sockets_bpf__destroy(program);
    return status;
}

#else

bool owners_bpf_is_built(void) {
    return false;
}

bool owners_bpf_is_allowed(void) {
    return false;
}

enum psc_status owners_bpf_find(const uint64_t *inodes, size_t count, struct owner_list *owners) {
    (void)inodes, (void)count, (void)owners;
    return PSC_UNSUPPORTED;
}

#endif
