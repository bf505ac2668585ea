#!/usr/bin/env -S python3 -B
"""Measures what 200 people who sign in at once do to everybody else: how long the home page takes meanwhile, and how
much memory the chapter takes. Needs MariaDB or MySQL. GROVE names another `grove` program than that of this checkout.

usage: logins.py [rounds, 5 unless told]
"""

import http.client
import json
import multiprocessing
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROFILE = os.environ.get("PROFILE", "release")
PROGRAMS = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / PROFILE.replace("dev", "debug")
GROVE = os.environ.get("GROVE", str(PROGRAMS / "grove"))
NETID, PASSWORD = "dyamad2", "purple otters juggle teacups"
AT_ONCE, LOGINS = 200, 600
QUIET_SECONDS = 10
LOGIN_TAKES = 60


def flood(port, token, statuses):
    """Signs in LOGINS times, AT_ONCE at a time, on connections of their own. Who is refused comes again when told to."""
    body = json.dumps({"netid": NETID, "password": PASSWORD})
    headers = {"Authorization": token, "Content-Type": "application/json"}

    def sign_in():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LOGIN_TAKES)
        try:
            connection.request("POST", "/users/login", body, headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status, answer.headers["Retry-After"]
        except OSError as cause:
            return str(cause), None
        finally:
            connection.close()

    def person():
        for _ in range(LOGINS // AT_ONCE):
            while True:
                status, wait = sign_in()
                statuses.put((status, wait))
                if status != 503 or wait is None:
                    break
                time.sleep(int(wait))

    people = [threading.Thread(target=person) for _ in range(AT_ONCE)]
    for thread in people:
        thread.start()
    for thread in people:
        thread.join()
    statuses.put(None)


def visit(port, until):
    """How long the home page takes, in milliseconds, fifty times a second at most."""
    times = []
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LOGIN_TAKES)
    while not until():
        begun = time.perf_counter()
        connection.request("GET", "/")
        answer = connection.getresponse()
        answer.read()
        times.append((time.perf_counter() - begun) * 1000)
        if answer.status != 200:
            raise SystemExit(f"the home page answers {answer.status}")
        time.sleep(0.02)
    return times


def p99(times):
    return sorted(times)[int(len(times) * 0.99)]


def memory(pid, field):
    """In MB: VmRSS is what it takes, VmHWM the most since that was reset."""
    return int(re.search(rf"{field}:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) / 1024


class Chapter:
    """A chapter with demo data."""

    def __init__(self, folder):
        self.said = folder / "said"
        self.process = subprocess.Popen([GROVE, "run", "--demo", "--free-ports", "--log", "warn"], cwd=folder,
                                        stdout=open(self.said, "w"), stderr=subprocess.STDOUT)
        while "Grove is running" not in self.text():
            if self.process.poll() is not None:
                raise SystemExit(f"the chapter has ended\n{self.text()}")
            time.sleep(0.1)
        self.api = int(re.search(r"API +http://localhost:(\d+)", self.text())[1])
        self.site = int(re.search(r"Website +http://localhost:(\d+)", self.text())[1])
        added = subprocess.run([GROVE, "client", "add", "bench"], cwd=folder, check=True, capture_output=True, text=True)
        self.token = added.stdout.strip().split()[-1]

    def text(self):
        return self.said.read_text()

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


def measure(chapter):
    """One round: the home page alone, then beside a flood."""
    pid = chapter.process.pid
    deadline = time.monotonic() + QUIET_SECONDS
    quiet = visit(chapter.site, lambda: time.monotonic() > deadline)
    before = memory(pid, "VmRSS")
    pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")
    statuses = multiprocessing.SimpleQueue()
    crowd = multiprocessing.Process(target=flood, args=(chapter.api, chapter.token, statuses))
    begun = time.monotonic()
    crowd.start()
    counted = []
    reader = threading.Thread(target=lambda: counted.extend(iter(statuses.get, None)))
    reader.start()
    busy = visit(chapter.site, lambda: not crowd.is_alive())
    reader.join()
    taken = time.monotonic() - begun
    refused = [wait for status, wait in counted if status == 503]
    failed = [status for status, _ in counted if status not in (200, 503)]
    if failed or None in refused:
        raise SystemExit(f"{len(failed)} failed: {failed[:3]}; {refused.count(None)} were not told when to come again")
    return {"quiet": p99(quiet), "busy": p99(busy), "seconds": taken, "refused": len(refused),
            "waits": sorted(set(refused)), "before": before, "most": memory(pid, "VmHWM"), "after": memory(pid, "VmRSS")}


def main():
    if "DATABASE_URL" not in os.environ:
        subprocess.run(["cargo", "build", "--quiet", "--profile", PROFILE, "--package", "grove", "--package", "grove-throwaway"],
                       cwd=ROOT, check=True)
        throwaway = str(PROGRAMS / "grove-throwaway")
        os.execv(throwaway, [throwaway, __file__, *sys.argv[1:]])
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        chapter = Chapter(pathlib.Path(folder))
        try:
            rounds = [measure(chapter) for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 5)]
        finally:
            chapter.stop()
    print(f"{time.strftime('%F')}, {os.cpu_count()} cores, load average {load:.1f} before and {os.getloadavg()[0]:.1f} after\n")
    print("| round | p99 alone, ms | p99 beside logins, ms | ratio | logins/s | refused | memory alone, MB | most | ratio | after |")
    print("|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for number, of in enumerate(rounds, 1):
        print(f"| {number} | {of['quiet']:.1f} | {of['busy']:.1f} | {of['busy'] / of['quiet']:.1f} |"
              f" {LOGINS / of['seconds']:.0f} | {of['refused']} | {of['before']:.0f} |"
              f" {of['most']:.0f} | {of['most'] / of['before']:.2f} | {of['after']:.0f} |")
    waits = sorted({wait for of in rounds for wait in of["waits"]})
    print(f"\nMedian ratio of p99 {statistics.median(of['busy'] / of['quiet'] for of in rounds):.1f}; "
          f"most memory by memory before the first flood {max(of['most'] for of in rounds) / rounds[0]['before']:.2f}; "
          f"Retry-After: {', '.join(waits) or 'none'}")


main()
