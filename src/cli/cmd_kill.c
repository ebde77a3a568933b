// cmd_kill.c - end what holds this port, safely: only those who serve on it, only after consent, and
// only the very processes that were shown.
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "format/format.h"
#include "lib/port_survey.h"
#include "platform/terminal.h"

#define USUAL_TIMEOUT_MS 5000
#define FORCED_MS 2000 // until whoever was made to end has ended
#define SETTLED_MS 300 // until whoever starts it again has done so
#define PAUSE_MS 20

struct kill_state {
    const struct options *options;
    const struct psc_streams *streams;
    struct psc_request request;
    struct psc_port_survey survey;
    uint32_t *targets; // numbers of processes in the snapshot, each once; the oldest first
    size_t count;
    size_t hidden; // serving rows whose owner cannot be seen
};

static enum psc_status survey_port(const struct options *options, struct psc_port_survey *survey,
                                   struct psc_error *error) {
    const struct psc_needs needs = {true, false, PSC_PORT_SURVEY_DETAILS};
    enum psc_status status =
        psc_port_survey_init(survey, options->specs, options->spec_count, &options->bind, error);
    return status == PSC_OK ? psc_port_survey_run(survey, PSC_STATES_ALL, needs, error) : status;
}

static const struct psc_process *target_at(const struct kill_state *state, size_t index) {
    return psc_snapshot_process(state->survey.snapshot, state->targets[index]);
}

static void add_target(struct kill_state *state, uint32_t process) {
    for (size_t i = 0; i < state->count; i++) {
        if (state->targets[i] == process) {
            return;
        }
    }
    state->targets[state->count++] = process;
}

// Whoever serves on the port. Clients that are connected to it are none of our business.
static enum psc_status find_targets(struct kill_state *state, struct psc_error *error) {
    const struct psc_snapshot *snapshot = state->survey.snapshot;
    const struct psc_port_check *check = &state->survey.checks[0];
    size_t most = 0;
    for (size_t i = 0; i < psc_snapshot_count(snapshot); i++) {
        most += psc_snapshot_owners(snapshot, i).count;
    }
    state->targets = calloc(most + 1, sizeof *state->targets);
    if (state->targets == NULL) {
        return psc_no_memory(error);
    }
    for (size_t i = 0; i < psc_snapshot_count(snapshot); i++) {
        const struct psc_endpoint *endpoint = psc_snapshot_endpoint(snapshot, i);
        struct psc_owners owners = psc_snapshot_owners(snapshot, i);
        if (!psc_endpoint_serves_port(endpoint, check->port, check->udp)) {
            continue;
        }
        state->hidden += (endpoint->known & PSC_KNOWN_OWNERS) == 0;
        for (size_t j = 0; j < owners.count; j++) {
            add_target(state, owners.processes[j]);
        }
    }
    return PSC_OK;
}

// Saying what is there -----------------------------------------------------------------------------

static void print_port(const struct kill_state *state, const char *text) {
    const struct psc_port_check *check = &state->survey.checks[0];
    fprintf(state->streams->out, "%u/%s %s\n", check->port, check->udp ? "udp" : "tcp", text);
}

static void print_targets(const struct kill_state *state) {
    FILE *out = state->streams->out;
    int64_t now = psc_snapshot_time(state->survey.snapshot);
    print_port(state, "is held by");
    for (size_t i = 0; i < state->count; i++) {
        const struct psc_process *process = target_at(state, i);
        fputs("  ", out);
        psc_format_process(out, process, now);
        if (process->service != NULL) {
            fprintf(out, "\n    a service: to stop it for good, type %s", process->stop_command);
        }
        fputc('\n', out);
    }
}

// Refusing ------------------------------------------------------------------------------------------

static bool refuse(const struct kill_state *state) {
    FILE *err = state->streams->err;
    const struct psc_snapshot *snapshot = state->survey.snapshot;
    for (size_t i = 0; i < state->count; i++) {
        uint32_t pid = target_at(state, i)->pid;
        if (psc_platform_is_critical(pid)) {
            fprintf(err, "portscope: process %u holds the whole system up and is left alone\n",
                    pid);
            return true;
        }
        if (psc_platform_is_self_or_ancestor(&state->request, pid)) {
            fprintf(err,
                    "portscope: process %u is portscope itself or runs it, and is left alone\n",
                    pid);
            return true;
        }
    }
    for (size_t i = 0; state->hidden > 0 && i < psc_snapshot_notice_count(snapshot); i++) {
        const struct psc_notice *notice = psc_snapshot_notice(snapshot, i);
        if (strncmp(notice->kind, "owners-", 7) == 0) {
            fprintf(err, "portscope: %s\n", notice->text);
        }
    }
    return state->hidden > 0;
}

static bool is_yes(FILE *in) {
    char answer[16] = "";
    return fgets(answer, sizeof answer, in) != NULL && (answer[0] == 'y' || answer[0] == 'Y');
}

static bool can_ask(const struct kill_state *state) {
    const struct psc_streams *streams = state->streams;
    return streams->in != NULL && psc_terminal_can_ask(streams->in, streams->out);
}

static bool consents(const struct kill_state *state) {
    if (state->options->yes) {
        return true;
    }
    fprintf(state->streams->out, state->count == 1 ? "End it? [y/N] " : "End them? [y/N] ");
    fflush(state->streams->out);
    return is_yes(state->streams->in);
}

// Ending --------------------------------------------------------------------------------------------

// Takes hold of all of them before the first is asked: the end of one may end others.
static enum psc_status hold_all(const struct kill_state *state, struct psc_process_handle **held,
                                struct psc_error *error) {
    for (size_t i = 0; i < state->count; i++) {
        const struct psc_process *process = target_at(state, i);
        enum psc_status status = psc_platform_open_process(&state->request, process->pid,
                                                           process->identity, &held[i], error);
        if (status != PSC_OK && status != PSC_GONE) {
            return status;
        }
    }
    return PSC_OK;
}

// Asks those that are still there to end, or makes them. Who cannot be asked need not be waited for.
static enum psc_status signal_all(const struct kill_state *state, struct psc_process_handle **held,
                                  bool force, bool *asked, struct psc_error *error) {
    *asked = false;
    for (size_t i = 0; i < state->count; i++) {
        enum psc_status status = PSC_GONE;
        if (held[i] != NULL && !psc_platform_wait_process(held[i], 0)) {
            status = psc_platform_terminate_process(held[i], force, error);
        }
        if (status == PSC_UNSUPPORTED && !force) {
            if (!state->options->force) {
                fprintf(state->streams->err, "portscope: %s\n", error->text);
            }
        } else if (status != PSC_OK && status != PSC_GONE) {
            return status;
        }
        *asked = *asked || status == PSC_OK;
    }
    return PSC_OK;
}

// Ends those that are still there and waits for them. Returns how many stay.
static enum psc_status end_all(const struct kill_state *state, struct psc_process_handle **held,
                               bool force, size_t *stay, struct psc_error *error) {
    unsigned given = state->options->timeout_ms;
    unsigned timeout = force ? FORCED_MS : given != 0 ? given : USUAL_TIMEOUT_MS;
    bool asked;
    enum psc_status status = signal_all(state, held, force, &asked, error);
    *stay = 0;
    int64_t until = psc_platform_clock() + (asked ? timeout : 0);
    for (size_t i = 0; status == PSC_OK && i < state->count; i++) {
        int64_t left = until - psc_platform_clock();
        if (held[i] != NULL && !psc_platform_wait_process(held[i], left > 0 ? (unsigned)left : 0)) {
            ++*stay;
        }
    }
    return status;
}

static enum psc_status end_them(const struct kill_state *state, size_t *stay,
                                struct psc_error *error) {
    struct psc_process_handle **held = calloc(state->count, sizeof(struct psc_process_handle *));
    if (held == NULL) {
        return psc_no_memory(error);
    }
    enum psc_status status = hold_all(state, held, error);
    if (status == PSC_OK) {
        status = end_all(state, held, false, stay, error);
    }
    if (status == PSC_OK && *stay > 0 && state->options->force) {
        status = end_all(state, held, true, stay, error);
    }
    for (size_t i = 0; i < state->count; i++) {
        psc_platform_close_process(held[i]);
    }
    free(held);
    return status;
}

// Afterwards ----------------------------------------------------------------------------------------

static bool was_target(const struct kill_state *state, const struct psc_process *process) {
    for (size_t i = 0; i < state->count; i++) {
        const struct psc_process *target = target_at(state, i);
        if (target->pid == process->pid && target->identity == process->identity) {
            return true;
        }
    }
    return false;
}

// Says who serves on the port now though he was not there before.
static void print_respawned(const struct kill_state *state, const struct psc_port_survey *after) {
    FILE *out = state->streams->out;
    for (size_t i = 0; i < psc_snapshot_count(after->snapshot); i++) {
        const struct psc_process *process = psc_snapshot_oldest(after->snapshot, i);
        if (process == NULL || was_target(state, process) ||
            !psc_endpoint_serves_port(psc_snapshot_endpoint(after->snapshot, i),
                                      after->checks[0].port, after->checks[0].udp)) {
            continue;
        }
        fputs("  it was started again: ", out);
        psc_format_process(out, process, psc_snapshot_time(after->snapshot));
        if (process->stop_command != NULL) {
            fprintf(out, "\n  to stop it for good, type %s", process->stop_command);
        }
        fputc('\n', out);
        return;
    }
}

// Waits a moment for somebody who takes the port at once, as service managers and watchers do.
static enum psc_status settle(const struct kill_state *state, struct psc_error *error) {
    int64_t until = psc_platform_clock() + SETTLED_MS;
    bool taken = false;
    while (!taken && psc_platform_clock() < until) {
        enum psc_status status = psc_port_survey_is_taken(&state->survey, 0, &taken, error);
        if (status != PSC_OK) {
            return status;
        }
        psc_platform_sleep(PAUSE_MS); // also between its bind and its listen
    }
    return PSC_OK;
}

static void print_lingering(const struct kill_state *state, const struct psc_port_survey *after) {
    const struct psc_port_check *check = &after->checks[0];
    if (check->time_wait) {
        fprintf(state->streams->out,
                "  only by connections that are closed already, for %u s at most\n",
                after->ranges[check->udp].time_wait_seconds);
    }
}

static enum psc_status report(const struct kill_state *state, size_t stay, enum psc_exit *answer,
                              struct psc_error *error) {
    struct psc_port_survey after;
    enum psc_status status = settle(state, error);
    if (status != PSC_OK) {
        return status;
    }
    status = survey_port(state->options, &after, error);
    if (status == PSC_OK && psc_verdict_is_vacant(after.checks[0].verdict)) {
        print_port(state, "is free now");
        *answer = PSC_EXIT_YES;
    } else if (status == PSC_OK) {
        print_port(state, "is still in use");
        print_respawned(state, &after);
        print_lingering(state, &after);
        if (stay > 0) {
            fprintf(state->streams->err,
                    "portscope: %zu of %zu did not end when asked: --force makes them\n", stay,
                    state->count);
        }
        *answer = PSC_EXIT_NO;
    }
    psc_port_survey_done(&after);
    return status;
}

static enum psc_status end_and_report(struct kill_state *state, enum psc_exit *answer,
                                      struct psc_error *error) {
    *answer = PSC_EXIT_NO;
    if (!state->options->yes && !state->options->dry_run && !can_ask(state)) {
        return psc_fail(error, PSC_USAGE, "nobody can be asked here: --yes is the consent");
    }
    print_targets(state);
    fflush(state->streams->out);
    if (refuse(state)) {
        return PSC_OK;
    }
    if (state->options->dry_run) {
        fprintf(state->streams->out, "nothing was done: %zu %s would be asked to end%s\n",
                state->count, state->count == 1 ? "process" : "processes",
                state->options->force ? ", and then made to" : "");
        *answer = PSC_EXIT_YES;
        return PSC_OK;
    }
    if (!consents(state)) {
        return PSC_OK;
    }
    size_t stay = 0;
    enum psc_status status = end_them(state, &stay, error);
    return status == PSC_OK ? report(state, stay, answer, error) : status;
}

static enum psc_status kill_port(struct kill_state *state, enum psc_exit *answer,
                                 struct psc_error *error) {
    enum psc_status status = survey_port(state->options, &state->survey, error);
    if (status != PSC_OK) {
        return status;
    }
    status = find_targets(state, error);
    if (status != PSC_OK || state->count > 0) {
        return status != PSC_OK ? status : end_and_report(state, answer, error);
    }
    if (psc_verdict_is_vacant(state->survey.checks[0].verdict)) {
        print_port(state, "is free already");
        return PSC_OK;
    }
    bool reserved = state->survey.checks[0].verdict == PSC_VERDICT_RESERVED;
    print_port(state, reserved ? "is reserved by the system, and nobody serves on it"
                               : "is not free, but nobody who can be seen serves on it");
    fputs("portscope: portscope check says more\n", state->streams->err);
    *answer = PSC_EXIT_NO;
    return PSC_OK;
}

enum psc_status cmd_kill(const struct options *options, const struct psc_streams *streams,
                         enum psc_exit *answer, struct psc_error *error) {
    struct kill_state state = {.options = options, .streams = streams};
    psc_request_init(&state.request);
    psc_terminal_prose(streams->out);
    enum psc_status status = kill_port(&state, answer, error);
    free(state.targets);
    psc_port_survey_done(&state.survey);
    return status;
}
