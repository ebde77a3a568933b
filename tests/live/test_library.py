#!/usr/bin/env python3
"""libportscope as its users have it: installed, compiled against in C and C++, called through ctypes.

test_library.py BUILD_DIRECTORY SOURCE_DIRECTORY
"""

import ctypes as c
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile

BUILD, SOURCE = sys.argv[1:3]


def run(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


class Process(c.Structure):
    _fields_ = [("pid", c.c_uint32), ("name", c.c_char_p), ("path", c.c_char_p),
                ("user", c.c_char_p), ("started_ms", c.c_int64)]


class Endpoint(c.Structure):
    _fields_ = [("protocol", c.c_char_p), ("family", c.c_char_p), ("local_address", c.c_char_p),
                ("local_port", c.c_uint16), ("remote_port", c.c_uint16),
                ("remote_address", c.c_char_p), ("interface_name", c.c_char_p),
                ("state", c.c_char_p), ("exposure", c.c_char_p), ("uid", c.c_int64),
                ("owners_known", c.c_bool), ("owner_count", c.c_size_t),
                ("owners", c.POINTER(c.POINTER(Process)))]


class List(c.Structure):
    _fields_ = [("time_ms", c.c_int64), ("count", c.c_size_t),
                ("endpoints", c.POINTER(c.POINTER(Endpoint))),
                ("notice_count", c.c_size_t), ("notices", c.POINTER(c.c_char_p))]


class Check(c.Structure):
    _fields_ = [("port", c.c_uint16), ("protocol", c.c_char_p), ("is_free", c.c_bool),
                ("verdict", c.c_char_p), ("sentence", c.c_char_p), ("sockets", c.POINTER(List))]


def words(*texts):
    return (c.c_char_p * (len(texts) + 1))(*[text.encode() for text in texts], None)


def check_ctypes(path, port, free_port):
    library = c.CDLL(path)
    library.portscope_version.restype = c.c_char_p
    for name in ("portscope_list_free", "portscope_check_free"):
        getattr(library, name).restype = None
    error = c.create_string_buffer(512)

    found = c.POINTER(List)()
    status = library.portscope_list(words(":%d" % port, "--state", "listening"), c.byref(found), error)
    assert status == 0, error.value
    assert found[0].count == 1, found[0].count
    row = found[0].endpoints[0][0]
    assert (row.protocol, row.family, row.state) == (b"tcp", b"ipv4", b"LISTENING")
    assert (row.local_address, row.local_port, row.exposure) == (b"127.0.0.1", port, b"loopback")
    assert row.remote_address is None and row.remote_port == 0
    assert row.owners_known and row.owner_count == 1 and row.uid == os.getuid()
    assert row.owners[0][0].pid == os.getpid()
    assert row.owners[0][0].path == os.readlink("/proc/self/exe").encode()
    library.portscope_list_free(found)
    library.portscope_list_free(None)

    everything = c.POINTER(List)()
    assert library.portscope_list(None, c.byref(everything), error) == 0
    assert any(everything[0].endpoints[i][0].local_port == port for i in range(everything[0].count))
    library.portscope_list_free(everything)

    for bad, sentence in ((("--port=99999",), b"'99999' is not a port"), (("--port",), b"filter port takes a value"),
                          (("--nonsense=1",), b"nonsense"), (("3000",), b"3000")):
        assert library.portscope_list(words(*bad), c.byref(found), error) == 2, bad
        assert sentence in error.value and not found, (bad, error.value)

    answer = c.POINTER(Check)()
    for spec, address, is_free, verdict in (
            ("%d" % port, None, False, b"in-use"), ("%d" % port, b"127.0.0.1", False, b"in-use"),
            ("%d/tcp" % free_port, None, True, b"free")):
        assert library.portscope_check(spec.encode(), address, c.byref(answer), error) == 0, error.value
        assert (answer[0].is_free, answer[0].verdict) == (is_free, verdict), (spec, answer[0].verdict)
        assert answer[0].sockets[0].count == (0 if is_free else 1)
        library.portscope_check_free(answer)
    for spec, address in ((b"0", None), (b"80-90", None), (b"80", b"nowhere")):
        assert library.portscope_check(spec, address, c.byref(answer), error) == 2, spec
    return library.portscope_version().decode()


def check_exports(library):
    names = [line.split()[-1].split("@")[0] for line in run("nm", "-D", "--defined-only", library).splitlines()]
    names = [name for name in names if name != "PORTSCOPE_0"]
    assert names and all(name.startswith("portscope_") for name in names), names
    header = open(SOURCE + "/include/portscope.h", encoding="ascii").read()
    declared = set(re.findall(r"^(?:enum \w+|void|const char \*)\s?(portscope_\w+)\(", header, re.M))
    assert set(names) == declared, (names, declared)


def check_abi(library):
    if shutil.which("abidiff") is None:
        print("skipped: the comparison of the ABI needs abidiff (abigail-tools)")
        return
    run("abidiff", "--no-show-locs", SOURCE + "/docs/libportscope.abi", library)


def check_compilers(prefix, libdir, port):
    environment = dict(os.environ, PKG_CONFIG_PATH=libdir + "/pkgconfig", LD_LIBRARY_PATH=libdir)
    program = prefix + "/example"
    flags = run("pkg-config", "--cflags", "--libs", "portscope", env=environment).split()
    static = ["-I" + prefix + "/include", libdir + "/libportscope.a", "-pthread"]
    for compiler, link in ((["cc", "-std=c99", "-pedantic"], flags), (["g++", "-x", "c++"], flags),
                           (["cc"], static)):
        if shutil.which(compiler[0]) is None:
            print("skipped: %s is not installed" % compiler[0])
            continue
        run(*compiler, "-Wall", "-Wextra", "-Werror", SOURCE + "/docs/example.c", "-x", "none",
            "-o", program, *link)
        out = run(program, str(port), env=environment)
        assert "127.0.0.1 port %d: " % port in out and "(pid %d)" % os.getpid() in out, out
        assert "%d/tcp is in use" % port in out, out
    with open(prefix + "/CMakeLists.txt", "w", encoding="ascii") as project:
        project.write("cmake_minimum_required(VERSION 3.21)\nproject(user C)\n"
                      "find_package(portscope REQUIRED)\n"
                      "foreach(kind shared static)\nadd_executable(${kind} %s/docs/example.c)\n"
                      "target_link_libraries(${kind} portscope::${kind})\nendforeach()\n" % SOURCE)
    run("cmake", "-G", "Ninja", "-S", prefix, "-B", prefix + "/b", "-DCMAKE_PREFIX_PATH=" + prefix)
    run("cmake", "--build", prefix + "/b")
    for kind in ("shared", "static"):
        assert "%d/tcp is in use" % port in run(prefix + "/b/" + kind, str(port))


def main():
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]
    with socket.create_server(("127.0.0.1", 0)) as other:
        free_port = other.getsockname()[1]
    with tempfile.TemporaryDirectory() as prefix:
        run("cmake", "--install", BUILD, "--prefix", prefix)
        libdir = os.path.dirname(run("find", prefix, "-name", "libportscope.a").strip())
        headers = run("find", prefix + "/include", "-type", "f").split()
        assert headers == [prefix + "/include/portscope.h"], headers
        library = libdir + "/libportscope.so"
        with open(library, "rb") as file:
            if b"__asan_init" in file.read():
                print("skipped: this Python is not sanitized, and cannot load a library that is")
                sys.exit(77)
        check_exports(library)
        check_abi(library)
        version = check_ctypes(library, port, free_port)
        assert version in run(prefix + "/bin/portscope", "--version"), version
        check_compilers(prefix, libdir, port)


main()
