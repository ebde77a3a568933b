// owners_bpf.h - which processes have which sockets open, by a BPF iterator inside the kernel:
// a fifteenth of the cost of the walk, and only for those who may load BPF programs (CAP_BPF and
// CAP_PERFMON, Linux 5.14, BTF). A build without clang and bpftool has it not: see cmake/bpf.cmake.
#ifndef PSC_PLATFORM_LINUX_OWNERS_BPF_H
#define PSC_PLATFORM_LINUX_OWNERS_BPF_H

#include "base/error.h"
#include "platform/linux/owner_list.h"

/** How many inodes a search can be narrowed to. */
#define OWNERS_BPF_WANTED_MOST 16

/**
 * Finds out about all sockets, or about some.
 * @param wanted inodes to look for; NULL for all
 * @param count of @p wanted, at most OWNERS_BPF_WANTED_MOST
 * @param owners in and out; complete on success, anything else on failure
 * @return PSC_UNSUPPORTED where this build, kernel or user cannot; PSC_NO_MEMORY
 */
PSC_NODISCARD enum psc_status owners_bpf_find(const uint64_t *wanted, size_t count,
                                              struct owner_list *owners);

/** Whether this build has the iterator. */
bool owners_bpf_is_built(void);

/** Whether this user may load it into this kernel; costs as much as loading it. */
bool owners_bpf_is_allowed(void);

/**
 * Adds the records that the iterator wrote. Pure.
 * @param used out: how many of the bytes were whole records
 * @return false when out of memory
 */
bool owners_bpf_decode(const char *bytes, size_t size, struct owner_list *owners, size_t *used);

#endif
