#!/usr/bin/env python3
"""Holds sockets and open files in many processes until its process group is killed.

loadgen.py PROCESSES SOCKETS FILES PORT: prints "ready" when everything is open. One process more
than the sockets say listens on 127.0.0.1:PORT, to which no client connects.

Run it in a network namespace of its own (bench.py does). Each process listens on its own address, so
that no destination runs out of client ports, and holds both ends of its connections, and a UDP
socket if its number of sockets is even. Every fourth process uses IPv6.
"""
import os
import resource
import signal
import socket
import struct
import sys

FIRST_PORT = 10000  # of the listeners; below the range from which the kernel picks client ports
SPARE_FILES = 32  # of each process, besides what it holds
RESET = struct.pack("ii", 1, 0)  # struct linger: close by reset, so that no TIME_WAIT is left


def bound(kind, address):
    """A socket that is bound to an address, and listens if it is a TCP socket."""
    made = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET, kind)
    made.bind(address)
    if kind == socket.SOCK_STREAM:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)  # accepted sockets inherit it
        made.listen(16)
    return made


def connected(listener, address):
    client = socket.socket(listener.family)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    client.connect(address)
    return client, listener.accept()[0]


def hold(index, sockets, files, port):
    """Opens what one process holds, and returns it."""
    limit = sockets + files + SPARE_FILES
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, max(limit, most)))
    # open, not dup: portscope picks its way to find owners by the kernel's count of open files.
    held = [os.open("/dev/null", os.O_RDONLY) for _ in range(files)]
    if port:
        held.append(bound(socket.SOCK_STREAM, ("127.0.0.1", port)))
    if sockets:
        host = "::1" if index % 4 == 3 else f"127.1.{index // 256}.{index % 256}"
        address = (host, FIRST_PORT + index)
        listener = bound(socket.SOCK_STREAM, address)
        held.append(listener)
        if sockets % 2 == 0:
            held.append(bound(socket.SOCK_DGRAM, address))
        held += [connected(listener, address) for _ in range((sockets - 1) // 2)]
    return held


def share(total, among, index):
    return total // among + (index < total % among)


def main():
    processes, sockets, files, port = (int(word) for word in sys.argv[1:])
    reader, writer = os.pipe()
    for index in range(processes):
        if os.fork() == 0:
            os.close(reader)
            held = hold(index, share(sockets, processes, index), share(files, processes, index),
                        port if index == processes // 2 else 0)
            os.write(writer, b".")
            os.close(writer)
            while held:  # referenced until the end, or they would be closed
                signal.pause()
    os.close(writer)
    ready = 0
    while chunk := os.read(reader, 65536):
        ready += len(chunk)
    if ready < processes:
        sys.exit(f"loadgen: {processes - ready} processes failed")
    print("ready", flush=True)
    signal.pause()


main()
