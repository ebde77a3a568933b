// test_proc_parse.c - what /proc says about a process: links to sockets, the start in stat with any
// name in it, base names, deleted executables; each text also cut at every length and damaged.
#include "platform/linux/proc_parse.h"
#include "support/fixture_bytes.h"
#include "support/test.h"

static void sockets_in_link_targets(void **state) {
    static const struct {
        const char *target;
        uint64_t inode;
    } cases[] = {
        {"socket:[4026531]", 4026531},
        {"socket:[1]", 1},
        {"socket:[9999999999999999999]", 9999999999999999999U},
        {"socket:[18446744073709551615]", UINT64_MAX},
        {"socket:[18446744073709551616]", 0},
        {"socket:[]", 0},
        {"socket:[12", 0},
        {"socket:[12]x", 0},
        {"socket:[1 2]", 0},
        {"socket:[-1]", 0},
        {"socket:[0x1]", 0},
        {"socket:", 0},
        {"Socket:[12]", 0},
        {"pipe:[12]", 0},
        {"/socket:[12]", 0},
        {"", 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t size = strlen(cases[i].target);
        char *exact =
            fixture_bytes_cut(cases[i].target, size); // as readlink(2) gives it, without NUL
        if (proc_parse_socket(exact, size) != cases[i].inode) {
            fail_msg("%s", cases[i].target);
        }
        free(exact);
    }
}

// Fields 3 to 24 of a stat file; the start is 9876543.
#define FIELDS " S 1 2 2 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 9876543 11 12\n"

static bool start_of(const char *stat, size_t size, uint64_t *ticks) {
    char *exact = fixture_bytes_cut(stat, size);
    bool parsed = proc_parse_start(exact, size, ticks);
    free(exact);
    return parsed;
}

static void a_start_after_any_name(void **state) {
    static const char *const stats[] = {
        "7 (nginx)" FIELDS,    "7 ()" FIELDS,          "7 (a)b)" FIELDS,
        "7 (()" FIELDS,        "7 () S 1 2 3)" FIELDS, "7 (a b\nc)" FIELDS,
        "7 (\xff\xfe)" FIELDS, "7 (x) (y)" FIELDS,     "4294967295 ())))" FIELDS,
    };
    for (size_t i = 0; i < COUNT(stats); i++) {
        uint64_t ticks = 0;
        if (!start_of(stats[i], strlen(stats[i]), &ticks) || ticks != 9876543) {
            fail_msg("%s: %llu", stats[i], (unsigned long long)ticks);
        }
    }
}

static void a_stat_that_the_kernel_does_not_print(void **state) {
    static const char *const stats[] = {
        "",
        "7",
        ")",
        "7 (x",
        "7 (x)",
        "7 (x)S 1 2 2 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 9876543 11\n",
        "7 (x) S 1 2 2 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 -5 11\n",
        "7 (x) S 1 2 2 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 x 11\n",
        "7 (x) S 1 2 2 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0  11\n",
        "7 (x) S 1 2 2 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 123456789012345678901 11\n",
    };
    for (size_t i = 0; i < COUNT(stats); i++) {
        uint64_t ticks;
        if (start_of(stats[i], strlen(stats[i]), &ticks)) {
            fail_msg("%s", stats[i]);
        }
    }
}

static void a_stat_cut_or_damaged(void **state) {
    static const char stat[] = "7 (a)b)" FIELDS;
    const size_t start_end = (size_t)(strstr(stat, "9876543 ") - stat) + sizeof "9876543";
    uint64_t ticks;
    for (size_t size = 0; size < sizeof stat - 1; size++) {
        assert_int_equal(start_of(stat, size, &ticks), size >= start_end);
    }
    for (uint64_t seed = 0; seed < 4000; seed++) {
        char text[sizeof stat];
        memcpy(text, stat, sizeof stat);
        fixture_bytes_damage(text, sizeof stat - 1, seed);
        (void)start_of(text, sizeof stat - 1, &ticks);
        (void)proc_parse_socket(text, sizeof stat - 1);
        (void)proc_parse_is_deleted(text, sizeof stat - 1);
    }
}

static void deleted_executables(void **state) {
    static const struct {
        const char *target;
        bool deleted;
    } cases[] = {
        {"/bin/x (deleted)", true}, {"x (deleted)", true},
        {" (deleted)", false},      {"(deleted)", false},
        {"/bin/x(deleted)", false}, {"/bin/x (deleted) ", false},
        {"/bin/x", false},          {"", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t size = strlen(cases[i].target);
        char *exact = fixture_bytes_cut(cases[i].target, size);
        if (proc_parse_is_deleted(exact, size) != cases[i].deleted) {
            fail_msg("%s", cases[i].target);
        }
        free(exact);
    }
    assert_int_equal(PROC_PARSE_DELETED_SIZE, 10);
}

static void a_parent_after_any_name(void **state) {
    static const struct {
        const char *stat;
        uint32_t parent; // 0: none can be read
    } cases[] = {
        {"7 (nginx) S 12 2 2 0", 12},
        {"7 (a) S 1 b) R 4294967295 2 2", 4294967295},
        {"7 (() Z 3 ", 3},
        {"7 (x) S 4294967296 2", 0},
        {"7 (x) S 12", 0},
        {"7 (x) S x 2", 0},
        {"7 (x) S -1 2", 0},
        {"7 (x) S", 0},
        {"7 (x", 0},
        {"", 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint32_t parent = 0;
        size_t size = strlen(cases[i].stat);
        char *exact = fixture_bytes_cut(cases[i].stat, size);
        bool parsed = proc_parse_parent(exact, size, &parent);
        if (parsed != (cases[i].parent != 0) || parent != cases[i].parent) {
            fail_msg("'%s': %u", cases[i].stat, parent);
        }
        free(exact);
    }
}

#define ARGUMENTS(text) text, sizeof text // each argument ends in a NUL

static void scripts_in_command_lines(void **state) {
    static const struct {
        const char *name, *arguments;
        size_t size;
        const char *script;
    } cases[] = {
        {"python3.11", ARGUMENTS("python3\0/srv/app.py\0--port"), "/srv/app.py"},
        {"python3", ARGUMENTS("python3\0-u\0-W\0app.py"), "app.py"},
        {"python3", ARGUMENTS("python3\0-m\0http.server"), NULL},
        {"python3", ARGUMENTS("python3\0-uc\0print()"), NULL},
        {"node", ARGUMENTS("node\0--inspect\0server.js\0a"), "server.js"},
        {"node", ARGUMENTS("node\0-e\0x"), NULL},
        {"node", ARGUMENTS("node"), NULL},
        {"bash", ARGUMENTS("/bin/bash\0-e\0/usr/bin/run"), "/usr/bin/run"},
        {"bash", ARGUMENTS("bash\0-ec\0run"), NULL},
        {"sh", ARGUMENTS("sh\0-"), NULL},
        {"perl5.36.0", ARGUMENTS("perl\0-w\0x.pl"), "x.pl"},
        {"php-fpm", ARGUMENTS("php-fpm\0x"), NULL},
        {"nodelet", ARGUMENTS("nodelet\0x"), NULL},
        {"nginx", ARGUMENTS("nginx\0x"), NULL},
        {"sh", ARGUMENTS("sh\0"), NULL},
        {"sh", "", 0, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *script = proc_parse_script(cases[i].name, cases[i].arguments, cases[i].size);
        if (script == NULL || cases[i].script == NULL ? script != cases[i].script
                                                      : strcmp(script, cases[i].script) != 0) {
            fail_msg("%zu: %s", i, script);
        }
    }
}

static void services_in_control_groups(void **state) {
    static const struct {
        const char *cgroup, *name; // NULL: none
        bool of_user;
    } cases[] = {
        {"0::/system.slice/nginx.service\n", "nginx.service", false},
        {"0::/system.slice/nginx.service", "nginx.service", false},
        {"0::/system.slice/system-getty.slice/getty@tty1.service\n", "getty@tty1.service", false},
        {"0::/system.slice/docker.service/child\n", "docker.service", false},
        {"0::/a.service/b.service\n", "b.service", false},
        {"0::/user.slice/user-1000.slice/user@1000.service/app.slice/web.service\n", "web.service",
         true},
        // A hybrid hierarchy names the same thing several times, the unified one last.
        {"12:cpu:/other.service\n1:name=systemd:/x.service\n0::/system.slice/nginx.service\n",
         "nginx.service", false},
        {"1:name=systemd:/system.slice/nginx.service\n", NULL, false},
        {"1:name=systemd:/system.slice/nginx.service", NULL, false},
        {":nginx.service", NULL, false},
        {"0::nginx.service/x", "nginx.service", false}, // and not with the number in front
        // A session, a service manager itself, a container, a machine without systemd.
        {"0::/user.slice/user-1000.slice/session-3.scope\n", NULL, false},
        {"0::/user.slice/user-1000.slice/user@1000.service/init.scope\n", NULL, false},
        {"0::/system.slice/docker-0123456789ab.scope\n", NULL, false},
        {"0::/\n", NULL, false},
        {"0::/.service\n", NULL, false},
        {"", NULL, false},
        {"0:", NULL, false},
        {"\n\n\n", NULL, false},
        // Nothing that a shell would take apart.
        {"0::/system.slice/a b.service\n", NULL, false},
        {"0::/system.slice/$(reboot).service\n", NULL, false},
        {"0::/system.slice/a;b.service\n", NULL, false},
        {"0::/system.slice/--now.service\n", NULL, false},
        {"0::/system.slice/\x1b[2J.service\n", NULL, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct proc_unit unit;
        size_t size = strlen(cases[i].cgroup);
        char *exact = fixture_bytes_cut(cases[i].cgroup, size);
        bool found = proc_parse_unit(exact, size, &unit);
        if (found != (cases[i].name != NULL) || (found && (strcmp(unit.name, cases[i].name) != 0 ||
                                                           unit.of_user != cases[i].of_user))) {
            fail_msg("%zu: '%s'", i, unit.name);
        }
        free(exact);
    }
}

static void names_of_services_are_not_cut(void **state) {
    char cgroup[PROC_UNIT_SIZE + 64];
    struct proc_unit unit;
    for (size_t length = PROC_UNIT_SIZE - 2; length <= PROC_UNIT_SIZE; length++) {
        char name[PROC_UNIT_SIZE + 1];
        memset(name, 'x', length);
        memcpy(name + length - 8, ".service", 9);
        size_t size = (size_t)snprintf(cgroup, sizeof cgroup, "0::/system.slice/%s\n", name);
        bool found = proc_parse_unit(cgroup, size, &unit);
        assert_int_equal(found, length < PROC_UNIT_SIZE);
        assert_string_equal(unit.name, found ? name : "");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sockets_in_link_targets),
        cmocka_unit_test(a_start_after_any_name),
        cmocka_unit_test(a_stat_that_the_kernel_does_not_print),
        cmocka_unit_test(a_stat_cut_or_damaged),
        cmocka_unit_test(a_parent_after_any_name),
        cmocka_unit_test(scripts_in_command_lines),
        cmocka_unit_test(services_in_control_groups),
        cmocka_unit_test(names_of_services_are_not_cut),
        cmocka_unit_test(deleted_executables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
