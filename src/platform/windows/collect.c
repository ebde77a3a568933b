// collect.c - the socket tables and their owners, which Windows gives together.
#include <stdio.h>

#include "platform/platform.h"
#include "platform/windows/ip_helper.h"
#include "platform/windows/process.h"
#include "platform/windows/win32.h"

void psc_request_init(struct psc_request *request) {
    *request = (struct psc_request){
        .filter = &psc_filter_everything,
        .owners = true,
    };
}

static bool is_udp(enum psc_protocol protocol) {
    return protocol == PSC_PROTOCOL_UDP4 || protocol == PSC_PROTOCOL_UDP6;
}

// Ports that are only bound stand in a table of their own, which not every Windows shows.
static enum psc_status collect_bound(enum psc_protocol protocol, uint32_t states,
                                     struct psc_builder *builder, struct psc_error *error) {
    if (is_udp(protocol) || (states & PSC_STATE_BIT(PSC_STATE_BOUND)) == 0) {
        return PSC_OK;
    }
    enum psc_status status = ip_helper_read_bound(protocol, builder, error);
    if (status != PSC_UNSUPPORTED) {
        return status;
    }
    status = psc_builder_notice(builder, "bound-unknown", 0,
                                "TCP ports that are bound but neither listening nor connected are "
                                "not shown: this Windows does not tell them");
    return status == PSC_OK ? PSC_OK : psc_no_memory(error);
}

static enum psc_status collect_tables(const struct psc_filter *filter, struct psc_builder *builder,
                                      struct psc_error *error) {
    enum psc_status status = PSC_OK;
    for (enum psc_protocol protocol = PSC_PROTOCOL_TCP4;
         protocol < PSC_PROTOCOL_COUNT && status == PSC_OK; protocol++) {
        bool wanted = (filter->protocols & PSC_PROTOCOL_BIT(protocol)) != 0;
        uint32_t states = filter->states & (is_udp(protocol) ? PSC_STATES_UDP : ~PSC_STATES_UDP);
        if (!wanted || states == 0) {
            continue;
        }
        status = ip_helper_read(protocol, states, builder, error);
        if (status == PSC_OK) {
            status = collect_bound(protocol, states, builder, error);
        }
    }
    return status;
}

static bool is_web_port(uint16_t port) {
    // 5357 WSD, 5985 and 47001 WinRM, and what servers are usually made to listen on.
    static const uint16_t ports[] = {80,   443,  5357, 5358, 5985, 5986,
                                     8000, 8080, 8081, 8443, 8888, 47001};
    for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++) {
        if (ports[i] == port) {
            return true;
        }
    }
    return false;
}

// Whoever asks for one port wants to know who is behind it, and `System` is no answer.
static enum psc_status note_http_sys(struct psc_builder *builder) {
    for (size_t i = 0; i < psc_builder_count(builder); i++) {
        const struct psc_endpoint *row = psc_builder_endpoint(builder, i);
        if (row->pid == PID_SYSTEM && row->state == PSC_STATE_LISTENING &&
            is_web_port(row->local_port)) {
            return psc_builder_notice(
                builder, "http-sys", 0,
                "port %u is most likely served by HTTP.sys inside System for some other program: "
                "as administrator, 'netsh http show servicestate' says for whom",
                row->local_port);
        }
    }
    return PSC_OK;
}

static enum psc_status link_owners(const struct psc_filter *filter, struct psc_builder *builder) {
    enum psc_status status = PSC_OK;
    for (size_t i = 0; i < psc_builder_count(builder) && status == PSC_OK; i++) {
        const struct psc_endpoint *row = psc_builder_endpoint(builder, i);
        if ((row->known & PSC_KNOWN_PID) != 0) {
            status = psc_builder_link(builder, i, row->pid);
        }
    }
    if (status == PSC_OK && psc_filter_names_ports(filter)) {
        status = note_http_sys(builder);
    }
    if (status == PSC_OK) {
        status = psc_builder_end_links(builder, "owners-unknown",
                                       "not to be found: Windows names no process for them");
    }
    return status;
}

enum psc_status psc_platform_collect(const struct psc_request *request, struct psc_builder *builder,
                                     struct psc_error *error) {
    enum psc_status status = collect_tables(request->filter, builder, error);
    if (status != PSC_OK) {
        return status;
    }
    status = psc_builder_seal(builder);
    if (status == PSC_OK && request->owners) {
        status = link_owners(request->filter, builder);
    }
    return status == PSC_OK ? PSC_OK : psc_no_memory(error);
}

void psc_platform_describe(char text[PSC_DESCRIPTION_SIZE]) {
    bool bound = system_function(L"iphlpapi.dll", "InternalGetBoundTcpEndpointTable") != NULL;
    snprintf(text, PSC_DESCRIPTION_SIZE, "sockets: GetExtendedTcpTable, GetExtendedUdpTable%s\n%s",
             bound ? ", InternalGetBoundTcpEndpointTable" : "",
             "owners:  Toolhelp, service manager, process handles\n");
}

void psc_platform_confine(enum psc_confinement confinement, const char *output) {
    (void)confinement, (void)output;
}

enum psc_status psc_platform_require_stack(struct psc_error *error) {
    (void)error; // the linker reserves it
    return PSC_OK;
}
