// port_survey.c - looks at the ports that somebody wants.
#include "lib/port_survey.h"

#include <stdlib.h>

#define FARTHEST 1000U // ports to try behind one that is taken

enum psc_status port_survey_probe(const struct psc_bind_address *place, uint16_t port, bool udp,
                                  enum psc_probe_result results[2], size_t *count,
                                  struct psc_error *error) {
    struct psc_probe probes[2];
    *count = psc_port_probes(place, port, udp, probes);
    for (size_t i = 0; i < *count; i++) {
        enum psc_status status = psc_platform_probe(&probes[i], &results[i], error);
        if (status != PSC_OK) {
            return status;
        }
    }
    return PSC_OK;
}

static void add_port(struct port_survey *survey, uint16_t port, bool udp) {
    survey->filter.local_port.bits[port / 64] |= (uint64_t)1 << (port % 64);
    survey->checks[survey->count++] = (struct psc_port_check){.port = port, .udp = udp};
}

static enum psc_status list_ports(const struct port_options *options, struct port_survey *survey,
                                  struct psc_error *error) {
    size_t count = 0;
    for (size_t i = 0; i < options->spec_count; i++) {
        count += (size_t)(options->specs[i].last - options->specs[i].first) + 1;
    }
    survey->checks = calloc(count + 1, sizeof *survey->checks);
    if (survey->checks == NULL) {
        return psc_no_memory(error);
    }
    survey->filter.protocols = 0;
    survey->filter.local_port.given = true;
    for (size_t i = 0; i < options->spec_count; i++) {
        const struct psc_port_spec *spec = &options->specs[i];
        survey->filter.protocols |= spec->udp ? PSC_PROTOCOLS_UDP : PSC_PROTOCOLS_TCP;
        for (uint32_t port = spec->first; port <= spec->last; port++) {
            add_port(survey, (uint16_t)port, spec->udp);
        }
    }
    return PSC_OK;
}

enum psc_status port_survey_decide(const struct psc_bind_address *place, struct port_survey *survey,
                                   size_t index, struct psc_error *error) {
    struct psc_port_check *check = &survey->checks[index];
    enum psc_probe_result results[2];
    size_t count;
    enum psc_status status =
        port_survey_probe(place, check->port, check->udp, results, &count, error);
    if (status == PSC_OK) {
        psc_port_decide(place, results, count, survey->snapshot, &survey->ranges[check->udp],
                        check);
    }
    return status;
}

enum psc_status port_survey_begin(const struct port_options *options, uint32_t states,
                                  struct psc_needs needs, struct port_survey *survey,
                                  struct psc_error *error) {
    struct collection_plan take;
    *survey = (struct port_survey){.snapshot = NULL};
    psc_filter_init(&survey->filter);
    survey->filter.states = states;
    enum psc_status status = list_ports(options, survey, error);
    if (status != PSC_OK) {
        return status;
    }
    collection_plan_init(&take, &survey->filter, needs);
    for (int udp = 0; udp < 2 && status == PSC_OK; udp++) {
        status = psc_platform_port_ranges(&take.request, udp == 1, &survey->ranges[udp], error);
    }
    return status == PSC_OK ? collect_snapshot(&take, &survey->snapshot, error) : status;
}

// The table first: whoever comes between it and the attempt to bind makes that fail, and is noticed;
// the other way round he would not be.
enum psc_status inspect(const struct port_options *options, uint32_t states, struct psc_needs needs,
                        struct port_survey *survey, struct psc_error *error) {
    enum psc_status status = port_survey_begin(options, states, needs, survey, error);
    for (size_t i = 0; status == PSC_OK && i < survey->count; i++) {
        status = port_survey_decide(&options->place, survey, i, error);
    }
    return status;
}

void port_survey_done(struct port_survey *survey) {
    psc_filter_done(&survey->filter);
    psc_snapshot_free(survey->snapshot);
    free(survey->checks);
}

static enum psc_status is_free_at(const struct psc_bind_address *place, uint16_t port, bool udp,
                                  bool *free, struct psc_error *error) {
    enum psc_probe_result results[2];
    size_t count;
    enum psc_status status = port_survey_probe(place, port, udp, results, &count, error);
    for (size_t i = 0; status == PSC_OK && i < count; i++) {
        *free = *free && (results[i] == PSC_PROBE_FREE || results[i] == PSC_PROBE_NO_FAMILY);
    }
    return status;
}

static enum psc_status find_next(const struct psc_bind_address *place,
                                 const struct psc_port_ranges *ranges, struct psc_port_check *check,
                                 struct psc_error *error) {
    const struct psc_bind_address anywhere = {.one_address = false};
    uint32_t first = check->port + 1U;
    if (check->verdict == PSC_VERDICT_NEEDS_PRIVILEGE && first < ranges->first_unprivileged) {
        first = ranges->first_unprivileged;
    }
    for (uint32_t port = first; port <= UINT16_MAX && port < first + FARTHEST; port++) {
        bool free = !psc_port_is_reserved(ranges, (uint16_t)port) &&
                    !psc_port_is_dynamic(ranges, (uint16_t)port);
        enum psc_status status = PSC_OK;
        if (free) {
            status = is_free_at(place, (uint16_t)port, check->udp, &free, error);
        }
        // Nobody at any other address either, who might be taken for that server.
        if (status == PSC_OK && free && place->one_address) {
            status = is_free_at(&anywhere, (uint16_t)port, check->udp, &free, error);
        }
        if (status != PSC_OK) {
            return status;
        }
        if (free) {
            check->next_free = (uint16_t)port;
            return PSC_OK;
        }
    }
    return PSC_OK;
}

enum psc_status port_survey_next_free(const struct psc_bind_address *place,
                                      struct port_survey *survey, struct psc_error *error) {
    enum psc_status status = PSC_OK;
    for (size_t i = 0; i < survey->count && status == PSC_OK; i++) {
        struct psc_port_check *check = &survey->checks[i];
        if (!psc_verdict_is_free(check->verdict)) {
            status = find_next(place, &survey->ranges[check->udp], check, error);
        }
    }
    return status;
}
