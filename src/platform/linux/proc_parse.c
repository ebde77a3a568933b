// proc_parse.c - pure parsers of what /proc says about a process.
#include "proc_parse.h"

#include <string.h>

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

uint64_t proc_parse_socket(const char *target, size_t size) {
    static const char prefix[] = "socket:[";
    const size_t length = sizeof prefix - 1;
    // 20 digits are the most that a number of 64 bits has, and 19 the most that cannot overflow.
    if (size < length + 2 || size > length + 20 || memcmp(target, prefix, length) != 0 ||
        target[size - 1] != ']') {
        return 0;
    }
    uint64_t inode = 0;
    for (size_t i = length; i < size - 1; i++) {
        if (!is_digit(target[i])) {
            return 0;
        }
        inode = inode * 10 + (unsigned)(target[i] - '0');
    }
    return inode;
}

bool proc_parse_start(const char *stat, size_t size, uint64_t *ticks) {
    const char *end = stat + size;
    const char *at = end;
    while (at > stat && at[-1] != ')') {
        at--;
    }
    if (at == stat) {
        return false;
    }
    // Behind the name comes field 3, so that the start is the 20th from here.
    for (int field = 0; field < 20; field++) {
        if (at == end || *at != ' ') {
            return false;
        }
        at++;
        if (field == 19) {
            break;
        }
        while (at < end && *at != ' ') {
            at++;
        }
    }
    uint64_t value = 0;
    const char *first = at;
    while (at < end && is_digit(*at) && at - first < 19) {
        value = value * 10 + (unsigned)(*at++ - '0');
    }
    *ticks = value;
    return at != first && at < end && *at == ' ';
}

const char *proc_parse_base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

bool proc_parse_is_deleted(const char *target, size_t size) {
    return size > PROC_PARSE_DELETED_SIZE && memcmp(target + size - PROC_PARSE_DELETED_SIZE,
                                                    " (deleted)", PROC_PARSE_DELETED_SIZE) == 0;
}
