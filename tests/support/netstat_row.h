// netstat_row.h - endpoints from the words that netstat prints, so that tests can be read.
#ifndef SUPPORT_NETSTAT_ROW_H
#define SUPPORT_NETSTAT_ROW_H

#include "model/endpoint.h"

/**
 * Reads `TCP 127.0.0.1:80 0.0.0.0:0 LISTENING`; what follows is ignored. The state may be
 * `UNKNOWN(14)`, a zone is a number, and UDP is connected if it has a peer. Nothing is marked as
 * known. Ends the program on a mistake.
 */
struct psc_endpoint netstat_row(const char *text);

#endif
