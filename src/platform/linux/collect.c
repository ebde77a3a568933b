// collect.c - the socket tables, from netlink or, if it does not answer, from /proc/net; then the names
// of interfaces, and the owners.
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/number.h"
#include "platform/linux/blind_spots.h"
#include "platform/linux/confine.h"
#include "platform/linux/decode.h"
#include "platform/linux/owners.h"
#include "platform/linux/ports.h"
#include "platform/linux/proc_fs.h"
#include "platform/linux/sock_diag.h"
#include "platform/platform.h"

void psc_request_init(struct psc_request *request) {
    *request = (struct psc_request){
        .filter = &psc_filter_everything,
        .owners = true,
        .proc_root = "/proc",
    };
}

// The states of a table that the filter accepts; if none, the table need not be read.
static uint32_t accepted_states(const struct psc_filter *filter, enum psc_protocol protocol) {
    bool udp = psc_protocol_is_udp(protocol);
    bool wanted = (filter->protocols & PSC_PROTOCOL_BIT(protocol)) != 0;
    return wanted ? filter->states & (udp ? PSC_STATES_UDP : ~PSC_STATES_UDP) : 0;
}

static enum psc_status read_links(int proc, struct proc_bytes *bytes, struct decode_links *links,
                                  struct psc_error *error) {
    int number = proc_read(proc, "net/if_inet6", bytes);
    if (number == ENOMEM) {
        return psc_no_memory(error);
    }
    // Without the file, link-local addresses stay without an interface.
    return number != 0 ? PSC_OK : decode_if_inet6(bytes->bytes, bytes->size, links, error);
}

// Reads a table of the proc file system. A family that this kernel does not have is an empty table.
static enum psc_status read_proc_net(int proc, enum psc_protocol protocol, uint32_t states,
                                     struct psc_builder *builder, struct psc_error *error) {
    static const char *const paths[] = {
        [PSC_PROTOCOL_TCP4] = "net/tcp",
        [PSC_PROTOCOL_TCP6] = "net/tcp6",
        [PSC_PROTOCOL_UDP4] = "net/udp",
        [PSC_PROTOCOL_UDP6] = "net/udp6",
    };
    struct proc_bytes bytes = {0};
    struct decode_links links = {.count = 0};
    bool ipv6 = psc_protocol_is_ipv6(protocol);
    enum psc_status status = ipv6 ? read_links(proc, &bytes, &links, error) : PSC_OK;
    if (status != PSC_OK) {
        goto out;
    }
    int number = proc_read(proc, paths[protocol], &bytes);
    if (number == 0) {
        status = decode_proc_net(bytes.bytes, bytes.size, protocol, states, &links, builder, error);
    } else if (number == ENOMEM) {
        status = psc_no_memory(error);
    } else if (number != ENOENT || !ipv6) {
        status = psc_fail(error, PSC_SYSTEM, "cannot read %s of the proc file system: %s",
                          paths[protocol], strerror(number));
    }
out:
    free(bytes.bytes);
    return status;
}

// The index of any interface but the loopback one, without netlink; 0 if there is none.
static uint32_t find_other_interface(int proc) {
    struct proc_bytes bytes = {0};
    uint32_t found = 0;
    char *rest = NULL;
    char *line =
        proc_read(proc, "net/dev", &bytes) == 0 ? strtok_r(bytes.bytes, "\n", &rest) : NULL;
    for (; line != NULL && found <= PSC_IFINDEX_LOOPBACK; line = strtok_r(NULL, "\n", &rest)) {
        line += strspn(line, " ");
        line[strcspn(line, ":")] = '\0';
        found = if_nametoindex(line); // 0 for the heading
    }
    free(bytes.bytes);
    return found != PSC_IFINDEX_LOOPBACK ? found : 0;
}

// Finds the rows from @p first on that only look exposed: /proc/net has no interfaces.
static void find_loopback_listeners(int proc, struct psc_builder *builder, size_t first) {
    uint32_t other = find_other_interface(proc);
    for (size_t row = first; other != 0 && row < psc_builder_count(builder); row++) {
        const struct psc_endpoint *endpoint = psc_builder_endpoint(builder, row);
        enum psc_exposure exposure = psc_endpoint_exposure(endpoint);
        if (exposure != PSC_EXPOSURE_NONE && exposure != PSC_EXPOSURE_LOOPBACK &&
            ports_is_on_loopback(endpoint, other)) {
            psc_builder_set_interface(builder, row, PSC_IFINDEX_LOOPBACK);
        }
    }
}

static enum psc_status collect_table(const struct psc_request *request, int proc,
                                     enum psc_protocol protocol, struct psc_builder *builder,
                                     bool *by_proc, struct psc_error *error) {
    uint32_t states = accepted_states(request->filter, protocol);
    if (states == 0) {
        return PSC_OK;
    }
    if ((request->disable & PSC_DISABLE_NETLINK) == 0) {
        enum psc_status status = sock_diag_dump(request->filter, protocol, states, builder, error);
        if (status != PSC_UNSUPPORTED) {
            return status;
        }
    }
    *by_proc = *by_proc || !psc_protocol_is_udp(protocol);
    size_t first = psc_builder_count(builder);
    enum psc_status status = read_proc_net(proc, protocol, states, builder, error);
    if (status == PSC_OK && request->probe_interfaces) {
        find_loopback_listeners(proc, builder, first);
    }
    return status;
}

// TCP sockets that are bound, but neither listen nor are connected, are dumped since Linux 6.8.
static bool kernel_lists_bound(void) {
    struct utsname system;
    const char *at = system.release;
    uint64_t major;
    uint64_t minor;
    return uname(&system) == 0 && psc_number_read(&at, NULL, UINT32_MAX, &major) && *at++ == '.' &&
           psc_number_read(&at, NULL, UINT32_MAX, &minor) &&
           (major > 6 || (major == 6 && minor >= 8));
}

static void note_bound(const struct psc_filter *filter, bool by_proc, struct psc_builder *builder) {
    bool requested = (filter->states & PSC_STATE_BIT(PSC_STATE_BOUND)) != 0 &&
                     (filter->protocols & PSC_PROTOCOLS_TCP) != 0;
    if (requested && (by_proc || !kernel_lists_bound())) {
        psc_builder_notice(builder, "bound-unknown", 0,
                           "TCP ports that are bound but neither listening nor connected are not "
                           "shown: %s",
                           by_proc ? "sock_diag, which lists them, is not available"
                                   : "this needs Linux 6.8");
    }
}

static void name_interfaces(struct psc_builder *builder) {
    for (size_t i = 0; i < psc_builder_count(builder); i++) {
        uint32_t ifindex = psc_builder_endpoint(builder, i)->ifindex;
        char name[IF_NAMESIZE];
        if (ifindex != 0 && !psc_builder_interface_named(builder, ifindex)) {
            psc_builder_name_interface(builder, ifindex, if_indextoname(ifindex, name));
        }
    }
}

static enum psc_status collect_tables(const struct psc_request *request, int proc,
                                      struct psc_builder *builder, struct psc_error *error) {
    bool by_proc = false;
    for (enum psc_protocol protocol = PSC_PROTOCOL_TCP4; protocol < PSC_PROTOCOL_COUNT;
         protocol++) {
        enum psc_status status = collect_table(request, proc, protocol, builder, &by_proc, error);
        if (status != PSC_OK) {
            return status;
        }
    }
    note_bound(request->filter, by_proc, builder);
    psc_builder_seal(builder);
    name_interfaces(builder);
    return PSC_OK;
}

enum psc_status psc_platform_collect(const struct psc_request *request, struct psc_builder *builder,
                                     struct psc_error *error) {
    int proc = proc_open(request->proc_root, error);
    if (proc < 0) {
        return PSC_SYSTEM;
    }
    if (request->blind_spots) {
        blind_spots_note(proc, builder);
    }
    struct owners_search owners;
    owners_begin(&owners, request, proc);
    enum psc_status status = collect_tables(request, proc, builder, error);
    enum psc_status ended = owners_end(&owners, status == PSC_OK ? builder : NULL, error);
    close(proc);
    return status == PSC_OK ? ended : status;
}

void psc_platform_describe(char text[PSC_DESCRIPTION_SIZE]) {
    snprintf(text, PSC_DESCRIPTION_SIZE, "sockets: %s\nowners:  %s\nlimits:  %s\n",
             sock_diag_answers() ? "sock_diag, /proc/net"
                                 : "/proc/net (sock_diag is not available)",
             owners_describe(), confine_describe());
}
