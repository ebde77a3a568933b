// table.c - lines for people.
#include "format/table.h"

#include <stdarg.h>

#define GAP 2
#define LABEL_WIDTH 7

void table_end_line(struct table *table) {
    out_line_end(table->out, table->line_end);
}

void table_begin_color(struct table *table, enum color color) {
    static const char *const sequences[] = {
        [COLOR_BOLD] = "\x1b[1m",    [COLOR_RED] = "\x1b[31m", [COLOR_GREEN] = "\x1b[32m",
        [COLOR_YELLOW] = "\x1b[33m", [COLOR_DIM] = "\x1b[2m",
    };
    if (table->color && color != COLOR_NONE) {
        out_escape(table->out, sequences[color]);
    }
}

void table_end_color(struct table *table, enum color color) {
    if (table->color && color != COLOR_NONE) {
        table->out->spaces = 0; // of a last cell: the sequence must not make them end the line
        out_escape(table->out, "\x1b[0m");
    }
}

void table_begin_cell(struct table *table) {
    table->cell = table->out->width;
}

void table_end_cell(struct table *table, size_t width) {
    size_t used = table->out->width - table->cell;
    out_spaces(table->out, (used < width ? width - used : 0) + GAP);
}

void table_cell(struct table *table, const struct value *value, size_t width) {
    table_begin_cell(table);
    table_begin_color(table, value->color);
    value_write_text(table->out, value);
    table_end_color(table, value->color);
    table_end_cell(table, width);
}

void table_text_cell(struct table *table, const char *text, size_t width) {
    table_begin_cell(table);
    out_text(table->out, text);
    table_end_cell(table, width);
}

void table_line(struct table *table, size_t spaces, const char *text, enum color color) {
    out_spaces(table->out, spaces);
    table_begin_color(table, color);
    out_text(table->out, text);
    table_end_color(table, color);
    table_end_line(table);
}

void table_begin_fact(struct table *table, const char *label) {
    out_spaces(table->out, GAP);
    table_text_cell(table, label, LABEL_WIDTH);
}

void table_fact(struct table *table, const char *label, const char *text) {
    table_begin_fact(table, label);
    out_untrusted(table->out, text);
    table_end_line(table);
}

void table_fact_format(struct table *table, const char *label, const char *format, ...) {
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    table_fact(table, label, text);
}
