// cmd_list.c - the listing: what was asked for becomes a filter and a layout; then take a snapshot,
// sort, write, and perhaps all that again after an interval.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/color.h"
#include "cli/commands.h"
#include "cli/list_options.h"
#include "format/format.h"
#include "lib/collect.h"
#include "platform/terminal.h"

#define LONG_INTERVAL 60 // seconds; whoever types a longer one may well mean a port

// Everything that is decided before the system is asked.
struct listing {
    struct psc_collection_plan take;
    struct psc_layout layout;
    const struct psc_column *sort;
    bool sort_reversed;
    bool quiet; // notices stay unsaid
};

// The states that the options ask for together.
static uint32_t choose_states(const struct list_options *options) {
    const uint32_t bound = PSC_STATE_BIT(PSC_STATE_BOUND);
    if (options->states_given) {
        return options->filter.states | (options->bound ? bound : 0);
    }
    bool everything = options->all || (options->bound && !options->listening) ||
                      (!options->listening && !options->netstat_style && options->filtered);
    uint32_t states = everything                                      ? PSC_STATES_ALL & ~bound
                      : options->listening || !options->netstat_style ? PSC_STATES_LISTENERS
                                                                      : PSC_STATES_CONNECTIONS;
    return states | (options->bound ? bound : 0);
}

static void choose_columns(const struct list_options *options, struct psc_columns *columns) {
    *columns = options->columns;
    if (columns->count > 0) {
        return;
    }
    unsigned show = 0;
    if (options->owners || options->wide || !options->netstat_style) {
        show = PSC_SHOW_PID | (options->paths ? PSC_SHOW_PATH : PSC_SHOW_PROCESS);
    }
    if (options->strict) {
        show &= PSC_SHOW_PID;
    }
    psc_columns_default(columns, options->format, show | (options->wide ? PSC_SHOW_WIDE : 0));
}

static void plan(struct list_options *options, const struct psc_streams *streams,
                 struct listing *listing) {
    options->filter.states = choose_states(options);
    listing->layout = (struct psc_layout){
        .format = options->format,
        .headings = !options->no_header,
        .every_owner = options->wide,
        .color = options->format == PSC_FORMAT_TABLE && color_wanted(options->color, streams->out),
        .remote_names = options->remote_names,
        .line_end = psc_terminal_line_end(),
    };
    choose_columns(options, &listing->layout.columns);
    struct psc_needs needs = psc_columns_need(&listing->layout.columns);
    listing->sort = options->sort;
    listing->sort_reversed = options->sort_reversed;
    listing->quiet = options->strict;
    if (options->sort != NULL) {
        struct psc_needs more = psc_column_needs(options->sort);
        needs.owners = needs.owners || more.owners;
        needs.users = needs.users || more.users;
        needs.details |= more.details;
    }
    psc_collection_plan_init(&listing->take, &options->filter, needs);
    listing->take.remote_names = options->remote_names;
}

static enum psc_status sort_rows(const struct listing *listing, const struct psc_snapshot *snapshot,
                                 uint32_t **order, struct psc_error *error) {
    size_t count = psc_snapshot_count(snapshot);
    *order = NULL;
    if (listing->sort == NULL) {
        return PSC_OK;
    }
    *order = malloc((count + 1) * sizeof **order);
    if (*order == NULL) {
        return psc_no_memory(error);
    }
    for (size_t i = 0; i < count; i++) {
        (*order)[i] = (uint32_t)i;
    }
    return psc_column_sort(listing->sort, listing->sort_reversed, snapshot, *order, error);
}

static void print_notices(const struct listing *listing, const struct psc_snapshot *snapshot,
                          FILE *stream) {
    if (listing->quiet || listing->layout.format == PSC_FORMAT_JSON) { // JSON has them inside
        return;
    }
    for (size_t i = 0; i < psc_snapshot_notice_count(snapshot); i++) {
        fprintf(stream, "portscope: %s\n", psc_snapshot_notice(snapshot, i)->text);
    }
}

static enum psc_status list_once(const struct listing *listing, const struct psc_streams *streams,
                                 struct psc_error *error) {
    struct psc_snapshot *snapshot = NULL;
    uint32_t *order = NULL;
    enum psc_status status = psc_collect_snapshot(&listing->take, &snapshot, error);
    if (status == PSC_OK) {
        status = sort_rows(listing, snapshot, &order, error);
    }
    if (status == PSC_OK) {
        status = psc_format_write(streams->out, snapshot, order, &listing->layout);
        if (status == PSC_OUTPUT) {
            psc_fail(error, status, "cannot write the output: %s", strerror(errno));
        }
    }
    if (status == PSC_OK) {
        print_notices(listing, snapshot, streams->err);
    }
    free(order);
    psc_snapshot_free(snapshot);
    return status;
}

static enum psc_status list(struct list_options *options, const struct psc_streams *streams,
                            struct psc_error *error) {
    struct listing listing;
    plan(options, streams, &listing);
    if (options->interval > LONG_INTERVAL && !options->netstat_style && !options->strict) {
        fprintf(streams->err, "portscope: printing every %u seconds; for port %u type :%u\n",
                options->interval, options->interval, options->interval);
    }
    enum psc_status status = list_once(&listing, streams, error);
    for (unsigned done = 1; status == PSC_OK && options->interval > 0; done++) {
        if (done == options->count) {
            break;
        }
        psc_platform_sleep(options->interval * 1000);
        status = list_once(&listing, streams, error);
    }
    return status;
}

int cmd_list(int count, char *const *arguments, const struct psc_streams *streams) {
    struct list_options options;
    struct psc_error error;
    enum psc_status status = list_options_parse(&options, count, arguments, &error);
    int exit;
    if (status == PSC_OK && options.help) {
        exit = help_print(streams);
    } else if (status == PSC_OK && options.version) {
        exit = help_print_version(streams);
    } else {
        status = status == PSC_OK ? list(&options, streams, &error) : status;
        exit = status == PSC_OK ? PSC_EXIT_YES : command_fail(streams, status, &error);
    }
    list_options_done(&options);
    return exit;
}
