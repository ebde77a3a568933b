// sort.c - a merge sort: libc's qsort is not stable, and has no context everywhere.
#include "base/sort.h"

#include <stdlib.h>
#include <string.h>

static int compare_items(const struct psc_sort_item *a, const struct psc_sort_item *b,
                         psc_sort_compare *compare, const void *context) {
    if (a->key != b->key) {
        return a->key < b->key ? -1 : 1;
    }
    return compare(a->index, b->index, context);
}

static void merge(const struct psc_sort_item *left, size_t left_count,
                  const struct psc_sort_item *right, size_t right_count, struct psc_sort_item *out,
                  psc_sort_compare *compare, const void *context) {
    while (left_count > 0 && right_count > 0) {
        if (compare_items(left, right, compare, context) <= 0) {
            *out++ = *left++;
            left_count--;
        } else {
            *out++ = *right++;
            right_count--;
        }
    }
    memcpy(out, left, left_count * sizeof *out);
    memcpy(out + left_count, right, right_count * sizeof *out);
}

enum psc_status psc_sort(struct psc_sort_item *items, size_t count, psc_sort_compare *compare,
                         const void *context) {
    if (count < 2) {
        return PSC_OK;
    }
    struct psc_sort_item *spare = malloc(count * sizeof *spare);
    if (spare == NULL) {
        return PSC_NO_MEMORY;
    }
    struct psc_sort_item *from = items;
    struct psc_sort_item *to = spare;
    for (size_t run = 1; run < count; run *= 2) {
        for (size_t at = 0; at < count; at += 2 * run) {
            size_t left = count - at < run ? count - at : run;
            size_t right = count - at - left < run ? count - at - left : run;
            merge(from + at, left, from + at + left, right, to + at, compare, context);
        }
        struct psc_sort_item *swap = from;
        from = to;
        to = swap;
    }
    if (from != items) {
        memcpy(items, from, count * sizeof *items);
    }
    free(spare);
    return PSC_OK;
}
