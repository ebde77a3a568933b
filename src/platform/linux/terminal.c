// terminal.c - what the terminal at the other end can do.
#include "portscope/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void psc_terminal_init(void) {
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++) {
        if (fcntl(stream, F_GETFD) < 0 && errno == EBADF) {
            // The lowest free descriptor is this one. Input finds its end, output an error.
            (void)open("/dev/null", O_RDONLY);
        }
    }
}

bool psc_terminal_has_colour(FILE *stream) {
    const char *kind = getenv("TERM");
    return isatty(fileno(stream)) == 1 && kind != NULL && kind[0] != '\0' &&
           strcmp(kind, "dumb") != 0;
}

const char *psc_terminal_line_end(void) {
    return "\n";
}
