// sort.h - a stable sort of indexes with a comparison that has a context.
#ifndef PSC_BASE_SORT_H
#define PSC_BASE_SORT_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/** What is sorted. Different keys decide without a comparison, which is faster. */
struct psc_sort_item {
    uint64_t key;
    uint32_t index;
};

/** @return less than, equal to or greater than zero */
typedef int psc_sort_compare(uint32_t a, uint32_t b, const void *context);

/** Sorts by key, then by @p compare; equal items keep their order. Fails only with PSC_NO_MEMORY. */
PSC_NODISCARD enum psc_status psc_sort(struct psc_sort_item *items, size_t count,
                                       psc_sort_compare *compare, const void *context);

#endif
