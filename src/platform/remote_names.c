// remote_names.c - reverse DNS for many addresses in parallel, with a deadline.
//
// A thread cannot be interrupted during a lookup. So the threads and the caller share a block of memory
// that the last of them frees; an answer after the deadline is written there and never read.
#include "platform/remote_names.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/sort.h"
#include "platform/platform.h"

#define MAX_THREADS 32
#define MAX_PAUSE_MS 10

// A remote address, and the rows that have it: `rows` of them from `first` in the order.
struct question {
    struct psc_address address;
    bool ipv6;
    uint32_t ifindex;
    size_t first, rows;
    atomic_bool answered; // set after `name`
    char name[REMOTE_NAME_SIZE];
};

struct questions {
    atomic_uint users; // threads, and the caller, that may still use this block
    atomic_bool closed;
    atomic_size_t next, answered;
    size_t count;
    struct question list[];
};

static void release(struct questions *questions) {
    if (atomic_fetch_sub(&questions->users, 1) == 1) {
        free(questions);
    }
}

void remote_names_answer(void *argument) {
    struct questions *questions = argument;
    size_t at;
    while (!atomic_load(&questions->closed) &&
           (at = atomic_fetch_add(&questions->next, 1)) < questions->count) {
        struct question *question = &questions->list[at];
        remote_names_resolve(&question->address, question->ipv6, question->ifindex, question->name);
        atomic_store(&question->answered, true);
        atomic_fetch_add(&questions->answered, 1);
    }
    release(questions);
}

static int compare_remotes(uint32_t a, uint32_t b, const void *context) {
    const struct psc_endpoint *x = psc_builder_endpoint(context, a);
    const struct psc_endpoint *y = psc_builder_endpoint(context, b);
    int order = psc_endpoint_is_ipv6(x) - psc_endpoint_is_ipv6(y);
    order = order != 0 ? order : memcmp(&x->remote, &y->remote, sizeof x->remote);
    return order != 0 ? order : (x->ifindex > y->ifindex) - (x->ifindex < y->ifindex);
}

// Lists the rows with a peer, those of the same address side by side.
static enum psc_status order_rows(const struct psc_builder *builder, struct psc_sort_item *order,
                                  size_t *count) {
    *count = 0;
    for (size_t i = 0; i < psc_builder_count(builder); i++) {
        if (psc_endpoint_has_peer(psc_builder_endpoint(builder, i))) {
            order[(*count)++] = (struct psc_sort_item){0, (uint32_t)i};
        }
    }
    return psc_sort(order, *count, compare_remotes, builder);
}

static void add_questions(struct questions *questions, const struct psc_builder *builder,
                          const struct psc_sort_item *order, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && compare_remotes(order[i - 1].index, order[i].index, builder) == 0) {
            questions->list[questions->count - 1].rows++;
            continue;
        }
        const struct psc_endpoint *endpoint = psc_builder_endpoint(builder, order[i].index);
        struct question *question = &questions->list[questions->count++];
        question->address = endpoint->remote;
        question->ipv6 = psc_endpoint_is_ipv6(endpoint);
        question->ifindex = endpoint->ifindex;
        question->first = i;
        question->rows = 1;
    }
}

// Starts the threads and waits for all answers, or until the deadline.
static void wait_for_answers(struct questions *questions, unsigned deadline_ms) {
    int64_t deadline = psc_platform_clock() + deadline_ms;
    unsigned threads = 0;
    while (threads < questions->count && threads < MAX_THREADS) {
        atomic_fetch_add(&questions->users, 1);
        if (!remote_names_start_thread(questions)) {
            atomic_fetch_sub(&questions->users, 1);
            break;
        }
        threads++;
    }
    for (unsigned pause = 1; threads > 0 && atomic_load(&questions->answered) < questions->count;
         pause = pause < MAX_PAUSE_MS ? pause + 1 : pause) {
        int64_t left = deadline - psc_platform_clock();
        if (left <= 0) {
            break;
        }
        psc_platform_sleep(left < pause ? (unsigned)left : pause);
    }
    atomic_store(&questions->closed, true);
}

static void name_rows(const struct questions *questions, const struct psc_sort_item *order,
                      struct psc_builder *builder) {
    for (size_t i = 0; i < questions->count; i++) {
        const struct question *question = &questions->list[i];
        if (!atomic_load(&question->answered) || question->name[0] == '\0') {
            continue;
        }
        for (size_t row = 0; row < question->rows; row++) {
            uint32_t index = order[question->first + row].index;
            psc_builder_name_remote(builder, index, question->name);
        }
    }
}

enum psc_status psc_platform_name_remotes(struct psc_builder *builder, unsigned deadline_ms,
                                          struct psc_error *error) {
    size_t count;
    struct questions *questions = NULL;
    enum psc_status status = PSC_NO_MEMORY;
    struct psc_sort_item *order = malloc((psc_builder_count(builder) + 1) * sizeof *order);
    if (order == NULL || order_rows(builder, order, &count) != PSC_OK) {
        goto out;
    }
    questions = calloc(1, sizeof *questions + count * sizeof questions->list[0]);
    if (questions == NULL) {
        goto out;
    }
    atomic_init(&questions->users, 1);
    add_questions(questions, builder, order, count);
    wait_for_answers(questions, deadline_ms);
    name_rows(questions, order, builder);
    status = PSC_OK;
    release(questions);
out:
    free(order);
    return status == PSC_OK ? PSC_OK : psc_no_memory(error);
}
