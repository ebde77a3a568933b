// fuzz_sock_diag.c - netlink answers. The first byte picks the table.
#include "fuzz.h"
#include "platform/linux/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct psc_filter filter;
    struct psc_error error = {""};
    struct decode_answer answer = {.done = false};
    if (size == 0) {
        return 0;
    }
    psc_filter_init(&filter);
    struct psc_builder *builder = psc_builder_new(&filter);
    REQUIRE(builder != NULL);
    enum psc_status status = decode_sock_diag(data + 1, size - 1, (enum psc_protocol)(data[0] % 4),
                                              1, builder, &answer, &error);
    REQUIRE(status == PSC_OK || (status == PSC_MALFORMED && error.text[0] != '\0'));
    REQUIRE(answer.refused >= 0 && (answer.done || answer.refused == 0));
    REQUIRE(psc_builder_count(builder) <= size / 88); // a header and a row
    psc_builder_seal(builder);
    psc_builder_free(builder);
    return 0;
}
