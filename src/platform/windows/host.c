// host.c - the machine's name and clocks.
#include <stdio.h>
#include <windows.h>

#include "portscope/platform.h"

// From 1601 to 1970, and to milliseconds from units of 100 ns.
#define UNIX_EPOCH 116444736000000000LL
#define UNITS_IN_MILLISECOND 10000

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
    int64_t units = (int64_t)now.dwHighDateTime << 32 | now.dwLowDateTime;
    return (units - UNIX_EPOCH) / UNITS_IN_MILLISECOND;
}

int64_t psc_platform_clock(void) {
    return (int64_t)GetTickCount64();
}

void psc_platform_sleep(unsigned milliseconds) {
    Sleep(milliseconds);
}
