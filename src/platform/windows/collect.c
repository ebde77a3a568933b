// collect.c - the socket tables and their owners, which Windows gives together.
#include <stdio.h>

#include "ip_helper.h"
#include "portscope/platform.h"
#include "process_list.h"
#include "system_function.h"

void psc_request_init(struct psc_request *request) {
    *request = (struct psc_request){
        .tables = PSC_TABLES_ALL,
        .states = PSC_STATES_ALL,
        .owners = true,
    };
}

static bool is_udp(enum psc_table table) {
    return table == PSC_UDP4 || table == PSC_UDP6;
}

// Ports that are only bound stand in a table of their own, which not every Windows shows.
static enum psc_status collect_bound(enum psc_table table, uint32_t states,
                                     struct psc_builder *builder, struct psc_error *error) {
    if (is_udp(table) || (states & PSC_STATE_BIT(PSC_STATE_BOUND)) == 0) {
        return PSC_OK;
    }
    enum psc_status status = ip_helper_read_bound(table, builder, error);
    if (status != PSC_UNSUPPORTED) {
        return status;
    }
    status = psc_builder_notice(builder, "bound-unknown", 0,
                                "TCP ports that are bound but neither listening nor connected are "
                                "not shown: this Windows does not tell them");
    return status == PSC_OK ? PSC_OK : psc_no_memory(error);
}

static enum psc_status collect_tables(const struct psc_request *request,
                                      struct psc_builder *builder, struct psc_error *error) {
    enum psc_status status = PSC_OK;
    for (enum psc_table table = PSC_TCP4; table < PSC_TABLE_COUNT && status == PSC_OK; table++) {
        bool wanted = (request->tables & PSC_TABLE_BIT(table)) != 0;
        uint32_t states = request->states & (is_udp(table) ? PSC_STATES_UDP : ~PSC_STATES_UDP);
        if (!wanted || states == 0) {
            continue;
        }
        status = ip_helper_read(table, states, builder, error);
        if (status == PSC_OK) {
            status = collect_bound(table, states, builder, error);
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

static enum psc_status link_owners(const struct psc_request *request, struct psc_builder *builder) {
    enum psc_status status = PSC_OK;
    for (size_t i = 0; i < psc_builder_count(builder) && status == PSC_OK; i++) {
        const struct psc_endpoint *row = psc_builder_endpoint(builder, i);
        if ((row->known & PSC_KNOWN_PID) != 0) {
            status = psc_builder_link(builder, i, row->pid);
        }
    }
    if (status == PSC_OK && request->few) {
        status = note_http_sys(builder);
    }
    if (status == PSC_OK) {
        status = psc_builder_end_links(builder, "owners-elsewhere",
                                       "not to be found: Windows names no process for them");
    }
    return status;
}

enum psc_status psc_platform_collect(const struct psc_request *request, struct psc_builder *builder,
                                     struct psc_error *error) {
    enum psc_status status = collect_tables(request, builder, error);
    if (status != PSC_OK) {
        return status;
    }
    status = psc_builder_seal(builder);
    if (status == PSC_OK && request->owners) {
        status = link_owners(request, builder);
    }
    return status == PSC_OK ? PSC_OK : psc_no_memory(error);
}

void psc_platform_describe(char text[PSC_DESCRIPTION_SIZE]) {
    bool bound = system_function(L"iphlpapi.dll", "InternalGetBoundTcpEndpointTable") != NULL;
    snprintf(text, PSC_DESCRIPTION_SIZE, "sockets: GetExtendedTcpTable, GetExtendedUdpTable%s\n%s",
             bound ? ", InternalGetBoundTcpEndpointTable" : "",
             "owners:  Toolhelp, service manager, process handles\n");
}
