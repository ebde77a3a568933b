// fuzz_owners_bpf.c - the records of the BPF iterator, which may come in pieces of any size.
#include "fuzz.h"
#include "platform/linux/owners_bpf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct owner_list owners = {0};
    size_t used = 0;
    REQUIRE(owners_bpf_decode((const char *)data, size, &owners, &used));
    REQUIRE(used <= size && size - used < 16 && used % 16 == 0); // a record has 16 bytes
    REQUIRE(owners.count <= used / 16);
    for (size_t i = 0; i < owners.count; i++) {
        REQUIRE(owners.list[i].pid != 0);
    }
    owner_list_done(&owners);
    return 0;
}
