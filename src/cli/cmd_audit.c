// cmd_audit.c - the audit: checks all listeners against the rules and a policy, or saves them as a policy.
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "format/audit_report.h"
#include "lib/collect.h"
#include "platform/file.h"
#include "platform/terminal.h"

// Files -------------------------------------------------------------------------------------------

static enum psc_status read_policy(const char *path, struct psc_policy *policy,
                                   struct psc_error *error) {
    struct psc_strbuf text = {0};
    enum psc_status status = psc_file_read(path, &text, error);
    if (status == PSC_OK) {
        status =
            psc_policy_parse(policy, text.bytes != NULL ? text.bytes : "", text.size, path, error);
    }
    psc_strbuf_done(&text);
    return status;
}

// Standard output, or a file that appears complete or not at all.
struct output {
    const char *name;
    FILE *stream;
    struct psc_new_file *file; // NULL: standard output
};

static enum psc_status open_output(struct output *output, const char *path,
                                   const struct psc_streams *streams, struct psc_error *error) {
    *output = (struct output){.name = "the output", .stream = streams->out};
    if (path == NULL || strcmp(path, "-") == 0) {
        return PSC_OK;
    }
    output->name = path;
    enum psc_status status = psc_file_begin(path, &output->file, error);
    if (status == PSC_OK) {
        output->stream = psc_file_stream(output->file);
    }
    return status;
}

static enum psc_status close_output(struct output *output, enum psc_status written,
                                    struct psc_error *error) {
    if (written != PSC_OK) {
        written = psc_terminal_write_error(output->stream, output->name, error);
        psc_file_discard(output->file);
        return written;
    }
    return output->file != NULL ? psc_file_finish(output->file, error) : PSC_OK;
}

// A policy from what listens ----------------------------------------------------------------------

static enum psc_status write_policy(const char *path, const struct psc_policy *policy,
                                    const struct psc_streams *streams, struct psc_error *error) {
    static const char head[] =
        "# What may listen on this machine; portscope audit --policy FILE compares.\n"
        "# allow PROTO ADDRESS:PORT [PROGRAM] [user=NAME]\n";
    struct output output;
    enum psc_status status = open_output(&output, path, streams, error);
    if (status != PSC_OK) {
        return status;
    }
    fputs(head, output.stream);
    for (size_t i = 0; i < policy->count; i++) {
        fprintf(output.stream, "%s\n", policy->entries[i].text);
    }
    bool written = fflush(output.stream) == 0 && !ferror(output.stream);
    return close_output(&output, written ? PSC_OK : PSC_OUTPUT, error);
}

// Counts the findings that a policy of all listeners waives.
static enum psc_status count_waived(const struct psc_snapshot *snapshot, size_t *count,
                                    struct psc_error *error) {
    struct psc_audit audit;
    enum psc_status status = psc_audit_run(&audit, snapshot, NULL, error);
    *count = 0;
    if (status != PSC_OK) {
        return status;
    }
    for (size_t i = 0; i < audit.finding_count; i++) {
        *count += audit.findings[i].rule->waivable;
    }
    psc_audit_done(&audit);
    return PSC_OK;
}

static enum psc_status save_policy(const struct options *options, const struct psc_streams *streams,
                                   const struct psc_snapshot *snapshot,
                                   const struct psc_port_ranges ranges[2],
                                   struct psc_error *error) {
    struct psc_policy policy = {0};
    size_t waived;
    size_t open = 0;
    enum psc_status status = psc_policy_learn(&policy, snapshot, ranges, error);
    if (status != PSC_OK) {
        goto out;
    }
    for (size_t i = 0; i < policy.count; i++) {
        open += policy.entries[i].program == NULL && !policy.entries[i].unowned;
    }
    status = count_waived(snapshot, &waived, error);
    if (status != PSC_OK) {
        goto out;
    }
    status = write_policy(options->save, &policy, streams, error);
    if (status == PSC_OK && waived > 0 && !options->quiet) {
        command_say(streams, "this policy waives %zu %s; an audit without it lists them", waived,
                    waived == 1 ? "finding" : "findings");
    }
    if (status == PSC_OK && open > 0 && !options->quiet) {
        command_say(streams,
                    "%zu %s any program, because the actual one is hidden or not started yet", open,
                    open == 1 ? "line allows" : "lines allow");
    }
out:
    psc_policy_done(&policy);
    return status;
}

// The audit ---------------------------------------------------------------------------------------

static enum psc_status print_audit(const struct options *options, const struct psc_streams *streams,
                                   const struct psc_audit *audit, struct psc_error *error) {
    struct output output;
    enum psc_status status = open_output(&output, options->output, streams, error);
    if (status != PSC_OK) {
        return status;
    }
    struct psc_layout layout = {
        .format = options->format,
        .color = command_has_color(options, output.stream),
        .line_end = psc_terminal_line_end(),
    };
    return close_output(&output, psc_audit_write(output.stream, audit, &layout, error), error);
}

static enum psc_status run_audit(const struct options *options, const struct psc_policy *policy,
                                 const struct psc_streams *streams,
                                 const struct psc_snapshot *snapshot, enum psc_exit *answer,
                                 struct psc_error *error) {
    struct psc_audit audit;
    enum psc_status status = psc_audit_run(&audit, snapshot, policy, error);
    if (status != PSC_OK) {
        return status;
    }
    for (enum psc_severity i = options->fail_on; i <= PSC_SEVERITY_HIGH; i++) {
        if (psc_audit_count(&audit, i) > 0) {
            *answer = PSC_EXIT_NO;
        }
    }
    if (!options->quiet) {
        status = print_audit(options, streams, &audit, error);
    }
    psc_audit_done(&audit);
    return status;
}

static enum psc_status collect_listeners(struct psc_snapshot **snapshot, struct psc_error *error) {
    const struct psc_needs needs = {.owners = true, .users = true, .details = PSC_AUDIT_DETAILS};
    struct psc_filter filter;
    struct psc_collection_plan plan;
    psc_filter_init(&filter);
    filter.states = PSC_STATES_LISTENERS;
    psc_collection_plan_init(&plan, &filter, needs);
    plan.recheck = true; // a socket without an owner is a finding
    plan.request.blind_spots = true;
    plan.request.probe_interfaces = true;
    return psc_collect_snapshot(&plan, snapshot, error);
}

static enum psc_status read_ranges(struct psc_port_ranges ranges[2], struct psc_error *error) {
    struct psc_request request;
    psc_request_init(&request);
    enum psc_status status = psc_platform_port_ranges(&request, false, &ranges[0], error);
    return status == PSC_OK ? psc_platform_port_ranges(&request, true, &ranges[1], error) : status;
}

enum psc_status cmd_audit(const struct options *options, const struct psc_streams *streams,
                          enum psc_exit *answer, struct psc_error *error) {
    struct psc_policy policy = {0};
    struct psc_snapshot *snapshot = NULL;
    struct psc_port_ranges ranges[2] = {{0}};
    enum psc_status status = PSC_OK;
    if (options->policy != NULL) {
        status = read_policy(options->policy, &policy, error);
    }
    if (status != PSC_OK) {
        goto out;
    }
    status = collect_listeners(&snapshot, error);
    if (status == PSC_OK && options->save != NULL) {
        status = read_ranges(ranges, error);
    }
    if (status != PSC_OK) {
        goto out;
    }
    command_confine(streams, options->save != NULL ? options->save : options->output);
    status = options->save != NULL ? save_policy(options, streams, snapshot, ranges, error)
                                   : run_audit(options, options->policy != NULL ? &policy : NULL,
                                               streams, snapshot, answer, error);
    if (status == PSC_OK && !options->quiet && options->format != PSC_FORMAT_JSON) {
        command_print_notices(streams, snapshot, NULL); // JSON includes them
    }
out:
    psc_port_ranges_done(&ranges[0]);
    psc_port_ranges_done(&ranges[1]);
    psc_snapshot_free(snapshot);
    psc_policy_done(&policy);
    return status;
}
