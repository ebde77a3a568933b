// cells.h - the values of the columns: as text, as JSON, and for sorting. columns.c puts them together.
#ifndef PSC_FORMAT_CELLS_H
#define PSC_FORMAT_CELLS_H

#include "format/columns.h"

// X(name): each has a text and a JSON form.
#define CELL_LIST(X)                                                                               \
    X(protocol)                                                                                    \
    X(family)                                                                                      \
    X(local)                                                                                       \
    X(local_address)                                                                               \
    X(local_port)                                                                                  \
    X(remote)                                                                                      \
    X(remote_address)                                                                              \
    X(remote_port)                                                                                 \
    X(state)                                                                                       \
    X(pid)                                                                                         \
    X(process)                                                                                     \
    X(path)                                                                                        \
    X(owners)                                                                                      \
    X(owner_user)                                                                                  \
    X(started)                                                                                     \
    X(command_line)                                                                                \
    X(uid)                                                                                         \
    X(user)                                                                                        \
    X(inode)                                                                                       \
    X(recv_queue)                                                                                  \
    X(send_queue)                                                                                  \
    X(exposure)

#define CELL_DECLARE(name)                                                                         \
    void cell_text_##name(struct out *out, const struct row *row);                                 \
    void cell_json_##name(struct out *out, const struct row *row);
CELL_LIST(CELL_DECLARE)
#undef CELL_DECLARE

/** One owner as a JSON object. */
void cell_json_owner(struct out *out, const struct psc_process *process);

#endif
