/*
 * portscope.h - libportscope: the TCP and UDP sockets of this machine, the processes that own them,
 * and whether a server can use a port.
 *
 * Every function may be called from any thread; there is no state between calls. What a function
 * returns by pointer belongs to the caller and is freed as a whole; everything reachable from it is
 * valid until then and never changes. No pointer argument may be NULL unless it says so. Structures
 * other than portscope_error may grow at their end in later versions, so do not allocate or copy
 * them. Text is UTF-8 where the system's own text is; names that processes choose for themselves are
 * raw bytes and may hold control characters.
 *
 * On Linux without privileges the owners of other users' sockets are hidden, and a notice says so.
 */
#ifndef PORTSCOPE_H
#define PORTSCOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum portscope_status {
    PORTSCOPE_OK = 0,
    PORTSCOPE_NO_MEMORY = 1,
    PORTSCOPE_USAGE = 2,  /**< an argument is wrong; nothing was asked */
    PORTSCOPE_SYSTEM = 3, /**< the system refused or failed */
};

/** One sentence without a full stop, filled when a function does not return PORTSCOPE_OK. Never grows. */
struct portscope_error {
    char text[512];
};

/** A process that owns a socket. A field that is not known is NULL or -1. */
struct portscope_process {
    uint32_t pid;
    const char *name;   /**< base name of the executable; on Windows followed by its services */
    const char *path;   /**< of the executable */
    const char *user;   /**< name, or number where it has no name */
    int64_t started_ms; /**< since 1970-01-01 UTC */
};

/** One socket. */
struct portscope_endpoint {
    const char *protocol; /**< `tcp` or `udp` */
    const char *family;   /**< `ipv4` or `ipv6` */
    const char *local_address;
    uint16_t local_port;
    uint16_t remote_port;       /**< 0 without a peer */
    const char *remote_address; /**< NULL without a peer */
    const char
        *interface_name;  /**< that the socket is bound to; its number if it has no name; or NULL */
    const char *state;    /**< as netstat spells it: `LISTENING`, ...; NULL for UDP */
    const char *exposure; /**< of a listener: `loopback`, `link`, `address`, `all`; else NULL */
    int64_t uid;          /**< of the user that created the socket; -1: not known */
    bool owners_known;    /**< false: there may be owners that cannot be seen */
    size_t owner_count;
    const struct portscope_process *const *owners; /**< oldest first */
};

/** What was on the ports at one moment. */
struct portscope_list {
    int64_t time_ms; /**< since 1970-01-01 UTC */
    size_t count;
    const struct portscope_endpoint *const *endpoints; /**< in the order of the command line */
    size_t notice_count;
    const char *const *notices; /**< what could not be seen, a sentence each */
};

/**
 * Lists sockets with their owners.
 * @param filter words of the command line, ended by NULL: `--port=80,443`, `--state`, `listening`,
 *        `:3000`; values of one filter are OR, different filters AND. NULL or no words: everything.
 * @param list out: for portscope_list_free(); NULL on failure
 */
enum portscope_status portscope_list(const char *const *filter, struct portscope_list **list,
                                     struct portscope_error *error);
/** Frees a list; NULL is allowed. */
void portscope_list_free(struct portscope_list *list);

/** Whether a server can use a port. */
struct portscope_check {
    uint16_t port;
    const char *protocol; /**< `tcp` or `udp` */
    bool is_free;
    const char *verdict;  /**< word for programs: `free`, `in-use`, ...; see portscope(1) */
    const char *sentence; /**< for people: `is in use` */
    const struct portscope_list *sockets; /**< that have this local port */
};

/**
 * Checks a port by the socket table and a real bind that is undone at once.
 * @param port `3000`, `3000/tcp` or `53/udp`
 * @param address to bind, or NULL for every address of both families, as most servers bind
 * @param check out: for portscope_check_free(); NULL on failure
 */
enum portscope_status portscope_check(const char *port, const char *address,
                                      struct portscope_check **check,
                                      struct portscope_error *error);
/** Frees a check; NULL is allowed. */
void portscope_check_free(struct portscope_check *check);

/** The version of the library, such as `0.2.0`. Static storage. */
const char *portscope_version(void);

#ifdef __cplusplus
}
#endif

#endif
