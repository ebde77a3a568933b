// table.h - lines for people: cells with a width, labeled lines, colors, and the system's line ends.
#ifndef PSC_FORMAT_TABLE_H
#define PSC_FORMAT_TABLE_H

#include "format/value.h"

/** Begins as `{.out = out, .line_end = …, .color = …}`. */
struct table {
    struct out *out;
    const char *line_end;
    bool color;  /**< whether to write colors */
    size_t cell; /**< where the open cell began */
};

void table_end_line(struct table *table);

/**
 * A cell is what is written between these two. The next one begins after @p width columns and two
 * spaces; a longer value moves it to the right.
 */
void table_begin_cell(struct table *table);
void table_end_cell(struct table *table, size_t width);
void table_cell(struct table *table, const struct value *value, size_t width);
void table_text_cell(struct table *table, const char *text, size_t width);

/** A line of a single text. */
void table_line(struct table *table, size_t spaces, const char *text, enum color color);

/** Begins a line such as `  note     …`; what is written next is the fact. */
void table_begin_fact(struct table *table, const char *label);
/** A fact of untrusted text, or of at most 255 bytes. */
void table_fact(struct table *table, const char *label, const char *text);
PSC_PRINTF(3, 4)
void table_fact_format(struct table *table, const char *label, const char *format, ...);

/** What is written up to table_end_color() has this color. */
void table_begin_color(struct table *table, enum color color);
void table_end_color(struct table *table, enum color color);

#endif
