// inspect.h - what is known of the ports that somebody wants: table, ranges, attempts, verdicts.
#ifndef PORTSCOPE_INSPECT_H
#define PORTSCOPE_INSPECT_H

#include "port_options.h"
#include "take.h"

struct inspection {
    struct psc_filter filter;
    struct psc_snapshot *snapshot;
    struct psc_port_ranges ranges[2]; /**< of TCP and of UDP */
    struct psc_check *checks;         /**< one for each port, in the order of the wishes */
    size_t count;
};

/**
 * Looks at every port that is wished for.
 * @param states PSC_STATE_BIT()s of the rows to take
 * @param needs what of the owners is shown
 * @param inspection needs inspect_done(), whatever the result
 */
PSC_NODISCARD enum psc_status inspect(const struct port_options *options, uint32_t states,
                                      struct psc_needs needs, struct inspection *inspection,
                                      struct psc_error *error);
void inspect_done(struct inspection *inspection);

/** The first half of inspect(): all but the attempts to bind and the verdicts. */
PSC_NODISCARD enum psc_status inspect_begin(const struct port_options *options, uint32_t states,
                                            struct psc_needs needs, struct inspection *inspection,
                                            struct psc_error *error);
/** The second half, for one port. */
PSC_NODISCARD enum psc_status inspect_judge(const struct psc_place *place,
                                            struct inspection *inspection, size_t index,
                                            struct psc_error *error);

/** Tries to bind a port where it is wanted. @return how many results */
PSC_NODISCARD enum psc_status inspect_probe(const struct psc_place *place, uint16_t port, bool udp,
                                            enum psc_probe_result results[2], size_t *count,
                                            struct psc_error *error);

/** Finds a free port behind each one that is not, and not in a range that the system uses itself. */
PSC_NODISCARD enum psc_status inspect_next_free(const struct psc_place *place,
                                                struct inspection *inspection,
                                                struct psc_error *error);

/** What is shown of whoever has a port. */
#define INSPECT_DETAILS                                                                            \
    (PSC_PROCESS_NAME | PSC_PROCESS_PATH | PSC_PROCESS_COMMAND_LINE | PSC_PROCESS_USER |           \
     PSC_PROCESS_STARTED | PSC_PROCESS_FOLDER | PSC_PROCESS_SERVICE)

#endif
