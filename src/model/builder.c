// builder.c - filling a snapshot: rows, owners, names, notices.
#include "model/builder.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/sort.h"
#include "model/snapshot_data.h"

// A process holds a row.
struct link {
    uint32_t row;
    uint32_t process;
};

struct psc_builder {
    const struct psc_filter *filter;
    struct psc_snapshot *snapshot;
    size_t endpoint_capacity, process_capacity, notice_capacity;

    struct link *links;
    size_t link_count, link_capacity;
    uint32_t *process_slots; // open addressing: index of a process + 1; 0: free
    size_t slot_count;       // a power of two, or 0
    uint32_t latest;         // process that was linked last; the next one is often the same

    bool *owns_row; // by process
    const char *unowned_kind, *unowned_reason;
    size_t undecided; // rows without known owners that were dropped, perhaps wrongly
    bool failed;      // out of memory
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
    free(builder->owns_row);
    free(builder);
}

// Rows --------------------------------------------------------------------------------------------

void psc_builder_add(struct psc_builder *builder, const struct psc_endpoint *endpoint) {
    struct psc_snapshot *snapshot = builder->snapshot;
    if (!psc_filter_endpoint(builder->filter, endpoint)) {
        return;
    }
    if (!PSC_ARRAY_RESERVE(snapshot->endpoints, builder->endpoint_capacity, snapshot->count + 1)) {
        builder->failed = true;
        return;
    }
    snapshot->endpoints[snapshot->count++] = *endpoint;
}

void psc_builder_set_interface(struct psc_builder *builder, size_t row, uint32_t ifindex) {
    builder->snapshot->endpoints[row].ifindex = ifindex;
}

size_t psc_builder_count(const struct psc_builder *builder) {
    return builder->snapshot->count;
}

void psc_builder_rewind(struct psc_builder *builder, size_t mark) {
    builder->snapshot->count = mark;
}

void psc_builder_seal(struct psc_builder *builder) {
    struct psc_snapshot *snapshot = builder->snapshot;
    if (psc_endpoint_sort(snapshot->endpoints, &snapshot->count) != PSC_OK) {
        builder->failed = true;
    }
}

const struct psc_endpoint *psc_builder_endpoint(const struct psc_builder *builder, size_t row) {
    return &builder->snapshot->endpoints[row];
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

static bool add_process(struct psc_builder *builder, uint32_t pid) {
    struct psc_snapshot *snapshot = builder->snapshot;
    if (2 * snapshot->process_count >= builder->slot_count && !grow_slots(builder)) {
        return false;
    }
    size_t slot = pid_slot(builder, pid);
    if (builder->process_slots[slot] == 0) {
        if (!PSC_ARRAY_RESERVE(snapshot->processes, builder->process_capacity,
                               snapshot->process_count + 1)) {
            return false;
        }
        snapshot->processes[snapshot->process_count++] = (struct psc_process){.pid = pid};
        builder->process_slots[slot] = (uint32_t)snapshot->process_count;
    }
    builder->latest = builder->process_slots[slot] - 1;
    return true;
}

void psc_builder_link(struct psc_builder *builder, size_t row, uint32_t pid) {
    const struct psc_snapshot *snapshot = builder->snapshot;
    bool again = builder->latest < snapshot->process_count &&
                 snapshot->processes[builder->latest].pid == pid;
    if ((!again && !add_process(builder, pid)) ||
        !PSC_ARRAY_RESERVE(builder->links, builder->link_capacity, builder->link_count + 1)) {
        builder->failed = true;
        return;
    }
    builder->links[builder->link_count++] = (struct link){(uint32_t)row, builder->latest};
}

// Sorts the links by row, by counting.
static void place_links(const struct psc_builder *builder, uint32_t *first, uint32_t *owners) {
    size_t count = builder->snapshot->count;
    for (size_t i = 0; i < builder->link_count; i++) {
        first[builder->links[i].row + 1]++;
    }
    for (size_t i = 0; i < count; i++) {
        first[i + 1] += first[i];
    }
    for (size_t i = 0; i < builder->link_count; i++) {
        owners[first[builder->links[i].row]++] = builder->links[i].process;
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

// Sorts the owners of a row by age, then by PID.
static void sort_owners(struct psc_builder *builder, size_t row) {
    struct psc_snapshot *snapshot = builder->snapshot;
    uint32_t *owners = snapshot->owners + snapshot->first_owner[row];
    size_t count = snapshot->first_owner[row + 1] - snapshot->first_owner[row];
    if (count < 2) {
        return;
    }
    struct psc_sort_item *items = malloc(count * sizeof *items);
    for (size_t i = 0; items != NULL && i < count; i++) {
        items[i] = (struct psc_sort_item){0, owners[i]};
    }
    if (items == NULL || psc_sort(items, count, compare_processes, snapshot->processes) != PSC_OK) {
        builder->failed = true;
    }
    for (size_t i = 0; items != NULL && i < count; i++) {
        owners[i] = items[i].index;
    }
    free(items);
}

// A process that holds a socket through several descriptors was linked as many times.
static void drop_repeats(struct psc_builder *builder) {
    struct psc_snapshot *snapshot = builder->snapshot;
    uint32_t kept = 0;
    for (size_t row = 0; row < snapshot->count; row++) {
        sort_owners(builder, row);
        uint32_t begin = snapshot->first_owner[row];
        uint32_t end = snapshot->first_owner[row + 1];
        snapshot->first_owner[row] = kept;
        for (uint32_t i = begin; i < end; i++) {
            if (i == begin || snapshot->owners[i] != snapshot->owners[i - 1]) {
                snapshot->owners[kept++] = snapshot->owners[i]; // NOLINT: sort_owners() wrote it
            }
        }
    }
    snapshot->first_owner[snapshot->count] = kept;
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

typedef bool passes(const struct psc_filter *filter, const struct psc_snapshot *snapshot,
                    size_t row);

// Keeps the rows that pass, and remembers which processes still own one.
static void keep_rows(struct psc_builder *builder, passes *pass) {
    struct psc_snapshot *snapshot = builder->snapshot;
    memset(builder->owns_row, 0, snapshot->process_count * sizeof *builder->owns_row);
    size_t kept = 0;
    uint32_t kept_owners = 0;
    uint32_t begin = 0;
    for (size_t row = 0; row < snapshot->count; row++) {
        uint32_t end = snapshot->first_owner[row + 1];
        bool known = (snapshot->endpoints[row].known & PSC_KNOWN_OWNERS) != 0;
        if (!pass(builder->filter, snapshot, row)) {
            builder->undecided += !known;
        } else {
            snapshot->endpoints[kept] = snapshot->endpoints[row];
            snapshot->first_owner[kept++] = kept_owners;
            for (uint32_t i = begin; i < end; i++) {
                builder->owns_row[snapshot->owners[i]] = true;
                snapshot->owners[kept_owners++] = snapshot->owners[i];
            }
        }
        begin = end;
    }
    snapshot->first_owner[kept] = kept_owners;
    snapshot->count = kept;
}

void psc_builder_end_links(struct psc_builder *builder, const char *kind, const char *reason) {
    struct psc_snapshot *snapshot = builder->snapshot;
    snapshot->first_owner = calloc(snapshot->count + 1, sizeof *snapshot->first_owner);
    snapshot->owners = malloc((builder->link_count + 1) * sizeof *snapshot->owners);
    builder->owns_row = calloc(snapshot->process_count + 1, sizeof *builder->owns_row);
    if (snapshot->first_owner == NULL || snapshot->owners == NULL || builder->owns_row == NULL) {
        builder->failed = true;
        return;
    }
    place_links(builder, snapshot->first_owner, snapshot->owners);
    free(builder->links);
    builder->links = NULL;
    builder->link_count = builder->link_capacity = 0;
    builder->unowned_kind = kind;
    builder->unowned_reason = reason;
    drop_repeats(builder);
    for (size_t row = 0; row < snapshot->count; row++) {
        note_sharing(snapshot, row);
    }
    keep_rows(builder, psc_filter_pids);
}

// By number, because an interface may be known of one of them only.
static bool has_socket(const struct psc_snapshot *snapshot, const struct psc_endpoint *endpoint) {
    for (size_t row = 0; row < snapshot->count; row++) {
        const struct psc_endpoint *other = &snapshot->endpoints[row];
        if (other->protocol == endpoint->protocol && other->local_port == endpoint->local_port &&
            (endpoint->cookie != 0 ? other->cookie == endpoint->cookie
                                   : other->inode == endpoint->inode)) {
            return true;
        }
    }
    return false;
}

bool psc_builder_has_unowned(const struct psc_builder *builder) {
    const struct psc_snapshot *snapshot = builder->snapshot;
    for (size_t row = 0; snapshot->privileged && row < snapshot->count; row++) {
        if ((snapshot->endpoints[row].known & PSC_KNOWN_OWNERS) == 0) {
            return true;
        }
    }
    return false;
}

void psc_builder_drop_closed(struct psc_builder *builder, const struct psc_builder *later) {
    struct psc_snapshot *snapshot = builder->snapshot;
    size_t kept = 0;
    builder->failed = builder->failed || later->failed;
    for (size_t row = 0; !builder->failed && row < snapshot->count; row++) {
        const struct psc_endpoint *endpoint = &snapshot->endpoints[row];
        if ((endpoint->known & PSC_KNOWN_OWNERS) != 0 || has_socket(later->snapshot, endpoint)) {
            snapshot->endpoints[kept] = *endpoint;
            snapshot->first_owner[kept++] = snapshot->first_owner[row];
        }
    }
    if (!builder->failed) { // no owner belonged to a dropped row
        snapshot->first_owner[kept] = snapshot->first_owner[snapshot->count];
        snapshot->count = kept;
    }
}

void psc_builder_select(struct psc_builder *builder) {
    if (!builder->failed && psc_filter_needs(builder->filter).details != 0) {
        keep_rows(builder, psc_filter_names);
    }
}

void psc_builder_set_privileged(struct psc_builder *builder) {
    builder->snapshot->privileged = true;
}

size_t psc_builder_process_count(const struct psc_builder *builder) {
    return builder->failed ? 0 : builder->snapshot->process_count;
}

struct psc_process *psc_builder_process(struct psc_builder *builder, size_t index) {
    return builder->owns_row[index] ? &builder->snapshot->processes[index] : NULL;
}

// Names -------------------------------------------------------------------------------------------

const char *psc_builder_text(struct psc_builder *builder, const char *bytes, size_t size) {
    char *text = arena_allocate(&builder->snapshot->texts, size + 1);
    if (text == NULL) {
        builder->failed = true;
        return NULL;
    }
    memcpy(text, bytes, size);
    text[size] = '\0';
    return text;
}

static void add_name(struct psc_builder *builder, struct names *names, uint32_t number,
                     const char *name) {
    const char *text = name != NULL ? psc_builder_text(builder, name, strlen(name)) : NULL;
    if (!PSC_ARRAY_RESERVE(names->list, names->capacity, names->count + 1)) {
        builder->failed = true;
        return;
    }
    size_t at = names->count++;
    while (at > 0 && names->list[at - 1].number > number) {
        names->list[at] = names->list[at - 1];
        at--;
    }
    names->list[at] = (struct name){number, text};
}

void psc_builder_name_interface(struct psc_builder *builder, uint32_t ifindex, const char *name) {
    add_name(builder, &builder->snapshot->interfaces, ifindex, name);
}

void psc_builder_name_user(struct psc_builder *builder, uint32_t uid, const char *name) {
    add_name(builder, &builder->snapshot->users, uid, name);
}

void psc_builder_name_remote(struct psc_builder *builder, size_t row, const char *name) {
    struct psc_snapshot *snapshot = builder->snapshot;
    if (snapshot->remote_names == NULL) {
        snapshot->remote_names = calloc(snapshot->count, sizeof *snapshot->remote_names);
    }
    if (snapshot->remote_names == NULL) {
        builder->failed = true;
        return;
    }
    snapshot->remote_names[row] = psc_builder_text(builder, name, strlen(name));
}

bool psc_builder_interface_named(const struct psc_builder *builder, uint32_t ifindex) {
    return names_find(&builder->snapshot->interfaces, ifindex) != NULL;
}

bool psc_builder_user_named(const struct psc_builder *builder, uint32_t uid, const char **name) {
    const struct name *found = names_find(&builder->snapshot->users, uid);
    if (found != NULL && name != NULL) {
        *name = found->text;
    }
    return found != NULL;
}

// Notices and the end -----------------------------------------------------------------------------

void psc_builder_notice(struct psc_builder *builder, const char *kind, size_t count,
                        const char *format, ...) {
    struct psc_snapshot *snapshot = builder->snapshot;
    for (size_t i = 0; i < snapshot->notice_count; i++) {
        if (strcmp(snapshot->notices[i].kind, kind) == 0) {
            return;
        }
    }
    struct psc_error sentence;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence.text, sizeof sentence.text, format, arguments);
    va_end(arguments);
    const char *text = psc_builder_text(builder, sentence.text, strlen(sentence.text));
    if (!PSC_ARRAY_RESERVE(snapshot->notices, builder->notice_capacity,
                           snapshot->notice_count + 1)) {
        builder->failed = true;
        return;
    }
    snapshot->notices[snapshot->notice_count++] = (struct psc_notice){kind, count, text};
}

static void note_unowned(struct psc_builder *builder) {
    size_t unowned = builder->undecided;
    for (size_t row = 0; row < builder->snapshot->count; row++) {
        unowned += (builder->snapshot->endpoints[row].known & PSC_KNOWN_OWNERS) == 0;
    }
    if (builder->unowned_kind != NULL && unowned > 0) {
        psc_builder_notice(builder, builder->unowned_kind, unowned, "%zu %s no visible owner%s",
                           unowned, unowned == 1 ? "socket has" : "sockets have",
                           builder->unowned_reason);
    }
}

enum psc_status psc_builder_finish(struct psc_builder *builder, const char *host, int64_t time,
                                   struct psc_snapshot **snapshot) {
    struct psc_snapshot *result = builder->snapshot;
    result->time = time;
    result->host = psc_builder_text(builder, host, strlen(host));
    note_unowned(builder);
    // Again, because the age of a process was not known yet when it was linked.
    bool linked = !builder->failed && result->first_owner != NULL;
    for (size_t row = 0; linked && row < result->count; row++) {
        sort_owners(builder, row);
    }
    enum psc_status status = builder->failed ? PSC_NO_MEMORY : PSC_OK;
    *snapshot = NULL;
    if (status == PSC_OK) {
        *snapshot = result;
        builder->snapshot = NULL;
    }
    psc_builder_free(builder);
    return status;
}
