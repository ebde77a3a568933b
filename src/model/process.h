// process.h - a process that owns sockets, and what can be known of it.
#ifndef PSC_MODEL_PROCESS_H
#define PSC_MODEL_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bits of psc_process.known, and of what a platform is asked for. */
enum {
    PSC_PROCESS_NAME = 1U << 0,
    PSC_PROCESS_PATH = 1U << 1, /**< path and path_deleted */
    PSC_PROCESS_COMMAND_LINE = 1U << 2,
    PSC_PROCESS_USER = 1U << 3,
    PSC_PROCESS_STARTED = 1U << 4, /**< started and identity */
    PSC_PROCESS_CWD = 1U << 5,
    PSC_PROCESS_SERVICE = 1U << 6, /**< service and stop_command; both NULL if it is no service */
    PSC_PROCESS_ACCOUNT = 1U << 7,
    PSC_PROCESS_EXE_FLAGS = 1U << 8, /**< exe_flags, script and script_flags */
};

/** What a reader of a snapshot needs beside its rows. */
struct psc_needs {
    bool owners;      /**< the processes that own a socket */
    bool users;       /**< names of the sockets' users */
    unsigned details; /**< PSC_PROCESS_* bits of the owners */
};

/** What kind of user a process runs as. */
enum psc_account {
    PSC_ACCOUNT_SYSTEM,  /**< all privileges: root, Windows' SYSTEM */
    PSC_ACCOUNT_SERVICE, /**< for services: a Linux uid below 1000 or of systemd's, LocalService */
    PSC_ACCOUNT_PERSON,  /**< any other */
};

/** Bits of psc_process.exe_flags and script_flags: what is wrong with a file or its location. */
enum {
    PSC_EXE_FILE_WRITABLE = 1U << 0,      /**< every user may write to it */
    PSC_EXE_DIRECTORY_WRITABLE = 1U << 1, /**< every user may replace it, or a directory above it */
    PSC_EXE_TEMPORARY = 1U << 2,  /**< below a directory for temporary files, or in memory only */
    PSC_EXE_REPLACED = 1U << 3,   /**< path_deleted, and another file is there now */
    PSC_EXE_USER_OWNED = 1U << 4, /**< PSC_ACCOUNT_PERSON owns it, or a directory above it */
};

/** A process that owns at least one socket. Strings are raw bytes: not escaped, not always UTF-8. */
struct psc_process {
    uint32_t pid;
    uint32_t known; /**< PSC_PROCESS_* bits; a field without its bit is NULL or zero */
    /** Base name of the executable, or `comm` if that cannot be read. On Windows followed by the services
     *  that run in the process: `svchost.exe (Dnscache)`. */
    const char *name;
    const char *path;  /**< of the executable, without the ` (deleted)` that Linux adds */
    bool path_deleted; /**< the executable was deleted or replaced since the process started */
    bool shares;       /**< owns a socket together with others, so its start is needed */
    const char *command_line; /**< arguments, each followed by a NUL */
    size_t command_line_size; /**< in bytes, with these NULs */
    const char *user;         /**< name, or number if it has no name */
    int64_t started;          /**< milliseconds since 1970-01-01 UTC */
    /** Differs from that of any other process that ever has the same PID; in a unit of the system. */
    uint64_t identity;
    const char *cwd;          /**< working directory */
    const char *service;      /**< name of the service that it belongs to */
    const char *stop_command; /**< command line that stops that service */
    uint8_t account;          /**< enum psc_account */
    uint8_t exe_flags;        /**< PSC_EXE_* bits */
    uint8_t script_flags;     /**< PSC_EXE_* bits of the script */
    const char *script;       /**< path of the file that an interpreter runs, or NULL */
};

#endif
