// owners.h - the search for owners: by BPF if possible and worth it, otherwise by a walk.
#ifndef PSC_PLATFORM_LINUX_OWNERS_H
#define PSC_PLATFORM_LINUX_OWNERS_H

#include <pthread.h>

#include "platform/linux/owner_table.h"
#include "platform/platform.h"

/** A search. On a busy machine it runs in parallel to the dump of the tables. */
struct owners_search {
    const struct psc_request *request;
    int proc;
    bool by_bpf; /**< the iterator may be used */
    bool early;  /**< `thread` was started before the tables were known */
    pthread_t thread;
    struct owner_list owners;
    enum psc_status status; /**< of the iterator */
};

/**
 * Begins a search, to be ended by owners_end().
 * @param proc the open proc directory; borrowed until the end
 */
void owners_begin(struct owners_search *search, const struct psc_request *request, int proc);

/**
 * Links the rows of a sealed builder with their owners, and ends the linking. If all owners are known
 * already, there is no search.
 * @param builder NULL: abandon the search
 */
PSC_NODISCARD enum psc_status owners_end(struct owners_search *search, struct psc_builder *builder,
                                         struct psc_error *error);

/** The methods that this build, machine and user have. Static storage. */
const char *owners_describe(void);

#endif
