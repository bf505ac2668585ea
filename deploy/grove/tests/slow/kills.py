#!/usr/bin/env python3
"""Kills every program of a chapter with SIGKILL, one after the other and under load, and its database twice; then
looks whether everything that was acknowledged is there, once. Each program runs as a process of its own. Called by
`make test-slow`; it prints how many writes were acknowledged and the slowest answer."""

import itertools
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

import chapter as demo
from chapter import LIMIT, ROOT, TARGET, Database, build, expect, wait_until

PROGRAMS = ["gateway", "frontend", "vending-machine"]
SERVICES = sorted(path.parent.name for path in ROOT.glob("services/*/Cargo.toml"))
# What an answer may take at most while one program after the other dies, in seconds.
SLOWEST = 15.0


class Chapter(demo.Chapter):
    """A chapter whose programs are processes of their own, from a folder of copies."""

    def __init__(self, folder, database):
        self.programs = folder / "programs"
        self.programs.mkdir()
        build(*(f"grove-{name}" for name in [*SERVICES, *PROGRAMS]))
        for name in [*SERVICES, *PROGRAMS]:
            shutil.copy2(TARGET / f"grove-{name}", self.programs)
        super().__init__(folder, database, "--separate", self.programs)

    def pid(self, name):
        found = subprocess.run(["pgrep", "--full", f"^{self.programs}/grove-{name}( |$)"], capture_output=True, text=True)
        return int(found.stdout.split()[0]) if found.stdout.strip() else None

    def kill(self, name):
        """Kills a program and has it started again, as a supervisor would."""
        before = self.pid(name)
        expect(before, f"{name} does not run")
        os.kill(before, signal.SIGKILL)
        wait_until(f"the end of {name} is noticed", lambda: f"{name} has ended by itself" in self.text())
        os.utime(self.programs / f"grove-{name}")
        wait_until(f"{name} is back", lambda: self.pid(name) not in (None, before))


class Load:
    """Writers that repeat each write until it is acknowledged, and remember what was."""

    def __init__(self, chapter, sessions):
        self.chapter, self.sessions = chapter, sessions
        self.quotes, self.transfers, self.repeated, self.slowest, self.unexpected = [], [], 0, 0.0, []
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.post, args=(number,)) for number in range(2)]
        self.threads += [threading.Thread(target=self.give, args=(number,)) for number in range(2)]
        self.threads += [threading.Thread(target=self.visit)]

    def acknowledged(self, *request, **more):
        """Sends until it is acknowledged. Only that somebody is away may be in between."""
        while True:
            begin = time.monotonic()
            try:
                return self.chapter.send(*request, **more)
            except urllib.error.HTTPError as refused:
                said = refused.read().decode(errors="replace")
                if refused.code == 400 and "already exists" in said:
                    return None  # The answer to the try before was lost, its effect was not.
                if refused.code not in (502, 503):
                    self.unexpected.append((request[:2], refused.code, said[:200]))
                    return None
            except OSError:
                pass
            finally:
                self.slowest = max(self.slowest, time.monotonic() - begin)
            self.repeated += 1
            time.sleep(0.02)

    def post(self, writer):
        for number in itertools.takewhile(lambda _: not self.over.is_set(), itertools.count()):
            text = f"Quote {number} of writer {writer}"
            body = {"text": text, "source": "adhawa2", "author": "vnakat2"}
            self.acknowledged("POST", "/quotes", body, session=self.sessions["vnakat2"])
            self.quotes.append(text)

    def give(self, giver):
        for number in itertools.takewhile(lambda _: not self.over.is_set(), itertools.count()):
            what = f"Gift {number} of giver {giver}"
            body = {"to": "dyamad2", "amount": 1, "description": what}
            self.acknowledged("POST", "/credits/transfers", body, session=self.sessions["vnakat2"], key=what)
            self.transfers.append(what)
            # The purse has to last.
            time.sleep(0.2)

    def visit(self):
        while not self.over.is_set():
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.chapter.site}/", timeout=LIMIT).read()
            except (OSError, urllib.error.HTTPError):
                pass
            time.sleep(0.05)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="grove-kills-"))
    database = chapter = None
    try:
        database = Database(folder)
        chapter = Chapter(folder, database)
        sessions = {netid: chapter.sign_in(netid) for netid in ("vnakat2", "adhawa2")}
        grant = {"netid": "vnakat2", "amount": 5000, "description": "For the test"}
        chapter.send("POST", "/credits/transactions", grant, session=sessions["adhawa2"], key="grant")
        with Load(chapter, sessions) as load:
            for name in [*SERVICES, *PROGRAMS]:
                time.sleep(1)
                chapter.kill(name)
            for _ in range(2):
                time.sleep(2)
                database.kill()
                time.sleep(1)
                database.start()
            time.sleep(3)
        check(chapter, load, sessions)
    finally:
        if chapter:
            chapter.stop()
        if database:
            database.kill()
        shutil.rmtree(folder, ignore_errors=True)


def check(chapter, load, sessions):
    expect(not load.unexpected, f"{len(load.unexpected)} requests were refused: {load.unexpected[:3]}")
    quotes = [quote["text"] for quote in chapter.send("GET", "/quotes", session=sessions["vnakat2"])["data"]]
    lost = [text for text in load.quotes if text not in quotes]
    expect(not lost, f"{len(lost)} of {len(load.quotes)} acknowledged quotes are lost: {lost[:3]}")
    expect(len(quotes) == len(set(quotes)), "a quote is there twice")
    export = urllib.request.Request(f"http://127.0.0.1:{chapter.api}/credits/export",
                                    headers={"Authorization": chapter.token, "Token": sessions["vnakat2"]})
    history = urllib.request.urlopen(export, timeout=LIMIT).read().decode()
    for what in load.transfers:
        found = len(re.findall(rf"{re.escape(what)}(?!\d)", history))
        expect(found == 1, f"the acknowledged transfer {what!r} is there {found} times")
    audit = chapter.send("GET", "/credits/audit", session=sessions["adhawa2"])
    print(f"{len(SERVICES) + len(PROGRAMS)} programs killed, the database twice: 0 of "
          f"{len(load.quotes) + len(load.transfers)} acknowledged writes lost, {load.repeated} tries repeated, "
          f"slowest answer {load.slowest:.1f} s; the ledger says {json.dumps(audit)[:200]}")
    expect(load.slowest < SLOWEST, f"an answer took {load.slowest:.1f} s")


if __name__ == "__main__":
    main()
