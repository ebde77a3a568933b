// fuzz_policy.c - any bytes as a policy. What parses is written so that it parses to the same again.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "audit/policy.h"
#include "base/strbuf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *text_of(const struct psc_policy *policy) {
    struct psc_strbuf text = {0};
    for (size_t i = 0; i < policy->count; i++) {
        psc_strbuf_add_format(&text, "%s\n", policy->entries[i].text);
    }
    char *lines = psc_strbuf_detach(&text);
    if (lines == NULL) {
        abort();
    }
    return lines;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct psc_policy first = {0};
    struct psc_policy second = {0};
    struct psc_error error;
    if (psc_policy_parse(&first, (const char *)data, size, "fuzz", &error) != PSC_OK) {
        if (first.count != 0 || strncmp(error.text, "fuzz:", 5) != 0) {
            abort();
        }
        return 0;
    }
    char *text = text_of(&first);
    if (psc_policy_parse(&second, text, strlen(text), "again", &error) != PSC_OK) {
        abort();
    }
    char *again = text_of(&second);
    if (strcmp(text, again) != 0 || first.count != second.count) {
        abort();
    }
    free(text);
    free(again);
    psc_policy_done(&first);
    psc_policy_done(&second);
    return 0;
}
