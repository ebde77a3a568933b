// fuzz_filter.c - lists of filter values, and globs. The first byte picks the filter, the second how
// many of the other bytes are the list; the rest is a name to match.
#include "fuzz.h"
#include "model/filter.h"

static const char *const names[] = {"port", "pid", "process", "address", "proto", "state"};

// The ranges of a set are sorted, apart from each other, and what psc_port_set_find() finds.
static void require_ranges(const struct psc_port_set *set) {
    for (size_t i = 0; i < set->count; i++) {
        const struct psc_port_range *range = &set->ranges[i];
        REQUIRE(range->first <= range->last);
        REQUIRE(i == 0 || set->ranges[i - 1].last + 1 < range->first);
        REQUIRE(psc_port_set_find(set, range->first) == range);
        REQUIRE(psc_port_set_find(set, range->last) == range);
        REQUIRE(range->last == UINT16_MAX ||
                psc_port_set_find(set, (uint16_t)(range->last + 1)) == NULL);
    }
}

static void decide(const struct psc_filter *filter, const char *name) {
    struct psc_endpoint row = {.protocol = PSC_PROTOCOL_TCP6, .state = PSC_STATE_ESTABLISHED};
    row.local_port = 80;
    row.remote.bytes[15] = 1;
    (void)psc_filter_endpoint(filter, &row);
    require_ranges(&filter->any_port.set);
    for (size_t i = 0; i < filter->processes.count; i++) {
        (void)psc_glob_match(filter->processes.values[i].glob, name);
    }
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
        enum psc_status status = psc_filter_set(&filter, names[data[0] % 6], list, &error);
        REQUIRE(status == PSC_OK || status == PSC_USAGE);
        if (status != PSC_OK) {
            REQUIRE(error.text[0] != '\0');
            REQUIRE(fuzz_is_harmless(error.text, strlen(error.text)));
        }
        decide(&filter, name);
    }
    (void)psc_glob_match(list, name);
    REQUIRE(psc_glob_match("*", name));
    psc_filter_done(&filter);
    free(list);
    free(name);
    return 0;
}
