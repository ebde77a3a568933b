// cmd_free.c - prints free ports. A port is probed only when its turn comes.
#include "cli/commands.h"
#include "lib/port_survey.h"

// The range without an argument: below what common systems use for outgoing connections.
#define DEFAULT_FIRST 3000
#define DEFAULT_LAST 9999

// Prints free ports, inside or outside of the dynamic range, until there are enough.
static enum psc_status print_free(struct psc_port_survey *survey, bool dynamic, unsigned *left,
                                  FILE *out, struct psc_error *error) {
    for (size_t i = 0; i < survey->count && *left != 0; i++) {
        const struct psc_port_check *check = &survey->checks[i];
        const struct psc_port_ranges *ranges = &survey->ranges[check->udp];
        if (psc_port_is_reserved(ranges, check->port) ||
            psc_port_is_dynamic(ranges, check->port) != dynamic) {
            continue;
        }
        enum psc_status status = psc_port_survey_decide(survey, i, error);
        if (status != PSC_OK) {
            return status;
        }
        if (check->verdict == PSC_VERDICT_FREE && !check->elsewhere) {
            fprintf(out, "%u\n", check->port);
            --*left;
        }
    }
    return PSC_OK;
}

enum psc_status cmd_free(const struct options *options, const struct psc_streams *streams,
                         enum psc_exit *answer, struct psc_error *error) {
    const struct psc_port_spec usual = {DEFAULT_FIRST, DEFAULT_LAST, options->udp};
    const struct psc_port_spec *range = options->spec_count > 0 ? options->specs : &usual;
    const struct psc_needs nothing = {.owners = false};
    unsigned wanted = options->count != 0 ? options->count : 1;
    unsigned left = wanted;
    struct psc_port_survey survey;
    enum psc_status status = psc_port_survey_init(&survey, range, 1, &options->bind, error);
    if (status != PSC_OK) {
        goto out;
    }
    status = psc_port_survey_ranges(&survey, range->udp, error);
    if (status != PSC_OK) {
        goto out;
    }
    status = psc_port_survey_read_table(&survey, PSC_STATES_LISTENERS, nothing, error);
    if (status != PSC_OK) {
        goto out;
    }
    status = print_free(&survey, false, &left, streams->out, error);
    if (status != PSC_OK) {
        goto out;
    }
    if (range != &usual) { // a range on the command line includes its dynamic ports
        status = print_free(&survey, true, &left, streams->out, error);
        if (status != PSC_OK) {
            goto out;
        }
    }
    if (left > 0) {
        *answer = PSC_EXIT_NO;
        command_say(streams, "only %u of %u ports are free from %u to %u", wanted - left, wanted,
                    range->first, range->last);
    }
out:
    psc_port_survey_done(&survey);
    return status;
}
