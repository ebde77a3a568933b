// process.h - what Windows reports about one process: name, parent, executable, arguments, user.
#ifndef PSC_PLATFORM_WINDOWS_PROCESS_H
#define PSC_PLATFORM_WINDOWS_PROCESS_H

#include <windows.h>

#include <tlhelp32.h>

#include "model/builder.h"

/** The two processes that run no program, as the task manager calls them. */
enum {
    PID_IDLE = 0,   /**< `System Idle Process` */
    PID_SYSTEM = 4, /**< `System`: the kernel and its drivers */
};

/**
 * Finds a process in the list of all processes, which needs no privileges.
 * @param entry out: its name, and the PID that its parent had, which may be another process by now
 * @return whether it exists
 */
bool process_find(uint32_t pid, PROCESSENTRY32W *entry);

/** Names the processes of the builder that have no name yet, from the list of all processes. */
PSC_NODISCARD enum psc_status process_set_names(struct psc_builder *builder);

/** UTF-16 units of the longest path with its NUL (Microsoft: "Maximum Path Length Limitation"). */
#define PROCESS_PATH_SIZE 32768

/**
 * Finds the path of an executable: by the handle, else by the PID alone, which needs no privileges.
 * The kernel's name of a volume becomes a drive letter where it has one.
 * @param process NULL if it could not be opened; else with PROCESS_QUERY_LIMITED_INFORMATION
 * @return its length in UTF-16 units; 0 if unknown
 */
size_t process_path(HANDLE process, DWORD pid, wchar_t path[PROCESS_PATH_SIZE]);

/**
 * Reads the command line.
 * @param process with PROCESS_QUERY_LIMITED_INFORMATION
 * @param buffer where the text is afterwards, aligned for a pointer
 * @param length out: in UTF-16 units
 * @return NULL if unknown
 */
const wchar_t *process_command_line(HANDLE process, void *buffer, size_t buffer_size,
                                    size_t *length);

/**
 * Splits a command line in place as Microsoft's C library and CommandLineToArgvW do ("Parsing C
 * command-line arguments"). Each argument ends with a NUL afterwards. Pure.
 * @param text NUL-terminated
 * @return bytes of the arguments, with these NULs; at most strlen(text) + 1
 */
size_t process_split_command_line(char *text);

/**
 * Sets user and account. Accounts of this machine are shown by their name alone, others as
 * `DOMAIN\name`; SYSTEM, LOCAL SERVICE and NETWORK SERVICE have these names in every language of
 * Windows. What this user may not read, and an account without a name, stay unknown.
 * @param handle with PROCESS_QUERY_LIMITED_INFORMATION
 */
PSC_NODISCARD enum psc_status process_set_user(HANDLE handle, struct psc_builder *builder,
                                               struct psc_process *process);

#endif
