// fake_proc.c - a directory that looks like /proc.
#include "support/fake_proc.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/test.h"

void fake_proc_make(struct fake_proc *proc) {
    temporary_make(proc->root); // other users may look in, as in the real one
    proc->directory = open(proc->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(proc->directory >= 0);
}

void fake_proc_remove(struct fake_proc *proc) {
    close(proc->directory);
    temporary_remove(proc->root);
}

void fake_proc_directory(const struct fake_proc *proc, const char *path) {
    char part[256];
    snprintf(part, sizeof part, "%s/", path);
    for (char *slash = strchr(part, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        assert_true(mkdirat(proc->directory, part, 0755) == 0 || errno == EEXIST);
        *slash = '/';
    }
}

static void make_parent(const struct fake_proc *proc, const char *path) {
    char parent[256];
    snprintf(parent, sizeof parent, "%s", path);
    char *slash = strrchr(parent, '/');
    if (slash != NULL) {
        *slash = '\0';
        fake_proc_directory(proc, parent);
    }
}

void fake_proc_file(const struct fake_proc *proc, const char *path, const void *bytes,
                    size_t size) {
    make_parent(proc, path);
    int file = openat(proc->directory, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(file >= 0);
    assert_int_equal(write(file, bytes, size), size);
    close(file);
}

void fake_proc_link(const struct fake_proc *proc, const char *path, const char *target) {
    make_parent(proc, path);
    assert_int_equal(symlinkat(target, proc->directory, path), 0);
}

void fake_proc_socket(const struct fake_proc *proc, uint32_t pid, uint32_t descriptor,
                      uint64_t inode) {
    char path[64];
    char target[64];
    snprintf(path, sizeof path, "%u/fd/%u", pid, descriptor);
    snprintf(target, sizeof target, "socket:[%llu]", (unsigned long long)inode);
    fake_proc_link(proc, path, target);
}

void fake_proc_listeners(const struct fake_proc *proc, const uint64_t *inodes, size_t count) {
    char text[8192] = "  sl  local_address rem_address   st\n";
    size_t size = strlen(text);
    for (size_t i = 0; i < count; i++) {
        size += (size_t)snprintf(text + size, sizeof text - size,
                                 "%4zu: 0100007F:%04zX 00000000:0000 0A 00000000:00000000 "
                                 "00:00000000 00000000     0        0 %llu 1 0 100 0 0 10 0\n",
                                 i, i + 1, (unsigned long long)inodes[i]);
    }
    assert_true(size < sizeof text);
    fake_proc_file(proc, "net/tcp", text, size);
}

struct psc_request fake_proc_request(const struct fake_proc *proc) {
    static const struct psc_filter listeners = {
        .protocols = PSC_PROTOCOL_BIT(PSC_PROTOCOL_TCP4),
        .states = PSC_STATE_BIT(PSC_STATE_LISTENING),
    };
    struct psc_request request;
    psc_request_init(&request);
    request.filter = &listeners;
    request.disable = PSC_DISABLE_NETLINK;
    request.proc_root = proc->root;
    return request;
}
