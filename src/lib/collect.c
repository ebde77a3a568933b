// collect.c - collects a snapshot: rows, then what the filter must know of their owners, then what is shown
// of the rows that are left.
#include "lib/collect.h"

#define NAMES_DEADLINE_MS 5000

void psc_collection_plan_init(struct psc_collection_plan *plan, const struct psc_filter *filter,
                              struct psc_needs needs) {
    *plan = (struct psc_collection_plan){.filter = filter, .needs = needs};
    psc_request_init(&plan->request);
    plan->request.filter = filter;
    plan->request.owners = needs.owners || psc_filter_needs(filter).owners;
}

// Drops the rows whose owners the filter does not want.
static enum psc_status select_rows(const struct psc_collection_plan *plan,
                                   struct psc_builder *builder, struct psc_error *error) {
    struct psc_needs needs = psc_filter_needs(plan->filter);
    enum psc_status status = PSC_OK;
    if (needs.details != 0) {
        status = psc_platform_resolve(&plan->request, needs.details, builder, error);
    }
    if (status != PSC_OK) {
        return status;
    }
    if (needs.users || plan->needs.users) {
        status = psc_platform_name_users(builder, error);
    }
    if (status != PSC_OK) {
        return status;
    }
    psc_builder_select(builder);
    return PSC_OK;
}

static enum psc_status drop_closed(const struct psc_collection_plan *plan,
                                   struct psc_builder *builder, struct psc_error *error) {
    struct psc_request request = plan->request;
    struct psc_builder *later = psc_builder_new(plan->filter);
    request.owners = false;
    request.blind_spots = false;
    request.probe_interfaces = false;
    if (later == NULL) {
        return psc_no_memory(error);
    }
    enum psc_status status = psc_platform_collect(&request, later, error);
    if (status == PSC_OK) {
        psc_builder_drop_closed(builder, later);
    }
    psc_builder_free(later);
    return status;
}

static enum psc_status fill(const struct psc_collection_plan *plan, struct psc_builder *builder,
                            struct psc_error *error) {
    enum psc_status status = psc_platform_collect(&plan->request, builder, error);
    if (status == PSC_OK && plan->recheck && psc_builder_has_unowned(builder)) {
        status = drop_closed(plan, builder, error);
    }
    if (status != PSC_OK) {
        return status;
    }
    status = select_rows(plan, builder, error);
    if (status != PSC_OK) {
        return status;
    }
    if (plan->request.owners) {
        status = psc_platform_resolve(&plan->request, plan->needs.details, builder, error);
    }
    if (status != PSC_OK || !plan->remote_names) {
        return status;
    }
    return psc_platform_name_remotes(builder, NAMES_DEADLINE_MS, error);
}

enum psc_status psc_collect_snapshot(const struct psc_collection_plan *plan,
                                     struct psc_snapshot **snapshot, struct psc_error *error) {
    char host[PSC_HOST_SIZE];
    struct psc_builder *builder = psc_builder_new(plan->filter);
    *snapshot = NULL;
    if (builder == NULL) {
        return psc_no_memory(error);
    }
    psc_platform_host(host);
    int64_t time = psc_platform_time();
    enum psc_status status = fill(plan, builder, error);
    if (status != PSC_OK) {
        psc_builder_free(builder);
        return status;
    }
    status = psc_builder_finish(builder, host, time, snapshot);
    return status == PSC_OK ? PSC_OK : psc_no_memory(error);
}
