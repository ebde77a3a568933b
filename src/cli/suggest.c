// suggest.c - the distance between words: letters changed, added, left out or swapped.
#include "cli/suggest.h"

#include <string.h>

#define MAX_LENGTH 24 // no known word is longer

void suggest_init(struct suggest *suggestion, const char *word, size_t length) {
    *suggestion = (struct suggest){.word = word, .length = length};
    suggestion->distance = length / 3 + 2; // at this distance it is another word
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length) {
    size_t rows[MAX_LENGTH + 1][MAX_LENGTH + 1];
    for (size_t i = 0; i <= a_length; i++) {
        for (size_t j = 0; j <= b_length; j++) {
            if (i == 0 || j == 0) {
                rows[i][j] = i + j;
                continue;
            }
            size_t change = rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            rows[i][j] = least(change, 1 + least(rows[i - 1][j], rows[i][j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                rows[i][j] = least(rows[i][j], rows[i - 2][j - 2] + 1);
            }
        }
    }
    return rows[a_length][b_length];
}

void suggest_offer(struct suggest *suggestion, const char *candidate) {
    if (candidate == NULL || suggestion->length > MAX_LENGTH || strlen(candidate) > MAX_LENGTH) {
        return;
    }
    size_t found = distance(suggestion->word, suggestion->length, candidate, strlen(candidate));
    if (found < suggestion->distance) {
        suggestion->distance = found;
        suggestion->best = candidate;
    }
}
