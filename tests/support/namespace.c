// namespace.c - moving into a network namespace.
#include "support/namespace.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/ipv6.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/test.h"

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
        return "the users of a user namespace cannot be set";
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

static bool add_ipv6(const struct in6_addr *added) {
    struct in6_ifreq address = {
        .ifr6_addr = *added,
        .ifr6_prefixlen = 64,
        .ifr6_ifindex = (int)if_nametoindex("lo"),
    };
    int control = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool done = control >= 0 && ioctl(control, SIOCSIFADDR, &address) == 0;
    if (control >= 0) {
        close(control);
    }
    return done;
}

static bool add_ipv4(const struct in_addr *added) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = *added};
    struct ifreq interface = {.ifr_name = "lo:1"};
    int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    memcpy(&interface.ifr_addr, &address, sizeof address);
    bool done = control >= 0 && ioctl(control, SIOCSIFADDR, &interface) == 0;
    if (control >= 0) {
        close(control);
    }
    return done;
}

bool namespace_add_address(const char *address) {
    struct in_addr ipv4;
    struct in6_addr ipv6;
    return inet_pton(AF_INET, address, &ipv4) == 1    ? add_ipv4(&ipv4)
           : inet_pton(AF_INET6, address, &ipv6) == 1 ? add_ipv6(&ipv6)
                                                      : false;
}

bool namespace_set(const char *setting, const char *value) {
    char path[128];
    snprintf(path, sizeof path, "/proc/sys/net/%s", setting);
    return write_file(path, value);
}

static const char *refusal = "not entered";

bool namespace_enter(void) {
    refusal = unshare(CLONE_NEWNET) == 0 ? NULL : enter_as_user();
    if (refusal == NULL && !raise_loopback()) {
        refusal = "lo does not come up";
    }
    if (refusal != NULL) {
        print_message("no network namespace: %s\n", refusal);
        return false;
    }
    (void)namespace_add_address("fe80::1"); // fails without IPv6, and then no test uses it
    return true;
}

void need_namespace(void) {
    if (refusal != NULL) {
        skip_test("no network namespace: %s", refusal);
    }
}

static void be_init(int (*run)(void *context), void *context, int refused) {
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("proc", "/proc", "proc", 0, NULL) != 0) {
        (void)!write(refused, "", 1);
        _exit(1);
    }
    (void)close_range(STDERR_FILENO + 1, ~0U, 0);
    int result = run(context);
    fflush(stdout);
    _exit(result);
}

// In a process of its own, because a PID namespace begins with the next child of the one that makes it.
static void fork_init(int (*run)(void *context), void *context, int refused) {
    int status;
    if (unshare(CLONE_NEWPID) != 0) {
        (void)!write(refused, "", 1);
        _exit(1);
    }
    pid_t init = fork();
    if (init == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        be_init(run, context, refused);
    }
    bool waited = init > 0 && waitpid(init, &status, 0) == init;
    _exit(waited && WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

int namespace_as_init(int (*run)(void *context), void *context) {
    int refused[2];
    char byte;
    int status;
    if (pipe2(refused, O_CLOEXEC) != 0) {
        return -1;
    }
    fflush(stdout); // or a child prints it too
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        fork_init(run, context, refused[1]);
    }
    close(refused[1]);
    bool waited = child > 0 && waitpid(child, &status, 0) == child;
    bool allowed = waited && read(refused[0], &byte, 1) == 0;
    close(refused[0]);
    return !allowed ? -1 : WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

bool namespace_drop_capabilities(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    return geteuid() == 0 || syscall(SYS_capset, &header, none) == 0;
}
