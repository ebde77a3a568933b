// cmd_wait.c - come back when the port is free, or listened on.
#include "cli/commands.h"
#include "lib/port_survey.h"

// Attempts follow each other ever more slowly: one costs a few system calls, so that even the
// fastest pace is no load, and the slowest is no long wait for a person.
#define FIRST_PAUSE_MS 10
#define LONGEST_PAUSE_MS 250

// Whether a port can be told to be taken without reading the table.
static enum psc_status any_taken(const struct psc_port_survey *survey, bool *taken,
                                 struct psc_error *error) {
    enum psc_status status = PSC_OK;
    *taken = false;
    for (size_t i = 0; status == PSC_OK && !*taken && i < survey->count; i++) {
        status = psc_port_survey_is_taken(survey, i, taken, error);
    }
    return status;
}

static bool is_served(const struct psc_port_survey *survey, const struct psc_port_check *check) {
    for (size_t i = 0; i < psc_snapshot_count(survey->snapshot); i++) {
        if (psc_port_check_serves(check, psc_snapshot_endpoint(survey->snapshot, i))) {
            return true;
        }
    }
    return false;
}

// Whether all ports are as they are waited for.
static enum psc_status is_time(struct psc_port_survey *survey, bool listening, bool *time,
                               struct psc_error *error) {
    const struct psc_needs nothing = {false, false, 0};
    bool taken = false;
    enum psc_status status = listening ? PSC_OK : any_taken(survey, &taken, error);
    *time = !taken;
    if (status != PSC_OK || taken) {
        return status;
    }
    // Listeners are a short list, however many connections the machine has.
    status = listening ? psc_port_survey_read_table(survey, PSC_STATES_LISTENERS, nothing, error)
                       : psc_port_survey_run(survey, PSC_STATES_LISTENERS, nothing, error);
    for (size_t i = 0; status == PSC_OK && *time && i < survey->count; i++) {
        const struct psc_port_check *check = &survey->checks[i];
        *time = listening ? is_served(survey, check) : psc_verdict_is_vacant(check->verdict);
    }
    return status;
}

static enum psc_status poll_until(struct psc_port_survey *survey,
                                  const struct port_options *options, bool *came,
                                  struct psc_error *error) {
    int64_t begun = psc_platform_clock();
    unsigned pause = FIRST_PAUSE_MS;
    for (;;) {
        enum psc_status status = is_time(survey, options->until_listening, came, error);
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

static enum psc_status wait_for_it(const struct port_options *options, bool *came,
                                   struct psc_error *error) {
    struct psc_port_survey survey;
    enum psc_status status =
        psc_port_survey_init(&survey, options->specs, options->spec_count, &options->bind, error);
    if (status == PSC_OK) {
        status = poll_until(&survey, options, came, error);
    }
    psc_port_survey_done(&survey);
    return status;
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
