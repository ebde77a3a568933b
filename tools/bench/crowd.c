// crowd.c - a machine to measure: processes that hold sockets and open files.
//
//   crowd --processes N [--sockets N] [--files N] [--port PORT]
//
// Says "ready" and the counts on stdout when everything stands, and ends with all of it when stdin
// does. It lives in network, PID and mount namespaces of its own, so it touches nothing outside and
// is as it should be whatever else the machine does. The first process in there is its init: when
// that one goes, for whatever reason, the kernel ends every other process in it.
//
// Each process listens on an address of its own, holds both ends of its connections, and a UDP
// socket where the number of sockets would be uneven otherwise. Every fourth one does so over IPv6.
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    FIRST_PORT = 10000, // of the listeners of the crowd; below what the kernel gives to connections
    MAX_PROCESSES = 20000,
    MAX_SOCKETS = 4000000, // some 4 KiB of kernel memory each
    MAX_FILES = 10000000,
    STANDARD_STREAMS = 3,
    SPARE_FILES = 16, // of one process, beside what it was told to hold
};

struct plan {
    unsigned long processes, sockets, files;
    unsigned long
        port; // where one process in the middle listens and nobody connects; 0: nobody does
};

// What a process of the crowd says when it stands or has failed; small enough to be written at once.
struct report {
    int error;     // errno, or 0
    char what[60]; // what failed
};

// One process of the crowd.
struct member {
    unsigned long index, sockets, files;
    unsigned long port; // the quiet listener, or 0
    int report;
};

// An address of either family.
union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static unsigned long share(unsigned long total, unsigned long among, unsigned long index) {
    return total / among + (index < total % among ? 1 : 0);
}

// Only the first of these lines is printed, by the first process: a thousand processes fail alike.
static void report(const struct member *member, int error, const char *what) {
    struct report line = {.error = error};
    snprintf(line.what, sizeof line.what, "%s", what);
    if (write(member->report, &line, sizeof line) != (ssize_t)sizeof line || error != 0)
        _exit(1);
}

static union address listening_address(unsigned long index, bool v6) {
    union address address = {.any.sa_family = AF_UNSPEC};
    if (v6) {
        address.v6.sin6_family = AF_INET6;
        address.v6.sin6_addr = in6addr_loopback;
        address.v6.sin6_port = htons((uint16_t)(FIRST_PORT + index));
    } else {
        // One of 127.0.0.0/8 each, so that no one destination needs more ports than there are.
        address.v4.sin_family = AF_INET;
        address.v4.sin_addr.s_addr = htonl((uint32_t)(0x7f010001UL + index));
        address.v4.sin_port = htons((uint16_t)(FIRST_PORT + index));
    }
    return address;
}

static socklen_t length_of(const union address *address) {
    return address->any.sa_family == AF_INET6 ? sizeof address->v6 : sizeof address->v4;
}

// Ends by reset, so that an ending crowd leaves no TIME_WAIT behind; accepted sockets inherit it.
static int open_socket(const struct member *member, int family, int type) {
    int descriptor = socket(family, type | SOCK_CLOEXEC, 0);
    if (descriptor == -1)
        report(member, errno, "socket");
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    if (type == SOCK_STREAM &&
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) == -1)
        report(member, errno, "SO_LINGER");
    return descriptor;
}

static int open_listener(const struct member *member, const union address *address) {
    int listener = open_socket(member, address->any.sa_family, SOCK_STREAM);
    if (bind(listener, &address->any, length_of(address)) == -1)
        report(member, errno, "bind");
    if (listen(listener, 16) == -1)
        report(member, errno, "listen");
    return listener;
}

static void open_udp(const struct member *member, const union address *address) {
    int bound = open_socket(member, address->any.sa_family, SOCK_DGRAM);
    if (bind(bound, &address->any, length_of(address)) == -1)
        report(member, errno, "bind of UDP");
}

static void open_connection(const struct member *member, int listener,
                            const union address *address) {
    int client = open_socket(member, address->any.sa_family, SOCK_STREAM);
    if (connect(client, &address->any, length_of(address)) == -1)
        report(member, errno, "connect");
    if (accept4(listener, NULL, NULL, SOCK_CLOEXEC) == -1)
        report(member, errno, "accept");
}

static bool have_ipv6(void) {
    union address address = listening_address(0, true);
    address.v6.sin6_port = 0;
    int probe = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool bound = probe != -1 && bind(probe, &address.any, sizeof address.v6) == 0;
    if (probe != -1)
        close(probe);
    return bound;
}

static void open_sockets(const struct member *member) {
    if (member->port != 0) {
        union address quiet = listening_address(0, false);
        quiet.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        quiet.v4.sin_port = htons((uint16_t)member->port);
        open_listener(member, &quiet);
    }
    if (member->sockets == 0)
        return;
    union address address = listening_address(member->index, member->index % 4 == 3 && have_ipv6());
    int listener = open_listener(member, &address);
    if (member->sockets % 2 == 0)
        open_udp(member, &address);
    for (unsigned long pair = 0; pair < (member->sockets - 1) / 2; pair++)
        open_connection(member, listener, &address);
}

static void open_files(const struct member *member) {
    for (unsigned long file = 0; file < member->files; file++) {
        // Not dup: the kernel counts open files, and so do programs that choose their way by it.
        if (open("/dev/null", O_RDONLY | O_CLOEXEC) == -1)
            report(member, errno, "open");
    }
}

static void allow_descriptors(const struct member *member) {
    struct rlimit limit;
    rlim_t needed = member->sockets + member->files + STANDARD_STREAMS + SPARE_FILES;
    if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
        report(member, errno, "getrlimit");
    if (limit.rlim_cur >= needed)
        return;
    limit.rlim_cur = needed;
    if (limit.rlim_max < needed)
        limit.rlim_max = needed;
    if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
        report(member, errno, "too many descriptors for one process: setrlimit");
}

_Noreturn static void be_member(const struct member *member) {
    allow_descriptors(member);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int stream = 0; stream < STANDARD_STREAMS; stream++) {
        if (null == -1 || dup2(null, stream) == -1)
            report(member, errno, "/dev/null");
    }
    close(null);
    open_sockets(member);
    open_files(member);
    report(member, 0, "");
    close(member->report);
    for (;;)
        pause();
}

static void gather(const struct plan *plan) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) == -1)
        err(1, "pipe");
    for (unsigned long index = 0; index < plan->processes; index++) {
        struct member member = {
            .index = index,
            .sockets = share(plan->sockets, plan->processes, index),
            .files = share(plan->files, plan->processes, index),
            .port = index == plan->processes / 2 ? plan->port : 0,
            .report = ends[1],
        };
        pid_t child = fork();
        if (child == -1)
            err(1, "fork");
        if (child == 0) {
            close(ends[0]);
            be_member(&member);
        }
    }
    close(ends[1]);
    for (unsigned long index = 0; index < plan->processes; index++) {
        struct report line;
        if (read(ends[0], &line, sizeof line) != (ssize_t)sizeof line)
            errx(1, "a process of the crowd has died");
        if (line.error != 0)
            errx(1, "a process of the crowd: %.59s: %s", line.what, strerror(line.error));
    }
    close(ends[0]);
}

static void raise_loopback(void) {
    struct ifreq request = {.ifr_name = "lo"};
    int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (any == -1 || ioctl(any, SIOCGIFFLAGS, &request) == -1)
        err(1, "loopback");
    request.ifr_flags = (short)(request.ifr_flags | IFF_UP);
    if (ioctl(any, SIOCSIFFLAGS, &request) == -1)
        err(1, "loopback");
    close(any);
}

// The first process of the namespaces: prepares them, fills them, and waits.
static int be_init(const struct plan *plan) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1)
        err(1, "prctl");
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
        mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == -1)
        err(1, "cannot mount a /proc of its own");
    raise_loopback();
    gather(plan);

    unsigned long sockets = plan->sockets + (plan->port != 0 ? 1 : 0);
    printf("ready: %lu processes, %lu sockets, %lu open files\n", plan->processes, sockets,
           sockets + plan->files + STANDARD_STREAMS * plan->processes);
    if (fflush(stdout) == EOF)
        err(1, "stdout");
    char ignored[64];
    ssize_t count;
    do
        count = read(STDIN_FILENO, ignored, sizeof ignored);
    while (count > 0 || (count == -1 && errno == EINTR));
    return 0;
}

static void write_file(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file == -1 || write(file, text, strlen(text)) != (ssize_t)strlen(text))
        err(1, "%s", path);
    close(file);
}

// As root where root may, else as the root of a user namespace.
static void leave_machine(void) {
    int namespaces = CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWNS;
    char map[64];
    unsigned user = geteuid();
    unsigned group = getegid();

    if (unshare(namespaces) == 0)
        return;
    if (errno != EPERM || unshare(namespaces | CLONE_NEWUSER) == -1)
        err(1, "needs root, or user namespaces for everybody: unshare");
    write_file("/proc/self/setgroups", "deny");
    snprintf(map, sizeof map, "0 %u 1", user);
    write_file("/proc/self/uid_map", map);
    snprintf(map, sizeof map, "0 %u 1", group);
    write_file("/proc/self/gid_map", map);
}

static unsigned long number(const char *text, unsigned long least, unsigned long most,
                            const char *what) {
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || *text == '-' || value < least || value > most)
        errx(2, "'%s': %s must be a number from %lu to %lu", text, what, least, most);
    return value;
}

static struct plan parse(int argc, char **argv) {
    static const struct option options[] = {
        {"processes", required_argument, NULL, 'p'},
        {"sockets", required_argument, NULL, 's'},
        {"files", required_argument, NULL, 'f'},
        {"port", required_argument, NULL, 'q'},
        {NULL, 0, NULL, 0},
    };
    struct plan plan = {.processes = 1};
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'p':
            plan.processes = number(optarg, 1, MAX_PROCESSES, "--processes");
            break;
        case 's':
            plan.sockets = number(optarg, 0, MAX_SOCKETS, "--sockets");
            break;
        case 'f':
            plan.files = number(optarg, 0, MAX_FILES, "--files");
            break;
        case 'q':
            plan.port = number(optarg, 1, FIRST_PORT - 1, "--port");
            break;
        default:
            exit(2); // getopt_long has said it
        }
    }
    if (optind < argc)
        errx(2, "'%s': only --processes, --sockets, --files and --port are known", argv[optind]);
    return plan;
}

int main(int argc, char **argv) {
    struct plan plan = parse(argc, argv);
    int status;

    leave_machine();
    pid_t init = fork();
    if (init == -1)
        err(1, "fork");
    if (init == 0)
        return be_init(&plan);
    if (waitpid(init, &status, 0) == -1)
        err(1, "waitpid");
    if (WIFSIGNALED(status))
        errx(1, "ended by signal %d", WTERMSIG(status));
    return WEXITSTATUS(status);
}
