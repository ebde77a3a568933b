// snapshot_fixture.c - snapshots made of a few words.
#include "support/snapshot_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/netstat_row.h"

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
                        const struct made_process *made) {
    if (made->path != NULL) {
        const char *slash = strrchr(made->path, '/');
        process->path = keep(builder, made->path);
        process->name = keep(builder, slash[1] != '\0' ? slash + 1 : slash);
        process->path_deleted = made->deleted;
        process->known |= PSC_PROCESS_PATH | PSC_PROCESS_NAME;
    }
    if (made->name != NULL) {
        process->name = keep(builder, made->name);
        process->known |= PSC_PROCESS_NAME;
    }
    if (made->arguments != NULL) {
        set_arguments(builder, process, made->arguments);
    }
    if (made->user != NULL) {
        process->user = keep(builder, made->user);
        process->known |= PSC_PROCESS_USER;
    }
    if (made->account != NULL) {
        set_account(process, made->account);
    }
    if (made->placed) {
        process->exe_flags = made->place;
        process->known |= PSC_PROCESS_EXE_FLAGS;
    }
}

static void add_row(struct psc_builder *builder, const struct made_row *row, size_t number) {
    struct psc_endpoint endpoint = netstat_row(row->row);
    endpoint.cookie = number + 1;
    endpoint.known = PSC_KNOWN_COOKIE | (row->uid >= 0 ? (unsigned)PSC_KNOWN_UID : 0U);
    endpoint.uid = row->uid >= 0 ? (uint32_t)row->uid : 0;
    assert_int_equal(psc_builder_add(builder, &endpoint), PSC_OK);
}

static void set_processes(struct psc_builder *builder, const struct made_row *rows, size_t count) {
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

struct psc_snapshot *made_snapshot(const struct made_row *rows, size_t count) {
    struct psc_filter filter;
    struct psc_snapshot *snapshot;
    psc_filter_init(&filter);
    struct psc_builder *builder = psc_builder_new(&filter);
    assert_non_null(builder);
    for (size_t i = 0; i < count; i++) {
        add_row(builder, &rows[i], i);
    }
    assert_int_equal(psc_builder_seal(builder), PSC_OK);
    for (size_t i = 0; i < psc_builder_count(builder); i++) {
        uint32_t pid = rows[psc_builder_endpoint(builder, i)->cookie - 1].pid;
        assert_true(pid == 0 || psc_builder_link(builder, i, pid) == PSC_OK);
    }
    assert_int_equal(psc_builder_end_links(builder, "owners-hidden", "hidden"), PSC_OK);
    assert_int_equal(psc_builder_name_interface(builder, 1, "lo"), PSC_OK);
    assert_int_equal(psc_builder_name_interface(builder, 2, "eth0"), PSC_OK);
    assert_int_equal(psc_builder_name_interface(builder, 3, "a\"b #]\x1b"), PSC_OK);
    set_processes(builder, rows, count);
    assert_int_equal(psc_builder_finish(builder, "web1", 1795162680123, &snapshot), PSC_OK);
    return snapshot;
}
