// win32.c - UTF-8, error numbers, late-bound functions; names, clocks and threads of the machine.
#include "platform/windows/win32.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <winsock2.h>
#include <ws2tcpip.h>

#include "platform/platform.h"
#include "platform/remote_names.h"
#include "platform/socket_address.h"

char *wide_to_utf8(const wchar_t *wide, size_t length) {
    // A unit takes at most three bytes; the two of a surrogate pair take four together.
    size_t capacity = 3 * length;
    char *text = malloc(capacity + 1);
    if (text == NULL) {
        return NULL;
    }
    // The function rejects a length of 0.
    int size = length == 0 ? 0
                           : WideCharToMultiByte(CP_UTF8, 0, wide, (int)length, text, (int)capacity,
                                                 NULL, NULL);
    text[size] = '\0';
    return text;
}

const char *wide_to_text(struct psc_builder *builder, const wchar_t *wide, size_t length) {
    char *utf8 = wide_to_utf8(wide, length);
    const char *text = utf8 != NULL ? psc_builder_text(builder, utf8, strlen(utf8)) : NULL;
    free(utf8);
    return text;
}

const char *windows_error(unsigned long number, char text[WINDOWS_ERROR_SIZE]) {
    const DWORD english = MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US);
    const DWORD flags = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS |
                        FORMAT_MESSAGE_MAX_WIDTH_MASK; // no line ends
    DWORD length =
        FormatMessageA(flags, NULL, number, english, text, WINDOWS_ERROR_SIZE - 32, NULL);
    while (length > 0 && strchr(" .", text[length - 1]) != NULL) {
        length--;
    }
    // A Windows in another language may have no English words.
    if (length == 0) {
        snprintf(text, WINDOWS_ERROR_SIZE, "Windows error %lu ('net helpmsg %lu' explains it)",
                 number, number);
    } else {
        snprintf(text + length, WINDOWS_ERROR_SIZE - length, " (Windows error %lu)", number);
    }
    return text;
}

enum psc_status windows_fail(struct psc_error *error, unsigned long number, const char *what) {
    if (number == ERROR_NOT_ENOUGH_MEMORY || number == ERROR_OUTOFMEMORY) {
        return psc_no_memory(error);
    }
    char text[WINDOWS_ERROR_SIZE];
    return psc_fail(error, number == ERROR_ACCESS_DENIED ? PSC_DENIED : PSC_SYSTEM, "%s: %s", what,
                    windows_error(number, text));
}

system_function_pointer *system_function(const wchar_t *library, const char *name) {
    // Never a library of that name in the program's directory, such as one of downloads.
    HMODULE module = LoadLibraryExW(library, NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    return module != NULL ? (system_function_pointer *)GetProcAddress(module, name) : NULL;
}

void psc_platform_host(char host[PSC_HOST_SIZE]) {
    wchar_t name[PSC_HOST_SIZE];
    DWORD size = PSC_HOST_SIZE;
    if (!GetComputerNameExW(ComputerNameDnsHostname, name, &size) || size == 0 ||
        WideCharToMultiByte(CP_UTF8, 0, name, -1, host, PSC_HOST_SIZE, NULL, NULL) == 0) {
        snprintf(host, PSC_HOST_SIZE, "localhost");
    }
}

int64_t psc_platform_time(void) {
    FILETIME now;
    GetSystemTimeAsFileTime(&now);
    return file_time_unix(now);
}

int64_t psc_platform_clock(void) {
    return (int64_t)GetTickCount64();
}

void psc_platform_sleep(unsigned milliseconds) {
    Sleep(milliseconds);
}

void remote_names_resolve(const struct psc_address *address, bool ipv6, uint32_t ifindex,
                          char name[REMOTE_NAME_SIZE]) {
    union socket_address to;
    socklen_t size = socket_address_set(&to, ipv6, address, ifindex, 0);
    wchar_t wide[REMOTE_NAME_SIZE];
    if (GetNameInfoW(&to.any, size, wide, REMOTE_NAME_SIZE, NULL, 0, NI_NAMEREQD) != 0 ||
        WideCharToMultiByte(CP_UTF8, 0, wide, -1, name, REMOTE_NAME_SIZE, NULL, NULL) == 0) {
        name[0] = '\0';
    }
}

static DWORD WINAPI answer(void *questions) {
    remote_names_answer(questions);
    return 0;
}

bool remote_names_start_thread(void *questions) {
    WSADATA ignored;
    // Never cleaned up, because a thread may still be in a lookup when the program ends.
    if (WSAStartup(MAKEWORD(2, 2), &ignored) != 0) {
        return false; // without a network there are no names
    }
    HANDLE thread = CreateThread(NULL, 0, answer, questions, 0, NULL);
    if (thread != NULL) {
        CloseHandle(thread);
    }
    return thread != NULL;
}
