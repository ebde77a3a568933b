// products.h - products that must not be reached by everybody, told by the program and by the port.
#ifndef PSC_AUDIT_PRODUCTS_H
#define PSC_AUDIT_PRODUCTS_H

#include "audit/audit.h"

enum service_kind {
    SERVICE_DATA_STORE,
    SERVICE_QUEUE,
    SERVICE_CONTROL,
    SERVICE_DESKTOP,
    SERVICE_DEBUGGER,
    SERVICE_CLEARTEXT,
    SERVICE_AMPLIFIER,
};

/**
 * The product of a kind that a listener is: by a program that holds it, whatever the port, or by
 * its port, unless the program is known to be another product.
 * @return its name, NULL if it is none. Static storage
 */
const char *service_find(enum service_kind kind, const struct psc_snapshot *snapshot,
                         const struct psc_listener *listener);

/** The name of each product and its kind, for the test of its documentation; NULL behind the last. */
const char *service_at(size_t index, enum service_kind *kind);

/** Whether the name of a process's executable, without `.exe`, matches one of some globs. */
bool service_is_program(const struct psc_process *process, const char *const *globs, size_t count);

#endif
