// replay.c - replaces libFuzzer in ordinary builds: runs the fuzz target once on every file on the
// command line, and on every file of a directory there.

#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail(const char *path) {
    perror(path);
    exit(1);
}

static size_t replay_file(const char *path, size_t size) {
    // Exactly as large as the input, so that a sanitizer sees a read of one byte too many.
    uint8_t *data = malloc(size);
    FILE *file = fopen(path, "rb");
    if (file == NULL || (data == NULL && size > 0) || fread(data, 1, size, file) != size)
        fail(path);
    fclose(file);
    (void)LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 1;
}

// Returns how many inputs were run. Directories are not searched recursively.
static size_t replay(const char *path) {
    struct stat info;
    if (stat(path, &info) != 0)
        fail(path);
    if (!S_ISDIR(info.st_mode))
        return replay_file(path, (size_t)info.st_size);

    DIR *directory = opendir(path);
    if (directory == NULL)
        fail(path);
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        char name[4096];
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (stat(name, &info) == 0 && S_ISREG(info.st_mode))
            count += replay_file(name, (size_t)info.st_size);
    }
    closedir(directory);
    return count;
}

int main(int argc, char **argv) {
    size_t count = 0;
    for (int i = 1; i < argc; i++)
        count += replay(argv[i]);
    printf("%zu inputs\n", count);
    if (count == 0)
        fputs("there is nothing to replay\n", stderr);
    return count == 0;
}
