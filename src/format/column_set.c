// column_set.c - picking columns, and writing and sorting rows by them.
#include <stdlib.h>
#include <string.h>

#include "base/sort.h"
#include "format/columns.h"

// Picking -----------------------------------------------------------------------------------------

static const struct psc_column *find(const char *name, size_t length) {
    const struct psc_column *column;
    for (size_t i = 0; (column = psc_column_at(i)) != NULL; i++) {
        if (strlen(column->name) == length && memcmp(column->name, name, length) == 0) {
            break;
        }
    }
    return column;
}

static enum psc_status unknown_column(const char *name, size_t length, struct psc_error *error) {
    char names[400] = "";
    for (size_t i = 0; psc_column_at(i) != NULL; i++) {
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", i > 0 ? ", " : "",
                 psc_column_at(i)->name);
    }
    int shown = length < 40 ? (int)length : 40;
    return psc_fail(error, PSC_USAGE, "'%.*s' is not a column: allowed are %s", shown, name, names);
}

enum psc_status psc_column_parse(const char *name, const struct psc_column **column, bool *reverse,
                                 struct psc_error *error) {
    bool reversed = name[0] == '-';
    const struct psc_column *found = find(name + reversed, strlen(name) - reversed);
    if (found == NULL) {
        return unknown_column(name, strlen(name), error);
    }
    *column = found;
    *reverse = reversed;
    return PSC_OK;
}

enum psc_status psc_columns_parse(struct psc_columns *columns, const char *list,
                                  struct psc_error *error) {
    struct psc_columns parsed = {0};
    for (const char *at = list;; at++) {
        size_t length = strcspn(at, ",");
        const struct psc_column *column = find(at, length);
        if (column == NULL) {
            return unknown_column(at, length, error);
        }
        for (size_t i = 0; i < parsed.count; i++) {
            if (parsed.list[i] == column) {
                return psc_fail(error, PSC_USAGE, "column '%s' is named twice", column->name);
            }
        }
        parsed.list[parsed.count++] = column;
        at += length;
        if (*at == '\0') {
            break;
        }
    }
    *columns = parsed;
    return PSC_OK;
}

struct psc_columns columns_named(const char *names) {
    struct psc_columns columns = {0};
    struct psc_error error;
    (void)!psc_columns_parse(&columns, names, &error); // a name that is wrong shows in every test
    return columns;
}

void psc_columns_default(struct psc_columns *columns, enum psc_format format, unsigned show) {
    unsigned wanted = format == PSC_FORMAT_TABLE ? show | PSC_SHOW_NETSTAT
                      : format == PSC_FORMAT_CSV ? PSC_SHOW_CSV
                                                 : PSC_SHOW_JSON;
    const struct psc_column *column;
    for (size_t i = 0; (column = psc_column_at(i)) != NULL; i++) {
        if ((column->shown & wanted) != 0) {
            columns->list[columns->count++] = column;
        }
    }
}

struct psc_needs psc_columns_need(const struct psc_columns *columns,
                                  const struct psc_column *sort) {
    struct psc_needs needs = sort != NULL ? sort->needs : (struct psc_needs){0};
    for (size_t i = 0; i < columns->count; i++) {
        const struct psc_needs *more = &columns->list[i]->needs;
        needs.owners = needs.owners || more->owners;
        needs.users = needs.users || more->users;
        needs.details |= more->details;
    }
    return needs;
}

// Writing -----------------------------------------------------------------------------------------

void column_write(struct out *out, const char *name, const struct row *row) {
    struct value value = find(name, strlen(name))->value(row);
    value_write_text(out, &value);
}

void columns_write_json(struct json *json, const struct psc_columns *columns,
                        const struct row *row) {
    for (size_t i = 0; i < columns->count; i++) {
        struct value value = columns->list[i]->value(row);
        value_write_json(json, columns->list[i]->name, &value);
    }
}

void columns_write_headings(struct table *table, const struct psc_columns *columns) {
    for (size_t i = 0; i < columns->count; i++) {
        table_text_cell(table, columns->list[i]->heading, columns->list[i]->width);
    }
}

void columns_write_cells(struct table *table, const struct psc_columns *columns,
                         const struct row *row) {
    for (size_t i = 0; i < columns->count; i++) {
        struct value value = columns->list[i]->value(row);
        table_cell(table, &value, columns->list[i]->width);
    }
}

// Sorting -----------------------------------------------------------------------------------------

struct sort {
    struct value_key *keys; // by row number; NULL: their first numbers say everything
    bool reverse;
};

static struct value_key key_of(const struct psc_column *column, const struct psc_snapshot *snapshot,
                               size_t index) {
    struct row row = row_of(snapshot, index);
    struct value value = column->value(&row);
    return value_sort_key(&value);
}

static int compare_rows(uint32_t a, uint32_t b, const void *context) {
    const struct sort *sort = context;
    int order = sort->keys != NULL ? value_compare(&sort->keys[a], &sort->keys[b]) : 0;
    return sort->reverse ? -order : order;
}

enum psc_status psc_column_sort(const struct psc_column *column, bool reverse,
                                const struct psc_snapshot *snapshot, uint32_t *order,
                                struct psc_error *error) {
    size_t count = psc_snapshot_count(snapshot);
    struct sort sort = {NULL, reverse};
    bool exact = true;
    bool sorted = false;
    struct psc_sort_item *items = malloc((count + 1) * sizeof *items);
    for (size_t i = 0; items != NULL && i < count; i++) {
        struct value_key key = key_of(column, snapshot, order[i]);
        exact = exact && key.numbers[1] == 0 && key.numbers[2] == 0 && key.text == NULL;
        items[i] = (struct psc_sort_item){reverse ? ~key.numbers[0] : key.numbers[0], order[i]};
    }
    sort.keys = exact ? NULL : malloc(count * sizeof *sort.keys);
    if (items == NULL || (sort.keys == NULL && !exact)) {
        goto out;
    }
    for (size_t i = 0; !exact && i < count; i++) {
        sort.keys[i] = key_of(column, snapshot, i);
    }
    sorted = psc_sort(items, count, compare_rows, &sort) == PSC_OK;
    for (size_t i = 0; sorted && i < count; i++) {
        order[i] = items[i].index;
    }
out:
    free(sort.keys);
    free(items);
    return sorted ? PSC_OK : psc_no_memory(error);
}
