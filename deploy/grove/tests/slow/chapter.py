"""A chapter with demo data on a database of its own, for the tests of this folder."""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[4]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug"
# That of everyone in the demo data who can sign in.
PASSWORD = "purple otters juggle teacups"
# A request waits for whoever is away; past this it counts as lost.
LIMIT = 60


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


def build(*packages):
    """Builds programs of this checkout: a copy of it may have left others of the same name."""
    chosen = [flag for package in packages for flag in ("--package", package)]
    subprocess.run(["cargo", "build", "--quiet", "--locked", *chosen], cwd=ROOT, check=True)


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
    """A chapter with demo data, run by `grove run` with more flags."""

    def __init__(self, folder, database, *flags):
        self.folder = folder
        build("grove")
        self.said = open(folder / "said", "w+")
        # Services listen at their usual ports: free ones are kept by the process that chose them.
        environment = os.environ | {"DATABASE_URL": database.url, "FRONTEND_LISTEN": f"127.0.0.1:{free_port()}",
                                    "GATEWAY_LISTEN": f"127.0.0.1:{free_port()}"}
        self.process = subprocess.Popen([TARGET / "grove", "run", "--demo", *flags],
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
        token = subprocess.run([TARGET / "grove", "client", "add", "tests"], cwd=self.folder, env=environment,
                               check=True, capture_output=True, text=True).stdout
        self.token = token.strip().split()[-1]

    def runs(self):
        expect(self.process.poll() is None, f"the chapter has ended\n{self.text()}")
        return "Grove is running" in self.text()

    def text(self):
        return (self.folder / "said").read_text()

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

    def sign_in(self, netid):
        return self.send("POST", "/session", {"username": netid, "password": PASSWORD})["token"]
