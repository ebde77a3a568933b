// namespace.c - moving into a network namespace.
#include "namespace.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/ipv6.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool write_file(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    bool written = write(file, text, strlen(text)) == (ssize_t)strlen(text);
    close(file);
    return written;
}

static const char *enter_as_user(void) {
    char users[64];
    char groups[64];
    snprintf(users, sizeof users, "%u %u 1", getuid(), getuid());
    snprintf(groups, sizeof groups, "%u %u 1", getgid(), getgid());
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
        return "this user may not make namespaces here";
    }
    if (!write_file("/proc/self/uid_map", users) || !write_file("/proc/self/setgroups", "deny") ||
        !write_file("/proc/self/gid_map", groups)) {
        return "a user namespace without users is of no use";
    }
    return NULL;
}

static bool raise_loopback(void) {
    struct ifreq interface = {.ifr_name = "lo"};
    int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    interface.ifr_flags = IFF_UP;
    bool up = control >= 0 && ioctl(control, SIOCSIFFLAGS, &interface) == 0;
    close(control);
    return up;
}

// Where there is no IPv6 this fails, and nobody will use the address.
static void add_link_local(void) {
    struct in6_ifreq address = {
        .ifr6_addr = {.s6_addr = {0xfe, 0x80, [15] = 1}},
        .ifr6_prefixlen = 64,
        .ifr6_ifindex = (int)if_nametoindex("lo"),
    };
    int control = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (control >= 0) {
        (void)ioctl(control, SIOCSIFADDR, &address);
        close(control);
    }
}

const char *namespace_enter(void) {
    const char *refusal = unshare(CLONE_NEWNET) == 0 ? NULL : enter_as_user();
    if (refusal != NULL) {
        return refusal;
    }
    if (!raise_loopback()) {
        return "lo does not come up";
    }
    add_link_local();
    return NULL;
}

bool namespace_drop_capabilities(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    return geteuid() == 0 || syscall(SYS_capset, &header, none) == 0;
}
