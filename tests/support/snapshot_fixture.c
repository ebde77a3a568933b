// snapshot_fixture.c - snapshots from a few words.
#include "support/snapshot_fixture.h"

#include "support/netstat_row.h"
#include "support/test.h"

static const char *keep(struct psc_builder *builder, const char *text) {
    const char *kept = psc_builder_text(builder, text, strlen(text));
    assert_non_null(kept);
    return kept;
}

static void set_arguments(struct psc_builder *builder, struct psc_process *process,
                          const char *arguments) {
    char joined[512];
    size_t size = strlen(arguments) + 1;
    assert_true(size <= sizeof joined);
    memcpy(joined, arguments, size);
    for (char *blank = joined; (blank = strchr(blank, ' ')) != NULL;) {
        *blank = '\0';
        blank++;
    }
    process->command_line = psc_builder_text(builder, joined, size);
    process->command_line_size = size;
    process->known |= PSC_PROCESS_COMMAND_LINE;
}

static void set_account(struct psc_process *process, const char *word) {
    process->account = strcmp(word, "system") == 0    ? PSC_ACCOUNT_SYSTEM
                       : strcmp(word, "service") == 0 ? PSC_ACCOUNT_SERVICE
                                                      : PSC_ACCOUNT_PERSON;
    process->known |= PSC_PROCESS_ACCOUNT;
}

static void set_process(struct psc_builder *builder, struct psc_process *process,
                        const struct fixture_process *fixture) {
    if (fixture->path != NULL) {
        const char *slash = strrchr(fixture->path, '/');
        process->path = keep(builder, fixture->path);
        process->name = keep(builder, slash[1] != '\0' ? slash + 1 : slash);
        process->path_deleted = fixture->deleted;
        process->known |= PSC_PROCESS_PATH | PSC_PROCESS_NAME;
    }
    if (fixture->name != NULL) {
        process->name = keep(builder, fixture->name);
        process->known |= PSC_PROCESS_NAME;
    }
    if (fixture->arguments != NULL) {
        set_arguments(builder, process, fixture->arguments);
    }
    if (fixture->user != NULL) {
        process->user = keep(builder, fixture->user);
        process->known |= PSC_PROCESS_USER;
    }
    if (fixture->account != NULL) {
        set_account(process, fixture->account);
    }
    if (fixture->examined) {
        process->exe_flags = fixture->exe_flags;
        process->script_flags = fixture->script_flags;
        process->script = fixture->script != NULL ? keep(builder, fixture->script) : NULL;
        process->known |= PSC_PROCESS_EXE_FLAGS;
    }
}

static void add_row(struct psc_builder *builder, const struct fixture_row *row, size_t number) {
    struct psc_endpoint endpoint = netstat_row(row->row);
    endpoint.cookie = number + 1;
    endpoint.known = PSC_KNOWN_COOKIE | (row->uid >= 0 ? (unsigned)PSC_KNOWN_UID : 0U);
    endpoint.uid = row->uid >= 0 ? (uint32_t)row->uid : 0;
    psc_builder_add(builder, &endpoint);
}

static void set_processes(struct psc_builder *builder, const struct fixture_row *rows,
                          size_t count) {
    for (size_t i = 0; i < psc_builder_process_count(builder); i++) {
        struct psc_process *process = psc_builder_process(builder, i);
        for (size_t j = 0; process != NULL && j < count; j++) {
            if (rows[j].pid == process->pid) {
                set_process(builder, process, &rows[j].process);
                break;
            }
        }
    }
}

static struct psc_snapshot *make(const struct fixture_row *rows, size_t count, bool privileged) {
    struct psc_filter filter;
    struct psc_snapshot *snapshot;
    psc_filter_init(&filter);
    struct psc_builder *builder = psc_builder_new(&filter);
    assert_non_null(builder);
    for (size_t i = 0; i < count; i++) {
        add_row(builder, &rows[i], i);
    }
    if (privileged) {
        psc_builder_set_privileged(builder);
    }
    psc_builder_seal(builder);
    for (size_t i = 0; i < psc_builder_count(builder); i++) {
        const struct fixture_row *row = &rows[psc_builder_endpoint(builder, i)->cookie - 1];
        if (row->pid != 0) {
            psc_builder_link(builder, i, row->pid);
        }
        uint32_t other = row->process.other_pid;
        if (other != 0) {
            psc_builder_link(builder, i, other);
        }
    }
    psc_builder_end_links(builder, "owners-hidden", "hidden");
    psc_builder_name_interface(builder, 1, "lo");
    psc_builder_name_interface(builder, 2, "eth0");
    psc_builder_name_interface(builder, 3, "a\"b #]\x1b");
    set_processes(builder, rows, count);
    assert_int_equal(psc_builder_finish(builder, "web1", 1795162680123, &snapshot), PSC_OK);
    return snapshot;
}

struct psc_snapshot *snapshot_fixture(const struct fixture_row *rows, size_t count) {
    return make(rows, count, false);
}

struct psc_snapshot *snapshot_fixture_privileged(const struct fixture_row *rows, size_t count) {
    return make(rows, count, true);
}
