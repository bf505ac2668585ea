#!/usr/bin/env -S python3 -B
"""Tests the chapter in containers: builds, starts, inspects, uses, replaces, stops. Needs Docker.

With KEEP=1 the stack stays in its folder when a check has failed.
"""

import itertools
import json
import os
import subprocess
import threading
import time

import reach
from stack import PASSWORD, PROJECT, ROOT, Person, Stack, expect, run, secret_variables

ONE_SHOT = "secrets"
SCHEMAS = sorted(folder.name for folder in (ROOT / "migrations").iterdir())
APPEND_ONLY = ["entries", "transactions", "seals"]
figures = {}


def the_stack_comes_up(stack):
    begin = time.monotonic()
    stack.compose("build")
    figures["build, s"] = round(time.monotonic() - begin, 1)
    begin = time.monotonic()
    stack.compose("up", "--detach", "--wait")
    figures["up to healthy, database made, s"] = round(time.monotonic() - begin, 1)
    checks = stack.inspect("mysql")["State"]["Health"]["Log"]
    ready = min(check["End"] for check in checks if check["ExitCode"] == 0)
    script = f"$(($(date +%s%3N) - $(date -d {ready} +%s%3N)))"
    figures["database ready to all healthy, ms"] = int(run("bash", "-c", f"echo {script}"))


def containers_are_hardened(stack):
    published = 0
    for service in stack.services():
        found = stack.inspect(service)
        host, config = found["HostConfig"], found["Config"]
        published += sum(bool(ports) for ports in (host["PortBindings"] or {}).values())
        facts = {
            "no new privileges": "no-new-privileges:true" in host["SecurityOpt"],
            "no capabilities": host["CapDrop"] == ["ALL"] and (service == "secrets" or not host["CapAdd"]),
            "a read-only root": host["ReadonlyRootfs"],
            "a user": service == "secrets" or config["User"].split(":")[0] not in ("", "0", "root"),
            "a memory limit": host["Memory"] > 0,
            "a process limit": (host["PidsLimit"] or 0) > 0,
            "a processor limit": host["NanoCpus"] > 0,
            "log rotation": "max-size" in host["LogConfig"]["Config"],
            "namespaces of its own": "host" not in (host["NetworkMode"], host["PidMode"], host["IpcMode"]),
            "no Docker socket": not any("docker.sock" in mount["Source"] for mount in found["Mounts"]),
            "health": service == ONE_SHOT or found["State"]["Health"]["Status"] == "healthy",
            "no secret in the environment": not secret_variables(config["Env"]),
        }
        for fact, holds in facts.items():
            expect(holds, f"{service} does not have {fact}")
        if service not in ("mysql", "backup"):
            image = stack.image(service)
            expect(image["Size"] <= 40_000_000, f"the image of {service} has {image['Size']} bytes")
            figures[f"image of {service}, MB"] = round(image["Size"] / 1e6, 1)
            shell = subprocess.run(["docker", "run", "--rm", "--entrypoint", "/bin/sh", image["Id"], "-c", "true"],
                                   capture_output=True)
            expect(shell.returncode != 0, f"the image of {service} has a shell")
    expect(published == 2, f"{published} ports are published")
    expect((stack.folder / "data/secrets").stat().st_mode & 0o777 == 0o700, "others may read data/secrets")


def each_service_has_its_own_schema(stack):
    ok, users = stack.sql("SELECT user FROM mysql.user WHERE user LIKE 'grove%' ORDER BY user")
    expect(ok and users.split() == sorted(f"grove_{owner}" for owner in [*SCHEMAS, "backup"]), f"accounts: {users}")
    for owner in SCHEMAS:
        ok, _ = stack.sql("SELECT COUNT(*) FROM _sqlx_migrations".replace("_sqlx", f"grove_{owner}._sqlx"), owner)
        expect(ok, f"{owner} does not reach its schema")
        other = "users" if owner == "auth" else "auth"
        for statement in [f"SELECT * FROM grove_{other}._sqlx_migrations", f"CREATE TABLE grove_{other}.t (i INT)",
                          f"CREATE TABLE grove_{owner}.t (i INT)", f"DROP TABLE grove_{owner}._sqlx_migrations",
                          f"DELETE FROM grove_{owner}._sqlx_migrations",
                          "CREATE USER someone", f"GRANT ALL ON grove_{other}.* TO grove_{owner}",
                          "SELECT 1 INTO OUTFILE '/tmp/x'", "SELECT * FROM mysql.user"]:
            ok, _ = stack.sql(statement, owner)
            expect(not ok, f"{owner} may: {statement}")
    for table in APPEND_ONLY:
        ok, _ = stack.sql(f"SELECT 1 FROM grove_credits.{table} LIMIT 1", "credits")
        expect(ok, f"credits does not read {table}")
        _, column = stack.sql("SELECT column_name FROM information_schema.columns "
                              f"WHERE table_schema = 'grove_credits' AND table_name = '{table}' LIMIT 1")
        for statement in (f"DELETE FROM grove_credits.{table}", f"UPDATE grove_credits.{table} SET {column} = {column}"):
            ok, _ = stack.sql(statement, "credits")
            expect(not ok, f"credits may: {statement}")


def containers_reach_only_what_is_listed(stack):
    wrong, tried = reach.check(stack, [name for name in stack.services() if name != ONE_SHOT])
    figures["connections tried"] = tried
    expect(not wrong, "; ".join(wrong))


def someone_joins_and_others_vote(stack):
    token = stack.compose("exec", "-T", "gateway", "/usr/local/bin/grove-gateway", "--register-client", "kiosk").strip()
    client = Person(stack, token)
    officer_token = stack.link()
    chosen = {"token": officer_token, "password": PASSWORD}
    client.does("POST", "/password/link", chosen)
    expect(client.send("POST", "/password/link", chosen)[0] == 404, "the officer's link works twice")
    officer = client.sign_in("admin")
    client.does("POST", "/users", {"first_name": "Nova", "last_name": "Reed", "netid": "nreed2", "uin": "612345678"})
    link = stack.mail("nreed2", "token=").split("token=")[1].split()[0]
    client.does("POST", "/password/link", {"token": link, "password": PASSWORD})
    officer.does("PUT", "/users/nreed2/paid", {})
    member = client.sign_in("nreed2")
    member.does("POST", "/quotes", {"text": "It was like this.", "source": "admin", "author": "nreed2"})
    quote = officer.does("GET", "/quotes")["data"][0]["id"]
    officer.does("PUT", f"/quotes/{quote}/approve")
    officer.does("POST", f"/quotes/{quote}/vote", {})
    expect(member.does("GET", "/quotes")["data"][0]["votes"] == 1, "the vote does not count")
    stack.mail("nreed2", "Thanks for your membership payment")
    return member


class Requests:
    """Requests by some clients at once for as long as the block runs, some of which transfer credits; none may fail,
    and each transfer happens once."""

    def __init__(self, person, what, clients=4, givers=0):
        self.person, self.what, self.givers = person, what, givers
        self.answered, self.given, self.slowest, self.failed, self.over = [], [], 0.0, [], threading.Event()
        self.threads = [threading.Thread(target=self.ask) for _ in range(clients)]
        self.threads += [threading.Thread(target=self.give, args=(giver,)) for giver in range(givers)]

    def send(self, answered, *request):
        begin = time.monotonic()
        try:
            status, answer = self.person.send(*request)
        except OSError as cause:
            status, answer = 0, cause
        self.slowest = max(self.slowest, time.monotonic() - begin)
        (answered if status == 200 else self.failed).append((status, str(answer)[:200]))

    def ask(self):
        while not self.over.is_set():
            self.send(self.answered, "GET", "/quotes")

    def give(self, giver):
        for number in itertools.count():
            if self.over.is_set():
                return
            gift = {"to": "admin", "amount": 1, "description": self.what}
            self.send(self.given, "POST", "/credits/transfers", gift, f"{self.what} {giver}-{number}")

    def balance(self):
        return self.person.does("GET", "/credits/users/nreed2")["balance"]

    def __enter__(self):
        self.before = self.givers and self.balance()
        for thread in self.threads:
            thread.start()

    def __exit__(self, kind, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()
        if not kind:
            figures[f"requests during {self.what}"] = len(self.answered) + len(self.given)
            figures[f"the slowest during {self.what}, s"] = round(self.slowest, 2)
            expect(self.answered, f"nothing was asked during {self.what}")
            expect(not self.failed, f"{len(self.failed)} requests failed during {self.what}: {self.failed[:3]}")
            if self.givers:
                expect(self.given, f"nothing was transferred during {self.what}")
                spent = self.before - self.balance()
                expect(spent == len(self.given), f"{spent} credits were spent in {len(self.given)} transfers")


def an_edit_replaces_one_container_and_fails_no_request(stack, member):
    services = stack.services()
    before = {name: stack.inspect(name) for name in services}
    source = stack.folder / "services/quotes/src/config.rs"
    source.write_text(source.read_text().replace("members overheard", "members have overheard"))
    with Requests(member, "an edit of quotes"):
        begin = time.monotonic()
        compiled = stack.build_and_start()
        took = time.monotonic() - begin
    figures["edit of quotes: compiler, s"] = compiled
    figures["edit of quotes: to healthy beyond that, s"] = round(took - compiled, 1)
    after = {name: stack.inspect(name) for name in services}
    for key in ("Id", "Image"):
        changed = [name for name in services if before[name][key] != after[name][key]]
        expect(changed == ["quotes"], f"containers with another {key}: {changed}")
    begin = time.monotonic()
    stack.build_and_start()
    figures["up --build again with nothing to do, s"] = round(time.monotonic() - begin, 1)


def replicas_share_the_load_and_each_may_die(stack, member):
    gift = {"netid": "nreed2", "amount": 100_000, "description": "to be given away"}
    member.sign_in("admin").does("POST", "/credits/transactions", gift)
    names = ("quotes", "credits")
    stack.compose("up", "--detach", "--wait", *(f"--scale={name}=3" for name in names))
    replicas = {name: stack.compose("ps", "--quiet", name).split() for name in names}
    idle, deadline = replicas["quotes"], time.monotonic() + 30
    while idle:
        expect(time.monotonic() < deadline, f"replicas of quotes that are asked nothing: {idle}")
        for _ in range(30):
            member.does("GET", "/quotes")
        idle = [container for container in idle if not reach.answers_of(stack, container, 9494, "/quotes")]
    with Requests(member, "the death of six replicas", givers=2):
        for container in sum(replicas.values(), []):
            run("docker", "kill", container)
            time.sleep(1)
            run("docker", "start", container)
            wait_until_healthy(container)
    stack.compose("up", "--detach", "--wait")


def wait_until_healthy(container):
    deadline = time.monotonic() + 30
    while json.loads(run("docker", "inspect", container))[0]["State"]["Health"]["Status"] != "healthy":
        expect(time.monotonic() < deadline, f"{container} does not become healthy")
        time.sleep(0.2)


def secrets_are_replaced_and_fail_no_request(stack, member):
    names = [f"{owner}/{name}" for owner in SCHEMAS for name in ("identity-key", "database-url")]
    names += ["frontend/gateway-token", "frontend/site-secret"]
    read = lambda: {name: (stack.folder / "data/secrets" / name).read_text() for name in names}
    before, containers = read(), {name: stack.inspect(name)["State"]["StartedAt"] for name in stack.services()}
    with Requests(member, "a rotation"):
        stack.compose("run", "--rm", "--no-TTY", "secrets", "secrets", "/data",
                      "--rotate", "identity-keys", "--rotate", "database-passwords", "--rotate", "website")
        stack.compose("restart", "setup")
        stack.compose("up", "--detach", "--wait")
        time.sleep(3)
        # Only new connections need the new password, and more requests at once need more of them.
        with Requests(member, "the first use of new passwords", 12):
            time.sleep(3)
        # Ends the old passwords.
        stack.compose("restart", "setup")
        stack.compose("up", "--detach", "--wait")
        time.sleep(2)
    after = read()
    expect(not [name for name in names if before[name] == after[name]], "a secret was not replaced")
    restarted = [name for name, since in containers.items()
                 if name not in (ONE_SHOT, "setup") and stack.inspect(name)["State"]["StartedAt"] != since]
    expect(not restarted, f"restarted: {restarted}")
    password = before["quotes/database-url"].split("@")[0].split(":")[-1]
    expect(not stack.opens("grove_quotes", password), "the old password still opens the schema")


def the_program_is_built_when_it_is_used(stack):
    begin = time.monotonic()
    stack.compose("build", "grove")
    figures["build of the grove program, s"] = round(time.monotonic() - begin, 1)
    clients = stack.compose("run", "--rm", "--no-TTY", "grove", "client", "list")
    expect("kiosk" in clients, f"the grove program lists other clients: {clients}")
    doctor = ("run", "--rm", "--no-TTY", "grove", "doctor")
    healthy = stack.compose(*doctor, check=False)
    expect("WRONG" not in healthy and "backups: a full one" in healthy, f"the doctor finds: {healthy}")
    stack.compose("stop", "quotes")
    sick = stack.compose(*doctor, check=False)
    expect(sick.count("WRONG") == 1 and "WRONG quotes does not answer" in sick, f"the doctor finds: {sick}")
    stack.compose("up", "--detach", "--wait", "--no-deps", "quotes")
    size = json.loads(run("docker", "image", "inspect", f"{PROJECT}/grove"))[0]["Size"]
    figures["image of grove, MB"] = round(size / 1e6, 1)
    expect(size <= 64_000_000, f"the image of grove has {size} bytes")


def idle_memory_is_small(stack):
    total = 0.0
    for line in run("docker", "stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}").splitlines():
        name, used = line.split()[:2]
        if name.startswith(PROJECT) and "mysql" not in name:
            total += float(used.removesuffix("MiB")) if used.endswith("MiB") else float(used[:-3]) / 1024
    figures["memory of all but the database, MiB"] = round(total, 1)
    expect(total <= 150, f"{total} MiB of memory")


def data_outlives_the_containers(stack, member):
    begin = time.monotonic()
    stack.compose("down", "--volumes")
    figures["down, s"] = round(time.monotonic() - begin, 1)
    begin = time.monotonic()
    stack.compose("up", "--detach", "--wait")
    figures["up again with data, s"] = round(time.monotonic() - begin, 1)
    expect(member.does("GET", "/quotes")["data"][0]["votes"] == 1, "the vote is gone")
    expect("Officers sign in there" in stack.compose("logs", "setup"), "a link for an officer who has a password")


def nothing_stays_but_data(stack, files):
    stack.compose("down", "--volumes")
    for what in (["ps", "--all"], ["network", "ls"], ["volume", "ls"]):
        left = run("docker", *what, "--quiet", "--filter", f"label=com.docker.compose.project={PROJECT}")
        expect(not left, f"docker {what[0]} shows {left}")
    expect({path.name for path in stack.folder.iterdir()} == files | {"data", "data-backups"}, "files were left behind")


def main():
    stack = Stack()
    files = {path.name for path in stack.folder.iterdir()}
    succeeded = False
    try:
        for step in (the_stack_comes_up, containers_are_hardened, each_service_has_its_own_schema,
                     containers_reach_only_what_is_listed):
            print(step.__name__.replace("_", " "), flush=True)
            step(stack)
        print("someone joins and others vote", flush=True)
        member = someone_joins_and_others_vote(stack)
        for step in (an_edit_replaces_one_container_and_fails_no_request, replicas_share_the_load_and_each_may_die,
                     secrets_are_replaced_and_fail_no_request, data_outlives_the_containers):
            print(step.__name__.replace("_", " "), flush=True)
            step(stack, member)
        for step in (the_program_is_built_when_it_is_used, idle_memory_is_small):
            print(step.__name__.replace("_", " "), flush=True)
            step(stack)
        print("nothing stays but data", flush=True)
        nothing_stays_but_data(stack, files)
        succeeded = True
    finally:
        if not succeeded and os.environ.get("KEEP") == "1":
            print(f"The stack {PROJECT} stays in {stack.folder}")
        else:
            if not succeeded:
                print(stack.compose("logs", "--no-color", "--tail", "15", check=False))
            stack.remove()
        for figure, value in figures.items():
            print(f"  {figure:40} {value}")


main()
