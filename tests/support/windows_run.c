// windows_run.c - other programs, started by a test.
#include "support/windows_run.h"

#include "support/test.h"

static void make_pipe(HANDLE *input, HANDLE *output) {
    assert_true(CreatePipe(input, output, NULL, 1 << 20)); // a test reads when the program is done
}

static void pass_on(HANDLE handle) {
    assert_true(SetHandleInformation(handle, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT));
}

static HANDLE start(const wchar_t *program, const wchar_t *arguments, HANDLE in, HANDLE out,
                    HANDLE err) {
    wchar_t command[2048];
    STARTUPINFOW startup = {.cb = sizeof startup,
                            .dwFlags = STARTF_USESTDHANDLES,
                            .hStdInput = in,
                            .hStdOutput = out,
                            .hStdError = err};
    PROCESS_INFORMATION started;
    _snwprintf(command, 2048, L"\"%ls\" %ls", program, arguments);
    assert_true(
        CreateProcessW(program, command, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &started));
    CloseHandle(started.hThread);
    return started.hProcess;
}

static size_t read_all(HANDLE input, char *text, size_t room) {
    size_t used = 0;
    DWORD got;
    while (used + 1 < room && ReadFile(input, text + used, (DWORD)(room - 1 - used), &got, NULL) &&
           got > 0) {
        used += got;
    }
    text[used] = '\0';
    CloseHandle(input);
    return used;
}

static void run_to_end(struct windows_run *run, const wchar_t *program, const wchar_t *arguments,
                       HANDLE out) {
    HANDLE err, err_end;
    make_pipe(&err, &err_end);
    pass_on(err_end);
    HANDLE process = start(program, arguments, NULL, out, err_end);
    CloseHandle(err_end);
    assert_int_equal(WaitForSingleObject(process, 30000), WAIT_OBJECT_0);
    assert_true(GetExitCodeProcess(process, &run->exit));
    CloseHandle(process);
    read_all(err, run->err, sizeof run->err);
}

void windows_run_into(struct windows_run *run, const wchar_t *program, const wchar_t *arguments,
                      HANDLE output) {
    if (output != NULL) {
        pass_on(output);
    }
    run->out[0] = '\0';
    run->out_size = 0;
    run_to_end(run, program, arguments, output);
}

void windows_run(struct windows_run *run, const wchar_t *program, const wchar_t *arguments) {
    HANDLE out, out_end;
    make_pipe(&out, &out_end);
    pass_on(out_end);
    run_to_end(run, program, arguments, out_end);
    CloseHandle(out_end);
    run->out_size = read_all(out, run->out, sizeof run->out);
}

void windows_holder_start(struct windows_holder *holder, const wchar_t *program,
                          const wchar_t *arguments) {
    HANDLE in, out, out_end;
    char text[64];
    DWORD got;
    make_pipe(&in, &holder->input);
    make_pipe(&out, &out_end);
    pass_on(in);
    pass_on(out_end);
    holder->process = start(program, arguments, in, out_end, NULL);
    CloseHandle(in);
    CloseHandle(out_end);
    assert_true(ReadFile(out, text, sizeof text - 1, &got, NULL));
    text[got] = '\0';
    assert_int_equal(sscanf(text, "%u %u", &holder->pid, &holder->port), 2);
    CloseHandle(out);
}

void windows_holder_end(struct windows_holder *holder) {
    CloseHandle(holder->input);
    if (WaitForSingleObject(holder->process, 5000) != WAIT_OBJECT_0) {
        TerminateProcess(holder->process, 1);
    }
    CloseHandle(holder->process);
}
