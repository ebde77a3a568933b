// live_states.h - sockets of which everything is known, because the test made them, and the processes that
// hold them. Nothing has a fixed port, nothing sleeps: what takes time is waited for.
#ifndef SUPPORT_LIVE_STATES_H
#define SUPPORT_LIVE_STATES_H

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "platform/platform.h"
#include "support/row_compare.h"

/** Fails the test, with the reason, if a system call did. */
#define succeed(call) world_check((call), #call)
void world_check(int result, const char *call);

#define WORLD_OWNERS 8

/** A row that every true table has. */
struct world_row {
    int descriptor; /**< of this process, -1 where it has none */
    struct psc_endpoint endpoint;
    pid_t owners[WORLD_OWNERS];
    size_t owner_count;
    bool in_thread; /**< its holder is a thread that does not share the files of its process */
};

/** Begins with world_new(). */
struct world {
    struct world_row *rows;
    size_t count, capacity;
    int *descriptors; /**< every one that was opened here and is not closed */
    size_t descriptor_count, descriptor_capacity;
    pid_t children[32];
    size_t child_count;
    bool ipv6; /**< this machine has [::1] */
};

struct world *world_new(void);
/** Ends the children and closes everything. */
void world_free(struct world *world);

/** What to open. */
struct world_socket {
    int type;            /**< SOCK_STREAM or SOCK_DGRAM */
    int protocol;        /**< 0 for the usual one */
    const char *address; /**< number, perhaps with a zone: `fe80::1%lo` */
    in_port_t port;      /**< host byte order, 0 for any free one */
    int backlog;         /**< of a listener; 0: bind only */
    bool v6only;
    bool reuse_port;
    bool reuse_address;
    const char *device; /**< to bind to, or NULL */
};
/** Opens and binds a socket, and notes its row. */
int world_open(struct world *world, const struct world_socket *what);

struct world_pair {
    int client, server;
};
/**
 * Connects to a listener and accepts, and notes both rows.
 * @param address to connect to, NULL for the one it is bound to
 */
struct world_pair world_connect(struct world *world, int listener, const char *address);
/** A client of a listener that has not accepted yet. */
void world_wait_in_queue(struct world *world, int listener);
/**
 * A client that asks for a connection and gets none.
 * @param deaf whether it is because it does not hear the answer
 */
int world_start(struct world *world, int listener, bool deaf);
/** Connects a UDP socket to the address of another; its row changes. */
void world_connect_udp(struct world *world, int descriptor, int to);

/** From now on the socket hears nothing: every packet for it is dropped. */
void world_deafen(int descriptor);
/** Waits until a socket has a kernel's state (TCP_ESTABLISHED, …), and notes that in its row. */
void world_wait_state(struct world *world, int descriptor, int state);
/** Waits until a deafened socket has dropped a packet. */
void world_wait_drop(int descriptor);
/** Waits until everything that was sent is acknowledged. */
void world_wait_sent(int descriptor);
/** Waits until there is something to read, or the end. */
void world_wait_readable(int descriptor);

/** Shuts one direction down and waits for a kernel's state. */
void world_hang_up(struct world *world, int descriptor, int state);
/** The client hangs up, the server does not. */
void world_half_close(struct world *world, struct world_pair pair);
/** The client hangs up first, then the server; both are closed. */
void world_time_wait(struct world *world, struct world_pair pair);

/** Notes what the kernel keeps of a socket that was closed. */
void world_note_orphan(struct world *world, const struct psc_endpoint *closed,
                       enum psc_state state);
/** Notes what a listener has for a client, which no file refers to yet. */
void world_note_request(struct world *world, int listener, int client, enum psc_state state);
/** The row of a descriptor. Borrowed until the next row is noted. */
struct world_row *world_row_of(struct world *world, int descriptor);
/** Closes a descriptor and forgets its row. */
void world_close(struct world *world, int descriptor);
/** Closes a descriptor whose socket others hold. */
void world_release(struct world *world, int descriptor);
/** Moves a descriptor to a number; false where this process may not have so many. */
bool world_move(struct world *world, int *descriptor, int number);
/** Keeps a descriptor for closing, though there is no row of it. */
void world_keep(struct world *world, int descriptor);

/** Runs in a child, before its parent goes on. */
typedef void world_prepare(int descriptor);
/**
 * Forks a child that keeps one descriptor, owns its row if it has one, and waits for its end.
 * @param prepare may be NULL
 */
pid_t world_child(struct world *world, int descriptor, world_prepare *prepare);
/** Another process got hold of a socket. */
void world_own(struct world *world, int descriptor, pid_t pid);
/** Waits until the first thread of a process has ended, while another goes on. */
void world_wait_leader_end(pid_t pid);

/**
 * For cmocka, before and after the tests of a group: enters a namespace and makes one of everything.
 * Where the system does not let us, each test that asks for its world is skipped.
 */
int world_fill_namespace(void **state);
int world_leave(void **state);
struct world *world_in_namespace(void **state);

/** Whether this kernel says which TCP sockets are bound and nothing else. */
bool world_kernel_tells_bound(void);

/** @param states PSC_STATE_BIT()s of the rows that are meant */
void rows_add_world(struct rows *rows, const struct world *world, uint32_t states);
/** Those rows of a snapshot that are the world's: a table of a machine has others too. */
void rows_add_snapshot_of_world(struct rows *rows, const struct psc_snapshot *snapshot,
                                const struct world *world);

/** Collects and resolves, without a filter. */
struct psc_snapshot *world_collect(const struct psc_request *request, unsigned details);
/** Whether a snapshot has a notice of a kind. */
bool world_has_notice(const struct psc_snapshot *snapshot, const char *kind);

#endif
