// cmd_free.c - give me a port that I can bind.
#include "cli/commands.h"
#include "lib/port_survey.h"

// Where to look if nobody says where: below what any usual system gives to outgoing connections.
#define USUAL_FIRST 3000
#define USUAL_LAST 9999

// Prints the free ports of one kind, until there are enough of them. No port is tried before.
static enum psc_status print_some(struct psc_port_survey *survey, bool dynamic, unsigned *left,
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

static enum psc_status print_free(const struct port_options *options, bool anywhere,
                                  const struct psc_streams *streams, int *exit,
                                  struct psc_error *error) {
    const struct psc_needs nothing = {false, false, 0};
    struct psc_port_survey survey;
    unsigned wanted = options->count != 0 ? options->count : 1;
    unsigned left = wanted;
    enum psc_status status =
        psc_port_survey_init(&survey, options->specs, options->spec_count, &options->bind, error);
    if (status == PSC_OK) {
        status = psc_port_survey_read_table(&survey, PSC_STATES_LISTENERS, nothing, error);
    }
    if (status == PSC_OK) {
        status = psc_port_survey_ranges(&survey, options->specs->udp, error);
    }
    if (status == PSC_OK) {
        status = print_some(&survey, false, &left, streams->out, error);
    }
    if (status == PSC_OK && !anywhere) { // a range was asked for, and with it what the system uses
        status = print_some(&survey, true, &left, streams->out, error);
    }
    psc_port_survey_done(&survey);
    if (status == PSC_OK && left > 0) {
        fprintf(streams->err, "portscope: only %u of %u ports are free from %u to %u\n",
                wanted - left, wanted, options->specs->first, options->specs->last);
    }
    *exit = left == 0 ? PSC_EXIT_YES : PSC_EXIT_NO;
    return status;
}

int cmd_free(int count, char *const *arguments, const struct psc_streams *streams) {
    struct port_options options;
    struct psc_error error;
    enum psc_status status = port_options_parse(&options, PORT_FREE, count, arguments, &error);
    int exit = PSC_EXIT_YES;
    if (status == PSC_OK && options.help) {
        exit = help_print_command(PORT_FREE, streams);
    } else if (status == PSC_OK) {
        struct psc_port_spec usual = {USUAL_FIRST, USUAL_LAST, options.udp};
        struct port_options asked = options;
        bool anywhere = options.spec_count == 0;
        if (anywhere) {
            asked.specs = &usual;
            asked.spec_count = 1;
        }
        status = print_free(&asked, anywhere, streams, &exit, &error);
        exit = status == PSC_OK ? command_end(streams, exit) : exit;
    }
    port_options_done(&options);
    return status == PSC_OK ? exit : command_fail(streams, status, &error);
}
