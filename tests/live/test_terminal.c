// test_terminal.c - standard streams that are closed, and which streams take colors.
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "platform/terminal.h"
#include "support/spawn.h"
#include "support/test.h"

// In a child with some standard streams closed. Exits with 0 if all is as it should be.
static int close_and_init(void *context) {
    const unsigned closed = *(const unsigned *)context;
    char byte = 'x';
    for (int stream = 0; stream <= 2; stream++) {
        if ((closed & 1U << stream) != 0) {
            close(stream);
        }
    }
    psc_terminal_init();
    int next = open("/dev/null", O_RDWR | O_CLOEXEC);
    bool ok = next > 2; // else a file of ours would get the number of a stream
    for (int stream = 0; stream <= 2; stream++) {
        if ((closed & 1U << stream) != 0) {
            ok = ok && read(stream, &byte, 1) == 0;
            ok = ok && write(stream, &byte, 1) < 0 && errno == EBADF;
        }
    }
    return ok ? 0 : 1;
}

static void closed_streams_stay_closed(void **state) {
    for (unsigned closed = 0; closed < 8; closed++) {
        assert_int_equal(spawn_function(close_and_init, &closed), 0);
    }
}

static void colors_are_for_terminals_that_have_them(void **state) {
    static const struct {
        const char *kind; // NULL: not set
        bool color;
    } cases[] = {{"xterm", true}, {"dumb", false}, {"", false}, {NULL, false}};
    int leader = posix_openpt(O_RDWR | O_NOCTTY);
    if (leader < 0 || grantpt(leader) != 0 || unlockpt(leader) != 0) {
        skip_test("no pseudo terminal");
    }
    FILE *terminal = fopen(ptsname(leader), "w");
    FILE *file = fopen("/dev/null", "w");
    assert_true(terminal != NULL && file != NULL);
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (cases[i].kind != NULL) {
            assert_int_equal(setenv("TERM", cases[i].kind, 1), 0);
        } else {
            assert_int_equal(unsetenv("TERM"), 0);
        }
        assert_int_equal(psc_terminal_has_color(terminal), cases[i].color);
        assert_false(psc_terminal_has_color(file));
    }
    fclose(file);
    fclose(terminal);
    close(leader);
}

static void lines_end_as_everywhere_on_linux(void **state) {
    assert_string_equal(psc_terminal_line_end(), "\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closed_streams_stay_closed),
        cmocka_unit_test(colors_are_for_terminals_that_have_them),
        cmocka_unit_test(lines_end_as_everywhere_on_linux),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
