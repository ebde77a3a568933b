// process_services.h - which services run in which process.
#ifndef PSC_PLATFORM_WINDOWS_PROCESS_SERVICES_H
#define PSC_PLATFORM_WINDOWS_PROCESS_SERVICES_H

#include "model/builder.h"

/** The running services, by the names that `sc query` takes. Begins as all zero. */
struct services {
    struct service {
        uint32_t pid;
        char *name; /**< UTF-8 */
    } * list;
    size_t count, capacity;
};

/**
 * Asks the service manager; any user may.
 * @return PSC_UNSUPPORTED where it does not answer; services_done() is needed all the same
 */
PSC_NODISCARD enum psc_status services_read(struct services *services, struct psc_error *error);
void services_done(struct services *services);

/** Whether a service runs in a process. */
bool services_have(const struct services *services, uint32_t pid);

/**
 * Writes the services of a process, each behind @p before, as `sc.exe stop A & sc.exe stop B` has them.
 * @param between stands before every one but the first
 * @return to be freed; NULL when out of memory
 */
char *services_join(const struct services *services, uint32_t pid, const char *before,
                    const char *between);

#endif
