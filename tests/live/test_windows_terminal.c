// test_windows_terminal.c - terminal: streams that are not a console, and typed-ahead input.
#include <fcntl.h>
#include <io.h>
#include <windows.h>

#include "platform/terminal.h"
#include "support/capture.h"
#include "support/test.h"
#include "support/windows_fake.h"

static void a_pipe_without_reader(void **state) {
    int ends[2];
    assert_int_equal(_pipe(ends, 4096, _O_BINARY), 0);
    FILE *stream = _fdopen(ends[1], "wb");
    assert_non_null(stream);
    _close(ends[0]);
    fputs("x", stream);
    assert_int_not_equal(fflush(stream), 0);
    assert_true(psc_terminal_reader_is_gone(stream));
    fclose(stream);
}

static void a_file_that_cannot_be_written(void **state) {
    FILE *stream = fopen(PSC_SOURCE_DIR "/CMakeLists.txt", "rb");
    assert_non_null(stream);
    assert_int_equal(fputs("x", stream), EOF);
    assert_false(psc_terminal_reader_is_gone(stream));
    fclose(stream);
}

static void prose_ends_its_lines_in_crlf(void **state) {
    size_t size;
    FILE *stream = capture_open();
    fputs("exact\n", stream);
    psc_terminal_prose(stream);
    fputs("prose\n", stream);
    fflush(stream);
    _setmode(_fileno(stream), _O_BINARY);
    char *text = capture_close(stream, &size);
    assert_string_equal(text, "exact\nprose\r\n");
    assert_string_equal(psc_terminal_line_end(), "\r\n");
    free(text);
}

static void a_file_has_no_color_and_cannot_be_asked(void **state) {
    FILE *stream = capture_open();
    assert_false(psc_terminal_has_color(stream));
    assert_false(psc_terminal_can_ask(stream, stream));
    free(capture_close(stream, NULL));
}

WINDOWS_FAKE(FlushConsoleInputBuffer);

static HANDLE flushed;

static BOOL WINAPI fake_FlushConsoleInputBuffer(HANDLE console) {
    flushed = console;
    return TRUE;
}

static void typed_ahead_input_is_discarded(void **state) {
    psc_terminal_discard_input(stdin);
    assert_non_null(flushed);
    assert_ptr_equal(flushed, GetStdHandle(STD_INPUT_HANDLE));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(typed_ahead_input_is_discarded),
        cmocka_unit_test(a_pipe_without_reader),
        cmocka_unit_test(a_file_that_cannot_be_written),
        cmocka_unit_test(prose_ends_its_lines_in_crlf),
        cmocka_unit_test(a_file_has_no_color_and_cannot_be_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
