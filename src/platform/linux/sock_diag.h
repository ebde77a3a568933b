// sock_diag.h - the socket tables by netlink: sock_diag(7), linux/inet_diag.h. Asking and decoding
// are apart, so that recorded answers can be decoded too.
#ifndef PSC_PLATFORM_LINUX_SOCK_DIAG_H
#define PSC_PLATFORM_LINUX_SOCK_DIAG_H

#include "model/builder.h"

/**
 * Asks for one table and adds its rows.
 * @param filter its ports keep other rows in the kernel where it supports that
 * @param states PSC_STATE_BIT()s; the kernel sends no others
 * @return PSC_UNSUPPORTED where this kernel, sandbox or container does not answer; no row was
 * added then
 */
PSC_NODISCARD enum psc_status sock_diag_dump(const struct psc_filter *filter,
                                             enum psc_protocol protocol, uint32_t states,
                                             struct psc_builder *builder, struct psc_error *error);

/** Whether the kernel answers at all. */
bool sock_diag_answers(void);

#endif
