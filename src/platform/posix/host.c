// host.c - the machine's name and clock.
#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "platform/platform.h"

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
