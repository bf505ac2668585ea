"""A stack of containers in a folder of its own, and people who use it over HTTP."""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[4]
PROJECT = "grove-test"
PASSWORD = "purple otters juggle teacups"
FILES = ["compose.yaml", "deploy/grove/tests/containers/compose.yaml"]


def run(*command, folder=ROOT, env=None, check=True):
    """What a command prints; it has to succeed unless `check` says otherwise."""
    done = subprocess.run(command, cwd=folder, env=env, text=True, capture_output=True)
    if check and done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def expect(condition, message):
    if not condition:
        raise SystemExit(f"FAILED: {message}")


def secret_variables(environment):
    """The variables of a container that seem to hold a secret, rather than where one lies."""
    words = ("PASSWORD", "SECRET", "KEY", "TOKEN", "DATABASE_URL")
    names = [variable.split("=", 1)[0] for variable in environment]
    return [name for name in names if "_FILE" not in name and any(word in name for word in words)]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Stack:
    """A copy of the checkout, so that a test can edit it, with data, ports and images of its own."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="grove-test-"))
        for name in run("git", "ls-files", "-co", "--exclude-standard").splitlines():
            if (ROOT / name).is_file():
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.folder / name)
        self.site, self.api = free_port(), free_port()
        self.env = os.environ | {
            "COMPOSE_PROJECT_NAME": PROJECT,
            "COMPOSE_FILE": ":".join(FILES),
            "GROVE_IMAGES": PROJECT,
            "FRONTEND_PORT": str(self.site),
            "GATEWAY_PORT": str(self.api),
            "SITE_URL": f"http://localhost:{self.site}",
            "API_URL": f"http://localhost:{self.api}",
        }

    def compose(self, *arguments, check=True):
        return run("docker", "compose", *arguments, folder=self.folder, env=self.env, check=check)

    def build_and_start(self):
        """`up` as everybody types it, without the name of a service; returns how long the compiler ran, in s."""
        done = subprocess.run(["docker", "compose", "--progress", "plain", "up", "--detach", "--build", "--wait"],
                              cwd=self.folder, env=self.env, text=True, capture_output=True)
        said = done.stdout + done.stderr
        if done.returncode != 0:
            raise SystemExit(said)
        compilers = re.findall(r"^#(\d+) .*cargo build .*--bin", said, re.M)
        times = re.findall(rf"^#(?:{'|'.join(compilers) or 'none'}) DONE ([0-9.]+)s", said, re.M)
        return max(map(float, times), default=0.0)

    def services(self):
        return self.compose("config", "--services").split()

    def inspect(self, service):
        container = self.compose("ps", "--all", "--quiet", service).strip()
        return json.loads(run("docker", "inspect", container))[0]

    def image(self, service):
        return json.loads(run("docker", "image", "inspect", self.inspect(service)["Image"]))[0]

    def client(self, user, password, statement):
        return subprocess.run(
            ["docker", "compose", "exec", "-T", "-e", f"MYSQL_PWD={password}", "mysql", "sh", "-c",
             'client=$(command -v mysql || command -v mariadb); exec "$client" -h 127.0.0.1 -N -u "$1" -e "$2"',
             "sh", user, statement],
            cwd=self.folder, env=self.env, text=True, capture_output=True)

    def opens(self, user, password):
        return self.client(user, password, "SELECT 1").returncode == 0

    def sql(self, statement, owner=None):
        """Runs SQL as root, or as a service; tells whether it was allowed, and what came back."""
        secrets = self.folder / "data/secrets"
        if owner:
            url = (secrets / owner / "database-url").read_text()
            user, password = url.removeprefix("mysql://").split("@")[0].split(":")
        else:
            user, password = "root", (secrets / "mysql/root-password").read_text()
        done = self.client(user, password.strip(), statement)
        return done.returncode == 0, done.stdout.strip()

    def link(self):
        """The token of the first officer's link."""
        return self.compose("logs", "--no-log-prefix", "setup").split("token=")[-1].split()[0]

    def mail(self, netid, text):
        """A mail to someone with these words, as soon as it is there."""
        for _ in range(150):
            for file in sorted((self.folder / "data/mail").glob(f"*-{netid}@*")):
                if text in file.read_text():
                    return file.read_text()
            time.sleep(0.1)
        raise SystemExit(f"no mail to {netid} with {text!r}")

    def remove(self):
        self.compose("down", "--volumes", check=False)
        # The database's files belong to its user.
        image = self.env.get("GROVE_MYSQL_IMAGE", "mysql:9")
        run("docker", "run", "--rm", "--user", "0", "--entrypoint", "rm", "--volume", f"{self.folder}:/folder",
            image, "-rf", "/folder/data", check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


class Person:
    """Someone who calls the API through a client application, signed in or not."""

    def __init__(self, stack, token, session=None):
        self.stack, self.token, self.session = stack, token, session

    def send(self, method, path, body=None, key=None):
        headers = {"Authorization": self.token, "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        if self.session:
            headers["Token"] = self.session
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.stack.api}{path}", method=method, headers=headers,
            data=None if body is None else json.dumps(body).encode())
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()

    def does(self, method, path, body=None):
        status, answer = self.send(method, path, body)
        if status != 200:
            raise SystemExit(f"{method} {path}: {status} {answer}")
        return answer

    def sign_in(self, netid):
        answer = self.does("POST", "/session", {"username": netid, "password": PASSWORD})
        return Person(self.stack, self.token, answer["token"])
