// windows_socket.h - sockets whose owner the tables name, under Wine too.
#ifndef SUPPORT_WINDOWS_SOCKET_H
#define SUPPORT_WINDOWS_SOCKET_H

#include <winsock2.h>

/**
 * Opens a socket on the loopback address, TCP listening, on a port of the system's choice. WSAStartup()
 * was called.
 * @param port out: host byte order
 * @return INVALID_SOCKET on failure
 */
SOCKET windows_socket_open(int family, int type, u_short *port);

#endif
