// process_handle.c - ends processes. A process is held by a pidfd before its identity is compared, so
// that no other process with its PID can receive the signal.
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/number.h"
#include "platform/linux/proc_fs.h"
#include "platform/linux/proc_parse.h"
#include "platform/platform.h"

struct psc_process_handle {
    int pidfd;
};

static enum psc_status explain(int number, uint32_t pid, const char *what,
                               struct psc_error *error) {
    enum psc_status status = number == ESRCH                       ? PSC_GONE
                             : number == EPERM || number == EACCES ? PSC_DENIED
                             : number == ENOSYS                    ? PSC_UNSUPPORTED
                                                                   : PSC_SYSTEM;
    return psc_fail(error, status, "%s process %u: %s", what, pid, strerror(number));
}

static int read_process(int proc, uint32_t pid, const char *file, struct proc_bytes *bytes) {
    char path[PROC_PATH_SIZE];
    snprintf(path, sizeof path, "%u/%s", pid, file);
    return proc_read(proc, path, bytes);
}

// Reads the PID that the process of a pidfd has in a proc file system: -1 if it was waited for. If the
// file system is that of another PID namespace, its other numbers belong to other processes.
static bool read_pid(int proc, int pidfd, struct proc_bytes *bytes, int64_t *pid) {
    static const char key[] = "\nPid:\t";
    char path[PROC_PATH_SIZE];
    uint64_t number = 0;
    snprintf(path, sizeof path, "self/fdinfo/%d", pidfd);
    const char *at = proc_read(proc, path, bytes) == 0 ? strstr(bytes->bytes, key) : NULL;
    if (at == NULL) {
        return false;
    }
    at += sizeof key - 1;
    bool known = *at == '-' || psc_number_read(&at, NULL, UINT32_MAX, &number);
    *pid = *at == '-' ? -1 : (int64_t)number;
    return known;
}

static enum psc_status compare_identity(int proc, int pidfd, uint32_t pid, uint64_t identity,
                                        struct proc_bytes *bytes, struct psc_error *error) {
    int64_t pid_there;
    uint64_t ticks;
    if (!read_pid(proc, pidfd, bytes, &pid_there) || (pid_there != pid && pid_there >= 0)) {
        return psc_fail(error, PSC_UNSUPPORTED,
                        "cannot identify process %u: /proc shows another PID namespace", pid);
    }
    int number = pid_there < 0 ? ESRCH : read_process(proc, pid, "stat", bytes);
    if (number != 0) {
        return explain(number == ENOENT ? ESRCH : number, pid, "cannot examine", error);
    }
    if (!proc_parse_start(bytes->bytes, bytes->size, &ticks) || ticks != identity) {
        return psc_fail(error, PSC_GONE, "PID %u is now used by another process", pid);
    }
    return PSC_OK;
}

enum psc_status psc_platform_open_process(const struct psc_request *request, uint32_t pid,
                                          uint64_t identity, struct psc_process_handle **process,
                                          struct psc_error *error) {
    *process = NULL;
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (pidfd < 0) {
        return explain(errno, pid, "cannot open", error);
    }
    int proc = proc_open(request->proc_root, error);
    enum psc_status status = PSC_SYSTEM;
    if (proc >= 0) {
        struct proc_bytes bytes = {0};
        status = compare_identity(proc, pidfd, pid, identity, &bytes, error);
        free(bytes.bytes);
        close(proc);
    }
    struct psc_process_handle *opened = status == PSC_OK ? malloc(sizeof *opened) : NULL;
    if (opened == NULL) {
        close(pidfd);
        return status == PSC_OK ? psc_no_memory(error) : status;
    }
    opened->pidfd = pidfd;
    *process = opened;
    return PSC_OK;
}

enum psc_status psc_platform_terminate_process(struct psc_process_handle *process, bool force,
                                               struct psc_error *error) {
    if (syscall(SYS_pidfd_send_signal, process->pidfd, force ? SIGKILL : SIGTERM, NULL, 0) == 0) {
        return PSC_OK;
    }
    enum psc_status status = errno == ESRCH ? PSC_GONE : errno == EPERM ? PSC_DENIED : PSC_SYSTEM;
    return psc_fail(error, status, "cannot send the signal: %s", strerror(errno));
}

bool psc_platform_wait_process(struct psc_process_handle *process, unsigned milliseconds) {
    struct pollfd exited = {.fd = process->pidfd, .events = POLLIN};
    int64_t deadline = psc_platform_clock() + milliseconds;
    for (;;) {
        int64_t left = deadline - psc_platform_clock();
        int result = poll(&exited, 1, left > 0 ? (int)left : 0);
        if (result >= 0 || errno != EINTR) {
            return result > 0;
        }
    }
}

void psc_platform_close_process(struct psc_process_handle *process) {
    if (process != NULL) {
        close(process->pidfd);
    }
    free(process);
}

bool psc_platform_is_self_or_ancestor(const struct psc_request *request, uint32_t pid) {
    struct proc_bytes bytes = {0};
    struct psc_error ignored;
    uint32_t at = (uint32_t)getpid();
    int proc = proc_open(request->proc_root, &ignored);
    bool found = at == pid;
    if (proc < 0 || !proc_shows_our_pids(proc)) {
        at = 0;
    }
    // The limit ends a loop of parents whose PIDs were reused while they were read.
    for (int i = 0; i < 1000 && !found && at > 1; i++) {
        if (read_process(proc, at, "stat", &bytes) != 0 ||
            !proc_parse_parent(bytes.bytes, bytes.size, &at)) {
            break;
        }
        found = at == pid;
    }
    free(bytes.bytes);
    if (proc >= 0) {
        close(proc);
    }
    return found;
}

bool psc_platform_is_critical(uint32_t pid) {
    return pid <= 1;
}
