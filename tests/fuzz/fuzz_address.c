// fuzz_address.c - text of addresses and networks, and that what is written can be read again.
#include "fuzz.h"
#include "model/address.h"

static void write_and_read(const struct psc_address *address, bool ipv6) {
    char text[PSC_ADDRESS_TEXT];
    struct psc_address again;
    bool again_ipv6;
    REQUIRE(psc_address_format(address, ipv6, text) == strlen(text));
    REQUIRE(psc_address_parse(text, &again, &again_ipv6));
    REQUIRE(again_ipv6 == ipv6);
    REQUIRE(memcmp(&again, address, sizeof again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct psc_address address;
    struct psc_network network;
    bool ipv6;
    char *text = fuzz_text(data, size);
    if (psc_address_parse(text, &address, &ipv6)) {
        write_and_read(&address, ipv6);
        REQUIRE(psc_network_parse(text, &network)); // an address is a network of one
        REQUIRE(network.bits == 128);
        REQUIRE(psc_network_contains(&network, &address, ipv6));
    }
    if (psc_network_parse(text, &network)) {
        REQUIRE(network.bits <= 128);
        REQUIRE(psc_network_contains(&network, &network.prefix, true));
    }
    if (size >= sizeof address) {
        memcpy(&address, data, sizeof address);
        write_and_read(&address, true);
    }
    free(text);
    return 0;
}
