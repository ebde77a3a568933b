// cmd_list.c - the listing: options become a filter and a layout; then collect, sort and write, and
// perhaps again after an interval.
#include <stdlib.h>

#include "cli/commands.h"
#include "format/listing_report.h"
#include "lib/collect.h"
#include "platform/terminal.h"

#define LONG_INTERVAL 60 // seconds; a longer one may well be meant as a port

// What is decided before the system is asked.
struct listing {
    struct psc_filter filter; // of the options, which own it
    struct psc_collection_plan plan;
    struct psc_layout layout;
    const struct psc_column *sort;
    bool sort_reversed;
};

static uint32_t choose_states(const struct options *options) {
    const uint32_t bound = PSC_STATE_BIT(PSC_STATE_BOUND);
    uint32_t also = options->bound ? bound : 0;
    bool all = options->all || (options->bound && !options->listening) ||
               (!options->listening && !options->netstat_style && options->filtered);
    if (options->filter.states_given) {
        return options->filter.states | also;
    }
    if (all) {
        return (PSC_STATES_ALL & ~bound) | also;
    }
    bool listeners = options->listening || !options->netstat_style;
    return (listeners ? PSC_STATES_LISTENERS : PSC_STATES_CONNECTIONS) | also;
}

static struct psc_columns choose_columns(const struct options *options) {
    struct psc_columns columns = options->columns;
    unsigned show = options->wide ? PSC_SHOW_WIDE : 0;
    if (columns.count > 0) {
        return columns;
    }
    if (options->owners || options->wide || !options->netstat_style) {
        show |= PSC_SHOW_PID;
    }
    if ((show & PSC_SHOW_PID) != 0 && !options->strict) {
        show |= options->paths ? PSC_SHOW_PATH : PSC_SHOW_PROCESS;
    }
    psc_columns_default(&columns, options->format, show);
    return columns;
}

static void prepare(struct listing *listing, const struct options *options, FILE *out) {
    *listing = (struct listing){
        .filter = options->filter,
        .layout = {.format = options->format,
                   .columns = choose_columns(options),
                   .headings = !options->no_header,
                   .every_owner = options->wide,
                   .color = options->format == PSC_FORMAT_TABLE && command_has_color(options, out),
                   .remote_names = options->remote_names,
                   .line_end = psc_terminal_line_end()},
        .sort = options->sort,
        .sort_reversed = options->sort_reversed,
    };
    listing->filter.states = choose_states(options);
    psc_collection_plan_init(&listing->plan, &listing->filter,
                             psc_columns_need(&listing->layout.columns, options->sort));
    listing->plan.remote_names = options->remote_names;
}

// @param order out: to be freed; NULL: the snapshot's own order
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

static enum psc_status list_once(const struct listing *listing, bool notices, bool again,
                                 const struct psc_streams *streams, struct psc_error *error) {
    struct psc_snapshot *snapshot;
    uint32_t *order = NULL;
    enum psc_status status = psc_collect_snapshot(&listing->plan, &snapshot, error);
    if (status != PSC_OK) {
        return status;
    }
    if (!again) {
        command_confine(streams, NULL);
    }
    status = sort_rows(listing, snapshot, &order, error);
    if (status != PSC_OK) {
        goto out;
    }
    status = psc_listing_write(streams->out, snapshot, order, &listing->layout, error);
    if (status == PSC_OUTPUT) {
        status = psc_terminal_write_error(streams->out, "the output", error);
    } else if (notices) {
        command_print_notices(streams, snapshot, NULL);
    }
out:
    free(order);
    psc_snapshot_free(snapshot);
    return status;
}

enum psc_status cmd_list(const struct options *options, const struct psc_streams *streams,
                         enum psc_exit *answer, struct psc_error *error) {
    struct listing listing;
    bool notices = !options->strict && options->format != PSC_FORMAT_JSON; // JSON includes them
    (void)answer;
    prepare(&listing, options, streams->out);
    if (options->interval > LONG_INTERVAL && !options->netstat_style && !options->strict) {
        command_say(streams, "printing every %u seconds; for port %u type :%u", options->interval,
                    options->interval, options->interval);
    }
    for (unsigned printed = 1;; printed++) {
        enum psc_status status =
            list_once(&listing, notices, options->interval != 0, streams, error);
        if (status != PSC_OK || options->interval == 0 || printed == options->count) {
            return status;
        }
        psc_platform_sleep(options->interval * 1000);
    }
}
