#!/usr/bin/env -S python3 -B
"""Tests deploy/kubernetes without a cluster: renders the overlays, compares them with the schemas of several
versions and with checkov's rules, and looks whether all fits together. With --pods it also runs what the
small overlay says of each pod in Docker, with its user, environment, secrets and probes, after
`make images` (GROVE_IMAGES names others).

`make test-kubernetes` puts the tools into target/tools/kubernetes.
"""

import argparse
import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from stack import ROOT, expect

TOOLS = ROOT / "target/tools/kubernetes/bin"
VERSIONS = ["1.30.0", "1.33.0", "1.37.0"]
OVERLAYS = ["small", "production"]
PREFIX = "grove-pods"
PART = {"app.kubernetes.io/part-of": "grove"}


def run(*command, check=True, **more):
    env = os.environ | {"PATH": f"{TOOLS}:{os.environ['PATH']}"}
    done = subprocess.run([str(part) for part in command], text=True, capture_output=True, env=env, **more)
    if check and done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def documents(text):
    """What YAML holds, read by kubectl's own client."""
    script = "import json,sys,yaml; print(json.dumps([d for d in yaml.safe_load_all(sys.stdin) if d]))"
    return json.loads(run(TOOLS / "python", "-c", script, input=text))


def of_kind(manifests, kind):
    return {each["metadata"]["name"]: each for each in manifests if each["kind"] == kind}


def pods(manifests):
    for kind in ("Deployment", "StatefulSet", "Job"):
        for name, each in of_kind(manifests, kind).items():
            yield name, each["spec"]["template"]


def manifests_fit_the_schemas_and_rules(rendered):
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for overlay, text in rendered.items():
            files.append(pathlib.Path(folder, f"{overlay}.yaml"))
            files[-1].write_text(text)
        for version in VERSIONS:
            run("kubernetes-validate", "--strict", "-k", version, *files)
        wrong = pathlib.Path(folder, "wrong.yaml")
        wrong.write_text(rendered["small"].replace("maxUnavailable: 1", "maxUnvailable: 1"))
        refused = subprocess.run([TOOLS / "kubernetes-validate", "--strict", wrong], capture_output=True)
        expect(refused.returncode != 0, "the schemas allow anything")
        run("checkov", "--config-file", ROOT / "deploy/kubernetes/checkov.yaml", "--framework", "kubernetes",
            "--compact", "--quiet", *[part for file in files for part in ("-f", file)])


def pods_may_do_little(manifests):
    for name, template in pods(manifests):
        spec = template["spec"]
        security = spec["securityContext"]
        facts = {
            "a user": security["runAsNonRoot"] and security["runAsUser"] > 0,
            "a filter of system calls": security["seccompProfile"] == {"type": "RuntimeDefault"},
            "no account of the cluster": spec["automountServiceAccountToken"] is False,
            "namespaces of its own": not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys(),
            "no folder of the node": all("hostPath" not in volume for volume in spec["volumes"]),
        }
        for container in spec["containers"] + spec.get("initContainers", []):
            own = container["securityContext"]
            facts |= {
                "no new privileges": own["allowPrivilegeEscalation"] is False,
                "no capabilities": own["capabilities"] == {"drop": ["ALL"]},
                "a read-only root": own["readOnlyRootFilesystem"] is True,
                "limits": {"cpu", "memory", "ephemeral-storage"} <= container["resources"]["limits"].keys(),
                "requests": {"cpu", "memory"} <= container["resources"]["requests"].keys(),
                "no secret in the environment": not any("secretKeyRef" in str(entry) for entry in container.get("env", [])),
            }
        if spec.get("restartPolicy") != "OnFailure":
            facts["probes"] = {"startupProbe", "readinessProbe", "livenessProbe"} <= spec["containers"][0].keys()
        for fact, holds in facts.items():
            expect(holds, f"{name} does not have {fact}")


def everything_that_is_named_exists(manifests, secrets):
    templates = dict(pods(manifests))
    settings = of_kind(manifests, "ConfigMap")
    deployments = of_kind(manifests, "Deployment")
    for name, template in templates.items():
        for volume in template["spec"]["volumes"]:
            if "secret" in volume:
                expect(volume["secret"]["secretName"] in secrets, f"{name} mounts {volume['secret']}")
            if "configMap" in volume:
                expect(volume["configMap"]["name"] in settings, f"{name} mounts {volume['configMap']}")
        for container in template["spec"]["containers"]:
            for source in container.get("envFrom", []):
                expect(source["configMapRef"]["name"] in settings, f"{name} reads {source}")
    matched = lambda labels: [name for name, each in templates.items()
                              if labels.items() <= each["metadata"]["labels"].items()]
    for kind in ("Service", "PodDisruptionBudget"):
        for name, each in of_kind(manifests, kind).items():
            selector = each["spec"].get("selector")
            if selector:
                labels = selector.get("matchLabels", selector)
                expect(matched(labels) == [name], f"{kind} {name} selects {matched(labels)}")
    for kind in ("HorizontalPodAutoscaler", "PodDisruptionBudget", "Service"):
        missing = deployments.keys() - of_kind(manifests, kind).keys()
        expect(not missing, f"without {kind}: {missing}")
    for name, each in of_kind(manifests, "HorizontalPodAutoscaler").items():
        expect(each["spec"]["scaleTargetRef"]["name"] == name, f"the autoscaler {name} scales another")
    services = of_kind(manifests, "Service")
    shared = next(each["data"] for name, each in settings.items() if name.startswith("settings"))
    for variable in ("PEERS", "UPSTREAMS"):
        for entry in shared[variable].split(","):
            name, url = entry.split("=", 1)
            expect(url == f"http://{name}:8080" and name in services, f"{variable}: {entry}")
    upstreams = {entry.split("=")[0] for entry in shared["UPSTREAMS"].split(",")}
    expect(upstreams == deployments.keys() - {"gateway", "frontend"}, f"the gateway knows {upstreams}")


def secrets_of(folder, *options):
    text = run(ROOT / "deploy/kubernetes/secrets.sh", *options, folder)
    decoded = lambda data: {key: base64.b64decode(value).decode() for key, value in data.items()}
    return {each["metadata"]["name"]: decoded(each["data"]) for each in documents(text)}


def each_program_has_its_own_secrets_and_keys_are_trusted_before_they_sign(setup, folder):
    before = secrets_of(folder)
    for name, files in before.items():
        expect(name == "setup" or not any("." in file for file in files), f"{name} has {sorted(files)}")
        expect((name == "setup") == ("setup.database-url" in files), f"{name} has {sorted(files)}")
    expect(before["setup"]["frontend.gateway-token.next"] == before["frontend"]["gateway-token"], "another token")
    run(setup, "secrets", folder.parent, "--user", os.getuid(), "--database-user", os.getuid(),
        "--rotate", "identity-keys", "--rotate", "database-passwords", "--rotate", "website")
    between, after = secrets_of(folder, "--before-rotation"), secrets_of(folder)
    for owner in (name for name, files in before.items() if "identity-key" in files):
        expect(between[owner]["identity-key"] == before[owner]["identity-key"], f"{owner} signs with a new key too early")
        expect(between[owner]["trusted-keys"] == after[owner]["trusted-keys"] != before[owner]["trusted-keys"],
               f"{owner} does not learn the new keys")
        expect(after[owner]["identity-key"] != before[owner]["identity-key"], f"{owner} keeps its key")
        expect(after[owner]["database-url"] == before[owner]["database-url"], f"{owner} has a password that is not set")
        expect(f"{owner}.database-url.next" in after["setup"], f"setup does not learn the password of {owner}")
    expect(after["setup"]["frontend.gateway-token.next"] != after["frontend"]["gateway-token"], "no other token")


class Pods:
    """What the manifests say of each pod, as containers of Docker: one by one, as a cluster would."""

    def __init__(self, manifests, secrets, folder):
        self.manifests, self.secrets, self.folder = manifests, secrets, folder
        self.templates = dict(pods(manifests))
        self.settings = of_kind(manifests, "ConfigMap")
        run("docker", "network", "create", PREFIX)

    def mounts(self, spec, container):
        volumes = {volume["name"]: volume for volume in spec["volumes"]}
        for mount in container["volumeMounts"]:
            volume, user = volumes.get(mount["name"], {}), spec["securityContext"]["runAsUser"]
            place = self.folder / mount["name"] / (volume.get("secret", {}).get("secretName") or spec["containers"][0]["name"])
            if not place.exists():
                place.mkdir(parents=True)
                files = self.secrets[volume["secret"]["secretName"]] if "secret" in volume else \
                    self.settings[volume["configMap"]["name"]]["data"] if "configMap" in volume else {}
                for name, text in files.items():
                    (place / name).write_text(text)
                writable = not files
                # As the cluster does: root's, readable for the group of the pod.
                run("chown", "-R", f"{user if writable else 0}:{user}", place)
                run("chmod", "-R", "u=rwX,g=rX,o=" + ("X" if writable else ""), place)
            yield "--volume", f"{place}:{mount['mountPath']}" + (":ro" if mount.get("readOnly") else "")

    def run(self, name, container=None, detach=False):
        spec = self.templates[name]["spec"]
        container = container or spec["containers"][0]
        image = container["image"].replace("registry.example.edu/grove", os.environ.get("GROVE_IMAGES", "grove"))
        image = image.replace(":1.0.0", "")
        env = {}
        for source in container.get("envFrom", []):
            env |= self.settings[source["configMapRef"]["name"]]["data"]
        env |= {entry["name"]: entry["value"] for entry in container.get("env", [])}
        security = spec["securityContext"]
        command = container.get("command", [])
        return run("docker", "run", "--name", f"{PREFIX}-{name}-{container['name']}", "--network", PREFIX,
                   "--network-alias", name, "--read-only", "--cap-drop", "ALL", "--memory", "640m",
                   "--security-opt", "no-new-privileges:true", "--user", f"{security['runAsUser']}:{security['runAsGroup']}",
                   *(["--detach"] if detach else []), *(["--entrypoint", command[0]] if command else []),
                   *[part for pair in env.items() for part in ("--env", "=".join(pair))],
                   *[part for mount in self.mounts(spec, container) for part in mount],
                   image, *command[1:], *container.get("args", []))

    def wait(self, name):
        """Until the pod is ready, as its probe says, asked from its own network."""
        container = self.templates[name]["spec"]["containers"][0]
        probe, deadline = container["readinessProbe"], time.monotonic() + 120
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        while True:
            full = f"{PREFIX}-{name}-{container['name']}"
            if "exec" in probe:
                done = subprocess.run(["docker", "exec", full, *probe["exec"]["command"]], capture_output=True)
                ready = done.returncode == 0
            else:
                address = run("docker", "inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", full).strip()
                url = f"http://{address}:{ports[probe['httpGet']['port']]}{probe['httpGet']['path']}"
                ready = subprocess.run(["curl", "-sfo", "/dev/null", "--max-time", "3", url]).returncode == 0
            if ready:
                return
            expect(time.monotonic() < deadline, f"{name} is not ready: {run('docker', 'logs', '--tail', '5', full)}")
            time.sleep(0.2)

    def come_up(self):
        self.run("mysql", detach=True)
        self.wait("mysql")
        setup = self.templates["setup"]["spec"]
        for container in setup["initContainers"] + setup["containers"]:
            said = self.run("setup", container)
        expect("Grove is set up" in said, said)
        names = list(of_kind(self.manifests, "Deployment"))
        for name in names:
            self.run(name, detach=True)
        for name in names:
            self.wait(name)
        address = run("docker", "inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}",
                      f"{PREFIX}-frontend-frontend").strip()
        page = run("curl", "-sf", "--max-time", "10", "-H", "Host: grove.example.edu", f"http://{address}:8080/quotes", check=False)
        page = page or run("curl", "-sf", "-H", "Host: grove.example.edu", f"http://{address}:8080/")
        expect("<html" in page, page[:300])
        # Once more, as with the next version: changes nothing, and makes no second token.
        for container in setup["initContainers"] + setup["containers"]:
            run("docker", "rm", "--force", f"{PREFIX}-setup-{container['name']}")
            self.run("setup", container)

    def remove(self):
        names = run("docker", "ps", "--all", "--quiet", "--filter", f"name=^{PREFIX}-").split()
        if names:
            run("docker", "rm", "--force", "--volumes", *names)
        run("docker", "network", "rm", PREFIX, check=False)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--pods", action="store_true")
    arguments = arguments.parse_args()
    rendered = {name: run("kubectl", "kustomize", ROOT / "deploy/kubernetes/overlays" / name) for name in OVERLAYS}
    manifests_fit_the_schemas_and_rules(rendered)
    print("manifests fit the schemas of", ", ".join(VERSIONS), "and checkov's rules")
    setup = ROOT / "target/debug/grove-setup"
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        run(setup, "secrets", folder, "--user", os.getuid(), "--database-user", os.getuid())
        secrets = secrets_of(folder / "secrets")
        for overlay, text in rendered.items():
            manifests = documents(text)
            pods_may_do_little(manifests)
            everything_that_is_named_exists(manifests, secrets)
        print("pods may do little, and everything that is named exists")
        if arguments.pods:
            # Docker's containers have other users than this one: they need a way in.
            with tempfile.TemporaryDirectory() as place:
                os.chmod(place, 0o755)
                chapter = Pods(documents(rendered["small"]), secrets, pathlib.Path(place))
                try:
                    begin = time.monotonic()
                    chapter.come_up()
                    print(f"every pod comes up as the manifests say, in {time.monotonic() - begin:.1f} s")
                finally:
                    if not os.environ.get("KEEP"):
                        chapter.remove()
        each_program_has_its_own_secrets_and_keys_are_trusted_before_they_sign(setup, folder / "secrets")
        print("each program has its own secrets, and keys are trusted before they sign")


sys.exit(main())
