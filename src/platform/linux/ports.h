// ports.h - the interface of a listener, by attempts to bind.
#ifndef PSC_PLATFORM_LINUX_PORTS_H
#define PSC_PLATFORM_LINUX_PORTS_H

#include "model/endpoint.h"

/**
 * Whether a listener is bound to the loopback interface, by binding its port on that interface and on
 * another one: sockets of different interfaces do not conflict.
 * @param other index of an interface that is not the loopback one
 */
bool ports_is_on_loopback(const struct psc_endpoint *listener, uint32_t other);

#endif
