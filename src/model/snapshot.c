// snapshot.c - reading a snapshot, and freeing it.
#include "model/snapshot.h"

#include <stdio.h>
#include <stdlib.h>

#include "model/snapshot_data.h"

struct arena_block {
    struct arena_block *older;
    size_t size;
    char bytes[];
};

char *arena_allocate(struct arena *arena, size_t size) {
    if (arena->blocks == NULL || size > arena->free_bytes) {
        size_t block_size = size > 4096 ? size : 16384;
        struct arena_block *block = malloc(sizeof *block + block_size);
        if (block == NULL) {
            return NULL;
        }
        block->older = arena->blocks;
        block->size = block_size;
        arena->blocks = block;
        arena->free_bytes = block_size;
    }
    char *piece = arena->blocks->bytes + arena->blocks->size - arena->free_bytes;
    arena->free_bytes -= size;
    return piece;
}

void arena_done(struct arena *arena) {
    while (arena->blocks != NULL) {
        struct arena_block *older = arena->blocks->older;
        free(arena->blocks);
        arena->blocks = older;
    }
}

const struct name *names_find(const struct names *names, uint32_t number) {
    size_t low = 0;
    size_t high = names->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (names->list[middle].number == number) {
            return &names->list[middle];
        }
        if (names->list[middle].number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

void psc_snapshot_free(struct psc_snapshot *snapshot) {
    if (snapshot == NULL) {
        return;
    }
    free(snapshot->endpoints);
    free(snapshot->first_owner);
    free(snapshot->owners);
    free(snapshot->processes);
    free(snapshot->remote_names);
    free(snapshot->interfaces.list);
    free(snapshot->users.list);
    free(snapshot->notices);
    arena_done(&snapshot->texts);
    free(snapshot);
}

const char *psc_snapshot_host(const struct psc_snapshot *snapshot) {
    return snapshot->host;
}

int64_t psc_snapshot_time(const struct psc_snapshot *snapshot) {
    return snapshot->time;
}

bool psc_snapshot_is_privileged(const struct psc_snapshot *snapshot) {
    return snapshot->privileged;
}

size_t psc_snapshot_count(const struct psc_snapshot *snapshot) {
    return snapshot->count;
}

const struct psc_endpoint *psc_snapshot_endpoint(const struct psc_snapshot *snapshot,
                                                 size_t index) {
    return &snapshot->endpoints[index];
}

struct psc_owners psc_snapshot_owners(const struct psc_snapshot *snapshot, size_t index) {
    if (snapshot->first_owner == NULL) {
        return (struct psc_owners){NULL, 0};
    }
    uint32_t first = snapshot->first_owner[index];
    return (struct psc_owners){snapshot->owners + first, snapshot->first_owner[index + 1] - first};
}

size_t psc_snapshot_owner_count(const struct psc_snapshot *snapshot) {
    size_t count = 0;
    for (size_t i = 0; i < psc_snapshot_count(snapshot); i++) {
        count += psc_snapshot_owners(snapshot, i).count;
    }
    return count;
}

const struct psc_process *psc_snapshot_process(const struct psc_snapshot *snapshot,
                                               uint32_t process) {
    return &snapshot->processes[process];
}

const struct psc_process *psc_snapshot_oldest(const struct psc_snapshot *snapshot, size_t index) {
    struct psc_owners owners = psc_snapshot_owners(snapshot, index);
    return owners.count > 0 ? &snapshot->processes[owners.processes[0]] : NULL;
}

static const char *name_text(const struct names *names, uint32_t number) {
    const struct name *name = names_find(names, number);
    return name != NULL ? name->text : NULL;
}

const char *psc_snapshot_interface(const struct psc_snapshot *snapshot, uint32_t ifindex) {
    return name_text(&snapshot->interfaces, ifindex);
}

const char *psc_snapshot_zone(const struct psc_snapshot *snapshot, uint32_t ifindex,
                              char number[PSC_ZONE_NUMBER_SIZE]) {
    const char *name = psc_snapshot_interface(snapshot, ifindex);
    if (name == NULL) {
        snprintf(number, PSC_ZONE_NUMBER_SIZE, "%lu", (unsigned long)ifindex);
    }
    return name != NULL ? name : number;
}

const char *psc_snapshot_user(const struct psc_snapshot *snapshot, uint32_t uid) {
    return name_text(&snapshot->users, uid);
}

const char *psc_snapshot_remote_name(const struct psc_snapshot *snapshot, size_t index) {
    return snapshot->remote_names != NULL ? snapshot->remote_names[index] : NULL;
}

size_t psc_snapshot_notice_count(const struct psc_snapshot *snapshot) {
    return snapshot->notice_count;
}

const struct psc_notice *psc_snapshot_notice(const struct psc_snapshot *snapshot, size_t index) {
    return &snapshot->notices[index];
}
