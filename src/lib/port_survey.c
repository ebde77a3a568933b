// port_survey.c - can a server have these ports? Asks the platform; model/ports decides.
#include "lib/port_survey.h"

#include <stdlib.h>

#define MAX_PORTS_TRIED 1000U // after a port that is taken

// The ports ---------------------------------------------------------------------------------------

enum psc_status psc_port_survey_init(struct psc_port_survey *survey,
                                     const struct psc_port_spec *specs, size_t count,
                                     const struct psc_bind_address *bind, struct psc_error *error) {
    size_t ports = 0;
    *survey = (struct psc_port_survey){.bind = *bind};
    psc_filter_init(&survey->filter);
    for (size_t i = 0; i < count; i++) {
        ports += (size_t)(specs[i].last - specs[i].first) + 1;
    }
    survey->checks = calloc(ports + 1, sizeof *survey->checks);
    if (survey->checks == NULL) {
        return psc_no_memory(error);
    }
    survey->filter.protocols = 0;
    for (size_t i = 0; i < count; i++) {
        survey->filter.protocols |= specs[i].udp ? PSC_PROTOCOLS_UDP : PSC_PROTOCOLS_TCP;
        if (psc_port_set_add(&survey->filter.local_port.set, specs[i].first, specs[i].last) !=
            PSC_OK) {
            return psc_no_memory(error);
        }
        for (uint32_t port = specs[i].first; port <= specs[i].last; port++) {
            survey->checks[survey->count++] =
                (struct psc_port_check){.port = (uint16_t)port, .udp = specs[i].udp};
        }
    }
    return PSC_OK;
}

void psc_port_survey_done(struct psc_port_survey *survey) {
    psc_filter_done(&survey->filter);
    psc_snapshot_free(survey->snapshot);
    psc_port_ranges_done(&survey->ranges[0]);
    psc_port_ranges_done(&survey->ranges[1]);
    free(survey->checks);
}

// What the system says ----------------------------------------------------------------------------

enum psc_status psc_port_survey_read_table(struct psc_port_survey *survey, uint32_t states,
                                           struct psc_needs needs, struct psc_error *error) {
    struct psc_collection_plan plan;
    psc_snapshot_free(survey->snapshot);
    survey->filter.states = states;
    psc_collection_plan_init(&plan, &survey->filter, needs);
    return psc_collect_snapshot(&plan, &survey->snapshot, error);
}

enum psc_status psc_port_survey_ranges(struct psc_port_survey *survey, bool udp,
                                       struct psc_error *error) {
    struct psc_request request;
    if (survey->has_ranges[udp]) {
        return PSC_OK;
    }
    psc_request_init(&request);
    enum psc_status status = psc_platform_port_ranges(&request, udp, &survey->ranges[udp], error);
    survey->has_ranges[udp] = status == PSC_OK;
    return status;
}

struct probe_results {
    enum psc_probe_result list[2];
    size_t count;
};

static enum psc_status probe(const struct psc_bind_address *bind, uint16_t port, bool udp,
                             struct probe_results *results, struct psc_error *error) {
    struct psc_probe probes[2];
    results->count = psc_port_probes(bind, port, udp, probes);
    for (size_t i = 0; i < results->count; i++) {
        enum psc_status status = psc_platform_probe(&probes[i], &results->list[i], error);
        if (status != PSC_OK) {
            return status;
        }
    }
    return PSC_OK;
}

enum psc_status psc_port_survey_is_taken(const struct psc_port_survey *survey, size_t index,
                                         bool *taken, struct psc_error *error) {
    const struct psc_port_check *check = &survey->checks[index];
    struct probe_results results;
    enum psc_status status = probe(&survey->bind, check->port, check->udp, &results, error);
    *taken = false;
    for (size_t i = 0; status == PSC_OK && i < results.count; i++) {
        *taken = *taken || results.list[i] == PSC_PROBE_TAKEN;
    }
    return status;
}

// Verdicts ----------------------------------------------------------------------------------------

enum psc_status psc_port_survey_decide(struct psc_port_survey *survey, size_t index,
                                       struct psc_error *error) {
    struct psc_port_check *check = &survey->checks[index];
    struct probe_results results;
    enum psc_status status = probe(&survey->bind, check->port, check->udp, &results, error);
    if (status != PSC_OK) {
        return status;
    }
    psc_port_decide(&survey->bind, results.list, results.count, survey->snapshot,
                    &survey->ranges[check->udp], check);
    return PSC_OK;
}

// The table comes first: a server that starts between the two makes the attempt to bind fail, and is
// noticed. In the other order it would be missed.
enum psc_status psc_port_survey_run(struct psc_port_survey *survey, uint32_t states,
                                    struct psc_needs needs, struct psc_error *error) {
    enum psc_status status = psc_port_survey_read_table(survey, states, needs, error);
    for (size_t i = 0; status == PSC_OK && i < survey->count; i++) {
        status = psc_port_survey_decide(survey, i, error);
    }
    return status;
}

// The next free port ------------------------------------------------------------------------------

static enum psc_status can_bind(const struct psc_bind_address *bind, uint16_t port, bool udp,
                                bool *can, struct psc_error *error) {
    struct probe_results results;
    enum psc_status status = probe(bind, port, udp, &results, error);
    *can = true;
    for (size_t i = 0; status == PSC_OK && i < results.count; i++) {
        *can =
            *can && (results.list[i] == PSC_PROBE_FREE || results.list[i] == PSC_PROBE_NO_FAMILY);
    }
    return status;
}

static enum psc_status is_free(const struct psc_port_survey *survey, uint16_t port, bool udp,
                               bool *is, struct psc_error *error) {
    const struct psc_bind_address any = {.one_address = false};
    const struct psc_port_ranges *ranges = &survey->ranges[udp];
    *is = !psc_port_is_reserved(ranges, port) && !psc_port_is_dynamic(ranges, port);
    if (!*is) {
        return PSC_OK;
    }
    enum psc_status status = can_bind(&survey->bind, port, udp, is, error);
    if (status != PSC_OK || !*is || !survey->bind.one_address) {
        return status;
    }
    // A server on another address could be mistaken for the one that is to start.
    return can_bind(&any, port, udp, is, error);
}

static enum psc_status find_next(const struct psc_port_survey *survey, struct psc_port_check *check,
                                 struct psc_error *error) {
    const struct psc_port_ranges *ranges = &survey->ranges[check->udp];
    uint32_t first = check->port + 1U;
    if (check->verdict == PSC_VERDICT_NEEDS_PRIVILEGE && first < ranges->first_unprivileged) {
        first = ranges->first_unprivileged;
    }
    for (uint32_t port = first; port <= UINT16_MAX && port < first + MAX_PORTS_TRIED; port++) {
        bool found;
        enum psc_status status = is_free(survey, (uint16_t)port, check->udp, &found, error);
        if (status != PSC_OK) {
            return status;
        }
        if (found) {
            check->next_free = (uint16_t)port;
            return PSC_OK;
        }
    }
    return PSC_OK;
}

enum psc_status psc_port_survey_next_free(struct psc_port_survey *survey, struct psc_error *error) {
    enum psc_status status = PSC_OK;
    for (size_t i = 0; i < survey->count && status == PSC_OK; i++) {
        struct psc_port_check *check = &survey->checks[i];
        if (psc_verdict_is_free(check->verdict)) {
            continue;
        }
        status = psc_port_survey_ranges(survey, check->udp, error);
        if (status == PSC_OK) {
            status = find_next(survey, check, error);
        }
    }
    return status;
}
