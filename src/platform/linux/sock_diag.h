// sock_diag.h - the socket tables by netlink: sock_diag(7), linux/inet_diag.h. Asking and decoding
// are apart, so that recorded answers can be decoded too.
#ifndef PSC_PLATFORM_LINUX_SOCK_DIAG_H
#define PSC_PLATFORM_LINUX_SOCK_DIAG_H

#include "model/builder.h"

/**
 * Asks for one table and adds its rows.
 * @param states PSC_STATE_BIT()s; the kernel sends no others
 * @return PSC_UNSUPPORTED where this kernel, sandbox or container does not answer; no row was
 * added then
 */
PSC_NODISCARD enum psc_status sock_diag_dump(enum psc_protocol protocol, uint32_t states,
                                             struct psc_builder *builder, struct psc_error *error);

/** Whether the kernel answers at all. */
bool sock_diag_answers(void);

/** What a decoded piece of an answer said beside its rows. */
struct sock_diag_answer {
    bool done;        /**< the dump is complete */
    bool interrupted; /**< the protocol changed meanwhile: rows may be missing (NLM_F_DUMP_INTR) */
    int refused;      /**< errno value with which the kernel refused, or 0 */
};

/**
 * Adds the rows of one datagram. Pure: no I/O, and @p bytes need not be aligned.
 * @param sequence messages with another number are not meant for us
 * @param answer in and out: begins as all zero and gathers over the datagrams of one dump
 * @return PSC_MALFORMED when the bytes are not what the kernel's headers promise
 */
PSC_NODISCARD enum psc_status sock_diag_decode(const void *bytes, size_t size,
                                               enum psc_protocol protocol, uint32_t sequence,
                                               struct psc_builder *builder,
                                               struct sock_diag_answer *answer,
                                               struct psc_error *error);

#endif
