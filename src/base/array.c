// array.c - growing an array.
#include "base/array.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MIN_CAPACITY 16

bool psc_array_grow(void *array, size_t *capacity, size_t needed, size_t size) {
    size_t most = SIZE_MAX / size;
    size_t larger = *capacity < MIN_CAPACITY / 2 ? MIN_CAPACITY : 2 * *capacity;
    larger = larger < needed ? needed : larger;
    if (*capacity > most / 2 || larger > most) {
        return false;
    }
    // Through memcpy(), because a T ** must not be read as a void **.
    void *old;
    memcpy(&old, array, sizeof old);
    void *grown = realloc(old, larger * size);
    if (grown == NULL) {
        return false;
    }
    memcpy(array, &grown, sizeof grown);
    *capacity = larger;
    return true;
}
