// builder.c - filling a snapshot: rows, owners, names, selection.
#include "portscope/builder.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "portscope/sort.h"
#include "snapshot_data.h"

// A process holds an endpoint.
struct link {
    uint32_t endpoint;
    uint32_t process;
};

struct psc_builder {
    const struct psc_filter *filter;
    struct psc_snapshot *snapshot;
    size_t endpoint_capacity, process_capacity;

    struct link *links;
    size_t link_count, link_capacity;
    uint32_t *process_slots; // open addressing: process number + 1, 0 is free
    size_t slot_count;       // a power of two, or 0
    uint32_t latest;         // the process linked last, which is likely to be the next

    bool *wanted; // by process: owns a row
    const char *unowned_kind, *unowned_why;
};

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

// Makes room for one more element. `*array` stays valid when it fails.
static bool reserve(void **array, size_t count, size_t *capacity, size_t size) {
    if (count < *capacity) {
        return true;
    }
    size_t larger = *capacity == 0 ? 16 : *capacity * 2;
    void *grown = realloc(*array, larger * size);
    if (grown == NULL) {
        return false;
    }
    *array = grown;
    *capacity = larger;
    return true;
}

// Endpoints ---------------------------------------------------------------------------------------

enum psc_status psc_builder_add(struct psc_builder *builder, const struct psc_endpoint *endpoint) {
    struct psc_snapshot *snapshot = builder->snapshot;
    if (!psc_filter_endpoint(builder->filter, endpoint)) {
        return PSC_OK;
    }
    void *array = snapshot->endpoints;
    if (!reserve(&array, snapshot->count, &builder->endpoint_capacity, sizeof *endpoint)) {
        return PSC_NO_MEMORY;
    }
    snapshot->endpoints = array;
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
    uint64_t key = (uint64_t)endpoint->table << 62;
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
    uint64_t rest = endpoint->zone < zones ? (uint64_t)endpoint->zone << 16 | endpoint->local_port
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

// Owners ------------------------------------------------------------------------------------------

static size_t pid_slot(const struct psc_builder *builder, uint32_t pid) {
    size_t mask = builder->slot_count - 1;
    size_t slot = (pid * 2654435761U) & mask;
    while (builder->process_slots[slot] != 0 &&
           builder->snapshot->processes[builder->process_slots[slot] - 1].pid != pid) {
        slot = (slot + 1) & mask;
    }
    return slot;
}

static bool grow_slots(struct psc_builder *builder) {
    size_t count = builder->slot_count == 0 ? 64 : builder->slot_count * 2;
    uint32_t *slots = calloc(count, sizeof *slots);
    if (slots == NULL) {
        return false;
    }
    free(builder->process_slots);
    builder->process_slots = slots;
    builder->slot_count = count;
    for (size_t i = 0; i < builder->snapshot->process_count; i++) {
        slots[pid_slot(builder, builder->snapshot->processes[i].pid)] = (uint32_t)i + 1;
    }
    return true;
}

// Finds or adds a process.
static enum psc_status intern_process(struct psc_builder *builder, uint32_t pid,
                                      uint32_t *process) {
    struct psc_snapshot *snapshot = builder->snapshot;
    if (builder->latest < snapshot->process_count &&
        snapshot->processes[builder->latest].pid == pid) {
        *process = builder->latest;
        return PSC_OK;
    }
    if (2 * snapshot->process_count >= builder->slot_count && !grow_slots(builder)) {
        return PSC_NO_MEMORY;
    }
    size_t slot = pid_slot(builder, pid);
    if (builder->process_slots[slot] == 0) {
        void *array = snapshot->processes;
        if (!reserve(&array, snapshot->process_count, &builder->process_capacity,
                     sizeof *snapshot->processes)) {
            return PSC_NO_MEMORY;
        }
        snapshot->processes = array;
        snapshot->processes[snapshot->process_count++] = (struct psc_process){.pid = pid};
        builder->process_slots[slot] = (uint32_t)snapshot->process_count;
    }
    *process = builder->latest = builder->process_slots[slot] - 1;
    return PSC_OK;
}

enum psc_status psc_builder_link(struct psc_builder *builder, size_t endpoint, uint32_t pid) {
    uint32_t process;
    enum psc_status status = intern_process(builder, pid, &process);
    if (status != PSC_OK) {
        return status;
    }
    void *array = builder->links;
    if (!reserve(&array, builder->link_count, &builder->link_capacity, sizeof *builder->links)) {
        return PSC_NO_MEMORY;
    }
    builder->links = array;
    builder->links[builder->link_count++] = (struct link){(uint32_t)endpoint, process};
    return PSC_OK;
}

// Sorts the links by endpoint, by counting.
static void place_links(const struct psc_builder *builder, uint32_t *first, uint32_t *owners) {
    size_t count = builder->snapshot->count;
    for (size_t i = 0; i < builder->link_count; i++) {
        first[builder->links[i].endpoint + 1]++;
    }
    for (size_t i = 0; i < count; i++) {
        first[i + 1] += first[i];
    }
    for (size_t i = 0; i < builder->link_count; i++) {
        owners[first[builder->links[i].endpoint]++] = builder->links[i].process;
    }
    // Now first[i] is where the owners of i end, which is where those of i + 1 begin.
    memmove(first + 1, first, count * sizeof *first);
    first[0] = 0;
}

static int compare_processes(uint32_t a, uint32_t b, const void *context) {
    const struct psc_process *processes = context;
    const struct psc_process *x = &processes[a];
    const struct psc_process *y = &processes[b];
    int64_t left = (x->known & PSC_PROCESS_STARTED) != 0 ? x->started : INT64_MAX;
    int64_t right = (y->known & PSC_PROCESS_STARTED) != 0 ? y->started : INT64_MAX;
    if (left != right) {
        return left < right ? -1 : 1;
    }
    return (x->pid > y->pid) - (x->pid < y->pid);
}

static enum psc_status sort_owners(struct psc_snapshot *snapshot, uint32_t *owners, size_t count) {
    if (count < 2) {
        return PSC_OK;
    }
    struct psc_sort_item *items = malloc(count * sizeof *items);
    if (items == NULL) {
        return PSC_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        items[i] = (struct psc_sort_item){0, owners[i]};
    }
    enum psc_status status = psc_sort(items, count, compare_processes, snapshot->processes);
    for (size_t i = 0; i < count; i++) {
        owners[i] = items[i].index;
    }
    free(items);
    return status;
}

// A process that holds a socket through several descriptors was linked as many times.
static enum psc_status drop_repeats(struct psc_snapshot *snapshot) {
    uint32_t kept = 0;
    for (size_t row = 0; row < snapshot->count; row++) {
        uint32_t begin = snapshot->first_owner[row];
        uint32_t end = snapshot->first_owner[row + 1];
        enum psc_status status = sort_owners(snapshot, snapshot->owners + begin, end - begin);
        if (status != PSC_OK) {
            return status;
        }
        snapshot->first_owner[row] = kept;
        for (uint32_t i = begin; i < end; i++) {
            if (i == begin || snapshot->owners[i] != snapshot->owners[i - 1]) {
                snapshot->owners[kept++] = snapshot->owners[i];
            }
        }
    }
    snapshot->first_owner[snapshot->count] = kept;
    return PSC_OK;
}

static void note_sharing(struct psc_snapshot *snapshot, size_t row) {
    struct psc_owners owners = psc_snapshot_owners(snapshot, row);
    for (size_t i = 0; owners.count > 1 && i < owners.count; i++) {
        snapshot->processes[owners.processes[i]].shares = true;
    }
    if (owners.count > 0) {
        snapshot->endpoints[row].known |= PSC_KNOWN_OWNERS;
    }
}

// Selection ---------------------------------------------------------------------------------------

typedef bool passes(const struct psc_builder *builder, size_t row);

// Keeps the rows that pass, and remembers which processes still own one.
static void keep_rows(struct psc_builder *builder, passes *pass) {
    struct psc_snapshot *snapshot = builder->snapshot;
    memset(builder->wanted, 0, snapshot->process_count * sizeof *builder->wanted);
    size_t kept = 0;
    uint32_t kept_owners = 0;
    uint32_t begin = 0;
    for (size_t row = 0; row < snapshot->count; row++) {
        uint32_t end = snapshot->first_owner[row + 1];
        if (pass(builder, row)) {
            snapshot->endpoints[kept] = snapshot->endpoints[row];
            snapshot->first_owner[kept++] = kept_owners;
            for (uint32_t i = begin; i < end; i++) {
                builder->wanted[snapshot->owners[i]] = true;
                snapshot->owners[kept_owners++] = snapshot->owners[i];
            }
        }
        begin = end;
    }
    snapshot->first_owner[kept] = kept_owners;
    snapshot->count = kept;
}

static bool pass_pids(const struct psc_builder *builder, size_t row) {
    const struct psc_pids *pids = &builder->filter->pids;
    if (pids->count == 0) {
        return true;
    }
    struct psc_owners owners = psc_snapshot_owners(builder->snapshot, row);
    bool matches = false;
    for (size_t i = 0; i < owners.count && !matches; i++) {
        matches = psc_pids_have(pids, builder->snapshot->processes[owners.processes[i]].pid);
    }
    return matches != pids->negated;
}

enum psc_status psc_builder_end_links(struct psc_builder *builder, const char *kind,
                                      const char *why) {
    struct psc_snapshot *snapshot = builder->snapshot;
    size_t links = builder->link_count;
    snapshot->first_owner = calloc(snapshot->count + 1, sizeof *snapshot->first_owner);
    snapshot->owners = malloc((links + 1) * sizeof *snapshot->owners);
    builder->wanted = calloc(snapshot->process_count + 1, sizeof *builder->wanted);
    if (snapshot->first_owner == NULL || snapshot->owners == NULL || builder->wanted == NULL) {
        return PSC_NO_MEMORY;
    }
    place_links(builder, snapshot->first_owner, snapshot->owners);
    free(builder->links);
    builder->links = NULL;
    builder->link_count = 0;
    enum psc_status status = drop_repeats(snapshot);
    for (size_t row = 0; status == PSC_OK && row < snapshot->count; row++) {
        note_sharing(snapshot, row);
    }
    if (status == PSC_OK) {
        builder->unowned_kind = kind;
        builder->unowned_why = why;
        keep_rows(builder, pass_pids);
    }
    return status;
}

static bool has_process(const struct psc_globs *globs, const struct psc_process *process) {
    return (process->name != NULL && psc_globs_have(globs, process->name)) ||
           (process->path != NULL && psc_globs_have(globs, process->path));
}

static bool has_user(const struct psc_globs *globs, const struct psc_snapshot *snapshot,
                     size_t row) {
    const struct psc_endpoint *endpoint = &snapshot->endpoints[row];
    if ((endpoint->known & PSC_KNOWN_UID) == 0) {
        return false;
    }
    char number[16];
    snprintf(number, sizeof number, "%lu", (unsigned long)endpoint->uid);
    const char *name = psc_snapshot_user(snapshot, endpoint->uid);
    return psc_globs_have(globs, number) || (name != NULL && psc_globs_have(globs, name));
}

static bool pass_names(const struct psc_builder *builder, size_t row) {
    const struct psc_snapshot *snapshot = builder->snapshot;
    const struct psc_globs *processes = &builder->filter->processes;
    const struct psc_globs *users = &builder->filter->users;
    bool process = false;
    bool user = users->count > 0 && has_user(users, snapshot, row);
    struct psc_owners owners = psc_snapshot_owners(snapshot, row);
    for (size_t i = 0; i < owners.count; i++) {
        const struct psc_process *owner = &snapshot->processes[owners.processes[i]];
        process = process || has_process(processes, owner);
        user = user || (owner->user != NULL && psc_globs_have(users, owner->user));
    }
    return (processes->count == 0 || process != processes->negated) &&
           (users->count == 0 || user != users->negated);
}

void psc_builder_select(struct psc_builder *builder) {
    const struct psc_filter *filter = builder->filter;
    if (filter->processes.count > 0 || filter->users.count > 0) {
        keep_rows(builder, pass_names);
    }
}

// Processes and names -----------------------------------------------------------------------------

size_t psc_builder_process_count(const struct psc_builder *builder) {
    return builder->snapshot->process_count;
}

struct psc_process *psc_builder_process(struct psc_builder *builder, size_t index) {
    return builder->wanted[index] ? &builder->snapshot->processes[index] : NULL;
}

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
    void *array = names->list;
    if (!reserve(&array, names->count, &names->capacity, sizeof *names->list)) {
        return PSC_NO_MEMORY;
    }
    names->list = array;
    size_t at = names->count++;
    while (at > 0 && names->list[at - 1].number > number) {
        names->list[at] = names->list[at - 1];
        at--;
    }
    names->list[at] = (struct name){number, text};
    return PSC_OK;
}

enum psc_status psc_builder_name_zone(struct psc_builder *builder, uint32_t zone,
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

bool psc_builder_zone_named(const struct psc_builder *builder, uint32_t zone) {
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
    struct psc_notice *grown =
        realloc(snapshot->notices, (snapshot->notice_count + 1) * sizeof *grown);
    if (grown != NULL) {
        snapshot->notices = grown;
    }
    if (text == NULL || grown == NULL) {
        return PSC_NO_MEMORY;
    }
    grown[snapshot->notice_count++] = (struct psc_notice){kind, count, text};
    return PSC_OK;
}

static enum psc_status note_unowned(struct psc_builder *builder) {
    size_t unowned = 0;
    for (size_t row = 0; row < builder->snapshot->count; row++) {
        unowned += (builder->snapshot->endpoints[row].known & PSC_KNOWN_OWNERS) == 0;
    }
    if (builder->unowned_kind == NULL || unowned == 0) {
        return PSC_OK;
    }
    return psc_builder_notice(builder, builder->unowned_kind, unowned, "owners of %zu %s are %s",
                              unowned, unowned == 1 ? "socket" : "sockets", builder->unowned_why);
}

// Their age decides, and that was not yet known when they were linked.
static enum psc_status sort_all_owners(struct psc_snapshot *snapshot) {
    enum psc_status status = PSC_OK;
    for (size_t row = 0; status == PSC_OK && row < snapshot->count; row++) {
        uint32_t first = snapshot->first_owner[row];
        status =
            sort_owners(snapshot, snapshot->owners + first, snapshot->first_owner[row + 1] - first);
    }
    return status;
}

enum psc_status psc_builder_finish(struct psc_builder *builder, const char *host, int64_t time,
                                   struct psc_snapshot **snapshot) {
    struct psc_snapshot *result = builder->snapshot;
    *snapshot = NULL;
    result->time = time;
    result->host = psc_builder_text(builder, host, strlen(host));
    enum psc_status status = result->host != NULL ? note_unowned(builder) : PSC_NO_MEMORY;
    if (status == PSC_OK && result->first_owner != NULL) {
        status = sort_all_owners(result);
    }
    if (status == PSC_OK) {
        *snapshot = result;
        builder->snapshot = NULL;
    }
    psc_builder_free(builder);
    return status;
}
