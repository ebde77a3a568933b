// argv.h - a command line as somebody types it.
#ifndef SUPPORT_ARGV_H
#define SUPPORT_ARGV_H

/** A command line taken apart at its blanks; '…' keeps them together, as in a shell. */
struct argv {
    int count;
    char *list[32];
    char text[512];
};

void argv_split(struct argv *words, const char *line);

#endif
