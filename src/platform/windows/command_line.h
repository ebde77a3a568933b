// command_line.h - a Windows command line is one string; programs take it apart themselves.
#ifndef PSC_PLATFORM_WINDOWS_COMMAND_LINE_H
#define PSC_PLATFORM_WINDOWS_COMMAND_LINE_H

#include <stddef.h>

/**
 * Takes a command line apart as Microsoft's C runtime and CommandLineToArgvW do ("Parsing C
 * command-line arguments"), in place: afterwards each argument ends with a NUL. Pure.
 * @param text with a NUL behind it
 * @return the size of what is left, with these NULs
 */
size_t command_line_split(char *text);

#endif
