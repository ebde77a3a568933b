// fixture_bytes.h - recorded bytes of the system, whole, cut short and damaged.
#ifndef SUPPORT_FIXTURE_BYTES_H
#define SUPPORT_FIXTURE_BYTES_H

#include <stddef.h>
#include <stdint.h>

struct fixture_bytes {
    char *bytes;
    size_t size;
};

/** Reads PSC_SOURCE_DIR/tests/data/@p name; fails the running test if it cannot. */
struct fixture_bytes fixture_bytes_read(const char *name);
void fixture_bytes_free(struct fixture_bytes *bytes);

/**
 * A copy in memory of exactly that size, so that a sanitizer sees a read past its end.
 * @return owned by the caller
 */
char *fixture_bytes_cut(const char *bytes, size_t size);

/** Changes some bytes; the same seed makes the same damage on every machine. */
void fixture_bytes_damage(char *bytes, size_t size, uint64_t seed);

#endif
