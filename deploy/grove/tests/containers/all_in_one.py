#!/usr/bin/env -S python3 -B
"""Tests the chapter in one container beside MySQL (deploy/compose.all-in-one.yaml): it comes up, may do little, sees
its own secrets alone, its first officer signs in, it is small, and ends when it is told to. Needs Docker and the
images `setup` and `grove` (GROVE_IMAGES names others).
"""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from stack import PASSWORD, ROOT, Person, expect, free_port, run

PROJECT = "grove-all"
ARGUMENTS = ["--project-directory", ".", "-f", "deploy/compose.all-in-one.yaml"]
# MiB
MEMORY = 150


class Chapter:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="grove-all-"))
        for name in ["compose.yaml", "deploy/backup", "deploy/docker/mysql", *(path.relative_to(ROOT) for path in (ROOT / "deploy").glob("compose.*"))]:
            target = self.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if (ROOT / name).is_dir() else shutil.copy2)(ROOT / name, target)
        self.site, self.api = free_port(), free_port()
        self.env = os.environ | {
            "COMPOSE_PROJECT_NAME": PROJECT, "FRONTEND_PORT": str(self.site), "GATEWAY_PORT": str(self.api),
            "SITE_URL": f"http://localhost:{self.site}", "API_URL": f"http://localhost:{self.api}"}

    def compose(self, *arguments, check=True):
        return run("docker", "compose", *ARGUMENTS, *arguments, folder=self.folder, env=self.env, check=check)

    def inspect(self, name):
        return json.loads(run("docker", "inspect", self.compose("ps", "-aq", name).strip()))[0]

    def remove(self):
        self.compose("down", "--volumes", check=False)
        run("docker", "run", "--rm", "--user", "0", "--entrypoint", "rm", "--volume", f"{self.folder}:/folder",
            os.environ.get("GROVE_MYSQL_IMAGE", "mysql:9"), "-rf", "/folder/data", "/folder/data-backups", check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


def the_quote_is_in_the_backups(chapter, officer):
    before = officer.does("GET", "/quotes")["data"]
    chapter.compose("exec", "-T", "backup", "bash", "/backup/backup.sh", "now")
    begin = time.monotonic()
    run("deploy/backup/restore-chapter.sh", folder=chapter.folder,
        env=chapter.env | {"YES": "1", "COMPOSE_ARGUMENTS": " ".join(ARGUMENTS)})
    print(f"restored in {time.monotonic() - begin:.1f} s", flush=True)
    expect(before and officer.does("GET", "/quotes")["data"] == before, "the quote was not restored")


def test(chapter):
    begin = time.monotonic()
    chapter.compose("up", "--detach", "--no-build", "--wait")
    print(f"up in {time.monotonic() - begin:.1f} s", flush=True)
    found = chapter.inspect("chapter")
    host = found["HostConfig"]
    expect(found["Config"]["User"] == "10001:10001" and host["ReadonlyRootfs"], "the user or the root")
    expect(host["CapDrop"] == ["ALL"] and "no-new-privileges:true" in host["SecurityOpt"], "rights")
    sources = [mount["Source"] for mount in found["Mounts"]]
    expect(not any(path.endswith(("secrets/setup", "secrets/mysql", "/secrets")) for path in sources), sources)
    shell = subprocess.run(["docker", "run", "--rm", "--entrypoint", "/bin/sh", found["Image"], "-c", "true"], capture_output=True)
    expect(shell.returncode != 0, "the image has a shell")
    link = chapter.compose("logs", "--no-log-prefix", "setup").split("token=")[-1].split()[0]
    secret = chapter.compose("run", "--rm", "--no-TTY", "--volume", f"{chapter.folder}/data/secrets/setup:/setup:ro", "--env",
                             "DATABASE_URL_FILE=/setup/database-url", "chapter", "client", "add", "kiosk")
    token = max(secret.split(), key=len)
    client = Person(chapter, token)
    client.does("POST", "/password/link", {"token": link, "password": PASSWORD})
    officer = client.sign_in("admin")
    officer.does("POST", "/quotes", {"text": "It was like this.", "source": "admin", "author": "admin"})
    page = run("curl", "-sf", f"http://127.0.0.1:{chapter.site}/quotes", check=False) or \
        run("curl", "-sf", f"http://127.0.0.1:{chapter.site}/")
    expect("<html" in page, page[:200])
    for line in chapter.compose("logs", "--no-log-prefix", "chapter").splitlines():
        expect("service" in json.loads(line), line)
    time.sleep(20)
    status = pathlib.Path(f"/proc/{found['State']['Pid']}/status").read_text()
    resident, own = (int(status.split(f"{name}:")[1].split()[0]) / 1024 for name in ("VmRSS", "RssAnon"))
    counted = run("docker", "stats", "--no-stream", "--format", "{{.MemUsage}}", found["Id"]).split("/")[0].strip()
    print(f"idle: {resident:.1f} MiB resident, {own:.1f} of them its own; Docker counts {counted}", flush=True)
    expect(resident <= MEMORY, f"{resident} MiB")
    the_quote_is_in_the_backups(chapter, officer)
    begin = time.monotonic()
    chapter.compose("stop", "chapter")
    state = chapter.inspect("chapter")["State"]
    expect(state["ExitCode"] == 0, state)
    print(f"ends in {time.monotonic() - begin:.1f} s", flush=True)


def main():
    chapter = Chapter()
    try:
        test(chapter)
    except BaseException:
        print(chapter.compose("logs", "--tail", "20", check=False))
        raise
    finally:
        chapter.remove()


main()
