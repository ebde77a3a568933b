#!/usr/bin/env python3
"""Audits a machine with some thirty of Debian's network services at their defaults, under a real systemd.

reference_machine.py PORTSCOPE EXPECTED ROOT

The machine is made in ROOT by debootstrap, once, and runs in namespaces of its own. Its audit is compared
with EXPECTED, which was checked by hand, listener by listener; --update as a fourth word writes it anew.
Then a policy is saved, every service restarted, and the policy must not find anything.
Status 77: skipped, for the reason on standard output.
"""

import json
import os
import re
import select
import shutil
import subprocess
import sys

PORTSCOPE, EXPECTED, ROOT = sys.argv[1:4]
PACKAGES = """systemd systemd-sysv dbus iproute2 procps openssh-server nginx-light postgresql mariadb-server
redis-server memcached rabbitmq-server mosquitto slapd bind9 avahi-daemon cups samba rpcbind nfs-common
snmpd xrdp vsftpd tftpd-hpa squid chrony prometheus-node-exporter""".split()
SERVICES = """ssh nginx postgresql mariadb redis-server memcached rabbitmq-server mosquitto slapd named
avahi-daemon cups smbd nmbd rpcbind rpc-statd snmpd xrdp vsftpd tftpd-hpa squid chrony
prometheus-node-exporter""".split()
# Runs as the first process of the machine's own PID namespace. Services that ask for a mount namespace
# need a root that is a mount point.
BOOT = """
mount --make-rprivate / && mount --bind {root} {root} &&
mount -t proc proc {root}/proc && mount -t sysfs sysfs {root}/sys &&
mount -t cgroup2 cgroup2 {root}/sys/fs/cgroup && mount -t tmpfs tmpfs {root}/run &&
mount --rbind /dev {root}/dev && hostname reference && ip link set lo up &&
ip link add eth0 type veth peer name eth1 && ip address add 198.51.100.7/24 dev eth0 &&
ip link set eth0 up && ip link set eth1 up && cd {root} && pivot_root . mnt &&
exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    chroot . sh -c 'umount -l /mnt; exec /lib/systemd/systemd'
"""


def skip(reason):
    print("skipped: " + reason)
    sys.exit(77)


def make_root():
    if os.path.exists(ROOT + "/made"):
        return
    shutil.rmtree(ROOT, ignore_errors=True)
    made = subprocess.run(["debootstrap", "--variant=minbase", "bookworm", ROOT], stdout=subprocess.DEVNULL)
    if made.returncode != 0:
        skip("debootstrap cannot make a Debian here")
    shutil.copytree("/etc/apt", ROOT + "/etc/apt", dirs_exist_ok=True)
    with open(ROOT + "/usr/sbin/policy-rc.d", "w", encoding="ascii") as policy:
        policy.write("#!/bin/sh\nexit 101\n")
    os.chmod(policy.name, 0o755)
    install = ("mount --make-rprivate /; mount -t proc proc {0}/proc; export DEBIAN_FRONTEND=noninteractive;"
               "chroot {0} sh -c 'apt-get -q update && apt-get -qy --no-install-recommends install {1}'")
    made = subprocess.run(["unshare", "-m", "sh", "-c", install.format(ROOT, " ".join(PACKAGES))],
                          stdout=subprocess.DEVNULL)
    if made.returncode != 0:
        skip("the packages of the reference machine cannot be installed")
    os.unlink(policy.name)
    open(ROOT + "/made", "w", encoding="ascii").close()


class Machine:
    """The running machine; a context."""

    def __enter__(self):
        mounts = open("/proc/self/mounts", encoding="utf-8").read()
        self.group = re.search(r" (\S+) cgroup2 ", mounts).group(1) + "/portscope-reference"
        os.makedirs(self.group, exist_ok=True)
        self.unshare = subprocess.Popen(
            ["unshare", "--fork", "--kill-child", "--pid", "--mount", "--net", "--uts", "--ipc", "--cgroup",
             "sh", "-c", BOOT.format(root=ROOT)],
            preexec_fn=lambda: open(self.group + "/cgroup.procs", "w", encoding="ascii").write("0"),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.first = None
        while self.first is None and self.unshare.poll() is None:
            children = "/proc/{0}/task/{0}/children".format(self.unshare.pid)
            self.first = (open(children, encoding="ascii").read().split() or [None])[0]
        while "systemd" not in open("/proc/%s/comm" % self.first, encoding="ascii").read():
            pass # the script before it takes less than a second
        self.run("sh", "-c", "until test -S /run/systemd/private; do :; done", timeout=60)
        self.run("systemctl", "is-system-running", "--wait", timeout=300, check=False)
        return self

    def __exit__(self, *unused):
        self.unshare.kill() # and with it, by --kill-child, the first process and its PID namespace
        self.unshare.wait()
        events = select.poll()
        with open(self.group + "/cgroup.events", encoding="ascii") as state:
            events.register(state, select.POLLPRI)
            while "populated 1" in state.read():
                events.poll(10000)
                state.seek(0)
        for path, _, _ in os.walk(self.group, topdown=False):
            os.rmdir(path)

    def run(self, *command, timeout=120, check=True):
        return subprocess.run(["nsenter", "-t", self.first, "-a", "-r", "-w", *command], check=check,
                              timeout=timeout, stdout=subprocess.PIPE, text=True).stdout

    def audit(self, *options):
        return json.loads(self.run("/portscope", "audit", "--json", *options, check=False))


def describe(listener):
    """One line without what is drawn anew at each start."""
    local = listener["local"]
    port = local["port"]
    drawn = port >= 32768 or listener["process"] == "rpc.statd"
    address = re.sub(r"^fe80::.*", "fe80::*", local["address"])
    findings = ["%s %s" % (finding["rule"], finding["subject"] or "") for finding in listener["findings"]]
    return "%s %s %s %s %s: %s" % (listener["protocol"], address, "*" if drawn else port, listener["exposure"],
                                   listener["process"], ", ".join(findings).strip() or "-")


def main():
    if not os.environ.get("PSC_REFERENCE_MACHINE"):
        skip("takes five minutes and 400 MB of packages; set PSC_REFERENCE_MACHINE to run it")
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        skip("needs root and debootstrap")
    make_root()
    shutil.copy(PORTSCOPE, ROOT + "/portscope")
    with Machine() as machine:
        seen = sorted(set(describe(listener) for listener in machine.audit()["listeners"]))
        text = "".join(line + "\n" for line in seen)
        if sys.argv[4:] == ["--update"]:
            open(EXPECTED, "w", encoding="utf-8").write(text)
        expected = open(EXPECTED, encoding="utf-8").read()
        machine.run("/portscope", "audit", "--save", "/root/policy")
        policy = open(ROOT + "/root/policy", encoding="utf-8").read()
        machine.run("systemctl", "restart", *SERVICES, timeout=300)
        ports = sorted(set(re.findall(r"^allow tcp \S+:(\d+) ", policy, re.M)))
        machine.run("/portscope", "wait", *ports, "--until", "listening", "--timeout", "60s")
        news = machine.audit("--policy", "/root/policy")
        found = [describe(listener) for listener in news["listeners"] if listener["findings"]] + news["missing"]
    if text != expected:
        sys.exit("the audit differs from %s; it is:\n%s" % (EXPECTED, text))
    if found:
        sys.exit("a restart of all services was noticed:\n%s" % "\n".join(map(str, found)))
    print("%d listeners, as expected, and no finding after a restart of %d services" % (len(seen), len(SERVICES)))


main()
