// live_states_table.c - the table that is expected of live sockets, and the one that the platform gives.
#include "support/live_states.h"
#include "support/test.h"

void rows_add_live(struct rows *rows, const struct live_states *live, uint32_t states) {
    for (size_t i = 0; i < live->count; i++) {
        const struct live_row *from = &live->rows[i];
        char words[256] = "";
        size_t used = 0;
        for (size_t owner = 0; owner < from->owner_count; owner++) {
            used += (size_t)snprintf(words + used, sizeof words - used, " %d", from->owners[owner]);
        }
        if ((states & PSC_STATE_BIT(from->endpoint.state)) != 0) {
            struct row *row = rows_add(rows);
            row_set_endpoint(row, &from->endpoint);
            row_set_owners(row, words);
        }
    }
}

static bool is_ours(const struct psc_endpoint *endpoint, const struct live_states *live) {
    for (size_t i = 0; endpoint->inode != 0 && i < live->count; i++) {
        if (live->rows[i].endpoint.inode == endpoint->inode) {
            return true;
        }
    }
    return false;
}

void rows_add_snapshot_of(struct rows *rows, const struct psc_snapshot *snapshot,
                          const struct live_states *live) {
    for (size_t i = 0; i < psc_snapshot_count(snapshot); i++) {
        if (is_ours(psc_snapshot_endpoint(snapshot, i), live)) {
            rows_add_snapshot_row(rows, snapshot, i);
        }
    }
}

static void assert_ok(enum psc_status status, const struct psc_error *error) {
    if (status != PSC_OK) {
        fail_msg("%s", error->text);
    }
}

struct psc_snapshot *live_collect(const struct psc_request *request, unsigned details) {
    struct psc_filter filter;
    struct psc_error error;
    struct psc_snapshot *snapshot;
    psc_filter_init(&filter);
    struct psc_builder *builder = psc_builder_new(&filter);
    assert_non_null(builder);
    assert_ok(psc_platform_collect(request, builder, &error), &error);
    if (request->owners) {
        assert_ok(psc_platform_resolve(request, details, builder, &error), &error);
    }
    assert_int_equal(psc_builder_finish(builder, "", 0, &snapshot), PSC_OK);
    psc_filter_done(&filter);
    return snapshot;
}

bool live_has_notice(const struct psc_snapshot *snapshot, const char *kind) {
    for (size_t i = 0; i < psc_snapshot_notice_count(snapshot); i++) {
        if (strcmp(psc_snapshot_notice(snapshot, i)->kind, kind) == 0) {
            return true;
        }
    }
    return false;
}
