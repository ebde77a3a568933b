// fuzz_columns.c - lists of columns, and the column to sort by.
#include "format/columns.h"
#include "fuzz.h"

static void check(enum psc_status status, const struct psc_error *error) {
    REQUIRE(status == PSC_OK || status == PSC_USAGE);
    if (status != PSC_OK) {
        REQUIRE(error->text[0] != '\0');
        REQUIRE(fuzz_is_harmless(error->text, strlen(error->text)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = fuzz_text(data, size);
    struct psc_columns columns = {0};
    struct psc_error error = {""};
    enum psc_status status = psc_columns_parse(&columns, text, &error);
    check(status, &error);
    REQUIRE((status == PSC_OK) == (columns.count > 0));
    REQUIRE(columns.count <= sizeof columns.list / sizeof columns.list[0]);
    const struct psc_column *column = NULL;
    bool reverse;
    status = psc_column_parse(text, &column, &reverse, &error);
    check(status, &error);
    (void)psc_columns_need(&columns, column);
    free(text);
    return 0;
}
