// fuzz_proc_parse.c - what /proc says about a process: a stat file, a link target, a path, its control
// groups.
#include "base/text.h"
#include "fuzz.h"
#include "platform/linux/proc_parse.h"

// A name goes into a command that people type: nothing in it may mean anything to a shell.
static void read_unit(const char *text, size_t size) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789@._:-";
    struct proc_unit unit;
    if (proc_parse_unit(text, size, &unit)) {
        size_t length = strlen(unit.name);
        REQUIRE(length > strlen(".service") && length < PROC_UNIT_SIZE && length < size);
        REQUIRE(strspn(unit.name, letters) == length);
        REQUIRE(unit.name[0] != '-');
        REQUIRE(strcmp(unit.name + length - strlen(".service"), ".service") == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint64_t ticks;
    uint32_t parent;
    (void)proc_parse_start((const char *)data, size, &ticks);
    (void)proc_parse_parent((const char *)data, size, &parent);
    read_unit((const char *)data, size);

    uint64_t inode = proc_parse_socket((const char *)data, size);
    if (inode != 0) {
        char target[64];
        char *text = fuzz_text(data, size);
        unsigned long long number = inode;
        snprintf(target, sizeof target, "socket:[%llu]", number);
        // The same, but for zeros in front, which the kernel does not write.
        REQUIRE(size >= strlen(target));
        REQUIRE(strcmp(text, target) == 0 || strncmp(text, "socket:[0", 9) == 0);
        free(text);
    }

    REQUIRE(!proc_parse_is_deleted((const char *)data, size) || size > PROC_PARSE_DELETED_SIZE);

    char *path = fuzz_text(data, size);
    const char *name = psc_base_name(path, "/");
    REQUIRE(name >= path && name <= path + strlen(path));
    REQUIRE(path[0] == '\0' || name[0] != '\0');
    free(path);
    return 0;
}
