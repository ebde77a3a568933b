#!/usr/bin/env python3
"""The metrics of PROGRAM, a portscope, in the hands of those they are for: promtool, and node_exporter
with Prometheus, which fire the alert that README shows. Everything listens on ports of 127.0.0.1
that the system chooses. Status 77 and a reason where these programs are not installed or
lo is down."""
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

PROGRAM, README = sys.argv[1:]
DEADLINE = time.monotonic() + 100
NEEDED = {"promtool": "prometheus", "prometheus": "prometheus",
          "prometheus-node-exporter": "prometheus-node-exporter"}


def skip_unless_installed():
    for program, package in NEEDED.items():
        if shutil.which(program) is None:
            print(f"skipped: there is no {program}; Debian's package {package} has it")
            sys.exit(77)


def skip_unless_loopback_is_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("127.0.0.1", 9))
        except OSError:
            print("skipped: lo is down")
            sys.exit(77)


def readme_rules():
    """The alert rules that README tells people to use."""
    with open(README, encoding="utf-8") as file:
        blocks = re.findall(r"```yaml\n(.*?)```", file.read(), re.S)
    return next(block for block in blocks if block.startswith("groups:"))


def start(command, log):
    """Starts a server, and returns it with the port that it says it listens on."""
    with open(log, "wb") as file:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for line in process.stderr:
            file.write(line)
            found = re.search(rb'msg="Listening on".* address=127\.0\.0\.1:(\d+)', line)
            if found:
                # Nothing reads on: what it says later must not block it.
                subprocess.Popen(["cat"], stdin=process.stderr, stdout=subprocess.DEVNULL)
                return process, int(found.group(1))
    process.wait()
    with open(log, encoding="utf-8", errors="replace") as file:
        sys.exit(f"{command[0]} does not listen:\n{file.read()}")


def ask(port, path, **parameters):
    url = f"http://127.0.0.1:{port}{path}?{urllib.parse.urlencode(parameters)}"
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


def wait_for(what, attempt):
    """Prometheus scrapes once a second, without an event: ask until it has."""
    while time.monotonic() < DEADLINE:
        try:
            result = attempt()
        except OSError:
            result = None # still starting
        if result:
            return result
        time.sleep(0.1)
    sys.exit(f"{what}: not within the time")


def start_redis(directory):
    """A program called redis-server that holds a port on all interfaces."""
    program = os.path.join(directory, "redis-server")
    shutil.copy("/bin/cat", program)
    with socket.socket() as listener:
        listener.bind(("0.0.0.0", 0))
        listener.listen()
        port = listener.getsockname()[1]
        process = subprocess.Popen([program], stdin=subprocess.PIPE, close_fds=True,
                                   pass_fds=[listener.fileno()])
    return process, port


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def check_with_promtool(directory):
    command = [PROGRAM, "audit", "--format", "prometheus"]
    metrics = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    assert metrics.returncode == 1, metrics.returncode # there is the redis-server
    lint = subprocess.run(["promtool", "check", "metrics"], input=metrics.stdout,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert lint.returncode == 0 and not lint.stdout, lint.stdout.decode()
    subprocess.run(["promtool", "check", "rules", os.path.join(directory, "rules.yml")],
                   stdout=subprocess.DEVNULL, check=True)


def monitor(directory, servers, redis_port):
    textfiles = os.path.join(directory, "textfiles")
    os.mkdir(textfiles)
    output = os.path.join(textfiles, "portscope.prom")
    status = subprocess.run([PROGRAM, "audit", "--format", "prometheus", "--output", output],
                            check=False).returncode
    assert status == 1, status
    exporter, exporter_port = start(
        ["prometheus-node-exporter", "--web.listen-address=127.0.0.1:0",
         "--collector.disable-defaults", "--collector.textfile",
         f"--collector.textfile.directory={textfiles}"], os.path.join(directory, "exporter.log"))
    servers.append(exporter)
    scraped = ask(exporter_port, "/metrics")
    assert "node_textfile_scrape_error 0" in scraped, scraped
    write(os.path.join(directory, "prometheus.yml"),
          "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
          "rule_files: [rules.yml]\n"
          "scrape_configs:\n"
          "  - job_name: node\n"
          f"    static_configs: [{{targets: ['127.0.0.1:{exporter_port}']}}]\n")
    prometheus, port = start(
        ["prometheus", f"--config.file={directory}/prometheus.yml",
         "--web.listen-address=127.0.0.1:0", f"--storage.tsdb.path={directory}/data"],
        os.path.join(directory, "prometheus.log"))
    servers.append(prometheus)

    query = f'portscope_audit_finding_info{{rule="data-store",port="{redis_port}"}}'
    found = wait_for(query, lambda: json.loads(ask(port, "/api/v1/query", query=query))
                     ["data"]["result"])
    assert found[0]["metric"]["subject"] == "Redis", found
    assert found[0]["metric"]["process"] == "redis-server", found

    def firing():
        alerts = json.loads(ask(port, "/api/v1/alerts"))["data"]["alerts"]
        return [alert for alert in alerts if alert["state"] == "firing"
                and alert["labels"].get("port") == str(redis_port)
                and alert["labels"].get("rule") == "data-store"]
    alert = wait_for("the alert", firing)[0]
    assert "Redis" in alert["annotations"]["summary"], alert
    print("found by a query, and firing:", alert["annotations"]["summary"])


def main():
    skip_unless_installed()
    skip_unless_loopback_is_up()
    servers = []
    with tempfile.TemporaryDirectory() as directory:
        redis, redis_port = start_redis(directory)
        servers.append(redis)
        try:
            write(os.path.join(directory, "rules.yml"), readme_rules())
            check_with_promtool(directory)
            monitor(directory, servers, redis_port)
        finally:
            for server in servers:
                server.kill()
                server.wait()


main()
