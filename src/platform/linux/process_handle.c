// process_handle.c - ends a process that cannot be mistaken for another: it is held by a pidfd, and its
// start was compared after the pidfd was there.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

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

// Reads PID/stat. Returns 0 or an errno value; a process that is gone is ESRCH.
static int read_stat(const struct psc_request *request, uint32_t pid, struct proc_bytes *bytes) {
    int proc = open(request->proc_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (proc < 0) {
        return errno;
    }
    char path[PROC_PATH_SIZE];
    snprintf(path, sizeof path, "%u/stat", pid);
    int number = proc_read(proc, path, bytes);
    close(proc);
    return number == ENOENT ? ESRCH : number;
}

static enum psc_status compare_identity(const struct psc_request *request, uint32_t pid,
                                        uint64_t identity, struct psc_error *error) {
    struct proc_bytes bytes = {0};
    uint64_t ticks;
    int number = read_stat(request, pid, &bytes);
    enum psc_status status = PSC_OK;
    if (number != 0) {
        status = explain(number, pid, "cannot look at", error);
    } else if (!proc_parse_start(bytes.bytes, bytes.size, &ticks) || ticks != identity) {
        status = psc_fail(error, PSC_GONE, "process %u is another one by now", pid);
    }
    free(bytes.bytes);
    return status;
}

enum psc_status psc_platform_open_process(const struct psc_request *request, uint32_t pid,
                                          uint64_t identity, struct psc_process_handle **process,
                                          struct psc_error *error) {
    *process = NULL;
    struct psc_process_handle *opened = malloc(sizeof *opened);
    if (opened == NULL) {
        return psc_no_memory(error);
    }
    enum psc_status status;
    opened->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (opened->pidfd < 0) {
        status = explain(errno, pid, "cannot take hold of", error);
    } else {
        status = compare_identity(request, pid, identity, error);
    }
    if (status == PSC_OK) {
        *process = opened;
    } else {
        psc_platform_close_process(opened);
    }
    return status;
}

enum psc_status psc_platform_terminate_process(struct psc_process_handle *process, bool force,
                                               struct psc_error *error) {
    if (syscall(SYS_pidfd_send_signal, process->pidfd, force ? SIGKILL : SIGTERM, NULL, 0) == 0) {
        return PSC_OK;
    }
    enum psc_status status = errno == ESRCH ? PSC_GONE : errno == EPERM ? PSC_DENIED : PSC_SYSTEM;
    return psc_fail(error, status, "the signal cannot be sent: %s", strerror(errno));
}

bool psc_platform_wait_process(struct psc_process_handle *process, unsigned milliseconds) {
    struct pollfd ended = {.fd = process->pidfd, .events = POLLIN};
    int64_t until = psc_platform_clock() + milliseconds;
    for (;;) {
        int64_t left = until - psc_platform_clock();
        int result = poll(&ended, 1, left > 0 ? (int)left : 0);
        if (result >= 0 || errno != EINTR) {
            return result > 0;
        }
    }
}

void psc_platform_close_process(struct psc_process_handle *process) {
    if (process != NULL && process->pidfd >= 0) {
        close(process->pidfd);
    }
    free(process);
}

bool psc_platform_is_self_or_ancestor(const struct psc_request *request, uint32_t pid) {
    struct proc_bytes bytes = {0};
    uint32_t at = (uint32_t)getpid();
    bool own = at == pid;
    // Numbers of parents are no longer promised to be smaller, but no chain is this long.
    for (int i = 0; i < 1000 && !own && at > 1; i++) {
        if (read_stat(request, at, &bytes) != 0 ||
            !proc_parse_parent(bytes.bytes, bytes.size, &at)) {
            break;
        }
        own = at == pid;
    }
    free(bytes.bytes);
    return own;
}

bool psc_platform_is_critical(uint32_t pid) {
    return pid <= 1;
}
