// sock_diag.h - the socket tables by netlink: sock_diag(7), linux/inet_diag.h. decode.h decodes them.
#ifndef PSC_PLATFORM_LINUX_SOCK_DIAG_H
#define PSC_PLATFORM_LINUX_SOCK_DIAG_H

#include <linux/inet_diag.h>

#include "model/builder.h"

/**
 * Requests one table and adds its rows.
 * @param filter its ports are evaluated by the kernel as far as it can
 * @param states PSC_STATE_BIT()s; the kernel sends no others
 * @return PSC_UNSUPPORTED if this kernel, sandbox or container does not answer; no row was added then
 */
PSC_NODISCARD enum psc_status sock_diag_dump(const struct psc_filter *filter,
                                             enum psc_protocol protocol, uint32_t states,
                                             struct psc_builder *builder, struct psc_error *error);

/** Whether the kernel answers. */
bool sock_diag_answers(void);

/** Operations of the longest program that sock_diag_compile() writes. */
#define SOCK_DIAG_MAX_OPERATIONS 512

/**
 * Compiles port filters for the kernel (INET_DIAG_REQ_BYTECODE), so that other rows are not sent. The
 * program may accept more than the filter: lists that are negated or long are left to
 * psc_filter_endpoint(). Pure.
 * @return number of operations, 0 for no program
 */
size_t sock_diag_compile(const struct psc_filter *filter,
                         struct inet_diag_bc_op operations[SOCK_DIAG_MAX_OPERATIONS]);

#endif
