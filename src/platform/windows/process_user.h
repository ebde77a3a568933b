// process_user.h - the user that a process runs as.
#ifndef PORTSCOPE_PROCESS_USER_H
#define PORTSCOPE_PROCESS_USER_H

#include <windows.h>

#include "portscope/builder.h"

/**
 * Names the user of a process. Accounts of this machine have their name alone, others `DOMAIN\name`.
 * SYSTEM, LOCAL SERVICE and NETWORK SERVICE are called that in every language of Windows.
 * @param user out: a text of the snapshot; NULL where this user may not know, or it has no name
 */
PSC_NODISCARD enum psc_status process_user(HANDLE process, struct psc_builder *builder,
                                           const char **user);

#endif
