// test_sort.c - sort: the order is by key, then by comparison, and equal items stay as they were.
#include "base/sort.h"
#include "support/test.h"

#define MOST 1000

// What the comparison uses: a rank for every index.
struct ranks {
    unsigned rank[MOST];
    uint64_t key[MOST];
};

static int compare_ranks(uint32_t a, uint32_t b, const void *context) {
    const struct ranks *ranks = context;
    assert_int_equal(ranks->key[a], ranks->key[b]); // different keys decide alone
    return (ranks->rank[a] > ranks->rank[b]) - (ranks->rank[a] < ranks->rank[b]);
}

static uint32_t next_random(uint32_t *seed) {
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static void check_sorted(const struct psc_sort_item *items, size_t count,
                         const struct ranks *ranks) {
    bool seen[MOST] = {false};
    for (size_t i = 0; i < count; i++) {
        uint32_t index = items[i].index;
        assert_false(seen[index]);
        seen[index] = true;
        assert_int_equal(items[i].key, ranks->key[index]);
        if (i == 0) {
            continue;
        }
        uint32_t before = items[i - 1].index;
        assert_true(items[i - 1].key <= items[i].key);
        if (items[i - 1].key == items[i].key) {
            assert_true(ranks->rank[before] <= ranks->rank[index]);
            // Items were handed in by index, so this is what stable means here.
            assert_true(ranks->rank[before] < ranks->rank[index] || before < index);
        }
    }
}

static void sorts_and_keeps_equals(void **state) {
    static struct ranks ranks;
    struct psc_sort_item items[MOST];
    uint32_t seed = 1;
    for (size_t count = 0; count <= MOST; count += count < 70 ? 1 : 93) {
        for (size_t i = 0; i < count; i++) {
            ranks.key[i] = next_random(&seed) % 4 == 0 ? UINT64_MAX : next_random(&seed) % 5;
            ranks.rank[i] = next_random(&seed) % 3;
            items[i] = (struct psc_sort_item){ranks.key[i], (uint32_t)i};
        }
        assert_int_equal(psc_sort(items, count, compare_ranks, &ranks), PSC_OK);
        check_sorted(items, count, &ranks);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorts_and_keeps_equals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
