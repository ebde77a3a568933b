// builder.c - filling a snapshot: rows, names, notices.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/sort.h"
#include "model/builder_data.h"

struct psc_builder *psc_builder_new(const struct psc_filter *filter) {
    struct psc_builder *builder = calloc(1, sizeof *builder);
    if (builder == NULL) {
        return NULL;
    }
    builder->filter = filter;
    builder->snapshot = calloc(1, sizeof *builder->snapshot);
    if (builder->snapshot == NULL) {
        free(builder);
        return NULL;
    }
    return builder;
}

void psc_builder_free(struct psc_builder *builder) {
    if (builder == NULL) {
        return;
    }
    psc_snapshot_free(builder->snapshot);
    free(builder->links);
    free(builder->process_slots);
    free(builder->wanted);
    free(builder);
}

// Endpoints ---------------------------------------------------------------------------------------

enum psc_status psc_builder_add(struct psc_builder *builder, const struct psc_endpoint *endpoint) {
    struct psc_snapshot *snapshot = builder->snapshot;
    if (!psc_filter_endpoint(builder->filter, endpoint)) {
        return PSC_OK;
    }
    if (!PSC_ARRAY_RESERVE(snapshot->endpoints, builder->endpoint_capacity, snapshot->count + 1)) {
        return PSC_NO_MEMORY;
    }
    snapshot->endpoints[snapshot->count++] = *endpoint;
    return PSC_OK;
}

size_t psc_builder_count(const struct psc_builder *builder) {
    return builder->snapshot->count;
}

void psc_builder_rewind(struct psc_builder *builder, size_t mark) {
    builder->snapshot->count = mark;
}

// Agrees with psc_endpoint_compare() as far as 64 bits reach: table, then for IPv4 address, zone
// and port, for IPv6 the head of the address.
static uint64_t sort_key(const struct psc_endpoint *endpoint) {
    const uint8_t *bytes = endpoint->local.bytes;
    uint64_t key = (uint64_t)endpoint->protocol << 62;
    if (psc_endpoint_is_ipv6(endpoint)) {
        uint64_t head = 0;
        for (int i = 0; i < 8; i++) {
            head = head << 8 | bytes[i];
        }
        return key | head >> 2;
    }
    uint64_t address =
        (uint64_t)bytes[0] << 24 | (uint64_t)bytes[1] << 16 | (uint64_t)bytes[2] << 8 | bytes[3];
    const uint32_t zones = 0x3fff;
    uint64_t rest = endpoint->ifindex < zones
                        ? (uint64_t)endpoint->ifindex << 16 | endpoint->local_port
                        : (uint64_t)zones << 16;
    return key | address << 30 | rest;
}

static int compare_rows(uint32_t a, uint32_t b, const void *context) {
    const struct psc_endpoint *endpoints = context;
    return psc_endpoint_compare(&endpoints[a], &endpoints[b]);
}

// Moves every row to its place along the cycles of the order, so that no second array is needed.
static void permute(struct psc_endpoint *endpoints, struct psc_sort_item *order, size_t count) {
    for (size_t start = 0; start < count; start++) {
        struct psc_endpoint kept = endpoints[start];
        size_t at = start;
        while (order[at].index != start) {
            size_t from = order[at].index;
            endpoints[at] = endpoints[from];
            order[at].index = (uint32_t)at;
            at = from;
        }
        endpoints[at] = kept;
        order[at].index = (uint32_t)at;
    }
}

enum psc_status psc_builder_seal(struct psc_builder *builder) {
    struct psc_snapshot *snapshot = builder->snapshot;
    if (snapshot->count == 0) {
        return PSC_OK;
    }
    struct psc_sort_item *order = malloc(snapshot->count * sizeof *order);
    if (order == NULL) {
        return PSC_NO_MEMORY;
    }
    for (size_t i = 0; i < snapshot->count; i++) {
        order[i] = (struct psc_sort_item){sort_key(&snapshot->endpoints[i]), (uint32_t)i};
    }
    enum psc_status status = psc_sort(order, snapshot->count, compare_rows, snapshot->endpoints);
    if (status == PSC_OK) {
        permute(snapshot->endpoints, order, snapshot->count);
        size_t kept = 1;
        for (size_t i = 1; i < snapshot->count; i++) {
            if (!psc_endpoint_same(&snapshot->endpoints[kept - 1], &snapshot->endpoints[i])) {
                snapshot->endpoints[kept++] = snapshot->endpoints[i];
            }
        }
        snapshot->count = kept;
    }
    free(order);
    return status;
}

const struct psc_endpoint *psc_builder_endpoint(const struct psc_builder *builder, size_t index) {
    return &builder->snapshot->endpoints[index];
}

// Names -------------------------------------------------------------------------------------------

const char *psc_builder_text(struct psc_builder *builder, const char *bytes, size_t size) {
    char *text = arena_take(&builder->snapshot->texts, size + 1);
    if (text != NULL) {
        memcpy(text, bytes, size);
        text[size] = '\0';
    }
    return text;
}

static enum psc_status add_name(struct psc_builder *builder, struct names *names, uint32_t number,
                                const char *name) {
    const char *text = NULL;
    if (name != NULL && (text = psc_builder_text(builder, name, strlen(name))) == NULL) {
        return PSC_NO_MEMORY;
    }
    if (!PSC_ARRAY_RESERVE(names->list, names->capacity, names->count + 1)) {
        return PSC_NO_MEMORY;
    }
    size_t at = names->count++;
    while (at > 0 && names->list[at - 1].number > number) {
        names->list[at] = names->list[at - 1];
        at--;
    }
    names->list[at] = (struct name){number, text};
    return PSC_OK;
}

enum psc_status psc_builder_name_interface(struct psc_builder *builder, uint32_t zone,
                                           const char *name) {
    return add_name(builder, &builder->snapshot->zones, zone, name);
}

enum psc_status psc_builder_name_user(struct psc_builder *builder, uint32_t uid, const char *name) {
    return add_name(builder, &builder->snapshot->users, uid, name);
}

enum psc_status psc_builder_name_remote(struct psc_builder *builder, size_t endpoint,
                                        const char *name) {
    struct psc_snapshot *snapshot = builder->snapshot;
    if (snapshot->remote_names == NULL) {
        snapshot->remote_names = calloc(snapshot->count, sizeof *snapshot->remote_names);
        if (snapshot->remote_names == NULL) {
            return PSC_NO_MEMORY;
        }
    }
    const char *text = psc_builder_text(builder, name, strlen(name));
    snapshot->remote_names[endpoint] = text;
    return text != NULL ? PSC_OK : PSC_NO_MEMORY;
}

bool psc_builder_interface_named(const struct psc_builder *builder, uint32_t zone) {
    return names_find(&builder->snapshot->zones, zone) != NULL;
}

bool psc_builder_user_named(const struct psc_builder *builder, uint32_t uid, const char **name) {
    const struct name *found = names_find(&builder->snapshot->users, uid);
    if (found != NULL && name != NULL) {
        *name = found->text;
    }
    return found != NULL;
}

// Notices and the end -----------------------------------------------------------------------------

enum psc_status psc_builder_notice(struct psc_builder *builder, const char *kind, size_t count,
                                   const char *format, ...) {
    struct psc_snapshot *snapshot = builder->snapshot;
    for (size_t i = 0; i < snapshot->notice_count; i++) {
        if (strcmp(snapshot->notices[i].kind, kind) == 0) {
            return PSC_OK;
        }
    }
    struct psc_error sentence;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence.text, sizeof sentence.text, format, arguments);
    va_end(arguments);
    const char *text = psc_builder_text(builder, sentence.text, strlen(sentence.text));
    if (text == NULL || !PSC_ARRAY_RESERVE(snapshot->notices, builder->notice_capacity,
                                           snapshot->notice_count + 1)) {
        return PSC_NO_MEMORY;
    }
    snapshot->notices[snapshot->notice_count++] = (struct psc_notice){kind, count, text};
    return PSC_OK;
}

static enum psc_status note_unowned(struct psc_builder *builder) {
    size_t unowned = builder->undecided;
    for (size_t row = 0; row < builder->snapshot->count; row++) {
        unowned += (builder->snapshot->endpoints[row].known & PSC_KNOWN_OWNERS) == 0;
    }
    if (builder->unowned_kind == NULL || unowned == 0) {
        return PSC_OK;
    }
    return psc_builder_notice(builder, builder->unowned_kind, unowned, "owners of %zu %s are %s",
                              unowned, unowned == 1 ? "socket" : "sockets", builder->unowned_why);
}

enum psc_status psc_builder_finish(struct psc_builder *builder, const char *host, int64_t time,
                                   struct psc_snapshot **snapshot) {
    struct psc_snapshot *result = builder->snapshot;
    *snapshot = NULL;
    result->time = time;
    result->host = psc_builder_text(builder, host, strlen(host));
    enum psc_status status = result->host != NULL ? note_unowned(builder) : PSC_NO_MEMORY;
    if (status == PSC_OK && result->first_owner != NULL) {
        status = builder_sort_owners(result);
    }
    if (status == PSC_OK) {
        *snapshot = result;
        builder->snapshot = NULL;
    }
    psc_builder_free(builder);
    return status;
}
