// transcript.h - what the program prints, as a terminal shows it: tests/data/cli/NAME.txt.
#ifndef SUPPORT_TRANSCRIPT_H
#define SUPPORT_TRANSCRIPT_H

/**
 * A test that runs each line `$ portscope ...` of a transcript again, in process, and fails where something
 * else comes out of it: `1|` output, `2|` errors, bytes that are not printable as <1B>, `status N` unless
 * it is 0. With PSC_UPDATE=1 in the environment it writes the transcript anew instead.
 */
void transcript_test(void **name);

/** Its entry in a list of cmocka's. */
#define TRANSCRIPT(name, set_up)                                                                   \
    {                                                                                              \
        name, transcript_test, set_up, NULL, (char[]) {                                            \
            name                                                                                   \
        }                                                                                          \
    }

#endif
