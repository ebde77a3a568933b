// fuzz_options.c - command lines: the first byte chooses the command, each line after it is one argument.
// And ports alone.
#include "cli/options.h"
#include "fuzz.h"

static void parse_port(const char *text) {
    struct psc_port_spec spec;
    struct psc_error error = {""};
    enum psc_status status = psc_port_spec_parse(text, false, &spec, &error);
    REQUIRE(status == PSC_OK || status == PSC_USAGE);
    if (status == PSC_OK) {
        char again[32];
        struct psc_port_spec same;
        snprintf(again, sizeof again, "%u-%u/%s", spec.first, spec.last, spec.udp ? "udp" : "tcp");
        REQUIRE(spec.first >= 1 && spec.first <= spec.last);
        REQUIRE(psc_port_spec_parse(again, !spec.udp, &same, &error) == PSC_OK);
        REQUIRE(same.first == spec.first && same.last == spec.last && same.udp == spec.udp);
    } else {
        REQUIRE(fuzz_is_harmless(error.text, strlen(error.text)));
    }
}

static void check_parsed(const struct options *options) {
    bool needs_port = options->command >= COMMAND_CHECK && options->command <= COMMAND_KILL &&
                      options->command != COMMAND_FREE;
    REQUIRE(options->help || !needs_port || options->spec_count > 0);
    REQUIRE(options->timeout_ms <= 24U * 3600 * 1000);
    REQUIRE(options->count <= 1000000 && options->interval <= 1000000);
    for (size_t i = 0; i < options->spec_count; i++) {
        REQUIRE(options->specs[i].first >= 1);
        REQUIRE(options->specs[i].first <= options->specs[i].last);
        REQUIRE(!options->udp || options->help || options->specs[i].udp);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *arguments[64];
    int count = 0;
    if (size == 0) {
        return 0;
    }
    enum command_id command = (enum command_id)(data[0] % COMMAND_COUNT);
    char *text = fuzz_text(data + 1, size - 1);
    parse_port(text);
    for (char *at = text; at != NULL && count < 64;) {
        arguments[count++] = at;
        char *end = strchr(at, '\n');
        if (end != NULL) {
            *end++ = '\0';
        }
        at = end;
    }
    struct options options;
    struct psc_error error = {""};
    enum psc_status status = options_parse(&options, command, count, arguments, &error);
    REQUIRE(status == PSC_OK || status == PSC_USAGE);
    if (status == PSC_OK) {
        check_parsed(&options);
    } else {
        REQUIRE(error.text[0] != '\0');
        REQUIRE(fuzz_is_harmless(error.text, strlen(error.text)));
    }
    options_done(&options);
    free(text);
    return 0;
}
