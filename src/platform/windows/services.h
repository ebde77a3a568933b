// services.h - the services that run in each process.
#ifndef PSC_PLATFORM_WINDOWS_SERVICES_H
#define PSC_PLATFORM_WINDOWS_SERVICES_H

#include <stdint.h>

#include "base/error.h"
#include "base/strbuf.h"

/** The running services. Begins as all zero, ends with services_done(). */
struct services {
    struct service {
        uint32_t pid;
        char *name; /**< UTF-8, as `sc query` takes it */
    } * list;
    size_t count, capacity;
};

/**
 * Reads them from the service manager; no privileges needed.
 * @return PSC_UNSUPPORTED if it does not answer
 */
PSC_NODISCARD enum psc_status services_read(struct services *services, struct psc_error *error);
void services_done(struct services *services);

/**
 * Appends the services of a process: `sc.exe stop A & sc.exe stop B`. Nothing if it has none.
 * @param prefix in front of each name: `sc.exe stop `
 * @param separator between two of them: ` & `
 */
void services_join(const struct services *services, uint32_t pid, const char *prefix,
                   const char *separator, struct psc_strbuf *text);

#endif
