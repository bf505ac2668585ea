"""Tries from inside every container to reach every other one, this machine and the outside.

`reach.json` lists who calls whom, what is published, and who may call out. A network works both ways,
so two containers of which one calls the other may reach each other; nobody else may.
"""

import concurrent.futures
import json
import os
import pathlib
import socket
import subprocess
import threading

LIST = json.loads((pathlib.Path(__file__).parent / "reach.json").read_text())
# Tries each HOST/PORT or name it is given, all at once, and prints those that answer. To connect is not
# enough: a network may have something that takes every connection, so ours have to be known by their answer.
PROBE = r"""
answers() {
  exec 3<>"/dev/tcp/$1" && printf 'GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3 &&
    timeout 4 cat <&3 | tr -d '\0' | grep -qaE 'alive|request_id|<html|_password|this machine'
}
export -f answers
for target in "$@"; do
  case $target in
    */*) timeout 6 bash -c 'answers "$0"' "$target" 2>/dev/null && echo "$target" & ;;
    *:*) timeout 3 bash -c 'exec 3<>"/dev/tcp/$0"' "${target/:/\/}" 2>/dev/null && echo "$target" & ;;
    *) timeout 5 getent ahostsv4 "$target" >/dev/null && echo "$target" & ;;
  esac
done
wait
"""


def within(stack, container, *arguments, script):
    """What a shell prints in the network of a container, whose own image has none."""
    image = stack.env.get("GROVE_MYSQL_IMAGE", "mysql:9")
    done = subprocess.run(
        ["docker", "run", "--rm", "--network", f"container:{container}", "--entrypoint", "bash", image, "-c", script,
         "bash", *arguments], text=True, capture_output=True)
    if done.returncode != 0 and done.stderr:
        raise SystemExit(f"cannot look from inside {container}: {done.stderr}")
    return done.stdout.split("\n")[:-1]


def listening(stack, container):
    """The ports that are open to others in a container: from the kernel, not from what is declared."""
    ports = set()
    for line in within(stack, container, script="cat /proc/net/tcp /proc/net/tcp6"):
        columns = line.split()
        address, _, port = columns[1].partition(":")
        loopback = address == "0100007F" or address.endswith("0100007F") and len(address) == 32
        # Docker's own name server listens on 127.0.0.11.
        if columns[3] == "0A" and not loopback and address != "0B00007F":
            ports.add(int(port, 16))
    return ports


def answers_of(stack, container, port, route):
    """How many requests of a route a program has answered, by its own metrics."""
    script = r"""exec 3<>"/dev/tcp/127.0.0.1/$1" && printf 'GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3 &&
        cat <&3"""
    metrics = within(stack, container, str(port), script=script)
    counted = [line for line in metrics if line.startswith("http_requests_total{") and f'"{route}"' in line]
    return sum(int(line.rsplit(" ", 1)[1]) for line in counted)


def may_reach(source, target):
    calls = LIST["calls"]
    return target in calls.get(source, ()) or source in calls.get(target, ())


def this_machine():
    """A port that answers on every address of this machine, and these addresses."""
    server = socket.create_server(("0.0.0.0", 0), backlog=128)

    def answer():
        while True:
            try:
                connection, _ = server.accept()
                connection.sendall(b"this machine")
                connection.close()
            except OSError:
                return

    threading.Thread(target=answer, daemon=True).start()
    addresses = subprocess.run(["hostname", "-I"], text=True, capture_output=True).stdout.split()
    return server, [address for address in addresses if ":" not in address]


def check(stack, services):
    """Tells what is reached and should not be, and what is not reached and should be."""
    found = {name: stack.inspect(name) for name in services}
    addresses = {name: [network["IPAddress"] for network in entry["NetworkSettings"]["Networks"].values()]
                 for name, entry in found.items()}
    ports = {name: listening(stack, found[name]["Id"]) for name in services}
    server, machine = this_machine()
    machine = {f"{address}/{server.getsockname()[1]}" for address in machine}
    outside, port = os.environ.get("OUTSIDE", "deb.debian.org:80").split(":")
    try:
        socket.create_connection((outside, int(port)), timeout=5).close()
        far = {f"{socket.gethostbyname(outside)}:{port}", outside}
    except OSError:
        print(f"  this machine does not reach {outside}: nobody's way out is tried")
        far = set()

    def look(source):
        owner = {f"{address}/{port}": target for target in services if target != source
                 for address in addresses[target] for port in ports[target]}
        reached = set(within(stack, found[source]["Id"], *owner, *machine, *far, script=PROBE))
        # Who listens nowhere, as the backup does, cannot be reached.
        allowed = {target for target in services if may_reach(source, target) and ports[target]}
        # A busy machine answers late: what should be reached is given more tries.
        for _ in range(3):
            targets = {owner[target] for target in reached & owner.keys()}
            again = [address for address, target in owner.items() if target in allowed - targets]
            if not again:
                break
            reached |= set(within(stack, found[source]["Id"], *again, script=PROBE))
        targets = {owner[target] for target in reached & owner.keys()}
        wrong = [f"{source} reaches {target}" for target in sorted(targets - allowed)]
        wrong += [f"{source} does not reach {target}" for target in sorted(allowed - targets)]
        if reached & machine and source not in LIST["outside"] + LIST["published"]:
            wrong.append(f"{source} reaches this machine at {sorted(reached & machine)}")
        if reached & far != (far if source in LIST["outside"] else set()):
            wrong.append(f"{source} reaches {sorted(reached & far) or 'nothing'} outside")
        return wrong, len(owner) + len(machine) + len(far)

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        looks = list(pool.map(look, services))
    server.shutdown(socket.SHUT_RDWR)
    return [line for wrong, _ in looks for line in wrong], sum(tried for _, tried in looks)
