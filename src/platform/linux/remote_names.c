// remote_names.c - reverse DNS, many at a time and never longer than the user wants to wait.
//
// The threads cannot be interrupted in getnameinfo(), so they and the caller share a block of
// memory that the last of them frees: whoever is late writes into it, and nobody reads that.
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "platform/platform.h"

#define MOST_THREADS 32
#define NAME_SIZE 256 // RFC 1035: 255 bytes at most

struct question {
    struct psc_address address;
    bool ipv6;
    uint32_t ifindex;
    char name[NAME_SIZE]; // empty: none, or not yet
};

struct questions {
    pthread_mutex_t lock;
    pthread_cond_t answered;
    unsigned users; // threads that may still look at this block
    bool closed;    // the caller waits no longer
    size_t next, open;
    size_t count;
    struct question list[];
};

static void ask(struct question *question) {
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_scope_id = question->ifindex};
    memcpy(&v4.sin_addr, question->address.bytes, 4);
    memcpy(&v6.sin6_addr, question->address.bytes, 16);
    const struct sockaddr *address =
        question->ipv6 ? (const struct sockaddr *)&v6 : (const struct sockaddr *)&v4;
    socklen_t size = question->ipv6 ? sizeof v6 : sizeof v4;
    if (getnameinfo(address, size, question->name, NAME_SIZE, NULL, 0, NI_NAMEREQD) != 0) {
        question->name[0] = '\0';
    }
}

// Called with the lock held; gives it up.
static void leave(struct questions *questions) {
    bool last = --questions->users == 0;
    pthread_mutex_unlock(&questions->lock);
    if (last) {
        pthread_cond_destroy(&questions->answered);
        pthread_mutex_destroy(&questions->lock);
        free(questions);
    }
}

static void *run(void *argument) {
    struct questions *questions = argument;
    pthread_mutex_lock(&questions->lock);
    while (!questions->closed && questions->next < questions->count) {
        size_t at = questions->next++;
        struct question mine = questions->list[at];
        pthread_mutex_unlock(&questions->lock);
        ask(&mine);
        pthread_mutex_lock(&questions->lock);
        questions->list[at] = mine;
        if (--questions->open == 0) {
            pthread_cond_signal(&questions->answered);
        }
    }
    leave(questions);
    return NULL;
}

static struct questions *new_questions(size_t most) {
    struct questions *questions = calloc(1, sizeof *questions + most * sizeof questions->list[0]);
    if (questions == NULL) {
        return NULL;
    }
    pthread_condattr_t steady;
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&questions->answered, &steady);
    pthread_condattr_destroy(&steady);
    pthread_mutex_init(&questions->lock, NULL);
    questions->users = 1;
    return questions;
}

static bool is_question(const struct question *question, const struct psc_endpoint *endpoint) {
    return question->ipv6 == psc_endpoint_is_ipv6(endpoint) &&
           question->ifindex == endpoint->ifindex &&
           memcmp(&question->address, &endpoint->remote, sizeof endpoint->remote) == 0;
}

// One hash slot an address; slots hold a question's number + 1.
static size_t find_slot(const struct questions *questions, const uint32_t *slots, size_t mask,
                        const struct psc_endpoint *endpoint) {
    size_t hash = 14695981039346656037U & SIZE_MAX;
    for (size_t i = 0; i < sizeof endpoint->remote.bytes; i++) {
        hash = (hash ^ endpoint->remote.bytes[i]) * 1099511628211U;
    }
    size_t slot = hash & mask;
    while (slots[slot] != 0 && !is_question(&questions->list[slots[slot] - 1], endpoint)) {
        slot = (slot + 1) & mask;
    }
    return slot;
}

static void gather_questions(struct questions *questions, uint32_t *slots, size_t mask,
                             const struct psc_builder *builder) {
    for (size_t i = 0; i < psc_builder_count(builder); i++) {
        const struct psc_endpoint *endpoint = psc_builder_endpoint(builder, i);
        size_t slot = find_slot(questions, slots, mask, endpoint);
        if (psc_endpoint_has_peer(endpoint) && slots[slot] == 0) {
            struct question *question = &questions->list[questions->count++];
            question->address = endpoint->remote;
            question->ipv6 = psc_endpoint_is_ipv6(endpoint);
            question->ifindex = endpoint->ifindex;
            slots[slot] = (uint32_t)questions->count;
        }
    }
    questions->open = questions->count;
}

// Starts the threads and waits for all answers, or for the deadline. The lock is held from here.
static void wait_for_answers(struct questions *questions, unsigned deadline_ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += deadline_ms / 1000;
    until.tv_nsec += (long)(deadline_ms % 1000) * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;

    pthread_attr_t detached;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    pthread_mutex_lock(&questions->lock);
    for (size_t i = 0; i < questions->count && i < MOST_THREADS; i++) {
        pthread_t thread;
        questions->users++;
        if (pthread_create(&thread, &detached, run, questions) != 0) {
            questions->users--;
            break;
        }
    }
    pthread_attr_destroy(&detached);
    while (questions->users > 1 && questions->open > 0 &&
           pthread_cond_timedwait(&questions->answered, &questions->lock, &until) != ETIMEDOUT) {
    }
    questions->closed = true;
}

static enum psc_status take_answers(const struct questions *questions, const uint32_t *slots,
                                    size_t mask, struct psc_builder *builder) {
    for (size_t i = 0; i < psc_builder_count(builder); i++) {
        const struct psc_endpoint *endpoint = psc_builder_endpoint(builder, i);
        size_t slot = find_slot(questions, slots, mask, endpoint);
        if (!psc_endpoint_has_peer(endpoint) || slots[slot] == 0) {
            continue;
        }
        const char *name = questions->list[slots[slot] - 1].name;
        if (name[0] != '\0' && psc_builder_name_remote(builder, i, name) != PSC_OK) {
            return PSC_NO_MEMORY;
        }
    }
    return PSC_OK;
}

enum psc_status psc_platform_name_remotes(struct psc_builder *builder, unsigned deadline_ms,
                                          struct psc_error *error) {
    size_t most = psc_builder_count(builder);
    size_t slot_count = 16;
    while (slot_count < 2 * most) {
        slot_count *= 2;
    }
    uint32_t *slots = calloc(slot_count, sizeof *slots);
    struct questions *questions = new_questions(most);
    if (slots == NULL || questions == NULL) {
        free(slots);
        free(questions);
        return psc_no_memory(error);
    }
    gather_questions(questions, slots, slot_count - 1, builder);
    wait_for_answers(questions, deadline_ms);
    enum psc_status status = take_answers(questions, slots, slot_count - 1, builder);
    leave(questions);
    free(slots);
    return status == PSC_OK ? PSC_OK : psc_no_memory(error);
}
