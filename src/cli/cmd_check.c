// cmd_check.c - can I bind this port? if not, why, and what do I do?
#include <errno.h>
#include <string.h>

#include "commands.h"
#include "inspect.h"
#include "portscope/terminal.h"

// Says what could not be seen: of ports that are only bound, if that leaves a verdict without a reason.
static void print_notices(const struct inspection *inspection, const struct psc_streams *streams) {
    bool unexplained = false;
    for (size_t i = 0; i < inspection->count; i++) {
        unexplained = unexplained || inspection->checks[i].unexplained;
    }
    for (size_t i = 0; i < psc_snapshot_notice_count(inspection->snapshot); i++) {
        const struct psc_notice *notice = psc_snapshot_notice(inspection->snapshot, i);
        if (unexplained || strcmp(notice->kind, "bound-unknown") != 0) {
            fprintf(streams->err, "portscope: %s\n", notice->text);
        }
    }
}

static enum psc_status show(const struct port_options *options, struct inspection *inspection,
                            const struct psc_streams *streams, struct psc_error *error) {
    if (options->quiet) {
        return PSC_OK;
    }
    enum psc_status status = inspect_next_free(&options->place, inspection, error);
    if (status != PSC_OK) {
        return status;
    }
    struct psc_check_report report = {
        .checks = inspection->checks,
        .count = inspection->count,
        .snapshot = inspection->snapshot,
        .ranges = {&inspection->ranges[0], &inspection->ranges[1]},
        .line_end = psc_terminal_line_end(),
    };
    status = options->json ? psc_format_checks_json(streams->out, &report)
                           : psc_format_checks(streams->out, &report);
    if (status == PSC_OUTPUT) {
        return psc_fail(error, status, "cannot write the output: %s", strerror(errno));
    }
    if (!options->json) {
        print_notices(inspection, streams);
    }
    return status;
}

// A port that all attempts get needs no more than a look at the listeners, and neither does a status
// that says all.
static bool is_enough(const struct port_options *options, const struct inspection *inspection) {
    bool all_free = true;
    for (size_t i = 0; i < inspection->count; i++) {
        all_free = all_free && inspection->checks[i].verdict == PSC_VERDICT_FREE;
    }
    return options->quiet || (all_free && !options->json);
}

static enum psc_status check(const struct port_options *options, const struct psc_streams *streams,
                             int *exit, struct psc_error *error) {
    struct inspection inspection;
    const struct psc_needs nothing = {false, false, 0};
    const struct psc_needs needs = {true, options->json, INSPECT_DETAILS};
    enum psc_status status = inspect(options, PSC_STATES_LISTENERS, nothing, &inspection, error);
    if (status == PSC_OK && !is_enough(options, &inspection)) {
        inspect_done(&inspection);
        status = inspect(options, PSC_STATES_ALL, needs, &inspection, error);
    }
    for (size_t i = 0; status == PSC_OK && i < inspection.count; i++) {
        if (!psc_verdict_is_free(inspection.checks[i].verdict)) {
            *exit = PSC_EXIT_NO;
        }
    }
    if (status == PSC_OK) {
        status = show(options, &inspection, streams, error);
    }
    inspect_done(&inspection);
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
