#!/usr/bin/env python3
"""Reads what PROGRAM, a portscope on the fake platform, prints as JSON, NDJSON and CSV with the
standard parsers, and fails unless the three say the same."""
import csv
import json
import re
import subprocess
import sys


def read(form):
    command = [sys.argv[1], "-aq", "--" + form]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout


def unescape(text):
    """Takes back what CSV shows in place of characters that would do harm."""
    return re.sub(r"\\(?:x(..)|u(....)|U(.{8}))",
                  lambda m: chr(int(m.group(1) or m.group(2) or m.group(3), 16)), text)


def cell(value):
    """What CSV has for a value of JSON."""
    return "" if value is None else str(value)


def end(row, side):
    value = row[side]
    if value is None:
        return ["", ""]
    zone = "" if value["zone"] is None else "%" + value["zone"]
    return [value["address"] + zone, str(value["port"])]


def check(what, actual, expected):
    if actual != expected:
        sys.exit("%s: %r is not %r" % (what, actual, expected))


def text(value):
    """An empty name is shown as two quotes, and a bad byte is U+FFFD only in JSON."""
    return {None: "", "": '""'}.get(value, value)


document = json.loads(read("json").decode("utf-8"))
rows = document["endpoints"]
check("schema", document["schema"], "portscope/1")
check("rows", len(rows) > 25, True)
check("hidden", [n["count"] for n in document["notices"]], [2])

lines = [json.loads(line) for line in read("ndjson").decode("utf-8").splitlines()]
check("ndjson", lines, [dict(row, host=document["host"], time=document["time"]) for row in rows])

data = read("csv")
check("line ends", data.count(b"\n"), data.count(b"\r\n"))
table = list(csv.reader(data.decode("utf-8").split("\r\n")[:-1], strict=True))
check("records", len(table), len(rows) + 1)
for fields, row in zip(table[1:], rows):
    record = dict(zip(table[0], fields))
    check("fields", len(fields), len(table[0]))
    check("local", [record["local_address"], record["local_port"]], end(row, "local"))
    check("remote", [record["remote_address"], record["remote_port"]], end(row, "remote"))
    for name in ("protocol", "family", "state", "pid", "inode", "uid", "recv_queue", "send_queue",
                 "exposure"):
        check(name, record[name], cell(row[name]))
    pids = [str(owner["pid"]) for owner in row["owners"] or []]
    check("owners", record["owners"].split(), pids or record["pid"].split())
    if row["owners"]:
        owner = row["owners"][0]
        for name, value in (("process", owner["name"]), ("path", owner["path"]),
                            ("owner_user", owner["user"]), ("started", owner["started"])):
            if "\ufffd" not in cell(value):
                check(name, unescape(record[name]), text(value))
