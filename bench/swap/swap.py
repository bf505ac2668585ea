#!/usr/bin/env -S python3 -B
"""Replaces every service in turn, and the gateway and the website, while requests flow through Caddy, and
counts what failed. Needs Docker, wrk, and the images of `make images` (GROVE_IMAGES names others).

usage: swap.py [rounds, 3 unless told]
"""

import json
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "deploy/grove/tests/containers"))
import tls  # noqa: E402
from stack import PASSWORD, expect  # noqa: E402

# wrk names the host that it connects to.
tls.API = "localhost"
OFFICER, GIVER, TAKER = "adhawa2", "dyamad2", "vnakat2"
ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVICES = [*sorted(path.parent.name for path in ROOT.glob("services/*/service.toml")), "gateway", "frontend"]


class Clients:
    """Requests for as long as the block runs; keyed transfers are repeated under their key until they succeed."""

    def __init__(self, chapter, trust, token, session):
        self.chapter, self.trust, self.token, self.session = chapter, trust, token, session
        self.over, self.failed, self.pages, self.transfers = threading.Event(), [], 0, 0
        self.threads = [threading.Thread(target=self.visit), *(
            threading.Thread(target=self.transfer, args=(number,)) for number in range(2))]

    def api(self, method, path, body=None, key=None):
        headers = {"Authorization": self.token, "Token": self.session, "Content-Type": "application/json"}
        headers |= {"Idempotency-Key": key} if key else {}
        visitor = tls.Visitor(self.chapter, self.trust)
        answer, text = visitor.send(tls.API, method, path, body and json.dumps(body), headers)
        return answer.status, text

    def visit(self):
        visitor = tls.Visitor(self.chapter, self.trust)
        while not self.over.is_set():
            try:
                status = visitor.send(tls.SITE, "GET", "/about")[0].status
            except OSError as cause:
                status = cause
            self.pages += status == 200
            if status != 200:
                self.failed.append(("/about", status))

    def transfer(self, thread):
        number = 0
        while not self.over.is_set():
            number += 1
            body = {"to": TAKER, "amount": 1, "description": "swap"}
            status = None
            while status != 200:
                try:
                    status, text = self.api("POST", "/credits/transfers", body, f"{thread}-{number}")
                except OSError as cause:
                    status, text = 0, cause
                if status != 200:
                    self.failed.append(("transfer", status, text))
                    time.sleep(0.2)
            self.transfers += 1

    def __enter__(self):
        url = f"https://{tls.API}:{self.chapter.https}/quotes"
        self.wrk = subprocess.Popen(
            ["wrk", "-t1", "-c16", "-d1h", "--timeout", "12s", "-s", str(pathlib.Path(__file__).with_name("failures.lua")),
             "-H", f"Authorization: {self.token}", "-H", f"Token: {self.session}", url],
            text=True, stdout=subprocess.PIPE)
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()
        self.wrk.send_signal(signal.SIGINT)
        said = self.wrk.communicate(timeout=20)[0]
        self.slowest = re.search(r"Latency +\S+ +\S+ +(\S+)", said)[1]
        self.failed += [line for line in said.splitlines() if re.match(r"\d\d:\d\d:\d\d ", line)]
        self.read = int(re.search(r"(\d+) requests in", said)[1])
        broken = re.search(r"connect (\d+), read (\d+), write (\d+), timeout (\d+)", said)
        self.broken = sum(map(int, broken.groups())) if broken else 0


def sign_in(clients, netid):
    status, text = clients.api("POST", "/session", {"username": netid, "password": PASSWORD})
    expect(status == 200, text)
    clients.session = json.loads(text)["token"]


def balance(clients, netid):
    status, text = clients.api("GET", f"/credits/users/{netid}")
    expect(status == 200, f"the balance of {netid}: {status} {text}")
    return json.loads(text)["balance"]


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    chapter = tls.Chapter()
    try:
        trust = chapter.start()
        token = chapter.compose("exec", "-T", "gateway", "/usr/local/bin/grove-gateway", "--register-client", "swap").strip()
        clients = Clients(chapter, trust, token, "")
        sign_in(clients, OFFICER)
        status, text = clients.api("POST", "/credits/transactions",
                                   {"netid": GIVER, "amount": 100_000, "description": "for the bench"})
        expect(status == 200, text)
        sign_in(clients, GIVER)
        before, swaps, slowest, begin = balance(clients, GIVER), 0, 0, time.monotonic()
        with clients:
            for name in SERVICES * rounds:
                since = time.monotonic()
                chapter.compose("up", "--detach", "--wait", "--no-deps", "--force-recreate", "--no-build", name)
                slowest, swaps = max(slowest, time.monotonic() - since), swaps + 1
            time.sleep(2)
        spent = before - balance(clients, GIVER)
        total = clients.read + clients.pages + clients.transfers
        failed = clients.broken + len(clients.failed)
        print(f"{swaps} containers replaced in {time.monotonic() - begin:.0f} s, the slowest in {slowest:.1f} s")
        print(f"{total} requests ({clients.read} reads, {clients.pages} pages, {clients.transfers} transfers), {failed} failed")
        print(f"credits spent: {spent}, acknowledged transfers: {clients.transfers}")
        print(f"the slowest read took {clients.slowest}; first failures: {clients.failed[:5]}, connections broken or waiting for 12 s: {clients.broken}")
        expect(failed == 0 and spent == clients.transfers, "see above")
    finally:
        if sys.exc_info()[0]:
            print(chapter.compose("logs", "--no-color", "--tail", "5", check=False))
        chapter.remove()


main()
