// suggest.h - the word that was most likely meant.
#ifndef PSC_CLI_SUGGEST_H
#define PSC_CLI_SUGGEST_H

#include <stddef.h>

struct suggest {
    const char *word; /**< what was typed; borrowed */
    size_t length;
    size_t distance;
    const char *best; /**< the suggestion of those offered, NULL if none is near; borrowed */
};

void suggest_init(struct suggest *suggestion, const char *word, size_t length);
/** @param candidate a right word; NULL is passed over */
void suggest_offer(struct suggest *suggestion, const char *candidate);

#endif
