// proc_net.c - reads the socket tables of the proc file system.
#include "platform/linux/proc_net.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "platform/linux/proc_fs.h"

static enum psc_status parse_links(int proc, struct proc_bytes *bytes, struct proc_net_links *links,
                                   struct psc_error *error) {
    int number = proc_read(proc, "net/if_inet6", bytes);
    if (number == ENOMEM) {
        return psc_no_memory(error);
    }
    // Without the file there is no IPv6, or no word about it: zones stay unknown.
    return number != 0 ? PSC_OK : proc_net_parse_links(bytes->bytes, bytes->size, links, error);
}

enum psc_status proc_net_read(int proc, enum psc_protocol protocol, uint32_t states,
                              struct psc_builder *builder, struct psc_error *error) {
    static const char *const paths[] = {
        [PSC_PROTOCOL_TCP4] = "net/tcp",
        [PSC_PROTOCOL_TCP6] = "net/tcp6",
        [PSC_PROTOCOL_UDP4] = "net/udp",
        [PSC_PROTOCOL_UDP6] = "net/udp6",
    };
    struct proc_bytes bytes = {0};
    struct proc_net_links links = {.count = 0};
    enum psc_status status = PSC_OK;
    bool ipv6 = protocol == PSC_PROTOCOL_TCP6 || protocol == PSC_PROTOCOL_UDP6;
    if (ipv6) {
        status = parse_links(proc, &bytes, &links, error);
    }
    if (status != PSC_OK) {
        goto out;
    }
    int number = proc_read(proc, paths[protocol], &bytes);
    if (number == 0) {
        status = proc_net_parse(bytes.bytes, bytes.size, protocol, states, &links, builder, error);
    } else if (number == ENOMEM) {
        status = psc_no_memory(error);
    } else if (!(number == ENOENT && ipv6)) {
        status = psc_fail(error, PSC_SYSTEM, "cannot read %s of the proc file system: %s",
                          paths[protocol], strerror(number));
    }
out:
    free(bytes.bytes);
    return status;
}
