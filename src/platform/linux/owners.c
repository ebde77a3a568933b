// owners.c - the search for owners: when it begins, which way it goes, and what is said of its gaps.
#include "platform/linux/owners.h"

#include <stdlib.h>
#include <unistd.h>

#include "platform/linux/owners_bpf.h"
#include "platform/linux/owners_proc.h"
#include "platform/linux/proc_fs.h"

// Loading the iterator costs as much as walking through so many files.
#define FILES_WORTH_BPF 350
// With so many files the iterator takes longer than it takes to start a thread for it.
#define FILES_WORTH_A_THREAD 20000

// How many files are open on the machine, the first number of /proc/sys/fs/file-nr (proc(5)).
static unsigned long count_open_files(int proc) {
    struct proc_bytes bytes = {0};
    unsigned long count = 0;
    if (proc_read(proc, "sys/fs/file-nr", &bytes) == 0) {
        count = strtoul(bytes.bytes, NULL, 10);
    }
    free(bytes.bytes);
    return count;
}

static void *run(void *argument) {
    struct owners_search *search = argument;
    search->status = owners_bpf_find(NULL, 0, &search->owners);
    return NULL;
}

void owners_begin(struct owners_search *search, const struct psc_request *request, int proc) {
    *search = (struct owners_search){.request = request, .proc = proc, .status = PSC_UNSUPPORTED};
    // The iterator gives the PIDs of our namespace; this proc file system may show another one.
    if (!request->owners || (request->disable & PSC_DISABLE_BPF) != 0 || !owners_bpf_is_built() ||
        !proc_is_real(proc) || !proc_shows_our_pids(proc)) {
        return;
    }
    unsigned long files = count_open_files(proc);
    search->by_bpf = files >= FILES_WORTH_BPF;
    search->early = search->by_bpf && !psc_filter_names_ports(request->filter) &&
                    request->threads != 1 && files >= FILES_WORTH_A_THREAD &&
                    pthread_create(&search->thread, NULL, run, search) == 0;
}

// Asks the iterator for the sockets that no owner was found of yet: for all sockets, or for those few.
static enum psc_status search_by_bpf(struct owners_search *search,
                                     const struct inode_table *inodes) {
    uint64_t wanted[OWNERS_BPF_MAX_INODES];
    size_t count = inode_table_unowned(inodes, wanted, OWNERS_BPF_MAX_INODES);
    return owners_bpf_find(wanted, count <= OWNERS_BPF_MAX_INODES ? count : 0, &search->owners);
}

static enum psc_status end_links(struct psc_builder *builder, bool all_seen, bool denied,
                                 struct psc_error *error) {
    // Whoever is not root may have been kept from seeing that a process exists (hidepid).
    bool root = geteuid() == 0;
    bool hidden = !all_seen && (denied || !root);
    if (root && !hidden) {
        psc_builder_set_privileged(builder);
    }
    const char *why =
        !hidden ? "not to be found: the kernel, another PID namespace or a process that ended "
                  "meanwhile holds them"
        : root  ? "hidden: the capability CAP_SYS_PTRACE is needed to see them"
                : "hidden: run as root to see them";
    enum psc_status status =
        psc_builder_end_links(builder, hidden ? "owners-hidden" : "owners-unknown", why);
    return status == PSC_OK ? PSC_OK : psc_no_memory(error);
}

static enum psc_status find_and_link(struct owners_search *search, struct inode_table *inodes,
                                     struct psc_builder *builder, struct psc_error *error) {
    bool denied = false;
    if (inodes->count == 0) {
        return end_links(builder, true, denied, error);
    }
    enum psc_status found = search->status;
    if (search->by_bpf && !search->early) {
        found = search_by_bpf(search, inodes);
    }
    if (found == PSC_NO_MEMORY) {
        return psc_no_memory(error);
    }
    enum psc_status status = PSC_OK;
    if (found != PSC_OK) {
        status = owners_proc_find(search->request, search->proc, inodes, &search->owners, &denied,
                                  error);
    }
    if (status == PSC_OK) {
        status = inode_table_link(inodes, &search->owners, builder, error);
    }
    // A socket may have come to a process after the early search had passed by there.
    if (status == PSC_OK && found == PSC_OK && search->early &&
        inode_table_unowned(inodes, NULL, 0) > 0) {
        found = search_by_bpf(search, inodes);
        status = found == PSC_NO_MEMORY ? psc_no_memory(error)
                                        : inode_table_link(inodes, &search->owners, builder, error);
    }
    return status == PSC_OK ? end_links(builder, found == PSC_OK, denied, error) : status;
}

enum psc_status owners_end(struct owners_search *search, struct psc_builder *builder,
                           struct psc_error *error) {
    struct inode_table inodes;
    enum psc_status status = PSC_OK;
    if (search->early) {
        pthread_join(search->thread, NULL);
    }
    if (builder != NULL && search->request->owners) {
        status = inode_table_init(&inodes, builder, error);
        if (status == PSC_OK) {
            status = find_and_link(search, &inodes, builder, error);
            inode_table_done(&inodes);
        }
    }
    owner_list_done(&search->owners);
    return status;
}

const char *owners_describe(void) {
    return !owners_bpf_is_built() ? "/proc/PID/fd (the BPF iterator is not in this build)"
           : !owners_bpf_is_allowed()
               ? "/proc/PID/fd (the BPF iterator is not for this user, kernel or container)"
               : "BPF iterator, /proc/PID/fd";
}
