// netsh.h - the port ranges that only netsh.exe reports.
#ifndef PSC_PLATFORM_WINDOWS_NETSH_H
#define PSC_PLATFORM_WINDOWS_NETSH_H

#include "model/ports.h"

/** Bytes of an answer with its NUL. */
#define NETSH_ANSWER_SIZE 65536

/**
 * Runs System32\\netsh.exe and keeps its output.
 * @param arguments such as `int ipv4 show excludedportrange protocol=tcp`
 * @return whether it succeeded, within 10 seconds
 */
bool netsh_run(const wchar_t *arguments, char answer[NETSH_ANSWER_SIZE]);

/**
 * Adds the ranges in the answer to `show excludedportrange`: lines of a first and a last port, some
 * followed by `*`. All other lines are headings in the language of the machine. Pure; fails only with
 * PSC_NO_MEMORY.
 */
PSC_NODISCARD enum psc_status netsh_parse_excluded(const char *text, struct psc_port_set *ports);

/**
 * Reads the answer to `show dynamicport`: two lines end in a colon and a number, the first port and the
 * number of ports. Pure.
 * @return false if it is something else
 */
bool netsh_parse_dynamic(const char *text, uint16_t *first, uint16_t *last);

#endif
