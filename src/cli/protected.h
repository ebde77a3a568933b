// protected.h - programs that hold ports on behalf of others, such as containers.
#ifndef PSC_CLI_PROTECTED_H
#define PSC_CLI_PROTECTED_H

#include "model/snapshot.h"

/**
 * Whether stopping a process would stop more than the server of one port: a container engine, or a
 * forwarder of the ports of containers and virtual machines.
 * @return what to do instead, to follow the process's name; NULL: it is not such a program
 */
const char *protected_process_advice(const struct psc_process *process);

#endif
