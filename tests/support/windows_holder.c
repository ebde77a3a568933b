// windows_holder.c - a program that holds a socket, for tests that look at other processes:
//
//   windows_holder tcp4|tcp6|udp4|udp6 [ANYTHING...]  prints its PID and port, and holds the port until
//                                                     its input ends
//   windows_holder service NAME                       is a service that holds a TCP port
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <winsock2.h>
#include <ws2tcpip.h>

#include <windows.h>

#include "support/windows_socket.h"

static SERVICE_STATUS_HANDLE signal_service; // the manager calls back without a context
static HANDLE signal_stop;

static void report(DWORD state) {
    SERVICE_STATUS status = {.dwServiceType = SERVICE_WIN32_OWN_PROCESS,
                             .dwCurrentState = state,
                             .dwControlsAccepted = SERVICE_ACCEPT_STOP};
    SetServiceStatus(signal_service, &status);
}

static void WINAPI on_control(DWORD control) {
    if (control == SERVICE_CONTROL_STOP) {
        SetEvent(signal_stop);
    }
}

static void WINAPI serve(DWORD count, wchar_t **arguments) {
    u_short port;
    (void)count;
    signal_stop = CreateEventW(NULL, TRUE, FALSE, NULL);
    signal_service = RegisterServiceCtrlHandlerW(arguments[0], on_control);
    SOCKET held = windows_socket_open(AF_INET, SOCK_STREAM, &port);
    report(SERVICE_RUNNING);
    WaitForSingleObject(signal_stop, INFINITE);
    closesocket(held);
    report(SERVICE_STOPPED);
}

static int hold(const wchar_t *kind) {
    u_short port;
    int family = wcschr(kind, L'6') != NULL ? AF_INET6 : AF_INET;
    SOCKET held = windows_socket_open(family, kind[0] == L'u' ? SOCK_DGRAM : SOCK_STREAM, &port);
    if (held == INVALID_SOCKET) {
        return 1;
    }
    printf("%lu %u\n", GetCurrentProcessId(), port);
    fflush(stdout);
    while (getchar() != EOF) {
    }
    closesocket(held);
    return 0;
}

int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv) {
    WSADATA ignored;
    WSAStartup(MAKEWORD(2, 2), &ignored);
    if (argc >= 3 && wcscmp(argv[1], L"service") == 0) {
        SERVICE_TABLE_ENTRYW table[] = {{argv[2], serve}, {NULL, NULL}};
        return StartServiceCtrlDispatcherW(table) ? 0 : 1;
    }
    return argc >= 2 ? hold(argv[1]) : 2;
}
