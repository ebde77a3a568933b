// nearest.h - the word that somebody most likely meant.
#ifndef PORTSCOPE_NEAREST_H
#define PORTSCOPE_NEAREST_H

#include <stddef.h>

struct nearest {
    const char *word; /**< what was typed; borrowed */
    size_t length;
    size_t distance;
    const char *best; /**< the nearest of those offered, NULL if none is near; borrowed */
};

void nearest_init(struct nearest *nearest, const char *word, size_t length);
/** @param candidate a right word; NULL is passed over */
void nearest_offer(struct nearest *nearest, const char *candidate);

#endif
