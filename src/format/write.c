// write.c - a snapshot to a stream: as table, JSON, NDJSON or CSV, row by row.
#include <string.h>

#include "format/columns.h"
#include "format/document.h"

#define BOLD "\x1b[1m"
#define GREEN "\x1b[32m"
#define YELLOW "\x1b[33m"
#define DIM "\x1b[2m"
#define PLAIN "\x1b[0m"

// What is being written.
struct writer {
    struct out out;
    const struct psc_snapshot *snapshot;
    const struct psc_layout *layout;
    size_t rows; // written so far
};

typedef void write_row(struct writer *writer, const struct row *row);

struct row columns_row(const struct psc_snapshot *snapshot, const struct psc_layout *layout,
                       size_t index) {
    struct psc_owners owners = psc_snapshot_owners(snapshot, index);
    return (struct row){
        .snapshot = snapshot,
        .layout = layout,
        .index = index,
        .endpoint = psc_snapshot_endpoint(snapshot, index),
        .owner = psc_snapshot_oldest(snapshot, index),
        .others = owners.count > 1 ? owners.count - 1 : 0,
    };
}

static void each_row(struct writer *writer, const uint32_t *order, write_row *write) {
    size_t count = psc_snapshot_count(writer->snapshot);
    for (size_t i = 0; i < count && !writer->out.failed; i++) {
        struct row row =
            columns_row(writer->snapshot, writer->layout, order != NULL ? order[i] : i);
        write(writer, &row);
        writer->rows++;
    }
}

// Tables ------------------------------------------------------------------------------------------

static const char *cell_color(const struct psc_column *column, const struct row *row) {
    if (strcmp(column->name, "state") == 0) {
        if (psc_endpoint_is_udp(row->endpoint)) {
            return ""; // has no word that could be colored
        }
        return row->endpoint->state == PSC_STATE_LISTENING     ? GREEN
               : row->endpoint->state == PSC_STATE_ESTABLISHED ? ""
                                                               : DIM;
    }
    bool hidden = row->owner == NULL && (row->endpoint->known & PSC_KNOWN_OWNERS) == 0;
    return hidden && column->needs.owners ? YELLOW : "";
}

static void end_cell(struct out *out, const struct psc_column *column, size_t start) {
    size_t used = out->width - start;
    out_spaces(out, (column->width > used ? column->width - used : 0) + column->gap);
}

static void table_line(struct writer *writer, const struct row *row) {
    struct out *out = &writer->out;
    const struct psc_layout *layout = writer->layout;
    out_spaces(out, 2);
    for (size_t i = 0; i < layout->columns.count; i++) {
        const struct psc_column *column = layout->columns.list[i];
        const char *color = layout->color ? cell_color(column, row) : "";
        size_t start = out->width;
        if (color[0] != '\0') {
            out_escape(out, color);
            column->text(out, row);
            out_escape(out, PLAIN);
        } else {
            column->text(out, row);
        }
        end_cell(out, column, start);
    }
    out_line_end(out, layout->line_end);
}

static void table_row(struct writer *writer, const struct row *row) {
    struct psc_owners owners = psc_snapshot_owners(writer->snapshot, row->index);
    if (!writer->layout->every_owner || owners.count < 2) {
        table_line(writer, row);
        return;
    }
    for (size_t i = 0; i < owners.count; i++) {
        struct row line = *row;
        line.owner = psc_snapshot_process(writer->snapshot, owners.processes[i]);
        line.others = 0;
        table_line(writer, &line);
    }
}

static void table_headings(struct writer *writer) {
    struct out *out = &writer->out;
    const struct psc_layout *layout = writer->layout;
    out_line_end(out, layout->line_end);
    out_text(out, "Active Connections");
    out_line_end(out, layout->line_end);
    out_line_end(out, layout->line_end);
    out_spaces(out, 2);
    if (layout->color) {
        out_escape(out, BOLD);
    }
    for (size_t i = 0; i < layout->columns.count; i++) {
        size_t start = out->width;
        out_text(out, layout->columns.list[i]->heading);
        end_cell(out, layout->columns.list[i], start);
    }
    out->spaces = 0;
    if (layout->color) {
        out_escape(out, PLAIN);
    }
    out_line_end(out, layout->line_end);
}

// JSON --------------------------------------------------------------------------------------------

void columns_json(struct out *out, const struct psc_columns *columns, const struct row *row) {
    for (size_t i = 0; i < columns->count; i++) {
        out_text(out, i > 0 ? ", \"" : "\"");
        out_text(out, columns->list[i]->name);
        out_text(out, "\": ");
        columns->list[i]->json(out, row);
    }
}

static void json_row(struct writer *writer, const struct row *row) {
    out_text(&writer->out, writer->rows > 0 ? ",\n  {" : "\n  {");
    columns_json(&writer->out, &writer->layout->columns, row);
    out_text(&writer->out, "}");
}

static void json_document(struct writer *writer, const uint32_t *order) {
    struct out *out = &writer->out;
    out_text(out, "{\"schema\": \"portscope/1\", ");
    document_host_and_time(out, writer->snapshot);
    out_text(out, ",\n");
    document_notices(out, writer->snapshot, NULL);
    out_text(out, " \"endpoints\": [");
    each_row(writer, order, json_row);
    out_text(out, "]}\n");
}

static void ndjson_row(struct writer *writer, const struct row *row) {
    struct out *out = &writer->out;
    out_text(out, "{");
    document_host_and_time(out, writer->snapshot);
    out_text(out, ", ");
    columns_json(out, &writer->layout->columns, row);
    out_text(out, "}");
    out_line_end(out, "\n");
}

// CSV (RFC 4180) ----------------------------------------------------------------------------------

static void csv_row(struct writer *writer, const struct row *row) {
    struct out *out = &writer->out;
    const struct psc_columns *columns = &writer->layout->columns;
    for (size_t i = 0; i < columns->count; i++) {
        const struct psc_column *column = columns->list[i];
        out_text(out, i > 0 ? "," : "");
        out_text(out, column->foreign ? "\"" : "");
        column->text(out, row);
        out_text(out, column->foreign ? "\"" : "");
    }
    out_line_end(out, "\r\n");
}

static void csv_headings(struct writer *writer) {
    const struct psc_columns *columns = &writer->layout->columns;
    for (size_t i = 0; i < columns->count; i++) {
        out_text(&writer->out, i > 0 ? "," : "");
        out_text(&writer->out, columns->list[i]->name);
    }
    out_line_end(&writer->out, "\r\n");
}

enum psc_status psc_format_write(FILE *stream, const struct psc_snapshot *snapshot,
                                 const uint32_t *order, const struct psc_layout *layout) {
    struct writer writer = {.snapshot = snapshot, .layout = layout};
    out_init(&writer.out, stream);
    switch (layout->format) {
    case PSC_FORMAT_TABLE:
        if (layout->headings) {
            table_headings(&writer);
        }
        each_row(&writer, order, table_row);
        break;
    case PSC_FORMAT_JSON:
        json_document(&writer, order);
        break;
    case PSC_FORMAT_NDJSON:
        each_row(&writer, order, ndjson_row);
        break;
    case PSC_FORMAT_CSV:
        writer.out.csv = true;
        if (layout->headings) {
            csv_headings(&writer);
        }
        each_row(&writer, order, csv_row);
        break;
    }
    return out_flush(&writer.out);
}
