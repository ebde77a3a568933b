// blind_spots.c - what an audit of this network namespace's TCP and UDP sockets does not see.
#include "platform/linux/blind_spots.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/number.h"
#include "base/strbuf.h"
#include "platform/linux/proc_fs.h"

uint64_t blind_spots_count(const char *sockstat, const char *protocol) {
    char key[32];
    uint64_t sum = 0;
    for (int version = 4; version <= 6; version += 2) {
        uint64_t count;
        snprintf(key, sizeof key, "\n%s%s: inuse ", protocol, version == 4 ? "" : "6");
        const char *at = strstr(sockstat, key);
        if (at != NULL) {
            at += strlen(key);
            sum += psc_number_read(&at, NULL, UINT32_MAX, &count) ? count : 0;
        }
    }
    return sum;
}

// The texts of sockstat and sockstat6 of a namespace. @p directory is `PID/net`; `net` itself may
// be missing (mount option subset=pid).
static void read_sockstat(int proc, const char *directory, struct psc_strbuf *text) {
    static const char *const names[] = {"sockstat", "sockstat6"};
    struct proc_bytes bytes = {0};
    for (size_t i = 0; i < 2; i++) {
        char path[PROC_PATH_SIZE];
        snprintf(path, sizeof path, "%s/%s", directory, names[i]);
        psc_strbuf_add_text(text, "\n");
        if (proc_read(proc, path, &bytes) == 0) {
            psc_strbuf_add(text, bytes.bytes, bytes.size);
        }
    }
    free(bytes.bytes);
}

// Other protocols ---------------------------------------------------------------------------------

static uint64_t count_sctp(int proc) {
    struct proc_bytes bytes = {0};
    uint64_t lines = 0;
    if (proc_read(proc, "self/net/sctp/eps", &bytes) == 0) {
        for (size_t i = 0; i < bytes.size; i++) {
            lines += bytes.bytes[i] == '\n';
        }
    }
    free(bytes.bytes);
    return lines > 0 ? lines - 1 : 0; // the first is the heading
}

static void note_protocols(int proc, struct psc_builder *builder) {
    struct psc_strbuf text = {0};
    read_sockstat(proc, "self/net", &text);
    uint64_t raw = text.failed ? 0 : blind_spots_count(text.bytes, "RAW");
    uint64_t lite = text.failed ? 0 : blind_spots_count(text.bytes, "UDPLITE");
    uint64_t sctp = count_sctp(proc);
    psc_strbuf_done(&text);
    if (raw + lite + sctp > 0) {
        psc_builder_notice(builder, "other-protocols", (size_t)(raw + lite + sctp),
                           "sockets of other protocols are not audited: %llu raw, %llu UDP-Lite, "
                           "%llu SCTP",
                           (unsigned long long)raw, (unsigned long long)lite,
                           (unsigned long long)sctp);
    }
}

// Network namespaces ------------------------------------------------------------------------------

struct namespaces {
    ino_t *list; // inodes of their files, which differ as they do; every user can read these
    size_t count, capacity;
};

// Returns whether the namespace of a process is new, and remembers it.
static bool add_namespace(struct namespaces *namespaces, int proc, const char *directory) {
    char path[PROC_PATH_SIZE];
    struct stat status;
    snprintf(path, sizeof path, "%s/sockstat", directory);
    if (fstatat(proc, path, &status, 0) != 0) {
        return false;
    }
    for (size_t i = 0; i < namespaces->count; i++) {
        if (namespaces->list[i] == status.st_ino) {
            return false;
        }
    }
    if (!PSC_ARRAY_RESERVE(namespaces->list, namespaces->capacity, namespaces->count + 1)) {
        return false;
    }
    namespaces->list[namespaces->count++] = status.st_ino;
    return true;
}

static bool has_sockets(int proc, const char *directory) {
    struct psc_strbuf text = {0};
    read_sockstat(proc, directory, &text);
    bool has = !text.failed &&
               blind_spots_count(text.bytes, "TCP") + blind_spots_count(text.bytes, "UDP") > 0;
    psc_strbuf_done(&text);
    return has;
}

static void note_namespaces(int proc, struct psc_builder *builder) {
    struct namespaces namespaces = {0};
    struct proc_numbers *numbers = malloc(sizeof *numbers);
    int directory = openat(proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    size_t used = 0;
    uint32_t pid;
    if (numbers == NULL || directory < 0 || !add_namespace(&namespaces, proc, "self/net")) {
        goto out;
    }
    proc_numbers_init(numbers, directory);
    while (proc_numbers_next(numbers, &pid) != NULL) {
        char net[PROC_PATH_SIZE];
        snprintf(net, sizeof net, "%u/net", pid);
        used += add_namespace(&namespaces, proc, net) && has_sockets(proc, net);
    }
    if (used > 0) {
        psc_builder_notice(builder, "other-namespaces", used,
                           "%zu other network %s sockets that are not audited", used,
                           used == 1 ? "namespace has" : "namespaces have");
    }
out:
    if (directory >= 0) {
        close(directory);
    }
    free(numbers);
    free(namespaces.list);
}

// Firewall rules ----------------------------------------------------------------------------------

static bool has_attribute(const char *bytes, size_t size, unsigned type) {
    struct nlattr attribute;
    while (size >= sizeof attribute) {
        memcpy(&attribute, bytes, sizeof attribute);
        size_t step = NLA_ALIGN(attribute.nla_len);
        if ((attribute.nla_type & NLA_TYPE_MASK) == type) {
            return true;
        }
        if (attribute.nla_len < sizeof attribute || step >= size) {
            return false;
        }
        bytes += step;
        size -= step;
    }
    return false;
}

bool blind_spots_has_hook(const char *bytes, size_t size, bool *done) {
    const size_t prefix = sizeof(struct nlmsghdr) + sizeof(struct nfgenmsg);
    struct nlmsghdr header;
    *done = true; // unless a whole datagram of chains says otherwise
    while (size >= sizeof header) {
        memcpy(&header, bytes, sizeof header);
        size_t step = NLMSG_ALIGN(header.nlmsg_len);
        bool is_chain = header.nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWCHAIN);
        if (!is_chain || header.nlmsg_len < prefix || header.nlmsg_len > size) {
            return false;
        }
        if (has_attribute(bytes + prefix, header.nlmsg_len - prefix, NFTA_CHAIN_HOOK)) {
            return true;
        }
        step = step < size ? step : size;
        bytes += step;
        size -= step;
    }
    *done = size != 0;
    return false;
}

static bool find_hook(int netlink) {
    struct {
        struct nlmsghdr header;
        struct nfgenmsg body;
    } request = {
        .header = {.nlmsg_len = sizeof request,
                   .nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .body = {.nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0},
    };
    static const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    char bytes[32 * 1024];
    bool done = sendto(netlink, &request, sizeof request, 0, (const struct sockaddr *)&kernel,
                       sizeof kernel) < 0;
    bool found = false;
    while (!done && !found) {
        ssize_t size = recv(netlink, bytes, sizeof bytes, 0);
        done = size <= 0;
        found = !done && blind_spots_has_hook(bytes, (size_t)size, &done);
    }
    return found;
}

// A request for nf_tables makes the kernel load its module. So there is none unless the module was loaded,
// or nfnetlink, and so perhaps nf_tables, is built in.
static bool may_have_nftables(int proc) {
    struct stat status;
    if (stat("/sys/module/nf_tables", &status) == 0) {
        return true;
    }
    struct proc_bytes bytes = {0};
    bool built_in = stat("/sys/module/nfnetlink", &status) != 0 &&
                    proc_read(proc, "self/net/netlink", &bytes) == 0 &&
                    strstr(bytes.bytes, " 12  0 ") != NULL; // NETLINK_NETFILTER, of the kernel
    free(bytes.bytes);
    return built_in;
}

static bool has_nftables(int proc) {
    if (!may_have_nftables(proc)) {
        return false;
    }
    int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
    bool found = netlink >= 0 && find_hook(netlink);
    if (netlink >= 0) {
        close(netlink);
    }
    return found;
}

static bool has_iptables(int proc) {
    struct proc_bytes bytes = {0};
    bool found = (proc_read(proc, "self/net/ip_tables_names", &bytes) == 0 && bytes.size > 0) ||
                 (proc_read(proc, "self/net/ip6_tables_names", &bytes) == 0 && bytes.size > 0);
    free(bytes.bytes);
    return found;
}

static void note_firewall(int proc, struct psc_builder *builder) {
    bool nftables = has_nftables(proc);
    bool iptables = has_iptables(proc);
    if (nftables || iptables) {
        psc_builder_notice(
            builder, "firewall-present", 0,
            "rules of %s are not taken into account; they may block listeners, or publish "
            "ports by DNAT that no socket shows",
            !iptables   ? "nftables"
            : !nftables ? "iptables"
                        : "nftables and iptables");
    }
}

void blind_spots_note(int proc, struct psc_builder *builder) {
    note_protocols(proc, builder);
    note_namespaces(proc, builder);
    note_firewall(proc, builder);
}
