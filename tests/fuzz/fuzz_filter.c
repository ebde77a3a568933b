// fuzz_filter.c - lists of filter values, and globs. The first byte picks the filter, the second how
// many of the other bytes are the list; the rest is a name to match.
#include "fuzz.h"
#include "model/filter.h"

static enum psc_status parse(struct psc_filter *filter, unsigned choice, const char *list,
                             struct psc_error *error) {
    switch (choice) {
    case 0:
        return psc_ports_parse(&filter->any_port, list, error);
    case 1:
        return psc_pids_parse(&filter->pids, list, error);
    case 2:
        return psc_globs_parse(&filter->processes, list, error);
    case 3:
        return psc_networks_parse(&filter->any_address, list, error);
    case 4:
        return psc_protocols_parse(&filter->protocols, list, error);
    default:
        return psc_states_parse(&filter->states, list, error);
    }
}

static void judge(const struct psc_filter *filter, const char *name) {
    struct psc_endpoint row = {.protocol = PSC_PROTOCOL_TCP6, .state = PSC_STATE_ESTABLISHED};
    row.local_port = 80;
    row.remote.bytes[15] = 1;
    (void)psc_filter_endpoint(filter, &row);
    (void)psc_pids_have(&filter->pids, 1);
    (void)psc_globs_have(&filter->processes, name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) {
        return 0;
    }
    size_t length = data[1] < size - 2 ? data[1] : size - 2;
    char *list = fuzz_text(data + 2, length);
    char *name = fuzz_text(data + 2 + length, size - 2 - length);
    struct psc_filter filter;
    psc_filter_init(&filter);
    // Twice, because a second list is joined to the first.
    for (int i = 0; i < 2; i++) {
        struct psc_error error = {""};
        enum psc_status status = parse(&filter, data[0] % 6, list, &error);
        REQUIRE(status == PSC_OK || status == PSC_USAGE);
        if (status != PSC_OK) {
            REQUIRE(error.text[0] != '\0');
            REQUIRE(fuzz_is_harmless(error.text, strlen(error.text)));
        }
        judge(&filter, name);
    }
    (void)psc_glob_match(list, name);
    REQUIRE(psc_glob_match("*", name));
    psc_filter_done(&filter);
    free(list);
    free(name);
    return 0;
}
