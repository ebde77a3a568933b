// resolver.c - who a process is: executable, arguments, user, start. And which name a user has.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "platform/linux/exe_location.h"
#include "platform/linux/proc_fs.h"
#include "platform/linux/proc_parse.h"
#include "platform/platform.h"

// What the functions below share; each of them fills in some fields of one process.
struct resolver {
    struct psc_builder *builder;
    int proc;
    int64_t boot; // milliseconds since 1970
    struct proc_bytes bytes;
};

static bool keep_text(struct resolver *resolver, const char *bytes, size_t size,
                      const char **text) {
    *text = psc_builder_text(resolver->builder, bytes, size);
    return *text != NULL;
}

// A file may really be called `x (deleted)`: then it is there, and it is what the process runs.
static bool is_gone(int proc, const char *link, const char *target) {
    struct stat running;
    struct stat named;
    return fstatat(proc, link, &running, 0) != 0 || stat(target, &named) != 0 ||
           running.st_dev != named.st_dev || running.st_ino != named.st_ino;
}

static bool resolve_path(struct resolver *resolver, struct psc_process *process) {
    char link[PROC_PATH_SIZE];
    char target[PATH_MAX + PROC_PARSE_DELETED_SIZE + 1];
    snprintf(link, sizeof link, "%u/exe", process->pid);
    ssize_t got = readlinkat(resolver->proc, link, target, sizeof target - 1);
    if (got <= 0) {
        return true; // a kernel thread, another user's process, or gone
    }
    size_t size = (size_t)got;
    target[size] = '\0';
    if (proc_parse_is_deleted(target, size) && is_gone(resolver->proc, link, target)) {
        process->path_deleted = true;
        size -= PROC_PARSE_DELETED_SIZE;
    }
    if (!keep_text(resolver, target, size, &process->path)) {
        return false;
    }
    process->name = proc_parse_base_name(process->path);
    process->known |= PSC_PROCESS_PATH | PSC_PROCESS_NAME;
    return true;
}

// Reads PID/FILE. Returns whether there is something; running out of memory is told by errno.
static bool read_file(struct resolver *resolver, uint32_t pid, const char *file, bool *memory) {
    char path[PROC_PATH_SIZE];
    snprintf(path, sizeof path, "%u/%s", pid, file);
    int number = proc_read(resolver->proc, path, &resolver->bytes);
    *memory = number != ENOMEM;
    return number == 0;
}

static bool resolve_comm(struct resolver *resolver, struct psc_process *process) {
    bool memory;
    if (!read_file(resolver, process->pid, "comm", &memory)) {
        return memory;
    }
    size_t size = resolver->bytes.size;
    if (size > 0 && resolver->bytes.bytes[size - 1] == '\n') {
        size--; // the kernel's; any other belongs to the name
    }
    process->known |= PSC_PROCESS_NAME;
    return keep_text(resolver, resolver->bytes.bytes, size, &process->name);
}

static bool resolve_command_line(struct resolver *resolver, struct psc_process *process) {
    bool memory;
    if (!read_file(resolver, process->pid, "cmdline", &memory)) {
        return memory;
    }
    // A process may overwrite its arguments, and then the last NUL is not always there.
    size_t size = resolver->bytes.size;
    bool ended = size == 0 || resolver->bytes.bytes[size - 1] == '\0';
    process->command_line_size = ended ? size : size + 1;
    process->known |= PSC_PROCESS_COMMAND_LINE;
    return keep_text(resolver, resolver->bytes.bytes, size, &process->command_line);
}

static bool resolve_start(struct resolver *resolver, struct psc_process *process) {
    bool memory;
    uint64_t ticks;
    if (!read_file(resolver, process->pid, "stat", &memory)) {
        return memory;
    }
    if (proc_parse_start(resolver->bytes.bytes, resolver->bytes.size, &ticks)) {
        uint64_t hertz = (uint64_t)sysconf(_SC_CLK_TCK);
        process->started = resolver->boot + (int64_t)(ticks * 1000 / hertz);
        process->identity = ticks;
        process->known |= PSC_PROCESS_STARTED;
    }
    return true;
}

// Looks a user up once. `*name` stays NULL for a user without a name.
static enum psc_status name_user(struct psc_builder *builder, uid_t uid, const char **name) {
    *name = NULL;
    if (psc_builder_user_named(builder, uid, name)) {
        return PSC_OK;
    }
    struct passwd entry;
    struct passwd *found = NULL;
    enum psc_status status = PSC_NO_MEMORY;
    for (size_t size = 1024; size <= (size_t)1 << 20; size *= 4) {
        char *buffer = malloc(size);
        if (buffer == NULL) {
            return PSC_NO_MEMORY;
        }
        int number = getpwuid_r(uid, &entry, buffer, size, &found);
        if (number != ERANGE) {
            status = psc_builder_name_user(builder, uid, found != NULL ? found->pw_name : NULL);
            size = SIZE_MAX / 4;
        }
        free(buffer);
    }
    (void)psc_builder_user_named(builder, uid, name);
    return status;
}

// The owner of /proc/PID is the effective user of the process, whatever else may be read of it.
static bool find_uid(const struct resolver *resolver, uint32_t pid, uid_t *uid) {
    char path[PROC_PATH_SIZE];
    struct stat directory;
    snprintf(path, sizeof path, "%u", pid);
    bool found = fstatat(resolver->proc, path, &directory, 0) == 0;
    *uid = found ? directory.st_uid : 0;
    return found;
}

static bool resolve_user(struct resolver *resolver, struct psc_process *process) {
    uid_t uid;
    const char *name;
    if (!find_uid(resolver, process->pid, &uid)) {
        return true;
    }
    if (name_user(resolver->builder, uid, &name) != PSC_OK) {
        return false;
    }
    process->known |= PSC_PROCESS_USER;
    if (name == NULL) {
        char number[16];
        int length = snprintf(number, sizeof number, "%u", uid);
        return keep_text(resolver, number, (size_t)length, &process->user);
    }
    process->user = name;
    return true;
}

static void resolve_account(const struct resolver *resolver, struct psc_process *process) {
    uid_t uid;
    if (find_uid(resolver, process->pid, &uid)) {
        // 61184 to 65519 are the dynamic users of systemd (systemd.exec(5)), 65534 is nobody.
        bool service = uid < 1000 || (uid >= 61184 && uid <= 65519) || uid == 65534;
        process->account = uid == 0  ? PSC_ACCOUNT_SYSTEM
                           : service ? PSC_ACCOUNT_SERVICE
                                     : PSC_ACCOUNT_PERSON;
        process->known |= PSC_PROCESS_ACCOUNT;
    }
}

static void resolve_place(const struct resolver *resolver, struct psc_process *process) {
    if (process->path != NULL && place_find(resolver->proc, process->pid, process->path,
                                            process->path_deleted, &process->exe_flags)) {
        process->known |= PSC_PROCESS_EXE_FLAGS;
    }
}

static bool resolve_directory(struct resolver *resolver, struct psc_process *process) {
    char link[PROC_PATH_SIZE];
    char target[PATH_MAX];
    snprintf(link, sizeof link, "%u/cwd", process->pid);
    ssize_t size = readlinkat(resolver->proc, link, target, sizeof target);
    if (size <= 0) {
        return true;
    }
    process->known |= PSC_PROCESS_CWD;
    return keep_text(resolver, target, (size_t)size, &process->cwd);
}

static bool resolve_service(struct resolver *resolver, struct psc_process *process) {
    bool memory;
    if (!read_file(resolver, process->pid, "cgroup", &memory)) {
        return memory;
    }
    struct proc_unit unit;
    process->known |= PSC_PROCESS_SERVICE;
    if (!proc_parse_unit(resolver->bytes.bytes, resolver->bytes.size, &unit)) {
        return true;
    }
    char command[sizeof "systemctl --user stop " + PROC_UNIT_SIZE];
    int length = snprintf(command, sizeof command, "systemctl %sstop %s",
                          unit.of_user ? "--user " : "", unit.name);
    return keep_text(resolver, unit.name, strlen(unit.name), &process->service) &&
           keep_text(resolver, command, (size_t)length, &process->stop_command);
}

static bool resolve_process(struct resolver *resolver, unsigned details,
                            struct psc_process *process) {
    unsigned missing = (details | (process->shares ? PSC_PROCESS_STARTED : 0)) & ~process->known;
    bool placed = (missing & PSC_PROCESS_EXE_FLAGS) != 0;
    bool named =
        (missing & (PSC_PROCESS_NAME | PSC_PROCESS_PATH)) != 0 || (placed && process->path == NULL);
    bool ok = !named || resolve_path(resolver, process);
    if (ok && (missing & ~process->known & PSC_PROCESS_NAME) != 0) {
        ok = resolve_comm(resolver, process);
    }
    if (ok && (missing & PSC_PROCESS_COMMAND_LINE) != 0) {
        ok = resolve_command_line(resolver, process);
    }
    if (ok && (missing & PSC_PROCESS_STARTED) != 0) {
        ok = resolve_start(resolver, process);
    }
    if (ok && (missing & PSC_PROCESS_USER) != 0) {
        ok = resolve_user(resolver, process);
    }
    if (ok && (missing & PSC_PROCESS_CWD) != 0) {
        ok = resolve_directory(resolver, process);
    }
    if (ok && (missing & PSC_PROCESS_SERVICE) != 0) {
        ok = resolve_service(resolver, process);
    }
    if (ok && (missing & PSC_PROCESS_ACCOUNT) != 0) {
        resolve_account(resolver, process);
    }
    if (ok && placed) {
        resolve_place(resolver, process);
    }
    return ok;
}

static int64_t milliseconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

enum psc_status psc_platform_resolve(const struct psc_request *request, unsigned details,
                                     struct psc_builder *builder, struct psc_error *error) {
    int proc = proc_open(request->proc_root, error);
    if (proc < 0) {
        return PSC_SYSTEM;
    }
    struct resolver resolver = {.builder = builder, .proc = proc};
    resolver.boot = milliseconds(CLOCK_REALTIME) - milliseconds(CLOCK_BOOTTIME);
    bool ok = true;
    for (size_t i = 0; ok && i < psc_builder_process_count(builder); i++) {
        struct psc_process *process = psc_builder_process(builder, i);
        ok = process == NULL || resolve_process(&resolver, details, process);
    }
    free(resolver.bytes.bytes);
    close(proc);
    return ok ? PSC_OK : psc_no_memory(error);
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
