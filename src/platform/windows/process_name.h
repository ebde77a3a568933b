// process_name.h - the names of processes, which need no rights.
#ifndef PORTSCOPE_PROCESS_NAME_H
#define PORTSCOPE_PROCESS_NAME_H

#include "portscope/builder.h"

/** The two processes that are no programs; the task list calls them so. */
enum {
    PID_IDLE = 0,   /**< `System Idle Process` */
    PID_SYSTEM = 4, /**< `System`: the kernel and its drivers */
};

/** Names the processes of the builder that have no name yet, from one list of all processes. */
PSC_NODISCARD enum psc_status process_names(struct psc_builder *builder);

#endif
