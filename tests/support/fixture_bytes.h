// fixture_bytes.h - recorded bytes of the system, whole, cut short and damaged.
#ifndef SUPPORT_FIXTURE_BYTES_H
#define SUPPORT_FIXTURE_BYTES_H

#include <stddef.h>
#include <stdint.h>

struct recorded {
    char *bytes;
    size_t size;
};

/** Reads PSC_SOURCE_DIR/tests/data/@p name; fails the running test if it cannot. */
struct recorded recorded_read(const char *name);
void recorded_free(struct recorded *recorded);

/**
 * A copy in memory of exactly that size, so that a sanitizer sees a read behind it.
 * @return owned by the caller
 */
char *recorded_cut(const char *bytes, size_t size);

/** Changes some bytes; the same seed makes the same damage on every machine. */
void recorded_damage(char *bytes, size_t size, uint64_t seed);

#endif
