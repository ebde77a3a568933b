// capture.c - output that a test collects.
#include "support/capture.h"

#include <stdlib.h>

FILE *capture_open(void) {
    FILE *stream = tmpfile();
    if (stream == NULL) {
        perror("tmpfile");
        abort();
    }
    return stream;
}

char *capture_close(FILE *stream, size_t *size) {
    long length = fseek(stream, 0, SEEK_END) == 0 ? ftell(stream) : -1;
    char *text = length >= 0 ? malloc((size_t)length + 1) : NULL;
    if (text == NULL || fseek(stream, 0, SEEK_SET) != 0) {
        perror("capture");
        abort();
    }
    size_t got = fread(text, 1, (size_t)length, stream);
    text[got] = '\0';
    fclose(stream);
    if (size != NULL) {
        *size = got;
    }
    return text;
}

char *capture_file(const char *path, size_t *size) {
    FILE *stream = fopen(path, "rb");
    return stream != NULL ? capture_close(stream, size) : NULL;
}
