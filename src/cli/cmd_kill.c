// cmd_kill.c - stops whatever holds a port: only processes that listen on it or are bound to it, only
// after confirmation, and only those that were shown.
//
// A PID can be reused at any moment. So each process is opened first and only then counts as a holder,
// when another reading of the table still shows it with the port: an open process that has not exited
// keeps its PID. After the answer the table is read once more, and the signal goes through the handle.
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "cli/commands.h"
#include "cli/protected.h"
#include "format/check_report.h"
#include "lib/port_survey.h"
#include "platform/terminal.h"

#define DEFAULT_TIMEOUT_MS 5000
#define FORCED_TIMEOUT_MS 2000 // for processes that were ended by force
#define RESTART_MS 300         // for a service manager to start the server again
#define POLL_MS 20
#define MAX_READINGS 4 // of the table, until it shows no process that was not there before

#define LABEL_SIZE 300

#define SERVING (PSC_STATES_LISTENERS | PSC_STATE_BIT(PSC_STATE_BOUND))

enum outcome {
    RUNNING,   // it was not asked to exit, or has not exited yet
    NOT_ASKED, // it cannot be asked, only ended by force
    FAILED,
    EXITED,
    MOVED_ON, // it does not hold the port any more
};

struct target {
    const struct psc_process *process; // of the survey; NULL: it does not hold the port there
    char label[LABEL_SIZE];            // `node (pid 4242)`, not escaped
    uint32_t pid;
    uint64_t identity;
    struct psc_process_handle *handle; // NULL: it could not be opened
    enum outcome outcome;
    struct psc_error reason; // of NOT_ASKED and FAILED
};

struct kill_state {
    const struct options *options;
    const struct psc_streams *streams;
    struct psc_request request;
    struct psc_port_survey survey; // what is shown
    struct target *targets;        // the oldest first
    size_t count, capacity;
    size_t hidden; // sockets on the port whose owners are hidden
};

static unsigned timeout_of(const struct kill_state *state) {
    unsigned given = state->options->timeout_ms;
    return given != 0 ? given : DEFAULT_TIMEOUT_MS;
}

static void print_port(const struct kill_state *state, const char *text) {
    const struct psc_port_check *check = &state->survey.checks[0];
    command_print(state->streams, "%u/%s %s", check->port, check->udp ? "udp" : "tcp", text);
}

// Finding the holders -----------------------------------------------------------------------------

static bool serves(const struct psc_port_survey *survey, size_t row) {
    const struct psc_port_check *check = &survey->checks[0];
    return psc_endpoint_serves_port(psc_snapshot_endpoint(survey->snapshot, row), check->port,
                                    check->udp);
}

static struct target *find_target(struct kill_state *state, const struct psc_process *process) {
    for (size_t i = 0; i < state->count; i++) {
        if (state->targets[i].pid == process->pid &&
            state->targets[i].identity == process->identity) {
            return &state->targets[i];
        }
    }
    return NULL;
}

static enum psc_status add_target(struct kill_state *state, const struct psc_process *process,
                                  struct psc_error *error) {
    if (!PSC_ARRAY_RESERVE(state->targets, state->capacity, state->count + 1)) {
        return psc_no_memory(error);
    }
    struct target *target = &state->targets[state->count];
    *target = (struct target){.pid = process->pid, .identity = process->identity};
    snprintf(target->label, sizeof target->label, "%.255s (pid %u)",
             process->name != NULL && process->name[0] != '\0' ? process->name : "a process",
             process->pid);
    enum psc_status status = psc_platform_open_process(
        &state->request, process->pid, process->identity, &target->handle, &target->reason);
    if (status == PSC_NO_MEMORY) {
        return psc_no_memory(error);
    }
    if (status != PSC_GONE) {
        target->outcome = status == PSC_OK ? RUNNING : FAILED;
        state->count++;
    }
    return PSC_OK;
}

// Finds the targets among the owners of a row, and adds processes that are not targets yet.
// @param added set if there were any; NULL: none are added
static enum psc_status match_owners(struct kill_state *state, size_t row, bool *added,
                                    struct psc_error *error) {
    const struct psc_snapshot *snapshot = state->survey.snapshot;
    struct psc_owners owners = psc_snapshot_owners(snapshot, row);
    for (size_t i = 0; i < owners.count; i++) {
        const struct psc_process *process = psc_snapshot_process(snapshot, owners.processes[i]);
        struct target *target = find_target(state, process);
        if (target != NULL) {
            target->process = process;
        } else if (added != NULL) {
            enum psc_status status = add_target(state, process, error);
            if (status != PSC_OK) {
                return status;
            }
            *added = true;
        }
    }
    return PSC_OK;
}

static enum psc_status read_holders(struct kill_state *state, bool *added,
                                    struct psc_error *error) {
    const struct psc_needs needs = {.owners = true, .details = PSC_PORT_SURVEY_DETAILS};
    enum psc_status status = psc_port_survey_read_table(&state->survey, SERVING, needs, error);
    if (status != PSC_OK) {
        return status;
    }
    state->hidden = 0;
    for (size_t i = 0; i < state->count; i++) {
        state->targets[i].process = NULL;
    }
    const struct psc_snapshot *snapshot = state->survey.snapshot;
    for (size_t row = 0; row < psc_snapshot_count(snapshot); row++) {
        if (!serves(&state->survey, row)) {
            continue;
        }
        state->hidden += (psc_snapshot_endpoint(snapshot, row)->known & PSC_KNOWN_OWNERS) == 0;
        status = match_owners(state, row, added, error);
        if (status != PSC_OK) {
            return status;
        }
    }
    return PSC_OK;
}

static bool has_exited(const struct target *target) {
    return target->handle != NULL && psc_platform_wait_process(target->handle, 0);
}

// Keeps the targets that held the port after they had been opened.
static enum psc_status find_targets(struct kill_state *state, struct psc_error *error) {
    bool added = true;
    for (int i = 0; added && i < MAX_READINGS; i++) {
        added = false;
        enum psc_status status = read_holders(state, &added, error);
        if (status != PSC_OK) {
            return status;
        }
    }
    size_t kept = 0;
    for (size_t i = 0; i < state->count; i++) {
        if (state->targets[i].process == NULL || has_exited(&state->targets[i])) {
            psc_platform_close_process(state->targets[i].handle);
        } else {
            state->targets[kept++] = state->targets[i];
        }
    }
    state->count = kept;
    return PSC_OK;
}

// Marks the targets that do not hold the port any more.
static enum psc_status verify_targets(struct kill_state *state, struct psc_error *error) {
    enum psc_status status = read_holders(state, NULL, error);
    if (status != PSC_OK) {
        return status;
    }
    for (size_t i = 0; i < state->count; i++) {
        struct target *target = &state->targets[i];
        if (target->process == NULL || has_exited(target)) {
            target->outcome = MOVED_ON;
        }
    }
    return PSC_OK;
}

// Asking ------------------------------------------------------------------------------------------

static void print_targets(const struct kill_state *state) {
    FILE *out = state->streams->out;
    int64_t now = psc_snapshot_time(state->survey.snapshot);
    print_port(state, "is held by");
    for (size_t i = 0; i < state->count; i++) {
        const struct psc_process *process = state->targets[i].process;
        fputs("  ", out);
        psc_process_write(out, process, now);
        fputc('\n', out);
        if (process->service != NULL) {
            command_print(state->streams,
                          "    a service, which may be started again; to stop it: %s",
                          process->stop_command);
        }
    }
}

// Whether there is a process that must not be stopped; then none is.
static bool refuse(const struct kill_state *state) {
    bool refused = state->hidden > 0;
    for (size_t i = 0; i < state->count; i++) {
        const struct target *target = &state->targets[i];
        const char *advice = protected_process_advice(target->process);
        const char *reason = NULL;
        if (psc_platform_is_critical(target->pid)) {
            reason = "is essential to the system";
        } else if (psc_platform_is_self_or_ancestor(&state->request, target->pid)) {
            reason = "is portscope or one of its parents";
        } else if (advice != NULL) {
            reason = advice;
        }
        if (reason != NULL) {
            refused = true;
            command_say(state->streams, "%s %s; nothing was stopped", target->label, reason);
        }
    }
    if (state->hidden > 0) {
        command_print_notices(state->streams, state->survey.snapshot, "bound-unknown");
    }
    return refused;
}

// `y` or `yes`, in any case, on a whole line.
static bool is_yes(char *line) {
    size_t length = strcspn(line, "\r\n");
    bool whole = line[length] != '\0';
    line[length] = '\0';
    return whole && (psc_glob_match("y", line) || psc_glob_match("yes", line));
}

// Only a line that is typed after the question is an answer to it.
static bool confirm(const struct kill_state *state) {
    FILE *out = state->streams->out;
    char line[16] = "";
    fputs(state->count == 1 ? "Stop it? " : "Stop them? ", out);
    fflush(out);
    psc_terminal_discard_input(state->streams->in);
    fputs("[y/N] ", out);
    fflush(out);
    return fgets(line, sizeof line, state->streams->in) != NULL && is_yes(line);
}

static bool can_ask(const struct kill_state *state) {
    const struct psc_streams *streams = state->streams;
    return streams->in != NULL && psc_terminal_can_ask(streams->in, streams->out);
}

// Stopping ----------------------------------------------------------------------------------------

// Sends a signal to the targets that are still running, and waits for those that got it.
static void stop_targets(struct kill_state *state, bool force) {
    bool sent = false;
    for (size_t i = 0; i < state->count; i++) {
        struct target *target = &state->targets[i];
        if (target->outcome != RUNNING && !(force && target->outcome == NOT_ASKED)) {
            continue;
        }
        enum psc_status status =
            psc_platform_terminate_process(target->handle, force, &target->reason);
        target->outcome = status == PSC_OK                      ? RUNNING
                          : status == PSC_GONE                  ? EXITED
                          : status == PSC_UNSUPPORTED && !force ? NOT_ASKED
                                                                : FAILED;
        sent = sent || status == PSC_OK;
    }
    int64_t deadline = psc_platform_clock() + (!sent   ? 0
                                               : force ? FORCED_TIMEOUT_MS
                                                       : timeout_of(state));
    for (size_t i = 0; i < state->count; i++) {
        struct target *target = &state->targets[i];
        int64_t left = deadline - psc_platform_clock();
        if (target->outcome == RUNNING &&
            psc_platform_wait_process(target->handle, left > 0 ? (unsigned)left : 0)) {
            target->outcome = EXITED;
        }
    }
}

static void report_target(const struct kill_state *state, const struct target *target) {
    const char *label = target->label;
    switch (target->outcome) {
    case EXITED:
        command_print(state->streams, "%s exited", label);
        break;
    case MOVED_ON:
        command_print(state->streams, "%s does not hold the port any more and was not stopped",
                      label);
        break;
    case RUNNING:
        if (state->options->force) {
            command_say(state->streams, "%s is still running, although it was ended by force",
                        label);
        } else {
            command_say(state->streams, "%s %s for %g s; --force %s", label,
                        psc_platform_advice(PSC_ADVICE_IGNORED_REQUEST), timeout_of(state) / 1000.0,
                        psc_platform_advice(PSC_ADVICE_FORCE));
        }
        break;
    default:
        command_say(state->streams, "%s: %s", label, target->reason.text);
    }
}

// Afterwards --------------------------------------------------------------------------------------

// Waits a moment for a server that takes the port at once, as a service manager starts it.
static enum psc_status await_restart(struct psc_port_survey *survey, struct psc_error *error) {
    const struct psc_needs nothing = {.owners = false};
    int64_t deadline = psc_platform_clock() + RESTART_MS;
    while (psc_platform_clock() < deadline) {
        enum psc_status status = psc_port_survey_read_table(survey, SERVING, nothing, error);
        if (status != PSC_OK) {
            return status;
        }
        for (size_t row = 0; row < psc_snapshot_count(survey->snapshot); row++) {
            if (serves(survey, row)) {
                return PSC_OK;
            }
        }
        psc_platform_sleep(POLL_MS);
    }
    return PSC_OK;
}

// Prints a process that holds the port now and did not before.
static void print_new_holder(struct kill_state *state, const struct psc_port_survey *after) {
    FILE *out = state->streams->out;
    for (size_t row = 0; row < psc_snapshot_count(after->snapshot); row++) {
        const struct psc_process *process = psc_snapshot_oldest(after->snapshot, row);
        if (process == NULL || find_target(state, process) != NULL || !serves(after, row)) {
            continue;
        }
        fputs("  now held by ", out);
        psc_process_write(out, process, psc_snapshot_time(after->snapshot));
        fputc('\n', out);
        if (process->stop_command != NULL) {
            command_print(state->streams, "  to stop the service: %s", process->stop_command);
        }
        return;
    }
}

static enum psc_status report_port(struct kill_state *state, enum psc_exit *answer,
                                   struct psc_error *error) {
    const struct psc_needs needs = {.owners = true, .details = PSC_PORT_SURVEY_DETAILS};
    struct psc_port_survey after;
    enum psc_status status =
        psc_port_survey_init(&after, state->options->specs, 1, &state->survey.bind, error);
    if (status != PSC_OK) {
        goto out;
    }
    status = await_restart(&after, error);
    if (status != PSC_OK) {
        goto out;
    }
    status = psc_port_survey_run(&after, PSC_STATES_ALL, needs, error);
    if (status != PSC_OK) {
        goto out;
    }
    const struct psc_port_check *check = &after.checks[0];
    if (psc_verdict_is_vacant(check->verdict)) {
        *answer = PSC_EXIT_YES;
        print_port(state,
                   psc_verdict_is_free(check->verdict) ? "is free now" : "is not in use now");
        goto out;
    }
    print_port(state, "is still in use");
    print_new_holder(state, &after);
    if (check->time_wait) {
        status = psc_port_survey_ranges(&after, check->udp, error);
        if (status != PSC_OK) {
            goto out;
        }
        command_print(state->streams, "  only closed connections hold it, for %u s at most",
                      after.ranges[check->udp].time_wait_seconds);
    }
out:
    psc_port_survey_done(&after);
    return status;
}

static enum psc_status stop_and_report(struct kill_state *state, enum psc_exit *answer,
                                       struct psc_error *error) {
    *answer = PSC_EXIT_NO;
    stop_targets(state, false);
    if (state->options->force) {
        stop_targets(state, true);
    }
    for (size_t i = 0; i < state->count; i++) {
        report_target(state, &state->targets[i]);
    }
    return report_port(state, answer, error);
}

// The command -------------------------------------------------------------------------------------

static enum psc_status report_no_target(struct kill_state *state, enum psc_exit *answer,
                                        struct psc_error *error) {
    const struct psc_needs needs = {.owners = true}; // so that hidden ones are noticed
    enum psc_status status = psc_port_survey_run(&state->survey, PSC_STATES_ALL, needs, error);
    if (status != PSC_OK) {
        return status;
    }
    enum psc_verdict verdict = state->survey.checks[0].verdict;
    if (psc_verdict_is_vacant(verdict)) {
        print_port(state, psc_verdict_is_free(verdict) ? "is free already" : "is not in use");
        return PSC_OK;
    }
    *answer = PSC_EXIT_NO;
    print_port(state, verdict == PSC_VERDICT_RESERVED
                          ? "is reserved by the system; no process holds it"
                          : "is not free, but no visible process listens on it or is bound to it");
    command_print_notices(state->streams, state->survey.snapshot, NULL);
    command_say(state->streams, "portscope check says more");
    return PSC_OK;
}

static enum psc_status kill_port(struct kill_state *state, enum psc_exit *answer,
                                 struct psc_error *error) {
    const struct options *options = state->options;
    enum psc_status status =
        psc_port_survey_init(&state->survey, options->specs, 1, &options->bind, error);
    if (status != PSC_OK) {
        return status;
    }
    status = find_targets(state, error);
    if (status != PSC_OK) {
        return status;
    }
    if (state->count == 0) {
        return report_no_target(state, answer, error);
    }
    if (!options->yes && !options->dry_run && !can_ask(state)) {
        return psc_fail(error, PSC_USAGE, "stdin is not a terminal; pass --yes to confirm");
    }
    *answer = PSC_EXIT_NO;
    print_targets(state);
    fflush(state->streams->out);
    if (refuse(state)) {
        return PSC_OK;
    }
    if (options->dry_run) {
        *answer = PSC_EXIT_YES;
        command_print(state->streams, "nothing was done: %zu %s would be asked to exit%s",
                      state->count, state->count == 1 ? "process" : "processes",
                      options->force ? ", and then ended by force" : "");
        return PSC_OK;
    }
    if (!options->yes) {
        if (!confirm(state)) {
            return PSC_OK;
        }
        status = verify_targets(state, error);
    }
    return status == PSC_OK ? stop_and_report(state, answer, error) : status;
}

enum psc_status cmd_kill(const struct options *options, const struct psc_streams *streams,
                         enum psc_exit *answer, struct psc_error *error) {
    struct kill_state state = {.options = options, .streams = streams};
    psc_request_init(&state.request);
    psc_terminal_prose(streams->out);
    enum psc_status status = kill_port(&state, answer, error);
    for (size_t i = 0; i < state.count; i++) {
        psc_platform_close_process(state.targets[i].handle);
    }
    free(state.targets);
    psc_port_survey_done(&state.survey);
    return status;
}
