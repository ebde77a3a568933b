// fake_platform.h - a platform whose machine is always the same; see the table in fake_platform.c.
#ifndef SUPPORT_FAKE_PLATFORM_H
#define SUPPORT_FAKE_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/** What a test can make of the machine. All zero is the usual one. */
struct fake_platform {
    enum psc_status
        collect_fails; /**< what psc_platform_collect() returns at once, unless PSC_OK */
    enum psc_status
        resolve_fails;           /**< what psc_platform_resolve() returns at once, unless PSC_OK */
    enum psc_status probe_fails; /**< what psc_platform_probe() returns at once, unless PSC_OK */
    bool empty;                  /**< nothing is on its ports */
    bool insecure_services;      /**< there are also listeners that should not be there */
    bool more_servers;           /**< there are also servers that kill has trouble with */
    bool borrowed_privileges;    /**< the program has privileges that its user does not have */
    bool terminal;               /**< the standard streams are a terminal */
    bool color;                  /**< every stream is a terminal with colors */
    bool crlf;                   /**< lines end as on Windows */
    bool windows_ports;     /**< reserved ranges that refuse, as on Windows; else as on Linux */
    bool unknown_ranges;    /**< the ranges cannot be read, as without /proc/sys */
    bool ordinary_user;     /**< may not bind to ports below 1024 */
    unsigned sleeps, slept; /**< out: how often it slept, and how many seconds together */
    int64_t clock;          /**< out: milliseconds that it slept */
    bool no_files;          /**< no file can be read or written */
    unsigned max_calls;     /**< so many collections and probes succeed; 0: all */
    uint32_t reused_pid;  /**< ends after the search for owners, and another process has its PID */
    uint32_t moved_pid;   /**< closes its sockets … */
    unsigned moved_after; /**< … after so many collections */
    unsigned collections; /**< out: how often it was asked for rows */
    unsigned resolutions; /**< out: how often it was asked for details of processes */
    unsigned discards;    /**< out: how often typed input was discarded */
    unsigned searches;    /**< out: how often it looked for owners */
    unsigned range_reads; /**< out: how often it read the system's ranges */
    unsigned probes;      /**< out: how often it tried to bind */
    uint32_t ended[16];   /**< out: processes that were ended, in that order */
    size_t ended_count;
};

// Its ports, beside those of its rows. A port is reserved from 7100 to 7149 and from 65530 on, and the
// system chooses from 49152 to 65535.
enum {
    FAKE_CLOSING = 7001,   /**< closed connections have it, for servers that do not reuse it */
    FAKE_HIDDEN = 7002,    /**< taken, and no row says by whom */
    FAKE_GETS_FREE = 7003, /**< taken, until the machine has slept for half a second */
};

/** Makes the machine the usual one; for cmocka, before a test. */
int fake_platform_reset(void **state);

/** The machine of this test program, to be looked at and changed. */
struct fake_platform *fake_platform(void);

#endif
