// process_list.h - the list of all processes: names and parents, which need no rights.
#ifndef PSC_PLATFORM_WINDOWS_PROCESS_LIST_H
#define PSC_PLATFORM_WINDOWS_PROCESS_LIST_H

#include <wchar.h>

#include "model/builder.h"

/** The two processes that are no programs; the task manager calls them so. */
enum {
    PID_IDLE = 0,   /**< `System Idle Process` */
    PID_SYSTEM = 4, /**< `System`: the kernel and its drivers */
};

/** Names the processes of the builder that have no name yet. */
PSC_NODISCARD enum psc_status process_list_name(struct psc_builder *builder);

#define PROCESS_NAME_SIZE 260

/** What the list says of one process. */
struct process_entry {
    uint32_t parent; /**< its number may by now be that of another process */
    wchar_t name[PROCESS_NAME_SIZE];
};

/** @return whether there is such a process */
bool process_list_find(uint32_t pid, struct process_entry *entry);

#endif
