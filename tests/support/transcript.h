// transcript.h - what the program prints, as a terminal shows it: tests/data/cli/NAME.txt.
#ifndef SUPPORT_TRANSCRIPT_H
#define SUPPORT_TRANSCRIPT_H

/**
 * Types each line `$ portscope ...` of a transcript again, in process, and fails the running test where
 * something else comes out of it: `1|` output, `2|` errors, `status N` unless it is 0. With
 * PSC_UPDATE=1 in the environment the transcript is written anew instead.
 */
void transcript_check(const char *name);

#endif
