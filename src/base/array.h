// array.h - growing an array that its owner keeps as a pointer, a count and a capacity.
#ifndef PSC_BASE_ARRAY_H
#define PSC_BASE_ARRAY_H

#include <stdbool.h>
#include <stddef.h>

/**
 * Makes room for @p needed elements in all. `array` is a pointer variable, NULL at first, and
 * `capacity` a size_t variable, 0 at first; both are set here and evaluated more than once.
 * @return false when out of memory; array and capacity are unchanged then
 */
#define PSC_ARRAY_RESERVE(array, capacity, needed)                                                 \
    ((needed) <= (capacity) ||                                                                     \
     psc_array_grow((void *)&(array), &(capacity), (needed), sizeof *(array)))

/** The slow path of PSC_ARRAY_RESERVE(). @p array points to the pointer, @p size is an element's. */
bool psc_array_grow(void *array, size_t *capacity, size_t needed, size_t size);

#endif
