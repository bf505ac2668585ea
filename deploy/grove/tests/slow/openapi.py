#!/usr/bin/env python3
"""Asks the API everything that its description says can be asked, once as each kind of person, with the examples that
it gives and with values at and beyond each limit (schemathesis). No answer may be a 5xx or one that the description
does not know. Called by `make test-slow`; `openapi.py --brief`, the examples alone as an admin, by `make test-api`."""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import urllib.request

from chapter import LIMIT, TARGET, Chapter, Database

TOOLS = TARGET.parent / "tools" / "openapi" / "bin"
# What is not looked at: an answer may say no to what the description allows, and old clients may send more than it says.
UNCHECKED = ["response_headers_conformance", "negative_data_rejection", "positive_data_acceptance", "missing_required_header",
             "unsupported_method", "allow_header_conformance", "use_after_free", "ensure_resource_availability",
             "ignored_auth", "object_level_authorization"]
SEED = "20261130"
# They end the session of whoever asks.
ENDS = ["DELETE /session", "POST /users/logout"]
# Without Stripe, as in the demo, these say so: 503, with a sentence.
OF_STRIPE = ["POST /payment", "POST /credits/membership-payments", "POST /credits/top-ups", "POST /stripe/webhook"]
PEOPLE = {"an application": None, "a member": "vnakat2", "corporate": "crossi2", "top4": "bkimur2", "admin": "adhawa2"}


def ask(chapter, document, who, netid, phases):
    """Runs schemathesis as one kind of person; whether it found nothing."""
    headers = [f"Authorization: {chapter.token}"]
    headers += [f"Token: {chapter.sign_in(netid)}"] if netid else []
    print(f"== as {who}", flush=True)
    command = [TOOLS / "schemathesis", "run", document, "--url", f"http://127.0.0.1:{chapter.api}", "--phases", phases,
               "--seed", SEED, "--generation-deterministic", "--continue-on-failure",
               "--warnings", "off", "--generation-with-security-parameters", "false", "--no-color", "--request-timeout", "30", "--suppress-health-check", "all"]
    for header in headers:
        command += ["--header", header]
    for operation in ENDS:
        command += ["--exclude-name", operation]
    return subprocess.run(command, cwd=chapter.folder).returncode == 0


def configure(folder):
    """Where schemathesis runs, it finds its settings."""
    checks = "[checks]\n" + "".join(f"{name}.enabled = false\n" for name in UNCHECKED)
    tables = [checks] + [f'[[operations]]\ninclude-name = "{name}"\nchecks.not_a_server_error.enabled = false\n' for name in OF_STRIPE]
    (folder / "schemathesis.toml").write_text("\n".join(tables))


def main():
    brief = "--brief" in sys.argv
    folder = pathlib.Path(tempfile.mkdtemp(prefix="grove-openapi-"))
    database = chapter = None
    try:
        database = Database(folder)
        chapter = Chapter(folder, database)
        document = folder / "openapi.json"
        configure(folder)
        url = f"http://127.0.0.1:{chapter.api}/openapi.json"
        document.write_bytes(urllib.request.urlopen(url, timeout=LIMIT).read())
        subprocess.run([TOOLS / "openapi-spec-validator", document], check=True)
        people = {"admin": PEOPLE["admin"]} if brief else PEOPLE
        phases = "examples" if brief else "examples,coverage"
        failed = [who for who, netid in people.items() if not ask(chapter, document, who, netid, phases)]
        operations = sum(len(path) for path in json.loads(document.read_text())["paths"].values())
        print(f"{operations} operations, asked as {', '.join(people)}; failed: {', '.join(failed) or 'none'}")
        sys.exit(bool(failed))
    finally:
        if chapter:
            chapter.stop()
        if database:
            database.kill()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
