#!/usr/bin/env -S python3 -B
"""Tests the chapter on a swarm of this one machine: deploys, restores what was deleted, updates and replaces secrets
under requests, rolls back what does not start, and leaves the swarm. Needs Docker that is in no swarm, and the
images of `make images` (GROVE_IMAGES names others).

Visitors come through Caddy, a container beside the stack: the routing mesh needs IPVS, which not every kernel has.
"""

import http.client
import json
import os
import pathlib
import subprocess
import tempfile
import threading
import time

from stack import PASSWORD, ROOT, expect, free_port, run, secret_variables
from tls import image_of_caddy

PROXY = """{
	admin off
	auto_https off
}
:8000 {
	reverse_proxy {
		dynamic a gateway 8000 {
			refresh 1s
		}
		lb_try_duration 10s
		lb_try_interval 50ms
	}
}
:5000 {
	reverse_proxy {
		dynamic a frontend 5000 {
			refresh 1s
		}
		lb_try_duration 10s
	}
}
"""
STACK = "grove-swarm"
REPLICAS = os.environ.get("REPLICAS", "2")


class Swarm:
    def __init__(self, folder):
        self.folder, self.site, self.api = pathlib.Path(folder), free_port(), free_port()
        self.env = os.environ | {
            "GROVE_DATA": str(self.folder / "data"), "FRONTEND_PORT": str(self.site), "GATEWAY_PORT": str(self.api),
            "SITE_URL": f"http://localhost:{self.site}", "REPLICAS": REPLICAS, "RESOLVE_IMAGE": "never",
            "PUBLISH": ""}

    def deploy(self, **more):
        return run(ROOT / "deploy/swarm/deploy.sh", STACK, env=self.env | more)

    def restore(self, *at):
        return subprocess.run([ROOT / "deploy/swarm/restore.sh", *(at or [""]), STACK], env=self.env | {"YES": "1"},
                              text=True, capture_output=True)

    def delete(self, *names):
        """Of the folder: what belongs to the users of containers."""
        image = os.environ.get("GROVE_MYSQL_IMAGE", "mysql:9")
        run("docker", "run", "--rm", "--user", "0", "--entrypoint", "rm", "--volume", f"{self.folder}:/folder", image,
            "-rf", *(f"/folder/{name}" for name in names), check=False)

    def wait_for_its_end(self):
        """A database whose files are deleted before it has ended never ends."""
        deadline = time.monotonic() + 90
        mine = ("--quiet", "--filter", f"label=com.docker.stack.namespace={STACK}")
        while time.monotonic() < deadline and run("docker", "ps", *mine):
            time.sleep(0.5)

    def proxy(self):
        (self.folder / "Caddyfile").write_text(PROXY)
        self.folder.chmod(0o755)
        name = f"{STACK}-proxy"
        run("docker", "create", "--name", name, "--user", "10001", "-e", "XDG_DATA_HOME=/tmp", "-p",
            f"127.0.0.1:{self.api}:8000", "-p", f"127.0.0.1:{self.site}:5000", "-v",
            f"{self.folder}/Caddyfile:/Caddyfile:ro", image_of_caddy(), "caddy", "run", "--config", "/Caddyfile",
            "--adapter", "caddyfile")
        run("docker", "network", "connect", f"{STACK}_edge", name)
        run("docker", "start", name)
        deadline = time.monotonic() + 30
        while subprocess.run(["curl", "-so", "/dev/null", f"http://127.0.0.1:{self.api}/"]).returncode:
            expect(time.monotonic() < deadline, "the proxy does not start")
            time.sleep(0.2)

    def services(self):
        return run("docker", "stack", "services", "--format", "{{.Name}} {{.Replicas}}", STACK).splitlines()

    def containers(self, service):
        """Of the tasks that run."""
        return run("docker", "ps", "--quiet", "--filter", f"label=com.docker.swarm.service.name={STACK}_{service}").split()

    def send(self, method, path, body=None, headers=(), connection=None):
        own = connection or http.client.HTTPConnection("127.0.0.1", self.api, timeout=30)
        own.request(method, path, None if body is None else json.dumps(body),
                    {"Content-Type": "application/json", **dict(headers)})
        answer = own.getresponse()
        text = answer.read().decode()
        if not connection:
            own.close()
        return answer.status, text


class Requests:
    """Requests by some clients for as long as the block runs: on new connections, or each on one that it keeps.
    Who keeps one asks again on another when it was closed before an answer began, as every client does."""

    def __init__(self, swarm, what, headers, keeps, clients=4):
        self.swarm, self.what, self.headers, self.keeps = swarm, what, headers, keeps
        self.answered, self.again, self.failed, self.over = 0, 0, [], threading.Event()
        self.threads = [threading.Thread(target=self.ask) for _ in range(clients)]

    def ask(self):
        connection, used = None, False
        while not self.over.is_set():
            if self.keeps and connection is None:
                connection, used = http.client.HTTPConnection("127.0.0.1", self.swarm.api, timeout=30), False
            try:
                status, text = self.swarm.send("GET", "/quotes", None, self.headers, connection)
            except OSError as cause:
                if used:
                    self.again += 1
                else:
                    self.failed.append(repr(cause))
                connection = None
                continue
            used = True
            if status == 200:
                self.answered += 1
            else:
                self.failed.append(f"{status} {text[:200]}")

    def __enter__(self):
        for thread in self.threads:
            thread.start()

    def __exit__(self, kind, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()
        if not kind:
            print(f"  {self.what}: {self.answered} requests, {len(self.failed)} failed, {self.again} asked again on "
                  "another connection", flush=True)
            expect(self.answered and not self.failed, f"{self.what}: {self.failed[:3]}")


def everything_is_healthy(swarm):
    for line in swarm.services():
        name, replicas = line.split()[:2]
        have, want = replicas.split("/")
        expect(have == want and want == ("1" if name.endswith(("_mysql", "_backup")) else REPLICAS), line)


def tasks_may_do_little(swarm):
    for line in swarm.services():
        name = line.split()[0].removeprefix(f"{STACK}_")
        for container in swarm.containers(name):
            found = json.loads(run("docker", "inspect", container))[0]
            host, config = found["HostConfig"], found["Config"]
            for fact, holds in {
                "a user": config["User"].split(":")[0] in ("10001", "999"),
                "a read-only root": host["ReadonlyRootfs"],
                "no capabilities": host["CapDrop"] == ["ALL"] and not host["CapAdd"],
                "a memory limit": host["Memory"] > 0,
                "a process limit": host["PidsLimit"] > 0,
                "health": found["State"]["Health"]["Status"] == "healthy",
                "no secret in the environment": not secret_variables(config["Env"]),
            }.items():
                expect(holds, f"{name} does not have {fact}")


def sign_in(swarm, headers):
    status, text = swarm.send("POST", "/session", {"username": "admin", "password": PASSWORD}, headers)
    expect(status == 200, text)
    return json.loads(text)["token"]


def what_was_deleted_is_restored(swarm, headers):
    def say(quote):
        status, text = swarm.send("POST", "/quotes", {"author": "admin", "source": "admin", "text": quote}, headers)
        expect(status == 200, text)

    say("in the full backup")
    run("docker", "exec", swarm.containers("backup")[0], "bash", "/backup/backup.sh", "now")
    say("in the logs alone")
    time.sleep(1)  # what may be lost, docs/backups.md says
    folder = swarm.folder / "data"
    before = (folder / "mysql").stat().st_ino, sorted(folder.glob("mysql*"))
    refused = swarm.restore("2001-01-01 00:00:00")
    expect(refused.returncode and "Nothing was replaced" in refused.stderr, refused.stdout + refused.stderr)
    expect(before == ((folder / "mysql").stat().st_ino, sorted(folder.glob("mysql*"))), "a failed restore changes something")
    swarm.delete("data/mysql")
    begin = time.monotonic()
    done = swarm.restore()
    expect(done.returncode == 0, done.stdout + done.stderr)
    print(f"  everything runs again in {time.monotonic() - begin:.0f} s", flush=True)
    headers["Token"] = sign_in(swarm, headers)
    status, text = swarm.send("GET", "/quotes", headers=headers)
    expect(status == 200 and "in the full backup" in text and "in the logs alone" in text, text)


def update(swarm, service, *how):
    run("docker", "service", "update", "--quiet", *how, f"{STACK}_{service}", env=swarm.env)


def updates_fail_no_request(swarm, headers):
    for service in ("quotes", "auth", "gateway"):
        before = set(swarm.containers(service))
        for keeps in (False, True):
            how = "kept connections" if keeps else "new connections"
            with Requests(swarm, f"update of {service}, {how}", headers, keeps):
                update(swarm, service, "--force")
        expect(not before & set(swarm.containers(service)), f"{service} was not replaced")


def what_does_not_start_is_rolled_back(swarm, headers):
    with Requests(swarm, "update of quotes to what does not start", headers, False):
        update(swarm, "quotes", "--update-monitor", "5s", "--env-add", "DATABASE_URL_FILE=/missing")
    state = json.loads(run("docker", "service", "inspect", f"{STACK}_quotes"))[0]
    expect(state["UpdateStatus"]["State"] == "rollback_completed", state["UpdateStatus"])
    expect("/missing" not in json.dumps(state["Spec"]), "the wrong setting stays")


def secrets_are_replaced_and_fail_no_request(swarm, headers):
    names = lambda: set(run("docker", "secret", "ls", "--format", "{{.Name}}").split())
    before = names()
    begin = time.monotonic()
    with Requests(swarm, "replacing every secret", headers, False):
        swarm.deploy(ROTATE="identity-keys database-passwords website")
    left = ("pin-key", "machine-token", "root-password")
    kept = [name for name in before & names() if not any(word in name for word in left)]
    expect(not kept and len(names()) == len(before), f"not replaced: {kept}")
    print(f"  replaced in {time.monotonic() - begin:.0f} s")


def main():
    expect(run("docker", "info", "--format", "{{.Swarm.LocalNodeState}}").strip() == "inactive", "this machine is in a swarm")
    run("docker", "swarm", "init", "--advertise-addr", "127.0.0.1")
    try:
        with tempfile.TemporaryDirectory(prefix="grove-swarm-") as folder:
            swarm = Swarm(folder)
            try:
                test(swarm)
            except BaseException:
                print(run("docker", "stack", "ps", "--no-trunc", STACK, check=False))
                raise
            finally:
                run("docker", "rm", "--force", f"{STACK}-proxy", check=False)
                run("docker", "stack", "rm", "--detach=false", STACK, check=False)
                swarm.wait_for_its_end()
                swarm.delete("data", "data-backups")
    finally:
        run("docker", "network", "rm", f"{STACK}_setup", check=False)
        run("docker", "swarm", "leave", "--force", check=False)


def test(swarm):
    begin = time.monotonic()
    said = swarm.deploy()
    print(f"the stack comes up in {time.monotonic() - begin:.0f} s", flush=True)
    everything_is_healthy(swarm)
    tasks_may_do_little(swarm)
    print("every task is healthy and may do little", flush=True)
    swarm.proxy()
    gateway = swarm.containers("gateway")[0]
    token = run("docker", "exec", gateway, "/usr/local/bin/grove-gateway", "--register-client", "kiosk").strip()
    headers = {"Authorization": token}
    link = said.split("token=")[1].split()[0]
    status, text = swarm.send("POST", "/password/link", {"token": link, "password": PASSWORD}, headers)
    expect(status == 200, text)
    headers["Token"] = sign_in(swarm, headers)
    page = subprocess.run(["curl", "-sf", f"http://127.0.0.1:{swarm.site}/"], text=True, capture_output=True).stdout
    expect("<html" in page, "the website does not answer")
    print("the first officer signs in", flush=True)
    what_was_deleted_is_restored(swarm, headers)
    everything_is_healthy(swarm)
    print("what was deleted is restored from the backups", flush=True)
    updates_fail_no_request(swarm, headers)
    print("updates fail no request", flush=True)
    what_does_not_start_is_rolled_back(swarm, headers)
    print("what does not start is rolled back", flush=True)
    secrets_are_replaced_and_fail_no_request(swarm, headers)
    everything_is_healthy(swarm)
    print("secrets are replaced and fail no request", flush=True)


main()
