// capture.c - streams for output: a test collects it, or it fails.
#include "support/capture.h"

#include <signal.h>
#include <unistd.h>

#include "support/test.h"

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

FILE *stream_full(void) {
    FILE *stream = fopen("/dev/full", "wb");
    if (stream == NULL) {
        skip_test("no /dev/full");
    }
    return stream;
}

FILE *stream_unread(void) {
    int ends[2];
    assert_true(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    FILE *stream = fdopen(ends[1], "wb");
    assert_non_null(stream);
    return stream;
}

char *capture_file(const char *path, size_t *size) {
    FILE *stream = fopen(path, "rb");
    return stream != NULL ? capture_close(stream, size) : NULL;
}
