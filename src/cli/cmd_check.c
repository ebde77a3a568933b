// cmd_check.c - can a server use these ports? if not, why, and what can be done?
#include "cli/commands.h"
#include "format/check_report.h"
#include "lib/port_survey.h"
#include "platform/terminal.h"

// Ports that can be bound need no more than the listeners, and an exit status needs no explanation.
static bool needs_details(const struct options *options, const struct psc_port_survey *survey) {
    bool all_free = true;
    for (size_t i = 0; i < survey->count; i++) {
        all_free = all_free && survey->checks[i].verdict == PSC_VERDICT_FREE;
    }
    return !options->quiet && (!all_free || options->format == PSC_FORMAT_JSON);
}

static enum psc_status survey_ports(const struct options *options, struct psc_port_survey *survey,
                                    struct psc_error *error) {
    const struct psc_needs nothing = {.owners = false};
    const struct psc_needs needs = {true, options->format == PSC_FORMAT_JSON,
                                    PSC_PORT_SURVEY_DETAILS};
    enum psc_status status =
        psc_port_survey_init(survey, options->specs, options->spec_count, &options->bind, error);
    if (status != PSC_OK) {
        return status;
    }
    for (size_t i = 0; i < survey->count && !options->quiet; i++) {
        status = psc_port_survey_ranges(survey, survey->checks[i].udp, error);
        if (status != PSC_OK) {
            return status;
        }
    }
    status = psc_port_survey_run(survey, PSC_STATES_LISTENERS, nothing, error);
    if (status != PSC_OK || !needs_details(options, survey)) {
        return status;
    }
    return psc_port_survey_run(survey, PSC_STATES_ALL, needs, error);
}

// Bound sockets that the system does not list matter only if one may be the unknown holder.
static void print_notices(const struct psc_port_survey *survey, const struct psc_streams *streams) {
    bool holder_unknown = false;
    for (size_t i = 0; i < survey->count; i++) {
        holder_unknown = holder_unknown || survey->checks[i].holder_unknown;
    }
    command_print_notices(streams, survey->snapshot, holder_unknown ? NULL : "bound-unknown");
}

static enum psc_status print(const struct options *options, struct psc_port_survey *survey,
                             const struct psc_streams *streams, struct psc_error *error) {
    enum psc_status status = psc_port_survey_next_free(survey, error);
    if (status != PSC_OK) {
        return status;
    }
    command_confine(streams, NULL);
    struct psc_check_report report = {
        .checks = survey->checks,
        .count = survey->count,
        .snapshot = survey->snapshot,
        .ranges = {&survey->ranges[0], &survey->ranges[1]},
        .advice = {.low_port = psc_platform_advice(PSC_ADVICE_LOW_PORT),
                   .reserved_soft = psc_platform_advice(PSC_ADVICE_RESERVED_SOFT),
                   .reserved_by = psc_platform_advice(PSC_ADVICE_RESERVED_BY),
                   .list_reserved = {psc_platform_advice(PSC_ADVICE_LIST_RESERVED_TCP),
                                     psc_platform_advice(PSC_ADVICE_LIST_RESERVED_UDP)},
                   .free_reserved = psc_platform_advice(PSC_ADVICE_FREE_RESERVED)},
        .line_end = psc_terminal_line_end(),
    };
    bool json = options->format == PSC_FORMAT_JSON;
    status = (json ? psc_check_write_json : psc_check_write)(streams->out, &report, error);
    if (status == PSC_OUTPUT) {
        return psc_terminal_write_error(streams->out, "the output", error);
    }
    if (!json) {
        print_notices(survey, streams);
    }
    return status;
}

enum psc_status cmd_check(const struct options *options, const struct psc_streams *streams,
                          enum psc_exit *answer, struct psc_error *error) {
    struct psc_port_survey survey;
    enum psc_status status = survey_ports(options, &survey, error);
    if (status != PSC_OK) {
        goto out;
    }
    for (size_t i = 0; i < survey.count; i++) {
        if (!psc_verdict_is_free(survey.checks[i].verdict)) {
            *answer = PSC_EXIT_NO;
        }
    }
    if (!options->quiet) {
        status = print(options, &survey, streams, error);
    }
out:
    psc_port_survey_done(&survey);
    return status;
}
