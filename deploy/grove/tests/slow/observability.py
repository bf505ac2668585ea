#!/usr/bin/env python3
"""Holds Prometheus' own programs to deploy/observability: the configuration is valid, each alert fires when it
should, and a Prometheus that watches a chapter on this machine sees every service, evaluates every rule and
answers every query of the dashboards. Called by `make test-slow`; needs prometheus (apt-get install prometheus)."""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[4]
CONFIG = ROOT / "deploy/observability"
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))


def get(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return json.load(answer)


def until(what, condition, seconds=60):
    deadline = time.monotonic() + seconds
    while True:
        try:
            value = condition()
            if value:
                return value
        except (OSError, ValueError):
            value = None
        if time.monotonic() > deadline:
            sys.exit(f"{what}: not within {seconds} s ({value})")
        time.sleep(0.1)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def listening(pid):
    """The ports that a process listens on."""
    sockets = {os.readlink(link) for link in pathlib.Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        columns = line.split()
        if columns[3] == "0A" and f"socket:[{columns[9]}]" in sockets:
            yield int(columns[1].split(":")[1], 16)


def admin_port(pid):
    for port in listening(pid):
        try:
            if isinstance(get(f"http://127.0.0.1:{port}/targets"), list):
                return port
        except (OSError, ValueError):
            pass
    return None


def configuration(folder, gateway, website):
    """The real one, but for where the gateway and the website are, and more often."""
    text = (CONFIG / "prometheus.yaml").read_text().replace("gateway:8010", f"127.0.0.1:{gateway}")
    for name, port in (("gateway", gateway), ("frontend", website)):
        text, count = re.subn(rf"dns_sd_configs:\n      - {{ names: \[{name}\].*",
                              f"static_configs:\n      - {{ targets: ['127.0.0.1:{port}'] }}", text)
        assert count == 1, name
    text = text.replace("_interval: 15s", "_interval: 1s")
    shutil.copy(CONFIG / "alerts.yaml", folder)
    (folder / "prometheus.yaml").write_text(text)


def queries():
    for file in (CONFIG / "grafana/dashboards").glob("*.json"):
        for panel in json.loads(file.read_text())["panels"]:
            for target in panel.get("targets", ()):
                if "expr" in target:
                    yield target["expr"].replace("$service", ".*").replace("$__rate_interval", "1m")


def watch(folder, chapter, website):
    gateway = until("the gateway's private address", lambda: admin_port(chapter.pid))
    configuration(folder, gateway, website)
    port = free_port()
    prometheus = subprocess.Popen(
        ["prometheus", f"--config.file={folder}/prometheus.yaml", f"--storage.tsdb.path={folder}/data",
         f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"])
    api = f"http://127.0.0.1:{port}/api/v1"

    def ask(query):
        return get(f"{api}/query?{urllib.parse.urlencode({'query': query})}")["data"]["result"]

    def states():
        targets = get(f"{api}/targets?state=active")["data"]["activeTargets"]
        return {target["labels"]["service"]: target["health"] for target in targets}

    def quiet():
        groups = get(f"{api}/rules")["data"]["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        fine = all(rule["health"] == "ok" and rule.get("state", "inactive") == "inactive" for rule in rules)
        return rules if fine else None

    try:
        services = {group["labels"]["service"] for group in get(f"http://127.0.0.1:{gateway}/targets")}
        wanted = services | {"gateway", "frontend"}
        until("every target is up", lambda: states() == dict.fromkeys(wanted, "up"))
        print(f"  {len(wanted)} targets are up")
        rules = until("every rule is evaluated and none fires", quiet)
        print(f"  {len(rules)} rules are evaluated, none fires")
        empty = [query for query in queries() if not ask(query)]
        print(f"  {len(list(queries()))} queries of dashboards are answered, {len(empty)} with nothing yet")
        chapter.terminate()
        chapter.wait()
        until("what is gone is seen", lambda: len(ask("up == 0")) == len(wanted))
        until("an alert", lambda: [a for a in get(f"{api}/alerts")["data"]["alerts"]
                                   if a["labels"]["alertname"] == "ServiceDown"])
        print("  a chapter that is gone raises the alert")
    finally:
        prometheus.terminate()
        prometheus.wait()


def main():
    missing = [name for name in ("prometheus", "promtool") if not shutil.which(name)]
    if missing:
        print(f"Skipped: {', '.join(missing)} is missing; apt-get install prometheus")
        return
    subprocess.run(["promtool", "check", "config", CONFIG / "prometheus.yaml"], check=True)
    subprocess.run(["promtool", "test", "rules", CONFIG / "alerts.test.yaml"], check=True)
    subprocess.run(["cargo", "build", "--quiet", "--locked", "--package", "grove"], cwd=ROOT, check=True)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        website = free_port()
        chapter = subprocess.Popen([TARGET / "debug/grove", "run", "--demo", "--free-ports"], cwd=folder,
                                   env=os.environ | {"METRICS_LISTEN": f"127.0.0.1:{website}"},
                                   stdout=subprocess.PIPE, text=True)
        try:
            next(line for line in chapter.stdout if line.startswith("Ctrl-C"))
            watch(folder, chapter, website)
        finally:
            chapter.terminate()
            chapter.wait()


main()
