// owners_bpf.h - owners by a BPF iterator inside the kernel: a fifteenth of the cost of the walk. It
// needs CAP_BPF and CAP_PERFMON, Linux 5.14 with BTF, and a build with clang and bpftool (cmake/bpf.cmake).
#ifndef PSC_PLATFORM_LINUX_OWNERS_BPF_H
#define PSC_PLATFORM_LINUX_OWNERS_BPF_H

#include "platform/linux/owner_table.h"

/** The most inodes that a search can be limited to. */
#define OWNERS_BPF_MAX_INODES 16

/**
 * Finds the owners of some sockets or of all.
 * @param inodes of the sockets, @p count of them; count 0: all sockets
 * @param owners in and out; complete on success, undefined contents on failure
 * @return PSC_UNSUPPORTED if this build, kernel or user has no iterator; PSC_NO_MEMORY
 */
PSC_NODISCARD enum psc_status owners_bpf_find(const uint64_t *inodes, size_t count,
                                              struct owner_list *owners);

/** Whether this build has the iterator. */
bool owners_bpf_is_built(void);

/** Whether this user may load it into this kernel; costs as much as loading it. */
bool owners_bpf_is_allowed(void);

/**
 * Adds the records that the iterator wrote. Pure.
 * @param used out: size of the complete records, in bytes
 * @return false when out of memory
 */
bool owners_bpf_decode(const char *bytes, size_t size, struct owner_list *owners, size_t *used);

#endif
