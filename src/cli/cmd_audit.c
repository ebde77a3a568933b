// cmd_audit.c - the audit: a snapshot of all listeners is put to the rules and the policy, and written
// down; or it becomes a policy itself.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/audit_options.h"
#include "cli/color.h"
#include "cli/commands.h"
#include "format/format.h"
#include "lib/collect.h"
#include "platform/file.h"
#include "platform/terminal.h"

// Reading a policy ---------------------------------------------------------------------------------

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

// Writing ------------------------------------------------------------------------------------------

// Writes something to a stream. @return PSC_OUTPUT if that fails, with errno
typedef enum psc_status write_to(FILE *stream, const void *what);

// Writes to a file that appears as a whole, or for "-" and NULL to the output.
static enum psc_status write_out(const char *path, const struct psc_streams *streams,
                                 write_to *write, const void *what, struct psc_error *error) {
    if (path == NULL || strcmp(path, "-") == 0) {
        enum psc_status status = write(streams->out, what);
        return status == PSC_OK
                   ? PSC_OK
                   : psc_fail(error, status, "cannot write the output: %s", strerror(errno));
    }
    struct psc_new_file *file;
    enum psc_status status = psc_file_begin(path, &file, error);
    if (status != PSC_OK) {
        return status;
    }
    status = write(psc_file_stream(file), what);
    if (status == PSC_OK) {
        return psc_file_finish(file, error);
    }
    psc_fail(error, status, "cannot write %s: %s", path, strerror(errno));
    psc_file_discard(file);
    return status;
}

static enum psc_status write_policy(FILE *stream, const void *what) {
    static const char head[] =
        "# What may listen on this machine; portscope audit --policy FILE compares.\n"
        "# allow PROTO ADDRESS:PORT [PROGRAM] [user=NAME]\n";
    const char *text = what;
    bool written = fputs(head, stream) >= 0 && fputs(text, stream) >= 0 && fflush(stream) == 0;
    return written ? PSC_OK : PSC_OUTPUT;
}

// How many findings there are that a policy of all that listens settles, whatever they are worth.
static enum psc_status count_settled(const struct psc_snapshot *snapshot, size_t *count,
                                     struct psc_error *error) {
    struct psc_audit audit;
    enum psc_status status = psc_audit_run(&audit, snapshot, NULL, error);
    *count = 0;
    if (status != PSC_OK) {
        return status;
    }
    for (size_t i = 0; i < audit.finding_count; i++) {
        *count += audit.findings[i].rule->settled;
    }
    psc_audit_done(&audit);
    return PSC_OK;
}

static enum psc_status save_policy(const struct audit_options *options,
                                   const struct psc_streams *streams,
                                   const struct psc_snapshot *snapshot, struct psc_error *error) {
    struct psc_policy policy = {0};
    char *text = NULL;
    size_t settled;
    enum psc_status status = psc_policy_learn(&policy, snapshot, error);
    if (status == PSC_OK) {
        status = psc_policy_format(&policy, &text, error);
    }
    if (status == PSC_OK) {
        status = count_settled(snapshot, &settled, error);
    }
    if (status == PSC_OK) {
        status = write_out(options->save, streams, write_policy, text, error);
    }
    if (status == PSC_OK && settled > 0 && !options->quiet) {
        fprintf(streams->err, "portscope: %zu %s settled by this policy: run an audit without it\n",
                settled, settled == 1 ? "finding is" : "findings are");
    }
    free(text);
    psc_policy_done(&policy);
    return status;
}

// The audit ----------------------------------------------------------------------------------------

// An audit with the layout to write it in.
struct sheet {
    const struct psc_audit *audit;
    const struct audit_options *options;
};

static enum psc_status write_sheet(FILE *stream, const void *what) {
    const struct sheet *sheet = what;
    struct psc_audit_layout layout = {
        .format = sheet->options->format,
        .color = color_wanted(sheet->options->color, stream),
        .line_end = psc_terminal_line_end(),
    };
    return psc_audit_write(stream, sheet->audit, &layout);
}

static int verdict(const struct psc_audit *audit, enum psc_severity fail_on) {
    for (enum psc_severity i = fail_on; i <= PSC_SEVERITY_HIGH; i++) {
        if (psc_audit_count(audit, i) > 0) {
            return PSC_EXIT_NO;
        }
    }
    return PSC_EXIT_YES;
}

static void print_notices(const struct audit_options *options, const struct psc_snapshot *snapshot,
                          FILE *stream) {
    bool said = options->quiet || options->format == PSC_AUDIT_JSON; // JSON has them inside
    for (size_t i = 0; !said && i < psc_snapshot_notice_count(snapshot); i++) {
        fprintf(stream, "portscope: %s\n", psc_snapshot_notice(snapshot, i)->text);
    }
}

static enum psc_status judge(const struct audit_options *options, const struct psc_policy *policy,
                             const struct psc_streams *streams, const struct psc_snapshot *snapshot,
                             int *exit, struct psc_error *error) {
    struct psc_audit audit;
    enum psc_status status = psc_audit_run(&audit, snapshot, policy, error);
    struct sheet sheet = {&audit, options};
    if (status == PSC_OK && !options->quiet) {
        status = write_out(options->output, streams, write_sheet, &sheet, error);
    }
    if (status == PSC_OK) {
        *exit = verdict(&audit, options->fail_on);
    }
    psc_audit_done(&audit);
    return status;
}

static enum psc_status take_listeners(struct psc_snapshot **snapshot, struct psc_error *error) {
    struct psc_filter filter;
    struct psc_needs needs = {.owners = true, .users = true, .details = PSC_AUDIT_DETAILS};
    struct psc_collection_plan take;
    psc_filter_init(&filter);
    filter.states = PSC_STATES_LISTENERS;
    psc_collection_plan_init(&take, &filter, needs);
    return psc_collect_snapshot(&take, snapshot, error);
}

static enum psc_status audit(const struct audit_options *options, const struct psc_streams *streams,
                             int *exit, struct psc_error *error) {
    struct psc_policy policy = {0};
    struct psc_snapshot *snapshot = NULL;
    enum psc_status status = PSC_OK;
    if (options->policy != NULL) {
        status = read_policy(options->policy, &policy, error);
    }
    if (status == PSC_OK) {
        status = take_listeners(&snapshot, error);
    }
    if (status == PSC_OK && options->save != NULL) {
        status = save_policy(options, streams, snapshot, error);
    } else if (status == PSC_OK) {
        status = judge(options, options->policy != NULL ? &policy : NULL, streams, snapshot, exit,
                       error);
    }
    if (status == PSC_OK) {
        print_notices(options, snapshot, streams->err);
    }
    psc_snapshot_free(snapshot);
    psc_policy_done(&policy);
    return status;
}

int cmd_audit(int count, char *const *arguments, const struct psc_streams *streams) {
    struct audit_options options;
    struct psc_error error;
    int exit = PSC_EXIT_YES;
    enum psc_status status = audit_options_parse(&options, count, arguments, &error);
    if (status == PSC_OK && options.help) {
        return help_print_audit(streams);
    }
    if (status == PSC_OK) {
        status = audit(&options, streams, &exit, &error);
    }
    return status == PSC_OK ? exit : command_fail(streams, status, &error);
}
