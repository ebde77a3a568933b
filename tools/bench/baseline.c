// baseline.c - what the kernel's own work takes, as a program: a port lister that works this way cannot
// be faster.
//
//   baseline [listen] [iterate] [walk]
//
// Dumps TCP and UDP of both families over NETLINK_SOCK_DIAG and decodes nothing.
//   listen   only what `-tuln` shows, so that the kernel skips connections
//   iterate  then lists the open sockets of all processes with the BPF iterator
//   walk     then reads every link in /proc/PID/fd, on two threads, as is done without BPF
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
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#if BASELINE_BPF
#include "platform/linux/socket_record.h"
#include "sockets_bpf.lskel.h"
#endif

enum { BUFFER_SIZE = 256 * 1024, WALKERS = 2 };

static void request(int netlink, uint8_t family, uint8_t protocol, uint32_t states) {
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

// Counts the rows of one datagram; true if it ends the dump.
static bool count_rows(const char *datagram, size_t length, unsigned long *rows) {
    const struct nlmsghdr *header;
    for (size_t at = 0; at + sizeof *header <= length; at += NLMSG_ALIGN(header->nlmsg_len)) {
        header = (const void *)(datagram + at);
        if (header->nlmsg_type == NLMSG_DONE)
            return true;
        if (header->nlmsg_type == NLMSG_ERROR || header->nlmsg_len < sizeof *header)
            errx(1, "sock_diag answered with an error");
        ++*rows;
    }
    return false;
}

static unsigned long dump(bool listening) {
    static const uint8_t families[] = {AF_INET, AF_INET6};
    alignas(struct nlmsghdr) char buffer[BUFFER_SIZE];
    unsigned long rows = 0;
    int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (netlink == -1)
        err(1, "NETLINK_SOCK_DIAG");
    for (size_t table = 0; table < 4; table++) {
        bool tcp = table < 2;
        uint32_t states = listening ? 1U << (tcp ? TCP_LISTEN : TCP_CLOSE) : UINT32_MAX;
        request(netlink, families[table % 2], tcp ? IPPROTO_TCP : IPPROTO_UDP, states);
        ssize_t length;
        do {
            length = recv(netlink, buffer, sizeof buffer, 0);
            if (length <= 0)
                err(1, "sock_diag answer");
        } while (!count_rows(buffer, (size_t)length, &rows));
    }
    close(netlink);
    return rows;
}

static unsigned long read_links(int proc, const char *pid) {
    char text[64];
    unsigned long links = 0;
    snprintf(text, sizeof text, "%.20s/fd", pid);
    int directory = openat(proc, text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *files = directory == -1 ? NULL : fdopendir(directory);
    if (files == NULL)
        return 0; // gone, or no permission
    const struct dirent *file;
    while ((file = readdir(files)) != NULL) {
        if (file->d_name[0] != '.' && readlinkat(directory, file->d_name, text, sizeof text) != -1)
            links++;
    }
    closedir(files);
    return links;
}

struct walker {
    pthread_t thread;
    unsigned long index; // takes each WALKERS-th process, beginning with this one
    unsigned long links;
};

static void *walk_some(void *argument) {
    struct walker *walker = argument;
    DIR *proc = opendir("/proc");
    if (proc == NULL)
        err(1, "/proc");
    unsigned long index = 0;
    const struct dirent *entry;
    while ((entry = readdir(proc)) != NULL) {
        if (strtoul(entry->d_name, NULL, 10) != 0 && index++ % WALKERS == walker->index)
            walker->links += read_links(dirfd(proc), entry->d_name);
    }
    closedir(proc);
    return NULL;
}

static unsigned long walk_all(void) {
    struct walker walkers[WALKERS] = {{.index = 0}};
    unsigned long links = 0;
    for (unsigned long i = 0; i < WALKERS; i++) {
        walkers[i].index = i;
        errno = pthread_create(&walkers[i].thread, NULL, walk_some, &walkers[i]);
        if (errno != 0)
            err(1, "thread");
    }
    for (size_t i = 0; i < WALKERS; i++) {
        pthread_join(walkers[i].thread, NULL);
        links += walkers[i].links;
    }
    return links;
}

static unsigned long iterate_all(void) {
#if BASELINE_BPF
    static char buffer[64 * 1024];
    struct sockets_bpf *program = sockets_bpf__open_and_load();
    if (program == NULL || sockets_bpf__attach(program) != 0)
        err(1, "BPF iterator");
    union bpf_attr attributes = {.iter_create = {.link_fd = (__u32)program->links.list_sockets_fd}};
    int iterator = skel_sys_bpf(BPF_ITER_CREATE, &attributes, sizeof attributes);
    unsigned long bytes = 0;
    ssize_t length;
    while ((length = read(iterator, buffer, sizeof buffer)) > 0 ||
           (length == -1 && errno == EAGAIN))
        bytes += length > 0 ? (unsigned long)length : 0;
    if (length == -1)
        err(1, "BPF iterator");
    sockets_bpf__destroy(program);
    return bytes / sizeof(struct socket_record);
#else
    errx(1, "this build has no BPF iterator");
#endif
}

int main(int argc, char **argv) {
    bool listening = false;
    bool iterate = false;
    bool walk = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "listen") == 0)
            listening = true;
        else if (strcmp(argv[i], "iterate") == 0)
            iterate = true;
        else if (strcmp(argv[i], "walk") == 0)
            walk = true;
        else
            errx(2, "usage: baseline [listen] [iterate] [walk]");
    }
    unsigned long rows = dump(listening);
    unsigned long links = (iterate ? iterate_all() : 0) + (walk ? walk_all() : 0);
    printf("%lu rows, %lu links\n", rows, links);
    return fflush(stdout) == EOF ? 1 : 0;
}
