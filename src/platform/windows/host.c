// host.c - the machine's name and clocks.
#include <stdio.h>
#include <windows.h>

#include "platform/platform.h"
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
