// test_windows_program.c - the program itself: exit statuses, line ends, arguments and names that are not
// ASCII, and what becomes of its output.
#include "support/test.h"
#include "support/windows_run.h"

static struct windows_run run; // large, and of one test at a time

static void assert_crlf(const char *text) {
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++) {
        if (at == text || at[-1] != '\r' || (at > text + 1 && at[-2] == '\r')) {
            fail_msg("a line that does not end in one CRLF: %s", text);
        }
    }
}

static void statuses(void **state) {
    static const struct {
        const wchar_t *arguments;
        DWORD exit;
        const char *out, *err; // beginnings
    } cases[] = {
        {L"-ano", 0, "\r\nActive Connections\r\n\r\n  Proto  ", ""},
        {L"/ano", 0, "\r\nActive Connections\r\n\r\n  Proto  ", ""},
        {L"/?", 0, "portscope - ", ""},
        {L"-?", 0, "portscope - ", ""},
        {L"--version", 0, "portscope ", ""},
        {L"--csv :1", 0, "protocol,", ""},
        {L"-Z", 2, "", "portscope: unknown option '-Z'"},
        {L"chekc 3000", 2, "", "portscope: 'chekc' is not a command; did you mean 'check'?"},
        {L"-r", 2, "", "portscope: -r is about routes"},
        {L"--p\u00f6rt", 2, "", "portscope: unknown option '--p\xc3\xb6rt'"},
        {L":*", 2, "", "portscope: "}, // not replaced by file names
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        windows_run(&run, WINDOWS_PROGRAM, cases[i].arguments);
        if (run.exit != cases[i].exit ||
            strncmp(run.out, cases[i].out, strlen(cases[i].out)) != 0 ||
            strncmp(run.err, cases[i].err, strlen(cases[i].err)) != 0) {
            fail_msg("%ls: status %lu, '%.60s', '%s'", cases[i].arguments, run.exit, run.out,
                     run.err);
        }
        assert_crlf(run.out);
        assert_crlf(run.err);
    }
}

static void json_has_no_carriage_returns(void **state) {
    windows_run(&run, WINDOWS_PROGRAM, L"--json");
    assert_int_equal(run.exit, 0);
    assert_null(strchr(run.out, '\r'));
    assert_memory_equal(run.out, "{\"schema\": \"portscope/1\"", 24);
    assert_string_equal(run.out + run.out_size - 3, "]}\n");
    windows_run(&run, WINDOWS_PROGRAM, L"-ano --ndjson");
    assert_null(strchr(run.out, '\r'));
}

static void a_closed_pipe_is_quiet(void **state) {
    static const wchar_t *const lines[] = {L"-ano", L"--json", L"--csv", L"--help", L"--version"};
    for (size_t i = 0; i < COUNT(lines); i++) {
        HANDLE in, out;
        assert_true(CreatePipe(&in, &out, NULL, 0));
        CloseHandle(in);
        windows_run_into(&run, WINDOWS_PROGRAM, lines[i], out);
        CloseHandle(out);
        assert_string_equal(run.err, "");
        assert_int_equal(run.exit, 0);
    }
}

static void an_output_that_takes_nothing_is_status_4(void **state) {
    HANDLE file =
        CreateFileW(WINDOWS_PROGRAM, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    assert_true(file != INVALID_HANDLE_VALUE);
    windows_run_into(&run, WINDOWS_PROGRAM, L"-ano", file);
    CloseHandle(file);
    assert_int_equal(run.exit, 4);
    assert_memory_equal(run.err, "portscope: cannot write the output", 34);
    assert_crlf(run.err);
}

static void a_closed_output_is_status_4(void **state) {
    windows_run_into(&run, WINDOWS_PROGRAM, L"-ano", NULL);
    assert_int_equal(run.exit, 4);
    assert_memory_equal(run.err, "portscope: cannot write the output", 34);
}

static void a_file_gets_the_same_bytes(void **state) {
    wchar_t directory[MAX_PATH];
    wchar_t path[MAX_PATH];
    char text[4096];
    DWORD got;
    assert_true(GetTempPathW(MAX_PATH, directory) > 0);
    assert_true(GetTempFileNameW(directory, L"psc", 0, path) != 0);
    HANDLE file = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, NULL,
                              CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    assert_true(file != INVALID_HANDLE_VALUE);
    windows_run_into(&run, WINDOWS_PROGRAM, L"-ano --local 192.0.2.1 --strict", file);
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    assert_true(ReadFile(file, text, sizeof text - 1, &got, NULL));
    text[got] = '\0';
    CloseHandle(file);
    assert_string_equal(text, "\r\nActive Connections\r\n\r\n  Proto  Local Address          "
                              "Foreign Address        State           PID\r\n");
}

static void the_listing_names_another_process(void **state) {
    struct windows_holder holder;
    wchar_t arguments[64];
    char row[128];
    windows_holder_start(&holder, WINDOWS_HOLDER, L"tcp4");
    _snwprintf(arguments, 64, L"-ano :%u --no-header", holder.port);
    windows_run(&run, WINDOWS_PROGRAM, arguments);
    snprintf(row, sizeof row, "  TCP    %-21s  0.0.0.0:0              LISTENING       %-7u  %s\r\n",
             "", holder.pid, "windows_holder.exe");
    char address[32];
    snprintf(address, sizeof address, "127.0.0.1:%u", holder.port);
    memcpy(row + 9, address, strlen(address));
    assert_string_equal(run.out, row);
    assert_string_equal(run.err, "");
    _snwprintf(arguments, 64, L"-ab --no-header --pid %u", holder.pid);
    windows_run(&run, WINDOWS_PROGRAM, arguments);
    assert_non_null(strstr(run.out, "\\windows_holder.exe\r\n"));
    windows_holder_end(&holder);
}

static void a_name_that_is_not_ascii_is_found(void **state) {
    wchar_t directory[MAX_PATH];
    wchar_t program[2 * MAX_PATH];
    struct windows_holder holder;
    assert_true(GetTempPathW(MAX_PATH, directory) > 0);
    _snwprintf(program, 2 * MAX_PATH, L"%lsm\u00fcller \u2714 %lu.exe", directory,
               GetCurrentProcessId());
    assert_true(CopyFileW(WINDOWS_HOLDER, program, FALSE));
    windows_holder_start(&holder, program, L"udp4");
    windows_run(&run, WINDOWS_PROGRAM, L"-ano --process \"m\u00fcller \u2714*\" --no-header");
    assert_memory_equal(run.out, "  UDP    127.0.0.1:", 19);
    assert_non_null(strstr(run.out, "  m\xc3\xbcller \xe2\x9c\x94 "));
    assert_ptr_equal(strchr(run.out, '\n'), strrchr(run.out, '\n')); // and nothing else
    windows_holder_end(&holder);
    DeleteFileW(program);
}

static void run_line(const wchar_t *words, unsigned port, const wchar_t *more) {
    wchar_t arguments[128];
    _snwprintf(arguments, 128, L"%ls %u %ls", words, port, more);
    windows_run(&run, WINDOWS_PROGRAM, arguments);
}

// Only the interface to Windows; the words are tested with a fake platform.
static void check_wait_and_kill(void **state) {
    struct windows_holder holder;
    windows_holder_start(&holder, WINDOWS_HOLDER, L"tcp4");
    run_line(L"check", holder.port, L"");
    assert_int_equal(run.exit, 1);
    assert_non_null(strstr(run.out, "windows_holder.exe"));
    run_line(L"wait", holder.port, L"--until listening --timeout 5s");
    assert_int_equal(run.exit, 0);
    run_line(L"wait", holder.port, L"--timeout 200ms");
    assert_int_equal(run.exit, 1);
    run_line(L"kill", holder.port, L"--dry-run");
    assert_non_null(strstr(run.out, "windows_holder.exe"));
    assert_int_equal(WaitForSingleObject(holder.process, 0), WAIT_TIMEOUT);
    run_line(L"kill", holder.port, L""); // there is no terminal to ask on
    assert_int_not_equal(run.exit, 0);
    assert_int_equal(WaitForSingleObject(holder.process, 0), WAIT_TIMEOUT);
    run_line(L"kill", holder.port, L"--yes"); // has no window
    assert_int_not_equal(run.exit, 0);
    assert_non_null(strstr(run.err, "--force"));
    assert_crlf(run.out);
    assert_int_equal(WaitForSingleObject(holder.process, 0), WAIT_TIMEOUT);
    run_line(L"kill", holder.port, L"--yes --force --timeout 100ms");
    assert_int_equal(run.exit, 0);
    assert_int_equal(WaitForSingleObject(holder.process, 0), WAIT_OBJECT_0);
    run_line(L"check", holder.port, L"");
    assert_int_equal(run.exit, 0);
    windows_holder_end(&holder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statuses),
        cmocka_unit_test(json_has_no_carriage_returns),
        cmocka_unit_test(a_closed_pipe_is_quiet),
        cmocka_unit_test(an_output_that_takes_nothing_is_status_4),
        cmocka_unit_test(a_closed_output_is_status_4),
        cmocka_unit_test(a_file_gets_the_same_bytes),
        cmocka_unit_test(the_listing_names_another_process),
        cmocka_unit_test(a_name_that_is_not_ascii_is_found),
        cmocka_unit_test(check_wait_and_kill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
