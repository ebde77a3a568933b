// proc_parse.h - pure parsers of what /proc says about a process.
#ifndef PSC_PLATFORM_LINUX_PROC_PARSE_H
#define PSC_PLATFORM_LINUX_PROC_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * The inode in the target of a link `socket:[4026531]`.
 * @return 0 for any other target
 */
uint64_t proc_parse_socket(const char *target, size_t size);

/**
 * When a process started, in clock ticks since boot: field 22 of /proc/PID/stat (proc(5)). The
 * name in field 2 may hold anything, parentheses, blanks and newlines too.
 * @return whether the text is what the kernel prints
 */
bool proc_parse_start(const char *stat, size_t size, uint64_t *ticks);

/**
 * Whether a link target ends in the ` (deleted)` that Linux adds.
 * @param size in bytes, without a NUL
 */
bool proc_parse_is_deleted(const char *target, size_t size);
/** Length of what Linux adds. */
#define PROC_PARSE_DELETED_SIZE (sizeof " (deleted)" - 1)

/**
 * The script that an interpreter runs: its first argument that is no option.
 * @param name of the executable, such as `python3.11`
 * @param command_line arguments, each followed by a NUL; @p size bytes in all
 * @return in @p command_line; NULL if it is no interpreter that we know, or it has its program from an
 * option (-c, -e, -m) or from standard input
 */
const char *proc_parse_script(const char *name, const char *command_line, size_t size);

/** Bytes for a unit's name with its NUL; systemd allows 255. */
#define PROC_UNIT_SIZE 256

/** A service of systemd. */
struct proc_unit {
    char name[PROC_UNIT_SIZE];
    bool of_user; /**< of a user's own service manager */
};

/**
 * The service that a process belongs to, by the last `NAME.service` of its control group's path in
 * /proc/PID/cgroup (cgroups(7)), `0::/system.slice/nginx.service`. A login
 * session (`session-3.scope`) is none, and neither is the service manager of a user
 * (`user@1000.service`). A name that a shell would have to quote counts as none, too.
 * @return whether there is one
 */
bool proc_parse_unit(const char *cgroup, size_t size, struct proc_unit *unit);

/**
 * The parent of a process: field 4 of /proc/PID/stat.
 * @return whether the text is what the kernel prints
 */
bool proc_parse_parent(const char *stat, size_t size, uint32_t *parent);

#endif
