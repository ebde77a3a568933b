// check_report.h - what a check of ports found, for people and as JSON.
#ifndef PSC_FORMAT_CHECK_REPORT_H
#define PSC_FORMAT_CHECK_REPORT_H

#include <stdio.h>

#include "model/ports.h"
#include "model/snapshot.h"

/** Texts that name tools and settings of this system, for the notes about a port; borrowed. */
struct psc_check_advice {
    const char *low_port;         /**< what a privileged port needs */
    const char *reserved_soft;    /**< what a reservation means that does not refuse a bind */
    const char *reserved_by;      /**< who reserves ports */
    const char *list_reserved[2]; /**< a command that lists reserved ports: of TCP and of UDP */
    const char *free_reserved;    /**< a command that releases them */
};

struct psc_check_report {
    const struct psc_port_check *checks;
    size_t count;
    const struct psc_snapshot *snapshot;     /**< rows of these ports */
    const struct psc_port_ranges *ranges[2]; /**< of TCP and of UDP */
    struct psc_check_advice advice;
    const char *line_end;
};

/**
 * Writes a line for each port; for one that is not free also what holds it and what to do.
 * @return PSC_OUTPUT if the stream fails
 */
PSC_NODISCARD enum psc_status psc_check_write(FILE *stream, const struct psc_check_report *report,
                                              struct psc_error *error);
/** Writes the same as one JSON document. */
PSC_NODISCARD enum psc_status
psc_check_write_json(FILE *stream, const struct psc_check_report *report, struct psc_error *error);

/**
 * Writes `node (pid 4242, user alice, up 2 h 13 min)`. If that fails, the stream says so.
 * @param now as psc_snapshot_time()
 */
void psc_process_write(FILE *stream, const struct psc_process *process, int64_t now);

#endif
