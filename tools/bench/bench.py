#!/usr/bin/env python3
"""Measures portscope beside other port listers and the kernel's own work, or beside another portscope.

Each scene is a load (loadgen.py) in namespaces of its own. The commands of a question take turns
(A B C A B C ...), so that whatever else the machine does happens to all of them alike. hyperfine times
whole programs, and reads their output from a pipe.

To add a command, add it to its question; to add a scene, to SCENES.
"""
import argparse
import contextlib
import json
import os
import resource
import shlex
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PORT = 5555  # a process listens on it, and no client is connected
FREE_PORT = 5556

# Without the privileges that loading a BPF program takes; setpriv costs the start of one more program.
NO_BPF = "setpriv --bounding-set=-bpf,-perfmon,-sys_admin "

# A question, the exit statuses that are answers to it, and commands that answer it, portscope first.
QUESTIONS = [
    ("everything, with owners", {0}, [
        "portscope -ano", NO_BPF + "portscope -ano", "ss -tuanp", "netstat -tuanp", "lsof -nPi",
        "sockstat", "baseline iterate", "baseline walk"]),
    ("what listens, without owners", {0}, [
        "portscope -tuln", "ss -tuln", "netstat -tuln", "baseline listen"]),
    ("one port, with its owner", {0}, [
        f"portscope -ano :{PORT}", f"{NO_BPF}portscope -ano :{PORT}", f"ss -tlnp 'sport = :{PORT}'",
        f"lsof -nPi:{PORT}", "baseline listen iterate", "baseline listen walk"]),
    ("a port that is free", {0, 1}, [
        f"portscope check {FREE_PORT}", f"portscope check {FREE_PORT} -q", "true",
        f"ss -tlnp 'sport = :{FREE_PORT}'", f"lsof -nPi:{FREE_PORT}", f"fuser {FREE_PORT}/tcp"]),
    ("a port that is held", {0, 1}, [
        f"portscope check {PORT}", f"portscope check {PORT} -q", f"portscope -ano :{PORT}",
        f"ss -tlnp 'sport = :{PORT}'", f"lsof -nPi:{PORT}", f"fuser {PORT}/tcp"]),
]

# Loads: processes, sockets, other open files. A scene with more than one load runs `portscope -ano` in
# each; the first of them shows what it takes before the first socket.
SCENES = {
    "idle": [(150, 12, 287)],
    "1000": [(1000, 10_000, 0)],
    "busy": [(100, 100_000, 900_000)],
    "linear": [(100, n, 0) for n in (100, 10_000, 50_000, 100_000, 200_000)],
    "million": [(100, n, 0) for n in (100, 10_000, 1_000_000)],
}

MIN_RUNS, MAX_RUNS = 3, 101
MAX_SECONDS = 60  # for all runs of one command
HANGS_SECONDS = 120  # for one run


class Command:
    """A command line and its runs so far; `portscope` and `baseline` in it are programs of ours."""

    def __init__(self, line, programs, label=None):
        self.words = [programs.get(word, word) for word in shlex.split(line)]
        self.label = label or line.replace(NO_BPF, "without BPF: ")
        self.times = []
        self.problem = None

    def probe(self, statuses):
        """One run that is not timed: peak memory, lines of output, and whether it works at all."""
        if not shutil.which(self.words[0]):
            self.problem = "not installed"
            return
        with tempfile.NamedTemporaryFile() as peak:
            run = subprocess.run(
                ["timeout", str(HANGS_SECONDS), "time", "-q", "-f%M", "-o", peak.name, *self.words],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                check=False)
            if run.returncode in statuses:
                self.peak = int(peak.read()) * 1024
                self.lines = run.stdout.count(b"\n")
            elif run.returncode == 124:
                self.problem = f"took more than {HANGS_SECONDS} s"
            else:
                self.problem = f"failed, exit status {run.returncode}"

    def is_done(self, seconds):
        spent = sum(self.times)
        return (self.problem or len(self.times) == MAX_RUNS or spent > MAX_SECONDS or
                (len(self.times) >= MIN_RUNS and spent > seconds))

    def median(self):
        return statistics.median(self.times)


def measure(commands, statuses, seconds):
    """Probes all commands, then runs them in turns until each is done."""
    for command in commands:
        command.probe(statuses)
    with tempfile.NamedTemporaryFile() as results:
        while turn := [command for command in commands if not command.is_done(seconds)]:
            timer = subprocess.run(
                ["hyperfine", "-N", "-i", "--runs=1", "--output=pipe", "--style=none",
                 "--export-json", results.name, *[shlex.join(command.words) for command in turn]],
                stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
            if timer.returncode:
                sys.exit(f"bench: {timer.stderr.strip()}")
            with open(results.name, encoding="utf-8") as file:
                for command, result in zip(turn, json.load(file)["results"]):
                    command.times += result["times"]
                    if not statuses.issuperset(result["exit_codes"]):
                        command.problem = f"failed, exit status {result['exit_codes'][0]}"


def print_row(command, ratio, *more):
    if command.problem:
        print(f"  {command.label:38} {command.problem}", flush=True)
        return
    print(f"  {command.label:38} {command.median() * 1e3:9.2f} {min(command.times) * 1e3:9.2f}"
          f" {ratio:>6} {command.peak / 2**20:8.1f} {command.lines:9} {len(command.times):4}", *more,
          flush=True)


def print_heading(text, *more):
    print(f"\n  {text:38} median ms   best ms  ratio peak MiB     lines runs", *more, flush=True)


def ratio_to(first, command):
    if first.problem or command.problem:
        return "-"
    return f"{command.median() / first.median():.2f}"


@contextlib.contextmanager
def load(processes, sockets, files):
    """Runs a load generator, and says what it holds and how busy the machine was meanwhile."""
    generator = subprocess.Popen(
        [sys.executable, f"{HERE}/loadgen.py", *map(str, (processes, sockets, files, PORT))],
        stdout=subprocess.PIPE, start_new_session=True)
    if generator.stdout.readline() != b"ready\n":
        sys.exit("bench: the load generator failed")
    print(f"\n  ({processes} processes, {sockets + 1} sockets,"
          f" {sockets + 1 + files + 3 * processes} open files)")
    began, others = time.monotonic(), other_seconds()
    yield
    share = (other_seconds() - others) / (time.monotonic() - began) / os.cpu_count()
    print(f"  (other work kept the machine {max(0, share):.0%} busy meanwhile)", flush=True)
    os.killpg(generator.pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:  # this is process 1, the parent of all orphans
            os.wait()


def other_seconds():
    """CPU time that other processes have used, plus a constant."""
    with open("/proc/stat", encoding="ascii") as stat:
        user, nice, system, _idle, _iowait, irq, softirq, *_ = map(int, stat.readline().split()[1:])
    own = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return ((user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK") -
            sum(usage.ru_utime + usage.ru_stime for usage in own))


def with_other(options, line):
    """A command of portscope, and with --against the same command of the other portscope."""
    pair = [Command(line, options.programs)]
    return pair + [Command(line, options.other, "  against")] if options.against else pair


def ask_all(options, size):
    """Asks all questions under one load; false when portscope could not answer one."""
    good = True
    with load(*size):
        for text, statuses, lines in QUESTIONS:
            if options.against:
                groups = [with_other(options, line) for line in lines if "portscope" in line.split()]
            else:
                groups = [[Command(line, options.programs) for line in lines]]
            measure(sum(groups, []), statuses, options.seconds)
            print_heading(text)
            for group in groups:
                for command in group:
                    print_row(command, ratio_to(group[0], command))
            good = good and not any(group[0].problem for group in groups)
    return good


def grow(options, sizes):
    """Runs `portscope -ano` under each load, and says what a socket takes."""
    good = True
    empty = {}
    for size in sizes:
        with load(*size):
            commands = with_other(options, "portscope -ano")
            measure(commands, {0}, options.seconds)
            print_heading("everything, with owners", "us/socket bytes/socket")
            for command in commands:
                more = ()
                if not command.problem and command.label in empty:
                    more = (f"{command.median() * 1e6 / size[1]:9.3f}",
                            f"{(command.peak - empty[command.label]) / size[1]:12.0f}")
                elif not command.problem:
                    empty[command.label] = command.peak
                print_row(command, ratio_to(commands[0], command), *more)
            good = good and not commands[0].problem
    return good


def parse():
    parser = argparse.ArgumentParser(prog="tools/dev bench", allow_abbrev=False)
    parser.add_argument("--build", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--against", metavar="PROGRAM",
                        help="compare with another portscope instead of with other tools")
    parser.add_argument("--seconds", type=float, default=2,
                        help="how long each command runs for each question (%(default)s)")
    parser.add_argument("scenes", nargs="*", metavar="SCENE",
                        help=f"{', '.join(SCENES)} (default: all but million)")
    options = parser.parse_args()
    options.scenes = options.scenes or [scene for scene in SCENES if scene != "million"]
    for scene in options.scenes:
        if scene not in SCENES:
            parser.error(f"unknown scene '{scene}'; the scenes are {', '.join(SCENES)}")
    options.programs = {"portscope": f"{options.build}/portscope",
                        "baseline": f"{options.build}/tools/bench/baseline"}
    options.other = {"portscope": os.path.abspath(options.against or "")}
    if options.against and not os.access(options.other["portscope"], os.X_OK):
        parser.error(f"'{options.against}' is not a program")
    return options


def main():
    options = parse()
    if not options.inside:
        user = ["--map-root-user"] if os.geteuid() else []
        os.execvp("unshare", ["unshare", *user, "--net", "--pid", "--fork", "--kill-child",
                              "--mount-proc", sys.executable, *sys.argv, "--inside"])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    kernel = os.uname()
    print(f"{kernel.sysname} {kernel.release} {kernel.machine}, {os.cpu_count()} CPUs,"
          f" {os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.1f} GiB\n"
          "Ratios hold from machine to machine, absolute figures do not. They are ratios of medians,\n"
          "to the first line of each table, with --against to the line above. Peak is resident memory.")
    good = True
    for scene in options.scenes:
        print(f"\n{scene}")
        sizes = SCENES[scene]
        good = (grow(options, sizes) if len(sizes) > 1 else ask_all(options, sizes[0])) and good
    if not good:
        sys.exit("bench: portscope did not answer everything")


main()
