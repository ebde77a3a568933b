// cmd_wait.c - waits until ports are free, or until servers listen on them.
#include "cli/commands.h"
#include "lib/port_survey.h"

// Polls become less frequent. One costs a few system calls, so that even the shortest pause is no load,
// and the longest is no long wait for a person.
#define FIRST_PAUSE_MS 10
#define LAST_PAUSE_MS 250

static bool is_listening(const struct psc_port_survey *survey, const struct psc_port_check *check) {
    for (size_t i = 0; i < psc_snapshot_count(survey->snapshot); i++) {
        if (psc_endpoint_serves_port(psc_snapshot_endpoint(survey->snapshot, i), check->port,
                                     check->udp)) {
            return true;
        }
    }
    return false;
}

// Reads the table only: an attempt to bind could make the awaited server fail to start.
static enum psc_status all_listening(struct psc_port_survey *survey, bool *reached,
                                     struct psc_error *error) {
    const struct psc_needs nothing = {.owners = false};
    enum psc_status status =
        psc_port_survey_read_table(survey, PSC_STATES_LISTENERS, nothing, error);
    *reached = status == PSC_OK;
    for (size_t i = 0; *reached && i < survey->count; i++) {
        *reached = is_listening(survey, &survey->checks[i]);
    }
    return status;
}

// @param denied out: a port that is not in use, but that this user may not bind; NULL: none
static enum psc_status all_free(struct psc_port_survey *survey, bool *reached,
                                const struct psc_port_check **denied, struct psc_error *error) {
    const struct psc_needs nothing = {.owners = false};
    *reached = false;
    // A port that cannot be bound needs no look at the table.
    for (size_t i = 0; i < survey->count; i++) {
        bool taken;
        enum psc_status status = psc_port_survey_is_taken(survey, i, &taken, error);
        if (status != PSC_OK || taken) {
            return status;
        }
    }
    enum psc_status status = psc_port_survey_run(survey, PSC_STATES_LISTENERS, nothing, error);
    *reached = status == PSC_OK;
    for (size_t i = 0; status == PSC_OK && i < survey->count; i++) {
        const struct psc_port_check *check = &survey->checks[i];
        *reached = *reached && psc_verdict_is_free(check->verdict);
        *denied = check->verdict == PSC_VERDICT_NEEDS_PRIVILEGE ? check : *denied;
    }
    return status;
}

// @param denied as in all_free(): waiting does not help then
static enum psc_status poll_ports(struct psc_port_survey *survey, const struct options *options,
                                  bool *reached, const struct psc_port_check **denied,
                                  struct psc_error *error) {
    int64_t deadline = psc_platform_clock() + options->timeout_ms;
    unsigned pause = FIRST_PAUSE_MS;
    for (;;) {
        enum psc_status status = options->until_listening
                                     ? all_listening(survey, reached, error)
                                     : all_free(survey, reached, denied, error);
        if (status != PSC_OK || *reached || *denied != NULL) {
            return status;
        }
        int64_t left = deadline - psc_platform_clock();
        if (options->timeout_ms != 0 && left <= 0) {
            return PSC_OK;
        }
        psc_platform_sleep(options->timeout_ms != 0 && left < pause ? (unsigned)left : pause);
        pause = pause * 3 / 2 < LAST_PAUSE_MS ? pause * 3 / 2 : LAST_PAUSE_MS;
    }
}

static void explain(const struct options *options, const struct psc_port_check *denied,
                    const struct psc_streams *streams) {
    if (denied != NULL) {
        command_say(streams, "%u/%s is not in use, but binding it needs %s", denied->port,
                    denied->udp ? "udp" : "tcp", psc_platform_advice(PSC_ADVICE_LOW_PORT));
    } else {
        command_say(streams, "timed out: not %s after %g s",
                    options->until_listening ? "listening" : "free", options->timeout_ms / 1000.0);
    }
}

enum psc_status cmd_wait(const struct options *options, const struct psc_streams *streams,
                         enum psc_exit *answer, struct psc_error *error) {
    const struct psc_port_check *denied = NULL;
    struct psc_port_survey survey;
    bool reached = false;
    enum psc_status status =
        psc_port_survey_init(&survey, options->specs, options->spec_count, &options->bind, error);
    if (status != PSC_OK) {
        goto out;
    }
    status = poll_ports(&survey, options, &reached, &denied, error);
    *answer = reached ? PSC_EXIT_YES : PSC_EXIT_NO;
    if (status == PSC_OK && !reached && !options->quiet) {
        explain(options, denied, streams);
    }
out:
    psc_port_survey_done(&survey);
    return status;
}
