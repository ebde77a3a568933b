// owners.c - the search for owners: which method, when it begins, and a notice about what it missed.
#include "platform/linux/owners.h"

#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/number.h"
#include "platform/linux/owners_bpf.h"
#include "platform/linux/owners_proc.h"
#include "platform/linux/proc_fs.h"

// With so many open files, loading the iterator costs less than the walk saves.
#define FILES_WORTH_BPF 350
// With so many open files, the iterator runs longer than it takes to start a thread for it.
#define FILES_WORTH_A_THREAD 20000

// The number of open files on the machine, the first one in /proc/sys/fs/file-nr (proc(5)).
static uint64_t count_open_files(int proc) {
    struct proc_bytes bytes = {0};
    uint64_t count = 0;
    if (proc_read(proc, "sys/fs/file-nr", &bytes) == 0) {
        const char *text = bytes.bytes;
        (void)psc_number_read(&text, NULL, UINT64_MAX, &count);
    }
    free(bytes.bytes);
    return count;
}

static void *run_iterator(void *argument) {
    struct owners_search *search = argument;
    search->status = owners_bpf_find(NULL, 0, &search->owners);
    return NULL;
}

void owners_begin(struct owners_search *search, const struct psc_request *request, int proc) {
    *search = (struct owners_search){.request = request, .proc = proc, .status = PSC_UNSUPPORTED};
    // The iterator reports PIDs of our namespace, but this proc file system may have others.
    if (!request->owners || (request->disable & PSC_DISABLE_BPF) != 0 || !owners_bpf_is_built() ||
        !proc_is_real(proc) || !proc_shows_our_pids(proc)) {
        return;
    }
    uint64_t files = count_open_files(proc);
    search->by_bpf = files >= FILES_WORTH_BPF;
    search->early = search->by_bpf && !psc_filter_names_ports(request->filter) &&
                    request->threads != 1 && files >= FILES_WORTH_A_THREAD &&
                    pthread_create(&search->thread, NULL, run_iterator, search) == 0;
}

// Runs the iterator for the sockets without an owner, or for all sockets if these are many.
static enum psc_status search_by_bpf(struct owners_search *search,
                                     const struct inode_table *inodes) {
    uint64_t wanted[OWNERS_BPF_MAX_INODES];
    size_t count = inode_table_unowned(inodes, wanted, OWNERS_BPF_MAX_INODES);
    return owners_bpf_find(wanted, count <= OWNERS_BPF_MAX_INODES ? count : 0, &search->owners);
}

static bool has_capability(unsigned capability) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};
    return syscall(SYS_capget, &header, data) == 0 && (data[0].effective >> capability & 1) != 0;
}

// Ends the linking, and says why sockets may be without an owner.
static void end_links(struct psc_builder *builder, const struct owners_gaps *gaps) {
    // With hidepid, an ordinary user is not even told that a process exists.
    bool root = geteuid() == 0;
    bool hidden = gaps->walked && (gaps->denied || !root);
    const char *reason = " (held by the kernel, by a container, or by a process that just exited)";
    if (gaps->number != 0) {
        char text[128];
        snprintf(text, sizeof text, "; the descriptors of some processes cannot be read: %s",
                 strerror(gaps->number));
        reason = psc_builder_text(builder, text, strlen(text));
        reason = reason != NULL ? reason : ""; // out of memory, and nothing is printed
    } else if (hidden && !root) {
        reason = "; run as root to see all owners";
    } else if (hidden) {
        reason = has_capability(CAP_SYS_PTRACE)
                     ? " (held by a protected process or by a container)"
                     : "; the capability CAP_SYS_PTRACE is needed to see all owners";
    }
    // Whatever could not be read all the same must not make an audit lenient.
    if (root && (!hidden || has_capability(CAP_SYS_PTRACE))) {
        psc_builder_set_privileged(builder);
    }
    psc_builder_end_links(builder, hidden ? "owners-hidden" : "owners-unknown", reason);
}

static enum psc_status find_owners(struct owners_search *search, struct inode_table *inodes,
                                   struct psc_builder *builder, struct owners_gaps *gaps,
                                   struct psc_error *error) {
    enum psc_status found =
        search->by_bpf && !search->early ? search_by_bpf(search, inodes) : search->status;
    if (found == PSC_OK && search->early) {
        inode_table_link(inodes, &search->owners, builder);
        // A process may have received a socket after the early search had passed it.
        if (inode_table_unowned(inodes, NULL, 0) > 0) {
            found = search_by_bpf(search, inodes);
        }
    }
    if (found == PSC_OK) {
        inode_table_link(inodes, &search->owners, builder);
        return PSC_OK;
    }
    if (found == PSC_NO_MEMORY) {
        return psc_no_memory(error);
    }
    return owners_proc_link(search->request, search->proc, inodes, builder, gaps, error);
}

static enum psc_status link_rows(struct owners_search *search, struct psc_builder *builder,
                                 struct psc_error *error) {
    struct inode_table inodes;
    struct owners_gaps gaps = {0};
    enum psc_status status = inode_table_init(&inodes, builder, error);
    if (status != PSC_OK) {
        return status;
    }
    if (inodes.count > 0) {
        status = find_owners(search, &inodes, builder, &gaps, error);
    }
    inode_table_done(&inodes);
    if (status == PSC_OK) {
        end_links(builder, &gaps);
    }
    return status;
}

enum psc_status owners_end(struct owners_search *search, struct psc_builder *builder,
                           struct psc_error *error) {
    enum psc_status status = PSC_OK;
    if (search->early) {
        pthread_join(search->thread, NULL);
    }
    if (builder != NULL && search->request->owners) {
        status = link_rows(search, builder, error);
    }
    owner_list_done(&search->owners);
    return status;
}

const char *owners_describe(void) {
    if (!owners_bpf_is_built()) {
        return "/proc/PID/fd (built without the BPF iterator)";
    }
    return owners_bpf_is_allowed()
               ? "BPF iterator, /proc/PID/fd"
               : "/proc/PID/fd (this user, kernel or container does not allow the BPF iterator)";
}
