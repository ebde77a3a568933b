// resolver.c - facts about processes: executable, arguments, user, start, service; and names of users.
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "platform/linux/exe_location.h"
#include "platform/linux/proc_fs.h"
#include "platform/linux/proc_parse.h"
#include "platform/platform.h"

// Each function below fills in some fields of a process. What this user may not read stays unknown.
struct resolver {
    struct psc_builder *builder;
    int proc;
    int64_t boot; // milliseconds since 1970
    struct proc_bytes bytes;
    bool failed;                // memory ran out, and something is missing
    unsigned wait_ms;           // for file systems that may not answer
    size_t unknown_executables; // where that, or a permission, kept them from being examined
};

// How long an audit waits for the file systems of all executables.
#define MAX_WAIT_MS 1000

// Copies text into the snapshot. Returns NULL when out of memory.
static const char *keep_text(struct resolver *resolver, const char *bytes, size_t size) {
    const char *text = psc_builder_text(resolver->builder, bytes, size);
    resolver->failed = resolver->failed || text == NULL;
    return text;
}

// Reads /proc/PID/FILE.
static bool read_file(struct resolver *resolver, uint32_t pid, const char *file) {
    char path[PROC_PATH_SIZE];
    snprintf(path, sizeof path, "%u/%s", pid, file);
    int number = proc_read(resolver->proc, path, &resolver->bytes);
    resolver->failed = resolver->failed || number == ENOMEM;
    return number == 0;
}

static void resolve_path(struct resolver *resolver, struct psc_process *process) {
    char link[PROC_PATH_SIZE];
    char target[PATH_MAX + PROC_PARSE_DELETED_SIZE + 1];
    snprintf(link, sizeof link, "%u/exe", process->pid);
    ssize_t got = readlinkat(resolver->proc, link, target, sizeof target - 1);
    if (got <= 0) {
        return; // a kernel thread, another user's process, or one that has exited
    }
    size_t size = (size_t)got;
    target[size] = '\0';
    if (proc_parse_is_deleted(target, size) &&
        exe_location_is_deleted(resolver->proc, process->pid, target)) {
        process->path_deleted = true;
        size -= PROC_PARSE_DELETED_SIZE;
    }
    process->path = keep_text(resolver, target, size);
    if (process->path != NULL) {
        process->name = psc_base_name(process->path, "/");
        process->known |= PSC_PROCESS_PATH | PSC_PROCESS_NAME;
    }
}

static void resolve_comm(struct resolver *resolver, struct psc_process *process) {
    if (read_file(resolver, process->pid, "comm")) {
        size_t size = resolver->bytes.size;
        bool newline = size > 0 && resolver->bytes.bytes[size - 1] == '\n'; // the kernel's
        process->name = keep_text(resolver, resolver->bytes.bytes, newline ? size - 1 : size);
        process->known |= PSC_PROCESS_NAME;
    }
}

static void resolve_command_line(struct resolver *resolver, struct psc_process *process) {
    if (read_file(resolver, process->pid, "cmdline")) {
        // The last NUL may be missing, because a process may overwrite its arguments.
        size_t size = resolver->bytes.size;
        bool terminated = size == 0 || resolver->bytes.bytes[size - 1] == '\0';
        process->command_line_size = terminated ? size : size + 1;
        process->command_line = keep_text(resolver, resolver->bytes.bytes, size);
        process->known |= PSC_PROCESS_COMMAND_LINE;
    }
}

static void resolve_start(struct resolver *resolver, struct psc_process *process) {
    uint64_t ticks;
    if (read_file(resolver, process->pid, "stat") &&
        proc_parse_start(resolver->bytes.bytes, resolver->bytes.size, &ticks)) {
        uint64_t hertz = (uint64_t)sysconf(_SC_CLK_TCK);
        process->started = resolver->boot + (int64_t)(ticks * 1000 / hertz);
        process->identity = ticks;
        process->known |= PSC_PROCESS_STARTED;
    }
}

// Looks a user up, once. @p name gets NULL if the user has none.
static enum psc_status name_user(struct psc_builder *builder, uid_t uid, const char **name) {
    *name = NULL;
    if (psc_builder_user_named(builder, uid, name)) {
        return PSC_OK;
    }
    struct passwd entry;
    struct passwd *found = NULL;
    char *buffer = NULL;
    int number = ERANGE;
    for (size_t size = 1024; number == ERANGE && size <= (size_t)1 << 20; size *= 4) {
        free(buffer);
        buffer = malloc(size);
        number = buffer != NULL ? getpwuid_r(uid, &entry, buffer, size, &found) : ENOMEM;
    }
    enum psc_status status = PSC_NO_MEMORY;
    if (buffer != NULL && number != ERANGE) {
        psc_builder_name_user(builder, uid, found != NULL ? found->pw_name : NULL);
        status = PSC_OK;
    }
    free(buffer);
    (void)psc_builder_user_named(builder, uid, name);
    return status;
}

// The owner of /proc/PID is the effective user of the process. Every user can read it.
static bool find_uid(const struct resolver *resolver, uint32_t pid, uid_t *uid) {
    char path[PROC_PATH_SIZE];
    struct stat directory;
    snprintf(path, sizeof path, "%u", pid);
    bool found = fstatat(resolver->proc, path, &directory, 0) == 0;
    *uid = found ? directory.st_uid : 0;
    return found;
}

static void resolve_user(struct resolver *resolver, struct psc_process *process) {
    uid_t uid;
    if (!find_uid(resolver, process->pid, &uid)) {
        return;
    }
    if (name_user(resolver->builder, uid, &process->user) != PSC_OK) {
        resolver->failed = true;
        return;
    }
    if (process->user == NULL) {
        char number[16];
        int length = snprintf(number, sizeof number, "%u", uid);
        process->user = keep_text(resolver, number, (size_t)length);
    }
    process->known |= PSC_PROCESS_USER;
}

static void resolve_account(struct resolver *resolver, struct psc_process *process) {
    uid_t uid;
    if (find_uid(resolver, process->pid, &uid)) {
        process->account = (uint8_t)exe_location_account(uid);
        process->known |= PSC_PROCESS_ACCOUNT;
    }
}

// The script that an interpreter runs, as an absolute path. Returns false if there is none, or it is not
// known.
static bool find_script(const struct resolver *resolver, const struct psc_process *process,
                        char script[PATH_MAX]) {
    char link[PROC_PATH_SIZE];
    const char *name = process->command_line == NULL
                           ? NULL
                           : proc_parse_script(psc_base_name(process->path, "/"),
                                               process->command_line, process->command_line_size);
    if (name == NULL) {
        return false;
    }
    ssize_t size = 0;
    if (name[0] != '/') {
        snprintf(link, sizeof link, "%u/cwd", process->pid);
        size = readlinkat(resolver->proc, link, script, PATH_MAX - 1);
        if (size <= 0) {
            return false;
        }
        script[size++] = '/';
    }
    int length = snprintf(script + size, PATH_MAX - (size_t)size, "%s", name);
    return (size_t)length < PATH_MAX - (size_t)size;
}

static void resolve_exe_flags(struct resolver *resolver, struct psc_process *process) {
    char script[PATH_MAX];
    struct exe_location location = {
        .pid = process->pid, .path = process->path, .deleted = process->path_deleted};
    if (process->path == NULL) {
        return;
    }
    location.script = find_script(resolver, process, script) ? script : NULL;
    exe_location_examine(resolver->proc, &location, &resolver->wait_ms);
    if (location.verdict.script_known) {
        process->script = keep_text(resolver, script, strlen(script));
        process->script_flags = location.verdict.script_flags;
    }
    if (location.verdict.exe_known) {
        process->exe_flags = location.verdict.exe_flags;
        process->known |= PSC_PROCESS_EXE_FLAGS;
    } else if (!location.verdict.gone) {
        resolver->unknown_executables++;
    }
}

static void resolve_cwd(struct resolver *resolver, struct psc_process *process) {
    char link[PROC_PATH_SIZE];
    char target[PATH_MAX];
    snprintf(link, sizeof link, "%u/cwd", process->pid);
    ssize_t size = readlinkat(resolver->proc, link, target, sizeof target);
    if (size > 0) {
        process->cwd = keep_text(resolver, target, (size_t)size);
        process->known |= PSC_PROCESS_CWD;
    }
}

static void resolve_service(struct resolver *resolver, struct psc_process *process) {
    struct proc_unit unit;
    if (!read_file(resolver, process->pid, "cgroup")) {
        return;
    }
    process->known |= PSC_PROCESS_SERVICE;
    if (proc_parse_unit(resolver->bytes.bytes, resolver->bytes.size, &unit)) {
        char command[sizeof "systemctl --user stop " + PROC_UNIT_SIZE];
        int length = snprintf(command, sizeof command, "systemctl %sstop %s",
                              unit.of_user ? "--user " : "", unit.name);
        process->service = keep_text(resolver, unit.name, strlen(unit.name));
        process->stop_command = keep_text(resolver, command, (size_t)length);
    }
}

// The path comes first: the name is its last part, and without it that of the process (comm).
static const struct {
    unsigned details; // PSC_PROCESS_* bits that the function finds
    void (*resolve)(struct resolver *resolver, struct psc_process *process);
} steps[] = {
    {PSC_PROCESS_PATH | PSC_PROCESS_NAME, resolve_path},
    {PSC_PROCESS_NAME, resolve_comm},
    {PSC_PROCESS_COMMAND_LINE, resolve_command_line},
    {PSC_PROCESS_STARTED, resolve_start},
    {PSC_PROCESS_USER, resolve_user},
    {PSC_PROCESS_CWD, resolve_cwd},
    {PSC_PROCESS_SERVICE, resolve_service},
    {PSC_PROCESS_ACCOUNT, resolve_account},
    {PSC_PROCESS_EXE_FLAGS, resolve_exe_flags},
};

static void resolve_process(struct resolver *resolver, unsigned details,
                            struct psc_process *process) {
    if (process->shares) {
        details |= PSC_PROCESS_STARTED;
    }
    if ((details & PSC_PROCESS_EXE_FLAGS) != 0) {
        details |= PSC_PROCESS_PATH | PSC_PROCESS_COMMAND_LINE;
    }
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if ((details & ~process->known & steps[i].details) != 0) {
            steps[i].resolve(resolver, process);
        }
    }
}

static int64_t milliseconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

enum psc_status psc_platform_resolve(const struct psc_request *request, unsigned details,
                                     struct psc_builder *builder, struct psc_error *error) {
    struct resolver resolver = {.builder = builder, .wait_ms = MAX_WAIT_MS};
    resolver.proc = proc_open(request->proc_root, error);
    if (resolver.proc < 0) {
        return PSC_SYSTEM;
    }
    resolver.boot = milliseconds(CLOCK_REALTIME) - milliseconds(CLOCK_BOOTTIME);
    for (size_t i = 0; i < psc_builder_process_count(builder) && !resolver.failed; i++) {
        struct psc_process *process = psc_builder_process(builder, i);
        if (process != NULL) {
            resolve_process(&resolver, details, process);
        }
    }
    if (resolver.unknown_executables > 0) {
        psc_builder_notice(
            builder, "executables-unknown", resolver.unknown_executables,
            "%zu %s not be examined: the file system denied access or did not answer",
            resolver.unknown_executables,
            resolver.unknown_executables == 1 ? "executable could" : "executables could");
    }
    free(resolver.bytes.bytes);
    close(resolver.proc);
    return resolver.failed ? psc_no_memory(error) : PSC_OK;
}

enum psc_status psc_platform_name_users(struct psc_builder *builder, struct psc_error *error) {
    const char *name;
    for (size_t i = 0; i < psc_builder_count(builder); i++) {
        const struct psc_endpoint *endpoint = psc_builder_endpoint(builder, i);
        if ((endpoint->known & PSC_KNOWN_UID) != 0 &&
            name_user(builder, endpoint->uid, &name) != PSC_OK) {
            return psc_no_memory(error);
        }
    }
    return PSC_OK;
}
