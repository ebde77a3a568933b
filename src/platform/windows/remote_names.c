// remote_names.c - reverse DNS, many at a time and never longer than the user wants to wait.
//
// The threads cannot be interrupted in getnameinfo(), so they and the caller share a block of
// memory that the last of them frees: whoever is late writes into it, and nobody reads that.
#include <stdlib.h>
#include <string.h>
#include <winsock2.h>
#include <ws2tcpip.h>

#include "base/sort.h"
#include "platform/platform.h"

#define MOST_THREADS 32
#define NAME_SIZE 256 // RFC 1035: 255 bytes at most

// A remote address, and the rows that have it: `rows` of them from `first` in the order.
struct question {
    struct psc_address address;
    bool ipv6;
    uint32_t ifindex;
    size_t first, rows;
    char name[NAME_SIZE]; // empty: none, or not yet
};

struct questions {
    SRWLOCK lock;
    CONDITION_VARIABLE answered;
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
    wchar_t name[NAME_SIZE];
    if (GetNameInfoW(address, size, name, NAME_SIZE, NULL, 0, NI_NAMEREQD) != 0 ||
        WideCharToMultiByte(CP_UTF8, 0, name, -1, question->name, NAME_SIZE, NULL, NULL) == 0) {
        question->name[0] = '\0';
    }
}

// Called with the lock held; gives it up.
static void leave(struct questions *questions) {
    bool last = --questions->users == 0;
    ReleaseSRWLockExclusive(&questions->lock);
    if (last) {
        free(questions);
    }
}

static DWORD WINAPI run(void *argument) {
    struct questions *questions = argument;
    AcquireSRWLockExclusive(&questions->lock);
    while (!questions->closed && questions->next < questions->count) {
        size_t at = questions->next++;
        struct question mine = questions->list[at];
        ReleaseSRWLockExclusive(&questions->lock);
        ask(&mine);
        AcquireSRWLockExclusive(&questions->lock);
        questions->list[at] = mine;
        if (--questions->open == 0) {
            WakeConditionVariable(&questions->answered);
        }
    }
    leave(questions);
    return 0;
}

static int compare_remotes(uint32_t a, uint32_t b, const void *context) {
    const struct psc_endpoint *x = psc_builder_endpoint(context, a);
    const struct psc_endpoint *y = psc_builder_endpoint(context, b);
    int order = psc_endpoint_is_ipv6(x) - psc_endpoint_is_ipv6(y);
    order = order != 0 ? order : memcmp(&x->remote, &y->remote, sizeof x->remote);
    return order != 0 ? order : (x->ifindex > y->ifindex) - (x->ifindex < y->ifindex);
}

// Rows with a peer, those of the same address side by side.
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

static void gather_questions(struct questions *questions, const struct psc_builder *builder,
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
    questions->open = questions->count;
}

// Starts the threads and waits for all answers, or for the deadline. The lock is held from here.
static void wait_for_answers(struct questions *questions, unsigned deadline_ms) {
    ULONGLONG until = GetTickCount64() + deadline_ms;
    AcquireSRWLockExclusive(&questions->lock);
    for (size_t i = 0; i < questions->count && i < MOST_THREADS; i++) {
        HANDLE thread = CreateThread(NULL, 0, run, questions, 0, NULL);
        if (thread == NULL) {
            break;
        }
        questions->users++;
        CloseHandle(thread);
    }
    while (questions->users > 1 && questions->open > 0) {
        ULONGLONG now = GetTickCount64();
        DWORD left = now < until ? (DWORD)(until - now) : 0;
        if (left == 0 ||
            !SleepConditionVariableSRW(&questions->answered, &questions->lock, left, 0)) {
            break;
        }
    }
    questions->closed = true;
}

static enum psc_status take_answers(const struct questions *questions,
                                    const struct psc_sort_item *order,
                                    struct psc_builder *builder) {
    enum psc_status status = PSC_OK;
    for (size_t i = 0; i < questions->count; i++) {
        const struct question *question = &questions->list[i];
        for (size_t row = 0; question->name[0] != '\0' && row < question->rows; row++) {
            uint32_t index = order[question->first + row].index;
            status =
                status == PSC_OK ? psc_builder_name_remote(builder, index, question->name) : status;
        }
    }
    return status;
}

static enum psc_status name_rows(struct psc_builder *builder, unsigned deadline_ms,
                                 struct psc_sort_item *order) {
    size_t count;
    if (order_rows(builder, order, &count) != PSC_OK) {
        return PSC_NO_MEMORY;
    }
    struct questions *questions = calloc(1, sizeof *questions + count * sizeof questions->list[0]);
    if (questions == NULL) {
        return PSC_NO_MEMORY;
    }
    InitializeSRWLock(&questions->lock);
    InitializeConditionVariable(&questions->answered);
    questions->users = 1;
    gather_questions(questions, builder, order, count);
    wait_for_answers(questions, deadline_ms);
    enum psc_status status = take_answers(questions, order, builder);
    leave(questions);
    return status;
}

enum psc_status psc_platform_name_remotes(struct psc_builder *builder, unsigned deadline_ms,
                                          struct psc_error *error) {
    WSADATA ignored;
    // Never given back, because a late thread may still be asking.
    if (WSAStartup(MAKEWORD(2, 2), &ignored) != 0) {
        return PSC_OK; // a machine without a network has no names either
    }
    struct psc_sort_item *order = malloc((psc_builder_count(builder) + 1) * sizeof *order);
    enum psc_status status = order != NULL ? name_rows(builder, deadline_ms, order) : PSC_NO_MEMORY;
    free(order);
    return status == PSC_OK ? PSC_OK : psc_no_memory(error);
}
