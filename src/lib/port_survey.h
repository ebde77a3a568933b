// port_survey.h - what is known of the ports that somebody wants: table, ranges, attempts, verdicts.
#ifndef PSC_LIB_PORT_SURVEY_H
#define PSC_LIB_PORT_SURVEY_H

#include "cli/port_options.h"
#include "lib/collect.h"

struct port_survey {
    struct psc_filter filter;
    struct psc_snapshot *snapshot;
    struct psc_port_ranges ranges[2]; /**< of TCP and of UDP */
    struct psc_port_check *checks;    /**< one for each port, in the order of the specs */
    size_t count;
};

/**
 * Looks at every port that is wished for.
 * @param states PSC_STATE_BIT()s of the rows to take
 * @param needs what of the owners is shown
 * @param inspection needs port_survey_done(), whatever the result
 */
PSC_NODISCARD enum psc_status inspect(const struct port_options *options, uint32_t states,
                                      struct psc_needs needs, struct port_survey *survey,
                                      struct psc_error *error);
void port_survey_done(struct port_survey *survey);

/** The first half of inspect(): all but the attempts to bind and the verdicts. */
PSC_NODISCARD enum psc_status port_survey_begin(const struct port_options *options, uint32_t states,
                                                struct psc_needs needs, struct port_survey *survey,
                                                struct psc_error *error);
/** The second half, for one port. */
PSC_NODISCARD enum psc_status port_survey_decide(const struct psc_bind_address *place,
                                                 struct port_survey *survey, size_t index,
                                                 struct psc_error *error);

/** Tries to bind a port where it is wanted. @return how many results */
PSC_NODISCARD enum psc_status port_survey_probe(const struct psc_bind_address *place, uint16_t port,
                                                bool udp, enum psc_probe_result results[2],
                                                size_t *count, struct psc_error *error);

/** Finds a free port behind each one that is not, and not in a range that the system uses itself. */
PSC_NODISCARD enum psc_status port_survey_next_free(const struct psc_bind_address *place,
                                                    struct port_survey *survey,
                                                    struct psc_error *error);

/** What is shown of whoever has a port. */
#define PORT_SURVEY_DETAILS                                                                        \
    (PSC_PROCESS_NAME | PSC_PROCESS_PATH | PSC_PROCESS_COMMAND_LINE | PSC_PROCESS_USER |           \
     PSC_PROCESS_STARTED | PSC_PROCESS_CWD | PSC_PROCESS_SERVICE)

#endif
