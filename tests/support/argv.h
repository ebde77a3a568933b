// argv.h - a command line as arguments.
#ifndef SUPPORT_ARGV_H
#define SUPPORT_ARGV_H

/** A command line split at its blanks, except between quotes, as in a shell. */
struct argv {
    int count;
    char *list[32];
    char text[2048];
};

void argv_split(struct argv *words, const char *line);

#endif
