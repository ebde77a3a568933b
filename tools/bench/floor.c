// floor.c - what the kernel's own work takes, as a program: no port lister can be faster this way.
//
//   floor [listen] [iterate] [walk] [count]
//
// Dumps TCP and UDP of both families over NETLINK_SOCK_DIAG and decodes nothing.
//   listen  only what `-tuln` shows: the kernel need not look at connections
//   iterate then also lists the open sockets of all processes by a BPF iterator
//   walk    then also reads every link in /proc/PID/fd, on two threads: what it takes without BPF
//   count   prints how many sockets and links there were
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#if FLOOR_BPF
#include "platform/linux/socket_record.h"
#include "sockets_bpf.lskel.h"
#endif

enum {
    BUFFER_SIZE = 256 * 1024,
    WALKERS = 2,
};

// The walk: threads take the next process until there is none.
struct walk {
    int proc;
    unsigned *pids;
    size_t count;
    atomic_size_t next;
    atomic_ulong links;
};

static void ask(int netlink, uint8_t family, uint8_t protocol, uint32_t states) {
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 request;
    } message = {
        .header = {.nlmsg_len = sizeof message,
                   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .request = {.sdiag_family = family, .sdiag_protocol = protocol, .idiag_states = states},
    };
    if (send(netlink, &message, sizeof message, 0) != (ssize_t)sizeof message)
        err(1, "sock_diag request");
}

// Adds the rows of one datagram; true when it was the last one of the dump.
static bool skim(const char *datagram, size_t length, unsigned long *rows) {
    size_t at = 0;
    while (length - at >= sizeof(struct nlmsghdr)) {
        const struct nlmsghdr *header = (const void *)(datagram + at);
        if (header->nlmsg_len < sizeof *header || header->nlmsg_len > length - at)
            errx(1, "sock_diag: a message longer than its datagram");
        if (header->nlmsg_type == NLMSG_DONE)
            return true;
        if (header->nlmsg_type == NLMSG_ERROR) {
            const struct nlmsgerr *failure = (const void *)(header + 1);
            errno = -failure->error;
            err(1, "sock_diag");
        }
        ++*rows;
        size_t step = NLMSG_ALIGN(header->nlmsg_len);
        at = step < length - at ? at + step : length;
    }
    return false;
}

static unsigned long dump(bool listening) {
    static const uint8_t families[] = {AF_INET, AF_INET6};
    alignas(struct nlmsghdr) char buffer[BUFFER_SIZE];
    unsigned long rows = 0;
    uint32_t tcp_states = listening ? 1U << TCP_LISTEN : UINT32_MAX;
    uint32_t udp_states = listening ? 1U << TCP_CLOSE : UINT32_MAX;
    int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (netlink == -1)
        err(1, "NETLINK_SOCK_DIAG");

    for (size_t table = 0; table < 4; table++) {
        bool tcp = table < 2;
        ask(netlink, families[table % 2], tcp ? IPPROTO_TCP : IPPROTO_UDP,
            tcp ? tcp_states : udp_states);
        ssize_t length;
        do {
            length = recv(netlink, buffer, sizeof buffer, 0);
            if (length <= 0)
                err(1, "sock_diag answer");
        } while (!skim(buffer, (size_t)length, &rows));
    }
    close(netlink);
    return rows;
}

static unsigned long read_links(int proc, unsigned pid) {
    char text[64];
    unsigned long links = 0;
    snprintf(text, sizeof text, "%u/fd", pid);
    int folder = openat(proc, text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder == -1)
        return 0; // gone, or not ours to see
    DIR *files = fdopendir(folder);
    if (files == NULL)
        err(1, "fdopendir");
    const struct dirent *file;
    while ((file = readdir(files)) != NULL) {
        if (file->d_name[0] != '.' && readlinkat(folder, file->d_name, text, sizeof text) != -1)
            links++;
    }
    closedir(files);
    return links;
}

static void *walk_some(void *argument) {
    struct walk *walk = argument;
    unsigned long links = 0;
    size_t index;
    while ((index = atomic_fetch_add(&walk->next, 1)) < walk->count)
        links += read_links(walk->proc, walk->pids[index]);
    atomic_fetch_add(&walk->links, links);
    return NULL;
}

static void list_processes(struct walk *walk, DIR *proc) {
    size_t room = 0;
    const struct dirent *entry;
    while ((entry = readdir(proc)) != NULL) {
        unsigned long pid = strtoul(entry->d_name, NULL, 10);
        if (pid == 0)
            continue;
        if (walk->count == room) {
            room = room == 0 ? 1024 : 2 * room;
            walk->pids = reallocarray(walk->pids, room, sizeof *walk->pids);
            if (walk->pids == NULL)
                err(1, "processes");
        }
        walk->pids[walk->count++] = (unsigned)pid;
    }
}

static unsigned long walk_all(void) {
    pthread_t threads[WALKERS - 1];
    DIR *proc = opendir("/proc");
    if (proc == NULL)
        err(1, "/proc");
    struct walk walk = {.proc = dirfd(proc)};
    list_processes(&walk, proc);
    for (size_t i = 0; i < WALKERS - 1; i++) {
        errno = pthread_create(&threads[i], NULL, walk_some, &walk);
        if (errno != 0)
            err(1, "thread");
    }
    walk_some(&walk);
    for (size_t i = 0; i < WALKERS - 1; i++)
        pthread_join(threads[i], NULL);
    free(walk.pids);
    closedir(proc);
    return walk.links;
}

#if FLOOR_BPF
static unsigned long iterate_all(void) {
    static char buffer[64 * 1024];
    struct sockets_bpf *program = sockets_bpf__open_and_load();
    if (program == NULL || sockets_bpf__attach(program) != 0)
        err(1, "BPF iterator");
    union bpf_attr attributes = {0};
    attributes.iter_create.link_fd = (__u32)program->links.list_sockets_fd;
    int iterator = skel_sys_bpf(BPF_ITER_CREATE, &attributes, sizeof attributes);
    if (iterator == -1)
        err(1, "BPF iterator");
    unsigned long bytes = 0;
    ssize_t got;
    while ((got = read(iterator, buffer, sizeof buffer)) > 0 || (got == -1 && errno == EAGAIN))
        bytes += got > 0 ? (unsigned long)got : 0;
    if (got == -1)
        err(1, "BPF iterator");
    close(iterator);
    sockets_bpf__destroy(program);
    return bytes / sizeof(struct socket_record);
}
#else
static unsigned long iterate_all(void) {
    errx(1, "this build has no BPF iterator");
}
#endif

int main(int argc, char **argv) {
    bool listening = false;
    bool iterate = false;
    bool walk = false;
    bool count = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "listen") == 0)
            listening = true;
        else if (strcmp(argv[i], "iterate") == 0)
            iterate = true;
        else if (strcmp(argv[i], "walk") == 0)
            walk = true;
        else if (strcmp(argv[i], "count") == 0)
            count = true;
        else
            errx(2, "'%s': only 'listen', 'iterate', 'walk' and 'count' are known", argv[i]);
    }
    unsigned long rows = dump(listening);
    unsigned long links = (iterate ? iterate_all() : 0) + (walk ? walk_all() : 0);
    if (count && printf("%lu sockets, %lu links\n", rows, links) < 0)
        err(1, "stdout");
    return fflush(stdout) == EOF ? 1 : 0;
}
