// process_user.h - the user that a process runs as.
#ifndef PSC_PLATFORM_WINDOWS_PROCESS_USER_H
#define PSC_PLATFORM_WINDOWS_PROCESS_USER_H

#include <windows.h>

#include "model/builder.h"

/**
 * Finds the user of a process: user and account. Accounts of this machine have their name alone, others
 * `DOMAIN\name`. SYSTEM, LOCAL SERVICE and NETWORK SERVICE are called that in every language of
 * Windows. What this user may not know, and names that do not exist, stay unknown.
 * @param handle with PROCESS_QUERY_LIMITED_INFORMATION
 */
PSC_NODISCARD enum psc_status process_user(HANDLE handle, struct psc_builder *builder,
                                           struct psc_process *process);

#endif
