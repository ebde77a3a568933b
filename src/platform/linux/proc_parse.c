// proc_parse.c - pure parsers of what /proc says about a process.
#include "platform/linux/proc_parse.h"

#include <string.h>

#include "base/number.h"

uint64_t proc_parse_socket(const char *target, size_t size) {
    static const char prefix[] = "socket:[";
    const size_t length = sizeof prefix - 1;
    const char *at = target + length;
    const char *end = target + size;
    uint64_t inode;
    if (size < length || memcmp(target, prefix, length) != 0 ||
        !psc_number_read(&at, end, UINT64_MAX, &inode) || end - at != 1 || *at != ']') {
        return 0;
    }
    return inode;
}

// Reads the number in a field of /proc/PID/stat, counted from 1 as in proc(5). The second field, the name
// in parentheses, may contain anything; the last parenthesis of all is its end.
static bool read_stat_field(const char *stat, size_t size, int wanted, uint64_t *number) {
    const char *end = stat + size;
    const char *at = end;
    while (at > stat && at[-1] != ')') {
        at--;
    }
    for (int field = 3; field <= wanted; field++) {
        while (field > 3 && at < end && *at != ' ') {
            at++;
        }
        if (at == stat || at == end || *at++ != ' ') {
            return false;
        }
    }
    return psc_number_read(&at, end, UINT64_MAX, number) && at < end && *at == ' ';
}

bool proc_parse_start(const char *stat, size_t size, uint64_t *ticks) {
    return read_stat_field(stat, size, 22, ticks);
}

bool proc_parse_parent(const char *stat, size_t size, uint32_t *parent) {
    uint64_t number;
    if (!read_stat_field(stat, size, 4, &number) || number > UINT32_MAX) {
        return false;
    }
    *parent = (uint32_t)number;
    return true;
}

bool proc_parse_is_deleted(const char *target, size_t size) {
    return size > PROC_PARSE_DELETED_SIZE && memcmp(target + size - PROC_PARSE_DELETED_SIZE,
                                                    " (deleted)", PROC_PARSE_DELETED_SIZE) == 0;
}

static bool is_interpreter(const char *name, bool *shell) {
    static const struct {
        const char *name; // may be followed by a version
        bool shell;       // -e and -m are not followed by a program
    } interpreters[] = {
        {"sh", true},      {"ash", true},     {"bash", true},    {"dash", true},   {"fish", true},
        {"ksh", true},     {"mksh", true},    {"zsh", true},     {"guile", false}, {"lua", false},
        {"luajit", false}, {"node", false},   {"nodejs", false}, {"perl", false},  {"php", false},
        {"pypy", false},   {"python", false}, {"ruby", false},   {"tclsh", true},  {"wish", true},
    };
    for (size_t i = 0; i < sizeof interpreters / sizeof interpreters[0]; i++) {
        size_t length = strlen(interpreters[i].name);
        if (strncmp(name, interpreters[i].name, length) == 0 &&
            name[length + strspn(name + length, "0123456789.-")] == '\0') {
            *shell = interpreters[i].shell;
            return true;
        }
    }
    return false;
}

const char *proc_parse_script(const char *name, const char *command_line, size_t size) {
    const char *end = command_line + size;
    bool shell;
    if (!is_interpreter(name, &shell)) {
        return NULL;
    }
    const char *at = memchr(command_line, '\0', size);
    for (at = at != NULL ? at + 1 : end; at < end; at += strlen(at) + 1) {
        if (at[0] != '-') {
            return at[0] != '\0' ? at : NULL;
        }
        bool is_long = at[1] == '-';
        if (at[1] == '\0' || (!is_long && strpbrk(at, shell ? "c" : "cem") != NULL)) {
            return NULL;
        }
    }
    return NULL;
}

static bool is_unit_name(const char *name, size_t size) {
    static const char suffix[] = ".service";
    const size_t length = sizeof suffix - 1;
    if (size <= length || size >= PROC_UNIT_SIZE ||
        memcmp(name + size - length, suffix, length) != 0) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        bool letter = (name[i] >= 'a' && name[i] <= 'z') || (name[i] >= 'A' && name[i] <= 'Z');
        if (!letter && !psc_is_digit(name[i]) &&
            (name[i] == '\0' || strchr("@._:-", name[i]) == NULL)) {
            return false;
        }
    }
    return name[0] != '-';
}

static bool is_unified(const char *line, const char *end) {
    return end - line >= 3 && memcmp(line, "0::", 3) == 0;
}

bool proc_parse_unit(const char *cgroup, size_t size, struct proc_unit *unit) {
    static const char manager[] = "user@";
    const char *end = memchr(cgroup, '\n', size);
    end = end != NULL ? end : cgroup + size;
    // The unified hierarchy comes last in the file of a machine that has others, too.
    while (end < cgroup + size && !is_unified(cgroup, end)) {
        size -= (size_t)(end + 1 - cgroup);
        cgroup = end + 1;
        end = size > 0 ? memchr(cgroup, '\n', size) : NULL;
        end = end != NULL ? end : cgroup + size;
    }
    unit->name[0] = '\0';
    unit->of_user = false;
    for (const char *at = is_unified(cgroup, end) ? cgroup + 3 : end; at < end;) {
        const char *slash = memchr(at, '/', (size_t)(end - at));
        size_t length = (size_t)((slash != NULL ? slash : end) - at);
        if (is_unit_name(at, length)) {
            if (length > sizeof manager && memcmp(at, manager, sizeof manager - 1) == 0) {
                unit->of_user = true;
            } else {
                memcpy(unit->name, at, length);
                unit->name[length] = '\0';
            }
        }
        at += length + 1;
    }
    return unit->name[0] != '\0';
}
