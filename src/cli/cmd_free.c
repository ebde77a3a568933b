// cmd_free.c - give me a port that I can bind.
#include "commands.h"
#include "inspect.h"

// Where to look if nobody says where: below what any usual system gives to outgoing connections.
#define USUAL_FIRST 3000
#define USUAL_LAST 9999

static bool is_dynamic(const struct inspection *inspection, const struct psc_check *check) {
    const struct psc_port_ranges *ranges = &inspection->ranges[check->udp];
    return check->port >= ranges->dynamic_first && check->port <= ranges->dynamic_last;
}

// Prints the free ports of one kind, until there are enough of them.
static unsigned print_some(const struct inspection *inspection, bool dynamic, unsigned wanted,
                           FILE *out) {
    unsigned printed = 0;
    for (size_t i = 0; i < inspection->count && printed < wanted; i++) {
        const struct psc_check *check = &inspection->checks[i];
        const struct psc_ports *reserved = &inspection->ranges[check->udp].reserved;
        bool kept = reserved->given && psc_ports_have(reserved, check->port);
        if (check->verdict == PSC_VERDICT_FREE && !check->elsewhere && !kept &&
            is_dynamic(inspection, check) == dynamic) {
            fprintf(out, "%u\n", check->port);
            printed++;
        }
    }
    return printed;
}

static int print_free(const struct port_options *options, const struct inspection *inspection,
                      bool anywhere, const struct psc_streams *streams) {
    unsigned wanted = options->count != 0 ? options->count : 1;
    unsigned printed = print_some(inspection, false, wanted, streams->out);
    if (!anywhere) { // a range was asked for, and with it what the system uses itself
        printed += print_some(inspection, true, wanted - printed, streams->out);
    }
    if (printed < wanted) {
        fprintf(streams->err, "portscope: only %u of %u ports are free from %u to %u\n", printed,
                wanted, options->wishes->first, options->wishes->last);
    }
    return printed == wanted ? PSC_EXIT_YES : PSC_EXIT_NO;
}

int cmd_free(int count, char *const *arguments, const struct psc_streams *streams) {
    struct port_options options;
    struct psc_error error;
    enum psc_status status = port_options_parse(&options, PORT_FREE, count, arguments, &error);
    struct psc_wish usual = {USUAL_FIRST, USUAL_LAST, options.udp};
    bool anywhere = options.wish_count == 0;
    int exit = PSC_EXIT_YES;
    if (status == PSC_OK && options.help) {
        exit = help_print_command(PORT_FREE, streams);
    } else if (status == PSC_OK) {
        struct inspection inspection;
        struct psc_needs nothing = {false, false, 0};
        struct port_options asked = options;
        if (anywhere) {
            asked.wishes = &usual;
            asked.wish_count = 1;
        }
        status = inspect(&asked, PSC_STATES_LISTENERS, nothing, &inspection, &error);
        if (status == PSC_OK) {
            exit = command_end(streams, print_free(&asked, &inspection, anywhere, streams));
        }
        inspect_done(&inspection);
    }
    port_options_done(&options);
    return status == PSC_OK ? exit : command_fail(streams, status, &error);
}
