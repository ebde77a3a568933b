// netsh.c - runs netsh.exe, and parses its output by digits, because its words are translated.
#include "platform/windows/netsh.h"

#include <stdio.h>
#include <string.h>
#include <windows.h>

#include "base/number.h"

#define TIMEOUT_MS 10000
#define BLANKS " \t\r"

// Running ------------------------------------------------------------------------------------------

// Starts it with its output going to `output`, the only handle that it inherits.
static HANDLE start(const wchar_t *arguments, HANDLE output) {
    wchar_t program[MAX_PATH + 16];
    wchar_t command[256];
    SIZE_T size = 0;
    STARTUPINFOEXW startup = {.StartupInfo = {.cb = sizeof startup,
                                              .dwFlags = STARTF_USESTDHANDLES,
                                              .hStdOutput = output}};
    PROCESS_INFORMATION started = {0};
    // By its full path, which only an administrator can write to.
    if (GetSystemDirectoryW(program, MAX_PATH) == 0) {
        return NULL;
    }
    wcscat(program, L"\\netsh.exe");
    _snwprintf(command, sizeof command / sizeof command[0], L"netsh.exe %ls", arguments);
    InitializeProcThreadAttributeList(NULL, 1, 0, &size);
    startup.lpAttributeList = HeapAlloc(GetProcessHeap(), 0, size);
    if (startup.lpAttributeList == NULL) {
        return NULL;
    }
    if (InitializeProcThreadAttributeList(startup.lpAttributeList, 1, 0, &size)) {
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

// Returns whether the process succeeded in time.
static bool wait_for(HANDLE process) {
    DWORD code = 1;
    if (WaitForSingleObject(process, TIMEOUT_MS) == WAIT_OBJECT_0) {
        return GetExitCodeProcess(process, &code) && code == 0;
    }
    TerminateProcess(process, 1);
    return false;
}

bool netsh_run(const wchar_t *arguments, char answer[NETSH_ANSWER_SIZE]) {
    SECURITY_ATTRIBUTES inherited = {.nLength = sizeof inherited, .bInheritHandle = TRUE};
    HANDLE input;
    HANDLE output;
    DWORD used = 0;
    DWORD count;
    // The pipe holds a whole answer, so that the process can exit before anything is read.
    if (!CreatePipe(&input, &output, &inherited, NETSH_ANSWER_SIZE)) {
        return false;
    }
    HANDLE process = start(arguments, output);
    CloseHandle(output); // the other end sees the end of the output once the process has closed it
    bool succeeded = process != NULL && wait_for(process);
    while (succeeded && used < NETSH_ANSWER_SIZE - 1 &&
           ReadFile(input, answer + used, NETSH_ANSWER_SIZE - 1 - used, &count, NULL) &&
           count > 0) {
        used += count;
    }
    answer[used] = '\0';
    CloseHandle(input);
    if (process != NULL) {
        CloseHandle(process);
    }
    return succeeded;
}

// Parsing ------------------------------------------------------------------------------------------

static bool read_port(const char **at, uint16_t *port) {
    uint64_t number;
    *at += strspn(*at, BLANKS);
    if (!psc_number_read(at, NULL, UINT16_MAX, &number)) {
        return false;
    }
    *port = (uint16_t)number;
    return true;
}

static bool line_ends(const char *at) {
    at += strspn(at, BLANKS "*");
    return *at == '\n' || *at == '\0';
}

enum psc_status netsh_parse_excluded(const char *text, struct psc_port_set *ports) {
    for (const char *at = text; *at != '\0';) {
        uint16_t first;
        uint16_t last;
        if (read_port(&at, &first) && strchr(BLANKS, *at) != NULL && read_port(&at, &last) &&
            line_ends(at) && first <= last && psc_port_set_add(ports, first, last) != PSC_OK) {
            return PSC_NO_MEMORY;
        }
        at += strcspn(at, "\n");
        at += *at == '\n';
    }
    return PSC_OK;
}

bool netsh_parse_dynamic(const char *text, uint16_t *first, uint16_t *last) {
    uint16_t numbers[2] = {0};
    int count = 0;
    // A heading may contain a colon as well, but no number after it.
    for (const char *at = text; count < 2 && (at = strchr(at, ':')) != NULL;) {
        at++;
        count += read_port(&at, &numbers[count]) && line_ends(at);
    }
    if (count < 2 || numbers[1] == 0 || numbers[0] + numbers[1] - 1 > UINT16_MAX) {
        return false;
    }
    *first = numbers[0];
    *last = (uint16_t)(numbers[0] + numbers[1] - 1);
    return true;
}
