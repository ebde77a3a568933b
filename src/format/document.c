// document.c - what all JSON of a snapshot begins with.
#include "format/document.h"

void document_host_and_time(struct out *out, const struct psc_snapshot *snapshot) {
    out_text(out, "\"host\": ");
    out_json_text(out, psc_snapshot_host(snapshot));
    out_text(out, ", \"time\": \"");
    out_time(out, psc_snapshot_time(snapshot), true);
    out_text(out, "\"");
}

static void json_notice(struct out *out, const struct psc_notice *notice, bool first) {
    out_text(out, first ? "\n  {\"kind\": " : ",\n  {\"kind\": ");
    out_json_text(out, notice->kind);
    out_text(out, ", \"count\": ");
    if (notice->count > 0) {
        out_number(out, notice->count);
    } else {
        out_text(out, "null");
    }
    out_text(out, ", \"text\": ");
    out_json_text(out, notice->text);
    out_text(out, "}");
}

void document_notices(struct out *out, const struct psc_snapshot *snapshot,
                      const struct psc_notice *another) {
    size_t count = psc_snapshot_notice_count(snapshot);
    out_text(out, " \"notices\": [");
    for (size_t i = 0; i < count; i++) {
        json_notice(out, psc_snapshot_notice(snapshot, i), i == 0);
    }
    if (another != NULL) {
        json_notice(out, another, count == 0);
    }
    out_text(out, "],\n");
}
