// collect.c - takes a snapshot: collect, name what the filter must know, select, name what is shown.
#include "lib/collect.h"

#define NAMES_DEADLINE_MS 5000

void collection_plan_init(struct collection_plan *take, const struct psc_filter *filter,
                          struct psc_needs needs) {
    *take = (struct collection_plan){.filter = filter, .needs = needs};
    psc_request_init(&take->request);
    take->request.protocols = filter->protocols;
    take->request.states = filter->states;
    take->request.expect_few_rows =
        filter->any_port.given || filter->local_port.given || filter->remote_port.given;
    take->request.owners = needs.owners || psc_filter_needs_owners(filter);
}

// Finds out what the filter must know of the owners, and drops what it does not want.
static enum psc_status select_rows(const struct collection_plan *take, struct psc_builder *builder,
                                   struct psc_error *error) {
    bool users = take->filter->users.count > 0;
    unsigned details =
        (take->filter->processes.count > 0 ? PSC_PROCESS_NAME | PSC_PROCESS_PATH : 0) |
        (users ? PSC_PROCESS_USER : 0);
    enum psc_status status = PSC_OK;
    if (details != 0) {
        status = psc_platform_resolve(&take->request, details, builder, error);
    }
    if (status == PSC_OK && (users || take->needs.users)) {
        status = psc_platform_name_users(builder, error);
    }
    if (status == PSC_OK) {
        psc_builder_select(builder);
    }
    return status;
}

static enum psc_status fill(const struct collection_plan *take, struct psc_builder *builder,
                            struct psc_error *error) {
    enum psc_status status = psc_platform_collect(&take->request, builder, error);
    if (status == PSC_OK) {
        status = select_rows(take, builder, error);
    }
    if (status == PSC_OK && take->request.owners) {
        status = psc_platform_resolve(&take->request, take->needs.details, builder, error);
    }
    if (status == PSC_OK && take->remote_names) {
        status = psc_platform_name_remotes(builder, NAMES_DEADLINE_MS, error);
    }
    return status;
}

enum psc_status collect_snapshot(const struct collection_plan *take, struct psc_snapshot **snapshot,
                                 struct psc_error *error) {
    char host[PSC_HOST_SIZE];
    struct psc_builder *builder = psc_builder_new(take->filter);
    if (builder == NULL) {
        return psc_no_memory(error);
    }
    psc_platform_host(host);
    int64_t time = psc_platform_time();
    enum psc_status status = fill(take, builder, error);
    if (status != PSC_OK) {
        psc_builder_free(builder);
        return status;
    }
    status = psc_builder_finish(builder, host, time, snapshot);
    return status == PSC_OK ? PSC_OK : psc_no_memory(error);
}
