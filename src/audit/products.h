// products.h - products that only some clients should reach, recognized by program and by port.
#ifndef PSC_AUDIT_PRODUCTS_H
#define PSC_AUDIT_PRODUCTS_H

#include "audit/audit.h"

enum product_kind {
    PRODUCT_DATA_STORE,
    PRODUCT_QUEUE,
    PRODUCT_CONTROL,
    PRODUCT_DESKTOP,
    PRODUCT_DEBUGGER,
    PRODUCT_CLEARTEXT,
    PRODUCT_FILE_SHARE,
    PRODUCT_PROXY,
    PRODUCT_AMPLIFIER,
    PRODUCT_INFORMATION,
};

/**
 * Recognizes a listener as a product of a kind: by a program that holds it, whatever the port, or by
 * its port, unless the program is known to be another product.
 * @return the product's name, NULL if there is none. Static storage
 */
const char *product_find(enum product_kind kind, const struct psc_snapshot *snapshot,
                         const struct psc_listener *listener);

/** Whether a port is known for a product of a protocol (PSC_PROTOCOL_BIT()). */
bool product_knows_port(uint32_t protocol, uint16_t port);

/** The name and kind of each product, for the test of the documentation; NULL after the last. */
const char *product_at(size_t index, enum product_kind *kind);

/** Whether the name of a process's executable, without `.exe`, matches one of some globs. */
bool product_is_program(const struct psc_process *process, const char *const *globs, size_t count);

#endif
