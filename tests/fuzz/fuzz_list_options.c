// fuzz_list_options.c - command lines: each line of the input is one argument.
#include "cli/list_options.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *arguments[64];
    int count = 0;
    char *text = fuzz_text(data, size);
    for (char *at = text; at != NULL && count < 64;) {
        arguments[count++] = at;
        char *end = strchr(at, '\n');
        if (end != NULL) {
            *end++ = '\0';
        }
        at = end;
    }
    struct list_options options;
    struct psc_error error = {""};
    enum psc_status status = list_options_parse(&options, count, arguments, &error);
    REQUIRE(status == PSC_OK || status == PSC_USAGE);
    if (status != PSC_OK) {
        REQUIRE(error.text[0] != '\0');
        REQUIRE(fuzz_is_harmless(error.text, strlen(error.text)));
    }
    list_options_done(&options);
    free(text);
    return 0;
}
