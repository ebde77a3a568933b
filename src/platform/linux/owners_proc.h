// owners_proc.h - which processes hold which sockets, by a walk through /proc/PID/fd.
#ifndef PORTSCOPE_OWNERS_PROC_H
#define PORTSCOPE_OWNERS_PROC_H

#include "portscope/platform.h"

/**
 * Links every endpoint of a sealed builder with its owners and ends the linking. Walks only if
 * there is a socket whose owner is not known yet, and then to the end: any process may hold it too.
 * @param proc the open proc directory
 */
PSC_NODISCARD enum psc_status owners_proc_link(const struct psc_request *request, int proc,
                                               struct psc_builder *builder,
                                               struct psc_error *error);

#endif
