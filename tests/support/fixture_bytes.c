// fixture_bytes.c - recorded bytes of the system.
#include "support/fixture_bytes.h"

#include "support/test.h"

struct fixture_bytes fixture_bytes_read(const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/tests/data/%s", PSC_SOURCE_DIR, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    struct fixture_bytes bytes = {.bytes = malloc(1 << 20)};
    assert_non_null(bytes.bytes);
    bytes.size = fread(bytes.bytes, 1, 1 << 20, file);
    fclose(file);
    assert_in_range(bytes.size, 1, (1 << 20) - 1);
    return bytes;
}

void fixture_bytes_free(struct fixture_bytes *bytes) {
    free(bytes->bytes);
}

char *fixture_bytes_cut(const char *bytes, size_t size) {
    char *cut = malloc(size);
    assert_true(cut != NULL || size == 0);
    if (size > 0) {
        memcpy(cut, bytes, size);
    }
    return cut;
}

// splitmix64: tiny, and every seed is a good one.
static uint64_t random_number(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15U;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
}

void fixture_bytes_damage(char *bytes, size_t size, uint64_t seed) {
    // Mistakes are at the limits, so these come more often than by chance.
    static const unsigned char likely[] = {0, 1, 0x7f, 0x80, 0xff, ' ', '\n', ':', 'F', '9'};
    for (uint64_t left = 1 + random_number(&seed) % 8; left > 0; left--) {
        size_t at = (size_t)(random_number(&seed) % size);
        uint64_t value = random_number(&seed);
        bytes[at] = (char)(value % 2 == 0 ? value >> 8 : likely[(value >> 8) % sizeof likely]);
    }
}
