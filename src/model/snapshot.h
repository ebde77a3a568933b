// snapshot.h - the read side: what was on the ports at one moment, and whose it was.
//
// The snapshot owns every row, process, name and notice reachable from it, and one call frees it.
// Every const pointer got from it is borrowed and valid until then.
// A snapshot never changes after it is finished. Owners are many to many.
#ifndef PSC_MODEL_SNAPSHOT_H
#define PSC_MODEL_SNAPSHOT_H

#include "model/endpoint.h"

/** Bits of psc_process.known, and of what a resolver is asked for. */
enum {
    PSC_PROCESS_NAME = 1U << 0,
    PSC_PROCESS_PATH = 1U << 1,
    PSC_PROCESS_COMMAND_LINE = 1U << 2,
    PSC_PROCESS_USER = 1U << 3,
    PSC_PROCESS_STARTED = 1U << 4, /**< started and identity */
    PSC_PROCESS_CWD = 1U << 5,
    PSC_PROCESS_SERVICE = 1U << 6, /**< service and stop_command; both NULL if it is no service */
    PSC_PROCESS_ACCOUNT = 1U << 7,
    PSC_PROCESS_EXE_FLAGS = 1U << 8,
};

/** What a reader of a snapshot wants to know beside its rows. */
struct psc_needs {
    bool owners;      /**< the processes that own a socket */
    bool users;       /**< names of the sockets' users */
    unsigned details; /**< PSC_PROCESS_* bits of the owners */
};

/** What kind of user a process runs as. */
enum psc_account {
    PSC_ACCOUNT_SYSTEM, /**< may do everything: root, Windows' SYSTEM */
    PSC_ACCOUNT_SERVICE, /**< made for services: a Linux uid below 1000 or of systemd's, LocalService */
    PSC_ACCOUNT_PERSON, /**< anybody else */
};

/** Bits of psc_process.exe_flags and script_flags: what is wrong with a file or its location. */
enum {
    PSC_EXE_FILE_WRITABLE = 1U << 0,      /**< every user may write to it */
    PSC_EXE_DIRECTORY_WRITABLE = 1U << 1, /**< every user may replace it, or a directory above it */
    PSC_EXE_TEMPORARY = 1U << 2,  /**< below a directory for temporary files, or in memory only */
    PSC_EXE_REPLACED = 1U << 3,   /**< path_deleted, and another file is there now */
    PSC_EXE_USER_OWNED = 1U << 4, /**< PSC_ACCOUNT_PERSON owns it, or a directory above it */
};

/** A process that owns at least one endpoint. Strings are raw bytes: not escaped, not always UTF-8. */
struct psc_process {
    uint32_t pid;
    uint32_t known; /**< PSC_PROCESS_* bits; a field without its bit is NULL or zero */
    /** Base name of the executable; where it may not be read, `comm`. On Windows the services that run
     *  in the process stand behind it, `svchost.exe (Dnscache)`; the path is always the file's alone. */
    const char *name;
    const char *path;         /**< of the executable, without the ` (deleted)` that Linux adds */
    bool path_deleted;        /**< the executable was deleted or replaced since it started */
    bool shares;              /**< owns an endpoint together with others, so its age matters */
    const char *command_line; /**< arguments, each followed by a NUL */
    size_t command_line_size; /**< in bytes, with these NULs */
    const char *user;         /**< name, or number where it has no name */
    int64_t started;          /**< milliseconds since 1970-01-01 UTC */
    /** Tells it from any other process that ever has the same PID; in units of the system's own. */
    uint64_t identity;
    const char *cwd;          /**< that it works in */
    const char *service;      /**< of the service manager that would start it again */
    const char *stop_command; /**< what to type to stop that service */
    uint8_t account;          /**< enum psc_account */
    uint8_t exe_flags;        /**< PSC_EXE_* bits */
    uint8_t script_flags;     /**< PSC_EXE_* bits of the script */
    /** Path of the file that an interpreter runs; NULL: it runs none, or that is not known. Found with
     *  PSC_PROCESS_EXE_FLAGS. */
    const char *script;
};

/** What a reader must know about the rows as a whole. */
struct psc_notice {
    const char *kind; /**< stable word for programs, such as `owners-hidden` */
    size_t count;     /**< how many rows it is about; 0 where that does not apply */
    const char *text; /**< one English sentence, printable ASCII */
};

struct psc_snapshot;

/** The owners of one endpoint, oldest first. */
struct psc_owners {
    const uint32_t *processes; /**< numbers for psc_snapshot_process() */
    size_t count;
};

void psc_snapshot_free(struct psc_snapshot *snapshot);

/** Name of this machine; raw bytes. */
const char *psc_snapshot_host(const struct psc_snapshot *snapshot);
/** When it was taken: milliseconds since 1970-01-01 UTC. */
int64_t psc_snapshot_time(const struct psc_snapshot *snapshot);

/** Whether every process could be examined, so that an owner that is not known was not merely hidden. */
bool psc_snapshot_is_privileged(const struct psc_snapshot *snapshot);

size_t psc_snapshot_count(const struct psc_snapshot *snapshot);
/** @param index below psc_snapshot_count(); rows come in the order of psc_endpoint_compare() */
const struct psc_endpoint *psc_snapshot_endpoint(const struct psc_snapshot *snapshot, size_t index);
struct psc_owners psc_snapshot_owners(const struct psc_snapshot *snapshot, size_t index);
const struct psc_process *psc_snapshot_process(const struct psc_snapshot *snapshot,
                                               uint32_t process);
/** The oldest owner, or NULL: look at PSC_KNOWN_OWNERS for why. */
const struct psc_process *psc_snapshot_oldest(const struct psc_snapshot *snapshot, size_t index);

/** Name of an interface, or NULL where it has none (any more). */
const char *psc_snapshot_interface(const struct psc_snapshot *snapshot, uint32_t zone);
/** Name of a user, or NULL where it has none or nobody asked. */
const char *psc_snapshot_user(const struct psc_snapshot *snapshot, uint32_t uid);
/** Name of an endpoint's remote address, or NULL where it has none or nobody asked. */
const char *psc_snapshot_remote_name(const struct psc_snapshot *snapshot, size_t index);

size_t psc_snapshot_notice_count(const struct psc_snapshot *snapshot);
const struct psc_notice *psc_snapshot_notice(const struct psc_snapshot *snapshot, size_t index);

#endif
