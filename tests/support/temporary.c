// temporary.c - directories for what a test writes.
#include "support/temporary.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/test.h"

void temporary_make(char path[TEMPORARY_SIZE]) {
    const char *parent = getenv("TEMP"); // as Windows says it
    snprintf(path, TEMPORARY_SIZE, "%s/portscope-XXXXXX", parent != NULL ? parent : "/tmp");
    assert_non_null(mkdtemp(path));
    assert_int_equal(chmod(path, 0755), 0);
}

// Removes what is in the working directory. It moves step by step, because a path may be too long
// for the system.
static void remove_entries(void) { // NOLINT(misc-no-recursion)
    DIR *directory = opendir(".");
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            unlink(entry->d_name) == 0) {
            continue;
        }
        assert_int_equal(chdir(entry->d_name), 0);
        remove_entries();
        assert_int_equal(chdir(".."), 0);
        assert_int_equal(rmdir(entry->d_name), 0);
    }
    closedir(directory);
}

void temporary_remove(const char *path) {
    char before[4096];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(path), 0);
    remove_entries();
    assert_int_equal(chdir(before), 0);
    assert_int_equal(rmdir(path), 0);
}

static char working[TEMPORARY_SIZE];

int temporary_enter(void **state) {
    (void)state;
    temporary_make(working);
    return chdir(working);
}

int temporary_leave(void **state) {
    (void)state;
    assert_int_equal(chdir("/"), 0);
    temporary_remove(working);
    return 0;
}

const char *temporary_path(void) {
    return working;
}

void write_file(const char *path, mode_t mode, const char *text) {
    FILE *file = fopen(path, "wb");
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0 || chmod(path, mode) != 0) {
        perror(path);
        fail();
    }
}
