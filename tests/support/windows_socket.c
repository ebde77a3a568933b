// windows_socket.c - sockets whose owner the tables name.
#include "support/windows_socket.h"

#include <ws2tcpip.h>

static int fill_loopback(int family, struct sockaddr_storage *address) {
    *address = (struct sockaddr_storage){.ss_family = (short)family};
    if (family == AF_INET6) {
        ((struct sockaddr_in6 *)address)->sin6_addr = in6addr_loopback;
        return sizeof(struct sockaddr_in6);
    }
    ((struct sockaddr_in *)address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return sizeof(struct sockaddr_in);
}

SOCKET windows_socket_open(int family, int type, u_short *port) {
    struct sockaddr_storage address;
    int size = fill_loopback(family, &address);
    SOCKET opened = socket(family, type, 0);
    if (bind(opened, (struct sockaddr *)&address, size) != 0 ||
        (type == SOCK_STREAM && listen(opened, 5) != 0) ||
        getsockname(opened, (struct sockaddr *)&address, &size) != 0) {
        closesocket(opened);
        return INVALID_SOCKET;
    }
    // The port has the same offset in both families.
    *port = ntohs(((struct sockaddr_in *)&address)->sin_port);
    // Wine keeps a socket in its server until the process itself needs it, and until then the tables
    // do not name the process. This makes it need it; to Windows it means nothing.
    int value;
    int length = sizeof value;
    getsockopt(opened, SOL_SOCKET, type == SOCK_STREAM ? SO_KEEPALIVE : SO_BROADCAST,
               (char *)&value, &length);
    return opened;
}
