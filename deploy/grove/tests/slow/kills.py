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
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[4]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug"
PASSWORD = "purple otters juggle teacups"
PROGRAMS = ["gateway", "frontend", "vending-machine"]
SERVICES = sorted(path.parent.name for path in ROOT.glob("services/*/Cargo.toml"))
# A request waits for whoever is away; past this it counts as lost.
LIMIT = 60
# What an answer may take at most while one program after the other dies, in seconds.
SLOWEST = 15.0


def expect(condition, message):
    if not condition:
        raise SystemExit(f"FAILED: {message}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(what, condition, seconds=60, said=lambda: ""):
    deadline = time.monotonic() + seconds
    while not condition():
        expect(time.monotonic() < deadline, f"in vain: {what}\n{said()}")
        time.sleep(0.05)


class Database:
    """A MariaDB on a folder of its own, which survives being killed."""

    def __init__(self, folder):
        self.folder, self.port = folder / "database", free_port()
        subprocess.run(["mariadb-install-db", "--no-defaults", f"--datadir={self.folder}", "--auth-root-authentication-method=normal",
                        "--skip-name-resolve", f"--user={os.environ.get('USER', 'root')}"], check=True, capture_output=True)
        self.start()
        client = ["mariadb", "--protocol=tcp", "--host=127.0.0.1", f"--port={self.port}", "--user=root"]
        grant = "CREATE USER admin@'%' IDENTIFIED BY 'admin'; GRANT ALL ON *.* TO admin@'%' WITH GRANT OPTION;"
        subprocess.run([*client, "--execute", grant], check=True)
        self.url = f"mysql://admin:admin@127.0.0.1:{self.port}"

    def start(self):
        self.server = subprocess.Popen(
            [shutil.which("mariadbd") or "/usr/sbin/mariadbd", "--no-defaults", f"--datadir={self.folder}", f"--port={self.port}",
             "--bind-address=127.0.0.1", f"--socket={self.folder}/sock", f"--user={os.environ.get('USER', 'root')}",
             # A new server has a nobody at localhost, who would come before accounts of everywhere.
             "--skip-name-resolve", "--character-set-server=utf8mb4", "--max-connections=300", "--log-error=" + str(self.folder / "log")],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until("the database answers", self.answers)

    def answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self):
        self.server.kill()
        self.server.wait()


class Chapter:
    """A chapter with demo data whose programs are processes of their own, from a folder of copies."""

    def __init__(self, folder, database):
        self.folder, self.programs = folder, folder / "programs"
        self.programs.mkdir()
        for name in [*SERVICES, *PROGRAMS]:
            shutil.copy2(TARGET / f"grove-{name}", self.programs)
        self.said = open(folder / "said", "w+")
        # Services listen at their usual ports: free ones are kept by the process that chose them.
        environment = os.environ | {"DATABASE_URL": database.url, "FRONTEND_LISTEN": f"127.0.0.1:{free_port()}",
                                    "GATEWAY_LISTEN": f"127.0.0.1:{free_port()}"}
        self.process = subprocess.Popen([TARGET / "grove", "run", "--demo", "--separate", self.programs],
                                        cwd=folder, env=environment, stdout=self.said, stderr=subprocess.STDOUT)
        try:
            self.prepare(environment)
        except BaseException:
            self.stop()
            raise

    def prepare(self, environment):
        wait_until("the chapter runs", self.runs, 180, self.text)
        self.api = int(re.search(r"API +http://localhost:(\d+)", self.text())[1])
        self.site = int(re.search(r"Website +http://localhost:(\d+)", self.text())[1])
        token = subprocess.run([TARGET / "grove", "client", "add", "kills"], cwd=self.folder, env=environment,
                               check=True, capture_output=True, text=True).stdout
        self.token = token.strip().split()[-1]

    def runs(self):
        expect(self.process.poll() is None, f"the chapter has ended\n{self.text()}")
        return "Grove is running" in self.text()

    def text(self):
        return (self.folder / "said").read_text()

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

    def stop(self):
        self.process.terminate()
        self.process.wait(60)

    def send(self, method, path, body=None, session=None, key=None):
        headers = {"Authorization": self.token, "Content-Type": "application/json"}
        headers |= {"Token": session} if session else {}
        headers |= {"Idempotency-Key": key} if key else {}
        request = urllib.request.Request(f"http://127.0.0.1:{self.api}{path}", method=method, headers=headers,
                                         data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=LIMIT) as answer:
            return json.loads(answer.read())


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
        sessions = {netid: chapter.send("POST", "/session", {"username": netid, "password": PASSWORD})["token"]
                    for netid in ("vnakat2", "adhawa2")}
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
