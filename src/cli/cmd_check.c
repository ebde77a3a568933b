// cmd_check.c - can I bind this port? if not, why, and what do I do?
#include <errno.h>
#include <string.h>

#include "cli/commands.h"
#include "format/format.h"
#include "lib/port_survey.h"
#include "platform/terminal.h"

// Says what could not be seen: of ports that are only bound, if that leaves a verdict without a reason.
static void print_notices(const struct psc_port_survey *survey, const struct psc_streams *streams) {
    bool holder_unknown = false;
    for (size_t i = 0; i < survey->count; i++) {
        holder_unknown = holder_unknown || survey->checks[i].holder_unknown;
    }
    for (size_t i = 0; i < psc_snapshot_notice_count(survey->snapshot); i++) {
        const struct psc_notice *notice = psc_snapshot_notice(survey->snapshot, i);
        if (holder_unknown || strcmp(notice->kind, "bound-unknown") != 0) {
            fprintf(streams->err, "portscope: %s\n", notice->text);
        }
    }
}

static enum psc_status show(const struct port_options *options, struct psc_port_survey *survey,
                            const struct psc_streams *streams, struct psc_error *error) {
    if (options->quiet) {
        return PSC_OK;
    }
    enum psc_status status = psc_port_survey_next_free(survey, error);
    if (status != PSC_OK) {
        return status;
    }
    struct psc_check_report report = {
        .checks = survey->checks,
        .count = survey->count,
        .snapshot = survey->snapshot,
        .ranges = {&survey->ranges[0], &survey->ranges[1]},
        .line_end = psc_terminal_line_end(),
    };
    status = options->json ? psc_format_checks_json(streams->out, &report)
                           : psc_format_checks(streams->out, &report);
    if (status == PSC_OUTPUT) {
        return psc_fail(error, status, "cannot write the output: %s", strerror(errno));
    }
    if (!options->json) {
        print_notices(survey, streams);
    }
    return status;
}

// A port that all attempts get needs no more than a look at the listeners, and neither does a status
// that says all.
static bool is_enough(const struct port_options *options, const struct psc_port_survey *survey) {
    bool all_free = true;
    for (size_t i = 0; i < survey->count; i++) {
        all_free = all_free && survey->checks[i].verdict == PSC_VERDICT_FREE;
    }
    return options->quiet || (all_free && !options->json);
}

static enum psc_status check(const struct port_options *options, const struct psc_streams *streams,
                             int *exit, struct psc_error *error) {
    struct psc_port_survey survey;
    const struct psc_needs nothing = {false, false, 0};
    const struct psc_needs needs = {true, options->json, PSC_PORT_SURVEY_DETAILS};
    enum psc_status status =
        psc_port_survey_init(&survey, options->specs, options->spec_count, &options->bind, error);
    if (status == PSC_OK) {
        status = psc_port_survey_run(&survey, PSC_STATES_LISTENERS, nothing, error);
    }
    if (status == PSC_OK && !is_enough(options, &survey)) {
        status = psc_port_survey_run(&survey, PSC_STATES_ALL, needs, error);
    }
    for (size_t i = 0; status == PSC_OK && i < survey.count; i++) {
        if (!psc_verdict_is_free(survey.checks[i].verdict)) {
            *exit = PSC_EXIT_NO;
        }
    }
    if (status == PSC_OK) {
        status = show(options, &survey, streams, error);
    }
    psc_port_survey_done(&survey);
    return status;
}

int cmd_check(int count, char *const *arguments, const struct psc_streams *streams) {
    struct port_options options;
    struct psc_error error;
    int exit = PSC_EXIT_YES;
    enum psc_status status = port_options_parse(&options, PORT_CHECK, count, arguments, &error);
    if (status == PSC_OK && options.help) {
        exit = help_print_command(PORT_CHECK, streams);
    } else if (status == PSC_OK) {
        status = check(&options, streams, &exit, &error);
    }
    port_options_done(&options);
    return status == PSC_OK ? exit : command_fail(streams, status, &error);
}
