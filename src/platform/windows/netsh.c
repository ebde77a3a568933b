// netsh.c - runs netsh.exe.
#include "platform/windows/netsh.h"

#include <stdio.h>
#include <windows.h>

#define TIMEOUT_MS 10000
#define COMMAND_SIZE 512

// The program by its full path, which nobody but an administrator can change.
static bool write_command(const wchar_t *arguments, wchar_t program[MAX_PATH],
                          wchar_t command[COMMAND_SIZE]) {
    UINT length = GetSystemDirectoryW(program, MAX_PATH);
    if (length == 0 || length + sizeof "\\netsh.exe" > MAX_PATH ||
        wcslen(arguments) + sizeof "netsh.exe " > COMMAND_SIZE) {
        return false;
    }
    wcscat(program, L"\\netsh.exe");
    wcscat(wcscpy(command, L"netsh.exe "), arguments);
    return true;
}

// Starts it with its output going to `output`, which is the only handle that it inherits.
static HANDLE start(const wchar_t *arguments, HANDLE output) {
    wchar_t program[MAX_PATH];
    wchar_t command[COMMAND_SIZE];
    SIZE_T size = 0;
    STARTUPINFOEXW startup = {.StartupInfo = {.cb = sizeof startup,
                                              .dwFlags = STARTF_USESTDHANDLES,
                                              .hStdOutput = output}};
    PROCESS_INFORMATION started = {0};
    InitializeProcThreadAttributeList(NULL, 1, 0, &size);
    startup.lpAttributeList = HeapAlloc(GetProcessHeap(), 0, size);
    if (startup.lpAttributeList == NULL) {
        return NULL;
    }
    if (write_command(arguments, program, command) &&
        InitializeProcThreadAttributeList(startup.lpAttributeList, 1, 0, &size)) {
        if (UpdateProcThreadAttribute(startup.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST,
                                      &output, sizeof output, NULL, NULL) &&
            CreateProcessW(program, command, NULL, NULL, TRUE,
                           CREATE_NO_WINDOW | EXTENDED_STARTUPINFO_PRESENT, NULL, NULL,
                           &startup.StartupInfo, &started)) {
            CloseHandle(started.hThread);
        }
        DeleteProcThreadAttributeList(startup.lpAttributeList);
    }
    HeapFree(GetProcessHeap(), 0, startup.lpAttributeList);
    return started.hProcess;
}

static void read_answer(HANDLE input, char answer[NETSH_ANSWER_SIZE]) {
    DWORD used = 0;
    DWORD got;
    while (used < NETSH_ANSWER_SIZE - 1 &&
           ReadFile(input, answer + used, NETSH_ANSWER_SIZE - 1 - used, &got, NULL) && got > 0) {
        used += got;
    }
    answer[used] = '\0';
}

bool netsh_run(const wchar_t *arguments, char answer[NETSH_ANSWER_SIZE]) {
    SECURITY_ATTRIBUTES inherited = {.nLength = sizeof inherited, .bInheritHandle = TRUE};
    HANDLE input;
    HANDLE output;
    answer[0] = '\0';
    if (!CreatePipe(&input, &output, &inherited, 0)) {
        return false;
    }
    HANDLE process = start(arguments, output);
    CloseHandle(output); // so that its end is the end of the pipe
    DWORD exit = 1;
    if (process != NULL) {
        read_answer(input, answer);
        if (WaitForSingleObject(process, TIMEOUT_MS) != WAIT_OBJECT_0) {
            TerminateProcess(process, 1);
        }
        GetExitCodeProcess(process, &exit);
        CloseHandle(process);
    }
    CloseHandle(input);
    return exit == 0;
}
