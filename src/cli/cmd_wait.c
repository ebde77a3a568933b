// cmd_wait.c - come back when the port is free, or listened on.
#include "cli/commands.h"
#include "lib/port_survey.h"

// Attempts follow each other ever more slowly: one costs a few system calls, so that even the
// fastest pace is no load, and the slowest is no long wait for a person.
#define FIRST_PAUSE_MS 10
#define LONGEST_PAUSE_MS 250

// A port that cannot be bound needs no look at the table.
static enum psc_status can_bind(const struct port_options *options, bool *can,
                                struct psc_error *error) {
    *can = true;
    for (size_t i = 0; i < options->spec_count; i++) {
        const struct psc_port_spec *spec = &options->specs[i];
        for (uint32_t port = spec->first; *can && port <= spec->last; port++) {
            enum psc_probe_result results[2];
            size_t count;
            enum psc_status status = port_survey_probe(&options->place, (uint16_t)port, spec->udp,
                                                       results, &count, error);
            if (status != PSC_OK) {
                return status;
            }
            for (size_t j = 0; j < count; j++) {
                *can = *can && results[j] != PSC_PROBE_TAKEN;
            }
        }
    }
    return PSC_OK;
}

static bool is_served(const struct port_survey *survey, const struct psc_port_check *check) {
    for (size_t i = 0; i < psc_snapshot_count(survey->snapshot); i++) {
        if (psc_port_check_serves(check, psc_snapshot_endpoint(survey->snapshot, i))) {
            return true;
        }
    }
    return false;
}

// Whether all ports are as they are waited for.
static enum psc_status is_time(const struct port_options *options, bool *time,
                               struct psc_error *error) {
    enum psc_status status = PSC_OK;
    *time = true;
    if (!options->until_listening) {
        status = can_bind(options, time, error);
    }
    if (status != PSC_OK || !*time) {
        return status;
    }
    struct port_survey survey;
    struct psc_needs nothing = {false, false, 0};
    // Listeners are a short list, however many connections the machine has.
    status = inspect(options, PSC_STATES_LISTENERS, nothing, &survey, error);
    for (size_t i = 0; status == PSC_OK && *time && i < survey.count; i++) {
        const struct psc_port_check *check = &survey.checks[i];
        *time = options->until_listening ? is_served(&survey, check)
                                         : psc_verdict_is_vacant(check->verdict);
    }
    port_survey_done(&survey);
    return status;
}

static enum psc_status wait_for_it(const struct port_options *options, bool *came,
                                   struct psc_error *error) {
    int64_t begun = psc_platform_clock();
    unsigned pause = FIRST_PAUSE_MS;
    for (;;) {
        enum psc_status status = is_time(options, came, error);
        if (status != PSC_OK || *came) {
            return status;
        }
        int64_t left = begun + options->timeout_ms - psc_platform_clock();
        if (options->timeout_ms != 0 && left <= 0) {
            return PSC_OK;
        }
        psc_platform_sleep(options->timeout_ms != 0 && left < pause ? (unsigned)left : pause);
        pause = pause * 3 / 2 < LONGEST_PAUSE_MS ? pause * 3 / 2 : LONGEST_PAUSE_MS;
    }
}

int cmd_wait(int count, char *const *arguments, const struct psc_streams *streams) {
    struct port_options options;
    struct psc_error error;
    int exit = PSC_EXIT_YES;
    enum psc_status status = port_options_parse(&options, PORT_WAIT, count, arguments, &error);
    if (status == PSC_OK && options.help) {
        exit = help_print_command(PORT_WAIT, streams);
    } else if (status == PSC_OK) {
        bool came = false;
        status = wait_for_it(&options, &came, &error);
        exit = came ? PSC_EXIT_YES : PSC_EXIT_NO;
        if (status == PSC_OK && !came && !options.quiet) {
            fprintf(streams->err, "portscope: timed out: not %s after %u.%03u s\n",
                    options.until_listening ? "listening" : "free", options.timeout_ms / 1000,
                    options.timeout_ms % 1000);
        }
    }
    port_options_done(&options);
    return status == PSC_OK ? exit : command_fail(streams, status, &error);
}
