// port_survey.h - can a server have these ports? The socket table, the ranges that the system keeps and
// attempts to bind, each asked for when it is needed and no more often.
#ifndef PSC_LIB_PORT_SURVEY_H
#define PSC_LIB_PORT_SURVEY_H

#include "lib/collect.h"
#include "model/ports.h"

struct psc_port_survey {
    struct psc_bind_address bind;     /**< where the server would listen */
    struct psc_filter filter;         /**< the rows of these ports */
    struct psc_snapshot *snapshot;    /**< NULL before the table was read */
    struct psc_port_ranges ranges[2]; /**< of TCP and UDP, where asked for */
    bool has_ranges[2];
    struct psc_port_check *checks; /**< one for each port, in the order of the specs */
    size_t count;
};

/**
 * Names the ports and asks the system nothing yet.
 * @param survey needs psc_port_survey_done(), whatever the result
 */
PSC_NODISCARD enum psc_status psc_port_survey_init(struct psc_port_survey *survey,
                                                   const struct psc_port_spec *specs, size_t count,
                                                   const struct psc_bind_address *bind,
                                                   struct psc_error *error);
void psc_port_survey_done(struct psc_port_survey *survey);

/**
 * Reads the socket table; it replaces the one that was read before.
 * @param states PSC_STATE_BIT()s of the rows to read
 * @param needs what is shown of their owners
 */
PSC_NODISCARD enum psc_status psc_port_survey_read_table(struct psc_port_survey *survey,
                                                         uint32_t states, struct psc_needs needs,
                                                         struct psc_error *error);

/**
 * Tries to bind one port and decides, by the table and the ranges that were read before. The verdict
 * itself needs no ranges.
 */
PSC_NODISCARD enum psc_status psc_port_survey_decide(struct psc_port_survey *survey, size_t index,
                                                     struct psc_error *error);

/** Reads the table and decides on every port. */
PSC_NODISCARD enum psc_status psc_port_survey_run(struct psc_port_survey *survey, uint32_t states,
                                                  struct psc_needs needs, struct psc_error *error);

/** Finds the next free port after each one that is not free, outside of the system's own ranges. */
PSC_NODISCARD enum psc_status psc_port_survey_next_free(struct psc_port_survey *survey,
                                                        struct psc_error *error);

/** Asks for the system's ranges of a protocol, unless they are known: `ranges[udp]` of the survey. */
PSC_NODISCARD enum psc_status psc_port_survey_ranges(struct psc_port_survey *survey, bool udp,
                                                     struct psc_error *error);

/** Whether another socket keeps a server from binding one port now. The table is not read. */
PSC_NODISCARD enum psc_status psc_port_survey_is_taken(const struct psc_port_survey *survey,
                                                       size_t index, bool *taken,
                                                       struct psc_error *error);

/** What is shown of the processes that hold a port. */
#define PSC_PORT_SURVEY_DETAILS                                                                    \
    (PSC_PROCESS_NAME | PSC_PROCESS_PATH | PSC_PROCESS_COMMAND_LINE | PSC_PROCESS_USER |           \
     PSC_PROCESS_STARTED | PSC_PROCESS_CWD | PSC_PROCESS_SERVICE)

#endif
