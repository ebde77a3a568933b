// netsh.h - what only netsh.exe tells: which ports Windows keeps for itself, and which it hands out.
// Running and parsing are apart, because the words are those of the machine's language.
#ifndef PSC_PLATFORM_WINDOWS_NETSH_H
#define PSC_PLATFORM_WINDOWS_NETSH_H

#include "platform/platform.h"

/** Bytes of an answer, with its NUL. What is longer is cut. */
#define NETSH_ANSWER_SIZE 65536

/**
 * Runs System32\\netsh.exe and reads what it prints.
 * @param arguments such as `int ipv4 show excludedportrange protocol=tcp`
 * @return whether it ran and ended well in time
 */
bool netsh_run(const wchar_t *arguments, char answer[NETSH_ANSWER_SIZE]);

/**
 * Adds the ranges of `show excludedportrange`: lines of two numbers, first and last port, perhaps with a
 * `*` behind them. All other lines are headings in some language. Pure; fails only with PSC_NO_MEMORY.
 */
PSC_NODISCARD enum psc_status netsh_parse_excluded(const char *text, struct psc_port_set *ports);

/**
 * Reads `show dynamicport`: behind colons stand the first port and how many there are. Pure.
 * @return whether it is that
 */
bool netsh_parse_dynamic(const char *text, uint16_t *first, uint16_t *last);

#endif
