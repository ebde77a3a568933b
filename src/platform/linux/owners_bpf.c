// owners_bpf.c - loads the iterator of sockets.bpf.c and reads what it writes.
#include "platform/linux/owners_bpf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "platform/linux/socket_record.h"
#include "sockets_bpf.lskel.h"

// The kernel hands over at most 32 KiB at once.
#define BUFFER_SIZE ((size_t)64 * 1024)

_Static_assert(OWNERS_BPF_WANTED_MOST == SOCKET_WANTED_MOST, "both sides agree");

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
            continue; // EAGAIN: a million files in a row were no socket, and it takes a breath
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

enum psc_status owners_bpf_find(const uint64_t *wanted, size_t count, struct owner_list *owners) {
    struct sockets_bpf *program = sockets_bpf__open_and_load();
    if (program == NULL) {
        return PSC_UNSUPPORTED; // no right, no BTF, too old a kernel, no memory: the walk will tell
    }
    enum psc_status status = PSC_UNSUPPORTED;
    if (set_wanted(program, wanted, count) && sockets_bpf__attach(program) == 0) {
        status = iterate(program, owners);
    }
    sockets_bpf__destroy(program);
    return status;
}
