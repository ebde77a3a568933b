// owners_no_bpf.c - stands in for owners_bpf.c in a build without clang and bpftool.
#include "platform/linux/owners_bpf.h"

bool owners_bpf_is_built(void) {
    return false;
}

bool owners_bpf_is_allowed(void) {
    return false;
}

enum psc_status owners_bpf_find(const uint64_t *wanted, size_t count, struct owner_list *owners) {
    (void)wanted, (void)count, (void)owners;
    return PSC_UNSUPPORTED;
}
