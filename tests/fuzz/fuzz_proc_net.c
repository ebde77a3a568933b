// fuzz_proc_net.c - the text of /proc/net. The first byte picks the table, or if_inet6.
#include "fuzz.h"
#include "platform/linux/decode.h"

static const struct decode_links links = {
    .list = {{.address = {{0xfe, 0x80, [15] = 1}}, .ifindex = 2}},
    .count = 1,
};

static void parse_links(const char *text, size_t size) {
    struct decode_links parsed;
    struct psc_error error = {""};
    enum psc_status status = decode_if_inet6(text, size, &parsed, &error);
    REQUIRE(status == PSC_OK || (status == PSC_MALFORMED && error.text[0] != '\0'));
    REQUIRE(parsed.count <= sizeof parsed.list / sizeof parsed.list[0]);
}

static void parse_table(const char *text, size_t size, enum psc_protocol protocol) {
    struct psc_filter filter;
    struct psc_error error = {""};
    psc_filter_init(&filter);
    struct psc_builder *builder = psc_builder_new(&filter);
    REQUIRE(builder != NULL);
    enum psc_status status =
        decode_proc_net(text, size, protocol, PSC_STATES_ALL, &links, builder, &error);
    REQUIRE(status == PSC_OK || (status == PSC_MALFORMED && error.text[0] != '\0'));
    REQUIRE(status != PSC_OK || text[size - 1] == '\n');
    psc_builder_seal(builder);
    psc_builder_free(builder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) {
        return 0;
    }
    unsigned choice = data[0] % 5;
    if (choice == 4) {
        parse_links((const char *)data + 1, size - 1);
    } else {
        parse_table((const char *)data + 1, size - 1, (enum psc_protocol)choice);
    }
    return 0;
}
