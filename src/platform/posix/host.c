// host.c - names and clocks.
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "platform/platform.h"
#include "platform/remote_names.h"
#include "platform/socket_address.h"

void psc_platform_host(char host[PSC_HOST_SIZE]) {
    if (gethostname(host, PSC_HOST_SIZE) != 0 || host[0] == '\0') {
        snprintf(host, PSC_HOST_SIZE, "localhost");
    }
    host[PSC_HOST_SIZE - 1] = '\0';
}

int64_t psc_platform_time(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t psc_platform_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void psc_platform_sleep(unsigned milliseconds) {
    struct timespec rest = {.tv_sec = milliseconds / 1000,
                            .tv_nsec = (long)(milliseconds % 1000) * 1000000};
    while (nanosleep(&rest, &rest) != 0 && errno == EINTR) {
    }
}

void remote_names_resolve(const struct psc_address *address, bool ipv6, uint32_t ifindex,
                          char name[REMOTE_NAME_SIZE]) {
    union socket_address to;
    socklen_t size = socket_address_set(&to, ipv6, address, ifindex, 0);
    if (getnameinfo(&to.any, size, name, REMOTE_NAME_SIZE, NULL, 0, NI_NAMEREQD) != 0) {
        name[0] = '\0';
    }
}

static void *answer(void *questions) {
    remote_names_answer(questions);
    return NULL;
}

bool remote_names_start_thread(void *questions) {
    pthread_t thread;
    bool started = pthread_create(&thread, NULL, answer, questions) == 0;
    if (started) {
        pthread_detach(thread);
    }
    return started;
}

enum psc_status psc_platform_require_stack(struct psc_error *error) {
    const rlim_t needed = 512 * 1024;
    struct rlimit limit;
    if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur >= needed) {
        return PSC_OK;
    }
    struct rlimit raised = {.rlim_cur = needed, .rlim_max = limit.rlim_max};
    if (limit.rlim_max >= needed && setrlimit(RLIMIT_STACK, &raised) == 0) {
        return PSC_OK;
    }
    return psc_fail(error, PSC_UNSUPPORTED,
                    "the stack limit of %llu kB is too low; raise it with ulimit -s 512",
                    (unsigned long long)limit.rlim_cur / 1024);
}
