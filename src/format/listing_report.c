// listing_report.c - a snapshot as a table, JSON, NDJSON or CSV, row by row.
#include "format/listing_report.h"

struct listing {
    struct out *out;
    struct table table;
    struct json json;
    const struct psc_snapshot *snapshot;
    const struct psc_layout *layout;
};

typedef void write_row(struct listing *listing, const struct row *row);

static void each_row(struct listing *listing, const uint32_t *order, write_row *write) {
    size_t count = psc_snapshot_count(listing->snapshot);
    for (size_t i = 0; i < count && !listing->out->failed; i++) {
        struct row row = row_of(listing->snapshot, order != NULL ? order[i] : i);
        row.remote_names = listing->layout->remote_names;
        write(listing, &row);
    }
}

// Tables ------------------------------------------------------------------------------------------

static void table_headings(struct listing *listing) {
    struct table *table = &listing->table;
    table_end_line(table);
    table_line(table, 0, "Active Connections", COLOR_NONE);
    table_end_line(table);
    out_spaces(table->out, 2);
    table_begin_color(table, COLOR_BOLD);
    columns_write_headings(table, &listing->layout->columns);
    table_end_color(table, COLOR_BOLD);
    table_end_line(table);
}

static void write_cells(struct listing *listing, const struct row *row) {
    out_spaces(listing->out, 2);
    columns_write_cells(&listing->table, &listing->layout->columns, row);
    table_end_line(&listing->table);
}

static void table_row(struct listing *listing, const struct row *row) {
    struct row line = *row;
    if (!listing->layout->every_owner || row->owners.count < 2) {
        line.more_owners = row->owners.count > 1 ? (unsigned)row->owners.count - 1 : 0;
        write_cells(listing, &line);
        return;
    }
    for (size_t i = 0; i < row->owners.count; i++) {
        line.owner = psc_snapshot_process(row->snapshot, row->owners.processes[i]);
        write_cells(listing, &line);
    }
}

// JSON --------------------------------------------------------------------------------------------

static void json_row(struct listing *listing, const struct row *row) {
    json_begin(&listing->json, NULL, JSON_OBJECT);
    columns_write_json(&listing->json, &listing->layout->columns, row);
    json_end(&listing->json);
}

static void write_document(struct listing *listing, const uint32_t *order) {
    struct json *json = &listing->json;
    json_begin_document(json, "portscope/1", listing->snapshot, NULL);
    json_start_line(json);
    json_begin(json, "endpoints", JSON_LINES);
    each_row(listing, order, json_row);
    json_end(json);
    json_end_document(json);
}

static void ndjson_row(struct listing *listing, const struct row *row) {
    json_begin(&listing->json, NULL, JSON_OBJECT);
    json_host_and_time(&listing->json, listing->snapshot);
    columns_write_json(&listing->json, &listing->layout->columns, row);
    json_end_document(&listing->json);
}

// CSV (RFC 4180) ----------------------------------------------------------------------------------

static void csv_row(struct listing *listing, const struct row *row) {
    const struct psc_columns *columns = &listing->layout->columns;
    struct out *out = listing->out;
    for (size_t i = 0; i < columns->count; i++) {
        const struct psc_column *column = columns->list[i];
        struct value value = column->value(row);
        out_bytes(out, ",", i > 0);
        out_bytes(out, "\"", column->quoted);
        value_write_text(out, &value);
        out_bytes(out, "\"", column->quoted);
    }
    out_line_end(out, "\r\n");
}

static void csv_headings(struct listing *listing) {
    const struct psc_columns *columns = &listing->layout->columns;
    for (size_t i = 0; i < columns->count; i++) {
        out_text(listing->out, i > 0 ? "," : "");
        out_text(listing->out, columns->list[i]->name);
    }
    out_line_end(listing->out, "\r\n");
}

enum psc_status psc_listing_write(FILE *stream, const struct psc_snapshot *snapshot,
                                  const uint32_t *order, const struct psc_layout *layout,
                                  struct psc_error *error) {
    struct out out;
    struct listing listing = {.out = &out,
                              .table = {.out = &out, layout->line_end, layout->color},
                              .json = {.out = &out},
                              .snapshot = snapshot,
                              .layout = layout};
    if (layout->format == PSC_FORMAT_TABLE) {
        out_init(&out, stream, OUT_FOR_PEOPLE);
        if (layout->headings) {
            table_headings(&listing);
        }
        each_row(&listing, order, table_row);
    } else if (layout->format == PSC_FORMAT_CSV) {
        out_init(&out, stream, OUT_CSV);
        if (layout->headings) {
            csv_headings(&listing);
        }
        each_row(&listing, order, csv_row);
    } else if (layout->format == PSC_FORMAT_JSON) {
        out_init(&out, stream, OUT_JSON);
        write_document(&listing, order);
    } else {
        out_init(&out, stream, OUT_JSON);
        each_row(&listing, order, ndjson_row);
    }
    return out_flush(&out, error);
}
