// options.h - reading a command line by an option table; each command has one.
#ifndef PSC_CLI_OPTIONS_H
#define PSC_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

/** One option. `options` is the struct that the command's options are gathered in. */
struct option_row {
    char letter;      /**< 0: none */
    const char *name; /**< NULL: none */
    /** What stands for its value in the help; NULL: takes none; in brackets: may be left out. */
    const char *value;
    unsigned group; /**< chapter of the help */
    /** @param value NULL if it takes none, or was left out */
    enum psc_status (*apply)(void *options, void *field, const char *value,
                             struct psc_error *error);
    size_t field; /**< offset of the field of `options` that it fills in */
    const char *help;
};

struct option_table {
    const struct option_row *rows;
    size_t count;
    const char *help; /**< the command line that explains these options */
    /** Takes a word that is no option. */
    enum psc_status (*argument)(void *options, const char *word, struct psc_error *error);
    /** Whether a word is the value of an option whose value may be left out; may be NULL. */
    bool (*is_value)(const char *word);
    /** Words a letter that is not in the table; NULL: there is nothing to say of any. */
    enum psc_status (*unknown_letter)(char letter, struct psc_error *error);
    /** Told of each option that was applied; may be NULL. */
    void (*applied)(void *options, const struct option_row *row);
};

/** Applies a whole command line, from left to right, up to the first error. */
PSC_NODISCARD enum psc_status options_parse(const struct option_table *table, void *options,
                                            int count, char *const *arguments,
                                            struct psc_error *error);

/** For rows of the table: sets a bool to true. */
enum psc_status options_set_flag(void *options, void *field, const char *value,
                                 struct psc_error *error);

/** When a table is colored. */
enum color_choice {
    COLOR_AUTO,
    COLOR_ALWAYS,
    COLOR_NEVER,
};

/** For rows of the table: reads `auto`, `always` or `never` into an enum color_choice. */
enum psc_status options_read_color(void *options, void *field, const char *value,
                                   struct psc_error *error);

/** Prints the rows of a group, as in the help. */
void options_print(FILE *out, const struct option_table *table, unsigned group);

/** Prints each word that can be typed, its value and its meaning, with tabs; for completions. */
void options_print_words(FILE *out, const struct option_table *table);

#endif
