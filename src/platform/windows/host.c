// host.c - names and clocks.
#include <stdio.h>
#include <string.h>
#include <winsock2.h>
#include <ws2tcpip.h>

#include "platform/platform.h"
#include "platform/remote_names.h"
#include "platform/windows/file_time.h"

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
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_scope_id = ifindex};
    memcpy(&v4.sin_addr, address->bytes, 4);
    memcpy(&v6.sin6_addr, address->bytes, 16);
    const struct sockaddr *socket_address =
        ipv6 ? (const struct sockaddr *)&v6 : (const struct sockaddr *)&v4;
    wchar_t wide[REMOTE_NAME_SIZE];
    if (GetNameInfoW(socket_address, ipv6 ? sizeof v6 : sizeof v4, wide, REMOTE_NAME_SIZE, NULL, 0,
                     NI_NAMEREQD) != 0 ||
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
