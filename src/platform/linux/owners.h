// owners.h - the search for owners: by BPF where that is possible and worth it, else by a walk.
#ifndef PSC_PLATFORM_LINUX_OWNERS_H
#define PSC_PLATFORM_LINUX_OWNERS_H

#include <pthread.h>

#include "platform/linux/owner_table.h"
#include "platform/platform.h"

/** A search, which on a busy machine runs beside the dump of the tables. */
struct owners_search {
    const struct psc_request *request;
    int proc;
    bool by_bpf; /**< the iterator may be used */
    bool early;  /**< `thread` runs, or ran, before the tables were known */
    pthread_t thread;
    struct owner_list owners;
    enum psc_status status; /**< of the iterator */
};

/**
 * Begins a search. Every search that was begun must be ended.
 * @param proc the open proc directory; borrowed until the end
 */
void owners_begin(struct owners_search *search, const struct psc_request *request, int proc);

/**
 * Links every endpoint of a sealed builder with its owners and ends the linking. Nothing is searched
 * for if the owners of all rows are known already.
 * @param builder NULL: give the search up
 */
PSC_NODISCARD enum psc_status owners_end(struct owners_search *search, struct psc_builder *builder,
                                         struct psc_error *error);

/** Which ways to find owners this build, machine and user have, as a few words. */
const char *owners_describe(void);

#endif
