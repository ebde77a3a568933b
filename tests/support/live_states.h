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
#define succeed(call) live_check((call), #call)
void live_check(int result, const char *call);

#define LIVE_OWNERS 8

/** A row that the table of the kernel must have. */
struct live_row {
    int descriptor; /**< of this process, -1 where it has none */
    struct psc_endpoint endpoint;
    pid_t owners[LIVE_OWNERS];
    size_t owner_count;
    bool in_thread; /**< its holder is a thread that does not share the files of its process */
};

/** Begins with live_new(). */
struct live_states {
    struct live_row *rows;
    size_t count, capacity;
    int *descriptors; /**< every one that was opened here and is not closed */
    size_t descriptor_count, descriptor_capacity;
    pid_t children[32];
    size_t child_count;
    bool ipv6; /**< this machine has [::1] */
};

struct live_states *live_new(void);
/** Ends the children and closes everything. */
void live_free(struct live_states *live);
/** For cmocka, before and after a test: *state is a struct live_states. */
int live_set_up(void **state);
int live_tear_down(void **state);

/** What to open. */
struct live_socket {
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
int live_open(struct live_states *live, const struct live_socket *what);

/** Opens a listener, or a UDP socket, on any free port of an address. */
int live_listen(struct live_states *live, const char *address);
int live_bind_udp(struct live_states *live, const char *address);
/** The local port of a descriptor, host byte order. */
in_port_t live_port(struct live_states *live, int descriptor);

struct live_pair {
    int client, server;
};
/**
 * Connects to a listener and accepts, and notes both rows.
 * @param address to connect to, NULL for the one it is bound to
 */
struct live_pair live_connect(struct live_states *live, int listener, const char *address);
/** The same with a client that live_open() has bound. */
struct live_pair live_connect_bound(struct live_states *live, int listener, int client);
/** A client of a listener that has not accepted yet. */
void live_wait_in_queue(struct live_states *live, int listener);
/**
 * A client that asks for a connection and gets none.
 * @param drops_packets whether it drops the answer
 */
int live_start(struct live_states *live, int listener, bool drops_packets);
/** Connects a UDP socket to the address of another; its row changes. */
void live_connect_udp(struct live_states *live, int descriptor, int to);

/** Sends some bytes, which stay unread, and waits until they are there. */
void live_send(struct live_states *live, int from, int to);

/** From now on every packet for the socket is dropped. */
void live_drop_packets(int descriptor);
/** Waits until a socket has a kernel's state (TCP_ESTABLISHED, …), and notes that in its row. */
void live_wait_state(struct live_states *live, int descriptor, int state);
/** Waits until a packet-dropping socket has dropped a packet. */
void live_wait_drop(int descriptor);
/** Waits until there is something to read, or the end. */
void live_wait_readable(int descriptor);

/** Shuts one direction down and waits for a kernel's state. */
void live_hang_up(struct live_states *live, int descriptor, int state);
/** The client hangs up, the server does not. */
void live_half_close(struct live_states *live, struct live_pair pair);
/** The client hangs up first, then the server; both are closed. */
void live_time_wait(struct live_states *live, struct live_pair pair);

/** Notes what the kernel keeps of a socket that was closed. */
void live_note_orphan(struct live_states *live, const struct psc_endpoint *closed,
                      enum psc_state state);
/** Notes what a listener has for a client, which no file refers to yet. */
void live_note_request(struct live_states *live, int listener, int client, enum psc_state state);
/** The row of a descriptor. Borrowed until the next row is noted. */
struct live_row *live_row_of(struct live_states *live, int descriptor);
/** Closes a descriptor and forgets its row. */
void live_close(struct live_states *live, int descriptor);
/** Closes a descriptor whose socket others hold. */
void live_release(struct live_states *live, int descriptor);
/** Moves a descriptor to a number; false where this process may not have so many. */
bool live_move(struct live_states *live, int *descriptor, int number);
/** Keeps a descriptor for closing, though there is no row of it. */
void live_keep(struct live_states *live, int descriptor);

/** Runs in a child, before its parent goes on. */
typedef void live_prepare(int descriptor);
/**
 * Forks a child that keeps one descriptor, owns its row if it has one, and waits for its end.
 * @param prepare may be NULL
 */
pid_t live_child(struct live_states *live, int descriptor, live_prepare *prepare);
/** Another process got hold of a socket. */
void live_own(struct live_states *live, int descriptor, pid_t pid);
/** Waits until the first thread of a process has ended, while another goes on. */
void live_wait_leader_end(pid_t pid);

/** For cmocka, before the tests of a group: enters a namespace, if it may, and makes one of everything. */
int live_fill_namespace(void **state);
/** The state of a test, which is skipped where there is no namespace. */
struct live_states *live_in_namespace(void **state);

/** Whether this kernel says which TCP sockets are bound and nothing else. */
bool live_kernel_tells_bound(void);

/** @param states PSC_STATE_BIT()s of the rows that are meant */
void rows_add_live(struct rows *rows, const struct live_states *live, uint32_t states);
/** The rows of a snapshot that belong to these sockets; a machine has others, too. */
void rows_add_snapshot_of(struct rows *rows, const struct psc_snapshot *snapshot,
                          const struct live_states *live);

/** Collects and resolves, without a filter. */
struct psc_snapshot *live_collect(const struct psc_request *request, unsigned details);
/** Whether a snapshot has a notice of a kind. */
bool live_has_notice(const struct psc_snapshot *snapshot, const char *kind);

#endif
