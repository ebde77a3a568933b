// file_read.c - reads a whole file.
#include <errno.h>
#include <string.h>

#include "platform/file.h"

enum psc_status psc_file_read(const char *path, struct psc_strbuf *text, struct psc_error *error) {
    char buffer[8192];
    size_t size;
    int number = 0;
    FILE *stream = psc_file_open(path);
    if (stream == NULL) {
        return psc_fail(error, PSC_SYSTEM, "cannot read %s: %s", path, strerror(errno));
    }
    while ((size = fread(buffer, 1, sizeof buffer, stream)) > 0) {
        psc_strbuf_add(text, buffer, size);
    }
    if (ferror(stream)) { // of a directory, for example
        number = errno;
    }
    fclose(stream);
    if (number != 0) {
        return psc_fail(error, PSC_SYSTEM, "cannot read %s: %s", path, strerror(number));
    }
    return text->failed ? psc_no_memory(error) : PSC_OK;
}
