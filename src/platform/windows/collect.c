// collect.c - the socket tables, which name the owner of each row.
#include <stdio.h>

#include "platform/platform.h"
#include "platform/windows/confine.h"
#include "platform/windows/ip_helper.h"
#include "platform/windows/process.h"
#include "platform/windows/win32.h"

void psc_request_init(struct psc_request *request) {
    *request = (struct psc_request){
        .filter = &psc_filter_everything,
        .owners = true,
    };
}

// Ports that are only bound have a table of their own, which not every Windows has.
static enum psc_status collect_bound(enum psc_protocol protocol, struct psc_builder *builder,
                                     struct psc_error *error) {
    enum psc_status status = ip_helper_read_bound(protocol, builder, error);
    if (status != PSC_UNSUPPORTED) {
        return status;
    }
    psc_builder_notice(builder, "bound-unknown", 0,
                       "TCP ports that are bound but neither listening nor connected are not "
                       "shown; this Windows does not list them");
    return PSC_OK;
}

static enum psc_status collect_tables(const struct psc_filter *filter, struct psc_builder *builder,
                                      struct psc_error *error) {
    for (enum psc_protocol protocol = PSC_PROTOCOL_TCP4; protocol < PSC_PROTOCOL_COUNT;
         protocol++) {
        bool udp = psc_protocol_is_udp(protocol);
        uint32_t states = filter->states & (udp ? PSC_STATES_UDP : ~PSC_STATES_UDP);
        if ((filter->protocols & PSC_PROTOCOL_BIT(protocol)) == 0 || states == 0) {
            continue;
        }
        enum psc_status status = ip_helper_read(protocol, states, builder, error);
        if (status == PSC_OK && !udp && (states & PSC_STATE_BIT(PSC_STATE_BOUND)) != 0) {
            status = collect_bound(protocol, builder, error);
        }
        if (status != PSC_OK) {
            return status;
        }
    }
    return PSC_OK;
}

static bool is_web_port(uint16_t port) {
    // Usual ports of web servers; 5357 WSD, 5985 and 47001 WinRM.
    static const uint16_t ports[] = {80,   443,  5357, 5358, 5985, 5986,
                                     8000, 8080, 8081, 8443, 8888, 47001};
    for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++) {
        if (ports[i] == port) {
            return true;
        }
    }
    return false;
}

// `System` is no answer to the question which program serves a port.
static void note_http_sys(struct psc_builder *builder) {
    for (size_t i = 0; i < psc_builder_count(builder); i++) {
        const struct psc_endpoint *row = psc_builder_endpoint(builder, i);
        if (row->pid == PID_SYSTEM && row->state == PSC_STATE_LISTENING &&
            is_web_port(row->local_port)) {
            psc_builder_notice(
                builder, "http-sys", 0,
                "port %u is most likely served by HTTP.sys inside System for another program; as "
                "administrator, 'netsh http show servicestate' shows which",
                row->local_port);
        }
    }
}

static void link_owners(const struct psc_filter *filter, struct psc_builder *builder) {
    for (size_t i = 0; i < psc_builder_count(builder); i++) {
        const struct psc_endpoint *row = psc_builder_endpoint(builder, i);
        if ((row->known & PSC_KNOWN_PID) != 0) {
            psc_builder_link(builder, i, row->pid);
        }
    }
    if (psc_filter_names_ports(filter)) {
        note_http_sys(builder);
    }
    psc_builder_end_links(builder, "owners-unknown", "; Windows reports no process");
}

enum psc_status psc_platform_collect(const struct psc_request *request, struct psc_builder *builder,
                                     struct psc_error *error) {
    enum psc_status status = collect_tables(request->filter, builder, error);
    if (status != PSC_OK) {
        return status;
    }
    psc_builder_seal(builder);
    if (request->owners) {
        link_owners(request->filter, builder);
    }
    return PSC_OK;
}

enum psc_status psc_platform_name_users(struct psc_builder *builder, struct psc_error *error) {
    (void)builder, (void)error; // Windows does not record which user created a socket
    return PSC_OK;
}

void psc_platform_describe(char text[PSC_DESCRIPTION_SIZE]) {
    char limits[CONFINE_DESCRIPTION_SIZE];
    bool bound = system_function(L"iphlpapi.dll", "InternalGetBoundTcpEndpointTable") != NULL;
    confine_describe(limits);
    snprintf(text, PSC_DESCRIPTION_SIZE,
             "sockets: GetExtendedTcpTable, GetExtendedUdpTable%s\n"
             "owners:  Toolhelp, service manager, process handles\n"
             "limits:  %s\n",
             bound ? ", InternalGetBoundTcpEndpointTable" : "", limits);
}
