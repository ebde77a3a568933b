// sock_diag_ports.h - port filters as a program for the kernel (INET_DIAG_REQ_BYTECODE of
// linux/inet_diag.h), so that rows which nobody wants never leave it.
#ifndef PSC_PLATFORM_LINUX_SOCK_DIAG_PORTS_H
#define PSC_PLATFORM_LINUX_SOCK_DIAG_PORTS_H

#include <linux/inet_diag.h>

#include "model/filter.h"

/** Operations that the longest program has. */
#define SOCK_DIAG_PORTS_MOST 512

/**
 * Compiles the three port filters. The program lets every row through that the filter does, and
 * perhaps others: negated filters and those of very many ranges are left to psc_filter_endpoint().
 * @return how many operations, 0 for no program
 */
size_t sock_diag_ports_compile(const struct psc_filter *filter,
                               struct inet_diag_bc_op operations[SOCK_DIAG_PORTS_MOST]);

#endif
