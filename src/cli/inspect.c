// inspect.c - looks at the ports that somebody wants.
#include "inspect.h"

#include <stdlib.h>

#define FARTHEST 1000U // ports to try behind one that is taken

enum psc_status inspect_probe(const struct psc_place *place, uint16_t port, bool udp,
                              enum psc_probe_result results[2], size_t *count,
                              struct psc_error *error) {
    struct psc_probe probes[2];
    *count = psc_check_probes(place, port, udp, probes);
    for (size_t i = 0; i < *count; i++) {
        enum psc_status status = psc_platform_probe(&probes[i], &results[i], error);
        if (status != PSC_OK) {
            return status;
        }
    }
    return PSC_OK;
}

static void add_port(struct inspection *inspection, uint16_t port, bool udp) {
    inspection->filter.local_port.bits[port / 64] |= (uint64_t)1 << (port % 64);
    inspection->checks[inspection->count++] = (struct psc_check){.port = port, .udp = udp};
}

static enum psc_status list_ports(const struct port_options *options, struct inspection *inspection,
                                  struct psc_error *error) {
    size_t count = 0;
    for (size_t i = 0; i < options->wish_count; i++) {
        count += (size_t)(options->wishes[i].last - options->wishes[i].first) + 1;
    }
    inspection->checks = calloc(count + 1, sizeof *inspection->checks);
    if (inspection->checks == NULL) {
        return psc_no_memory(error);
    }
    inspection->filter.tables = 0;
    inspection->filter.local_port.given = true;
    for (size_t i = 0; i < options->wish_count; i++) {
        const struct psc_wish *wish = &options->wishes[i];
        inspection->filter.tables |= wish->udp ? PSC_TABLES_UDP : PSC_TABLES_TCP;
        for (uint32_t port = wish->first; port <= wish->last; port++) {
            add_port(inspection, (uint16_t)port, wish->udp);
        }
    }
    return PSC_OK;
}

enum psc_status inspect_judge(const struct psc_place *place, struct inspection *inspection,
                              size_t index, struct psc_error *error) {
    struct psc_check *check = &inspection->checks[index];
    enum psc_probe_result results[2];
    size_t count;
    enum psc_status status = inspect_probe(place, check->port, check->udp, results, &count, error);
    if (status == PSC_OK) {
        psc_check_judge(place, results, count, inspection->snapshot,
                        &inspection->ranges[check->udp], check);
    }
    return status;
}

enum psc_status inspect_begin(const struct port_options *options, uint32_t states,
                              struct psc_needs needs, struct inspection *inspection,
                              struct psc_error *error) {
    struct take take;
    *inspection = (struct inspection){.snapshot = NULL};
    psc_filter_init(&inspection->filter);
    inspection->filter.states = states;
    enum psc_status status = list_ports(options, inspection, error);
    if (status != PSC_OK) {
        return status;
    }
    take_init(&take, &inspection->filter, needs);
    for (int udp = 0; udp < 2 && status == PSC_OK; udp++) {
        status = psc_platform_port_ranges(&take.request, udp == 1, &inspection->ranges[udp], error);
    }
    return status == PSC_OK ? take_snapshot(&take, &inspection->snapshot, error) : status;
}

// The table first: whoever comes between it and the attempt to bind makes that fail, and is noticed;
// the other way round he would not be.
enum psc_status inspect(const struct port_options *options, uint32_t states, struct psc_needs needs,
                        struct inspection *inspection, struct psc_error *error) {
    enum psc_status status = inspect_begin(options, states, needs, inspection, error);
    for (size_t i = 0; status == PSC_OK && i < inspection->count; i++) {
        status = inspect_judge(&options->place, inspection, i, error);
    }
    return status;
}

void inspect_done(struct inspection *inspection) {
    psc_filter_done(&inspection->filter);
    psc_snapshot_free(inspection->snapshot);
    free(inspection->checks);
}

static enum psc_status is_free_at(const struct psc_place *place, uint16_t port, bool udp,
                                  bool *free, struct psc_error *error) {
    enum psc_probe_result results[2];
    size_t count;
    enum psc_status status = inspect_probe(place, port, udp, results, &count, error);
    for (size_t i = 0; status == PSC_OK && i < count; i++) {
        *free = *free && (results[i] == PSC_PROBE_FREE || results[i] == PSC_PROBE_NO_FAMILY);
    }
    return status;
}

static enum psc_status find_next(const struct psc_place *place,
                                 const struct psc_port_ranges *ranges, struct psc_check *check,
                                 struct psc_error *error) {
    const struct psc_place anywhere = {.one_address = false};
    uint32_t first = check->port + 1U;
    if (check->verdict == PSC_VERDICT_NEEDS_RIGHTS && first < ranges->first_unprivileged) {
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

enum psc_status inspect_next_free(const struct psc_place *place, struct inspection *inspection,
                                  struct psc_error *error) {
    enum psc_status status = PSC_OK;
    for (size_t i = 0; i < inspection->count && status == PSC_OK; i++) {
        struct psc_check *check = &inspection->checks[i];
        if (!psc_verdict_is_free(check->verdict)) {
            status = find_next(place, &inspection->ranges[check->udp], check, error);
        }
    }
    return status;
}
