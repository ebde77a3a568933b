// terminal.c - what the terminal at the other end can do.
#include "platform/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

struct psc_terminal *psc_terminal_init(void) {
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++) {
        if (fcntl(stream, F_GETFD) < 0 && errno == EBADF) {
            // The lowest free descriptor is this one. Input finds its end, output an error.
            (void)open("/dev/null", O_RDONLY);
        }
    }
    return NULL;
}

void psc_terminal_done(struct psc_terminal *terminal) {
    (void)terminal; // nothing was changed
}

bool psc_terminal_has_color(FILE *stream) {
    const char *kind = getenv("TERM");
    return isatty(fileno(stream)) == 1 && kind != NULL && kind[0] != '\0' &&
           strcmp(kind, "dumb") != 0;
}

bool psc_terminal_can_ask(FILE *in, FILE *out) {
    return isatty(fileno(in)) == 1 && isatty(fileno(out)) == 1;
}

void psc_terminal_discard_input(FILE *in) {
    (void)tcflush(fileno(in), TCIFLUSH);
}

const char *psc_terminal_line_end(void) {
    return "\n";
}

void psc_terminal_prose(FILE *stream) {
    (void)stream; // lines end in "\n"
}

enum psc_status psc_terminal_write_error(FILE *stream, const char *name, struct psc_error *error) {
    (void)stream;
    int number = errno;
    psc_fail(error, PSC_OUTPUT, "cannot write %s: %s", name, strerror(number));
    errno = number; // for psc_terminal_reader_is_gone()
    return PSC_OUTPUT;
}

bool psc_terminal_reader_is_gone(FILE *stream) {
    (void)stream;
    return errno == EPIPE;
}
