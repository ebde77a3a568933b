// test_unprivileged.c - the program as an ordinary user runs it: every row, its own processes by name,
// a dash for those of others, and one line about them.
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/live_states.h"
#include "support/namespace.h"
#include "support/read_table.h"
#include "support/spawn.h"
#include "support/test.h"

#define MOST_MINE 4

// Some sockets are the user's, some are hidden from it, one is both, and one has no owner.
struct scene {
    struct live_states *live;
    uid_t user; // who runs the program
    pid_t mine[MOST_MINE];
    size_t mine_count;
};

static void be_the_user(int descriptor) {
    (void)descriptor;
    bool root = geteuid() == 0;
    if (root && (setresgid(NOBODY, NOBODY, NOBODY) != 0 || setresuid(NOBODY, NOBODY, NOBODY) != 0 ||
                 prctl(PR_SET_DUMPABLE, 1) != 0)) {
        _exit(1);
    }
}

// Root's processes are hidden from other users. An ordinary user has no others to hide, but the
// kernel guards a process that must not be dumped just the same.
static void hide(int descriptor) {
    (void)descriptor;
    if (geteuid() != 0 && prctl(PR_SET_DUMPABLE, 0) != 0) {
        _exit(1);
    }
}

// A service with AmbientCapabilities is the user's own process, but may do more than the user: its
// files can be listed, and yet not be looked at. Only root can make one.
static void hide_by_capability(int descriptor) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct one[_LINUX_CAPABILITY_U32S_3] = {
        {.permitted = 1U << CAP_NET_BIND_SERVICE}};
    if (geteuid() != 0) {
        hide(descriptor);
        return;
    }
    if (prctl(PR_SET_KEEPCAPS, 1) != 0) {
        _exit(1);
    }
    be_the_user(descriptor);
    if (syscall(SYS_capset, &header, one) != 0 || prctl(PR_SET_DUMPABLE, 1) != 0) {
        _exit(1);
    }
}

static void give_to_user(struct scene *scene, int descriptor) {
    assert_true(scene->mine_count < MOST_MINE);
    scene->mine[scene->mine_count++] = live_child(scene->live, descriptor, be_the_user);
}

static void fill(struct scene *scene) {
    struct live_states *live = scene->live;
    int mine = live_listen(live, "127.0.0.1");
    int shared = live_listen(live, "127.0.0.1");
    int hidden = live_listen(live, "127.0.0.1");
    int capable = live_listen(live, "127.0.0.1");
    int hidden_udp = live_bind_udp(live, "127.0.0.1");
    live_time_wait(live, live_connect(live, mine, NULL));
    give_to_user(scene, mine);
    give_to_user(scene, shared);
    live_child(live, shared, hide);
    live_child(live, hidden, hide);
    live_child(live, capable, hide_by_capability);
    live_child(live, hidden_udp, hide);
    live_release(live, mine);
    live_release(live, shared);
    live_release(live, hidden);
    live_release(live, capable);
    live_release(live, hidden_udp);
}

static int set_up(void **state) {
    static struct scene scene;
    *state = &scene;
    if (namespace_enter()) {
        scene.live = live_new();
        scene.user = geteuid() == 0 ? NOBODY : 0;
        fill(&scene);
        assert_true(namespace_drop_capabilities());
    }
    return 0;
}

static int tear_down(void **state) {
    struct scene *scene = *state;
    live_free(scene->live);
    return 0;
}

static const struct scene *scene_of(void **state) {
    need_namespace();
    return *state;
}

static bool is_mine(const struct scene *scene, pid_t pid) {
    for (size_t i = 0; i < scene->mine_count; i++) {
        if (scene->mine[i] == pid) {
            return true;
        }
    }
    return false;
}

// What the user may see: no more of the owners than its own.
static void add_visible(struct rows *rows, const struct scene *scene, const char *name) {
    const struct live_states *live = scene->live;
    rows_add_live(rows, live, PSC_STATES_ALL);
    assert_int_equal(rows->count, live->count);
    for (size_t i = 0; i < live->count; i++) {
        const struct live_row *row = &live->rows[i];
        char owner[64] = "";
        for (size_t j = 0; j < row->owner_count; j++) {
            if (is_mine(scene, row->owners[j])) {
                snprintf(owner, sizeof owner, "%d%s", row->owners[j], name);
            } else if (owner[0] == '\0') {
                snprintf(owner, sizeof owner, "-");
            }
        }
        row_set_owners(&rows->list[i], owner);
    }
}

static void run(uid_t user, const char *options, struct spawned *spawned) {
    spawn_as(user, spawned, PSC_PROGRAM " %s", options);
    if (spawned->status != 0) {
        fail_msg("%s: status %d %s", options, spawned->status, spawned->err);
    }
}

static void read_all(const struct spawned *spawned, read_row *read, struct rows *rows) {
    char *rest = spawned->out;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        read(rows, line);
    }
}

static const char notice[] = "3 sockets have no visible owner; run as root to see all owners";

static void user_sees_every_row_and_one_notice(void **state) {
    const struct scene *scene = scene_of(state);
    struct spawned spawned;
    struct rows shown = {0};
    struct rows visible = {0};
    char line[128];
    run(scene->user, "-ano --csv --columns " READ_CSV_COLUMNS, &spawned);
    read_all(&spawned, read_csv_row, &shown);
    add_visible(&visible, scene, "");
    rows_assert_equal(&shown, &visible, ROW_PRINTED, "as an ordinary user");
    snprintf(line, sizeof line, "portscope: %s\n", notice);
    assert_string_equal(spawned.err, line);
    rows_done(&shown);
    rows_done(&visible);
    spawn_done(&spawned);
}

static void table_has_a_dash_for_the_hidden(void **state) {
    const struct scene *scene = scene_of(state);
    struct spawned spawned;
    struct rows shown = {0};
    struct rows visible = {0};
    run(scene->user, "-ano", &spawned);
    read_all(&spawned, read_table_row, &shown);
    add_visible(&visible, scene, "");
    for (size_t i = 0; i < visible.count; i++) {
        if (visible.list[i].owners[0] == '\0') {
            row_set_owners(&visible.list[i], "0");
        }
    }
    rows_assert_equal(&shown, &visible, ROW_OWNERS, "-ano");
    assert_non_null(strstr(spawned.err, notice));
    rows_done(&shown);
    rows_done(&visible);
    spawn_done(&spawned);
}

static void json_tells_hidden_from_none(void **state) {
    const struct scene *scene = scene_of(state);
    struct spawned spawned;
    struct rows shown = {0};
    struct rows visible = {0};
    char text[256];
    run(scene->user, "-ano --json", &spawned);
    snprintf(text, sizeof text, "{\"kind\": \"owners-hidden\", \"count\": 3, \"text\": \"%s\"}",
             notice);
    assert_non_null(strstr(spawned.out, text));
    assert_string_equal(spawned.err, "");
    read_all(&spawned, read_json_row, &shown);
    add_visible(&visible, scene, "/test_unprivileged");
    rows_assert_equal(&shown, &visible, ROW_OWNERS, "--json");
    rows_done(&shown);
    rows_done(&visible);
    spawn_done(&spawned);
}

// Without owners in the table none are missing, and scripts may take any word on stderr for an error.
static void no_notice_without_a_column_of_owners(void **state) {
    static const char *const silent[] = {"-an", "-ano --strict", "-ano --json"};
    const struct scene *scene = scene_of(state);
    for (size_t i = 0; i < COUNT(silent); i++) {
        struct spawned spawned;
        run(scene->user, silent[i], &spawned);
        assert_string_equal(spawned.err, "");
        spawn_done(&spawned);
    }
}

static void root_sees_everything(void **state) {
    const struct scene *scene = scene_of(state);
    need_root();
    struct spawned spawned;
    struct rows shown = {0};
    struct rows truth = {0};
    run(0, "-ano --csv --columns " READ_CSV_COLUMNS, &spawned);
    read_all(&spawned, read_csv_row, &shown);
    rows_add_live(&truth, scene->live, PSC_STATES_ALL);
    rows_assert_equal(&shown, &truth, ROW_PRINTED, "as root");
    assert_string_equal(spawned.err, "");
    rows_done(&shown);
    rows_done(&truth);
    spawn_done(&spawned);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(user_sees_every_row_and_one_notice),
        cmocka_unit_test(table_has_a_dash_for_the_hidden),
        cmocka_unit_test(json_tells_hidden_from_none),
        cmocka_unit_test(no_notice_without_a_column_of_owners),
        cmocka_unit_test(root_sees_everything),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
