// builder_owners.c - which process holds which row, and which rows are kept for their owners' sake.
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/sort.h"
#include "model/builder_data.h"

// Links -------------------------------------------------------------------------------------------

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
        if (!PSC_ARRAY_RESERVE(snapshot->processes, builder->process_capacity,
                               snapshot->process_count + 1)) {
            return PSC_NO_MEMORY;
        }
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
    if (!PSC_ARRAY_RESERVE(builder->links, builder->link_capacity, builder->link_count + 1)) {
        return PSC_NO_MEMORY;
    }
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

typedef bool passes(const struct psc_filter *filter, const struct psc_snapshot *snapshot,
                    size_t row);

// Keeps the rows that pass, and remembers which processes still own one.
static void keep_rows(struct psc_builder *builder, passes *pass) {
    struct psc_snapshot *snapshot = builder->snapshot;
    memset(builder->wanted, 0, snapshot->process_count * sizeof *builder->wanted);
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
                builder->wanted[snapshot->owners[i]] = true;
                snapshot->owners[kept_owners++] = snapshot->owners[i];
            }
        }
        begin = end;
    }
    snapshot->first_owner[kept] = kept_owners;
    snapshot->count = kept;
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
        keep_rows(builder, psc_filter_pids);
    }
    return status;
}

void psc_builder_select(struct psc_builder *builder) {
    if (psc_filter_needs(builder->filter).details != 0) {
        keep_rows(builder, psc_filter_names);
    }
}

// Their age decides, and that was not yet known when they were linked.
enum psc_status builder_sort_owners(struct psc_snapshot *snapshot) {
    enum psc_status status = PSC_OK;
    for (size_t row = 0; status == PSC_OK && row < snapshot->count; row++) {
        uint32_t first = snapshot->first_owner[row];
        status =
            sort_owners(snapshot, snapshot->owners + first, snapshot->first_owner[row + 1] - first);
    }
    return status;
}

void psc_builder_set_privileged(struct psc_builder *builder) {
    builder->snapshot->privileged = true;
}

size_t psc_builder_process_count(const struct psc_builder *builder) {
    return builder->snapshot->process_count;
}

struct psc_process *psc_builder_process(struct psc_builder *builder, size_t index) {
    return builder->wanted[index] ? &builder->snapshot->processes[index] : NULL;
}
