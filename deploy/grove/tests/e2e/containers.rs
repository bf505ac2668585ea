//! What compose.yaml promises of every container. `make test-containers` looks whether it holds.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde_json::{Value, json};

/// Those that end by themselves, and `setup`, which has nothing to do but stay.
const PREPARATIONS: [&str; 5] = ["secrets", "setup", "grove", "restore", "demo"];

fn file(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    std::fs::read_to_string(root.join(path)).unwrap_or_else(|_| panic!("{path}"))
}

fn compose() -> Value {
    serde_saphyr::from_str(&file("compose.yaml")).unwrap()
}

/// What compose.yaml includes.
fn included(path: &str) -> Value {
    serde_saphyr::from_str(&file(path)).unwrap()
}

/// The services by name, with the demo's and the backup.
fn services() -> BTreeMap<String, Value> {
    let demo = included("deploy/compose.demo-1.yaml");
    let all = [compose(), demo, included("deploy/compose.backup-1.yaml")]
        .map(|file| file["services"].as_object().unwrap().clone());
    all.into_iter().flatten().collect()
}

fn strings(value: &Value) -> BTreeSet<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn is_preparation(name: &str) -> bool {
    PREPARATIONS.contains(&name)
}

#[test]
fn every_container_is_allowed_little() {
    for (name, service) in services() {
        let is_secrets = name == "secrets";
        let user = service["user"].as_str().unwrap_or_default();
        for (fact, holds) in [
            ("a read-only root", service["read_only"] == true),
            ("no capabilities", service["cap_drop"] == json!(["ALL"])),
            ("no added capabilities", service["cap_add"].is_null() || is_secrets),
            ("no new privileges", service["security_opt"] == json!(["no-new-privileges:true"])),
            ("a user", is_secrets || !["", "0", "root"].contains(&user.split(':').next().unwrap())),
            ("a memory limit", service["mem_limit"].is_string()),
            ("a process limit", service["pids_limit"].is_number()),
            ("a processor limit", service["cpus"].is_number()),
            ("log rotation", service["logging"]["options"]["max-size"].is_string()),
            (
                "namespaces of its own",
                ["pid", "ipc", "userns_mode", "privileged", "devices"]
                    .iter()
                    .all(|key| service[*key].is_null()),
            ),
            (
                "no host network",
                service["network_mode"].is_null() || service["network_mode"] == "none",
            ),
        ] {
            assert!(holds, "{name} does not have {fact}");
        }
        for volume in strings(&service["volumes"]) {
            let is_ours = volume.starts_with("./") || volume.starts_with("${BACKUP_FOLDER:-./");
            assert!(is_ours, "{name} mounts {volume}");
        }
    }
}

#[test]
fn every_service_tells_its_health_and_sees_its_own_secrets_alone() {
    for (name, service) in services() {
        if is_preparation(&name) {
            continue;
        }
        // These two are the image of the database.
        if ["mysql", "backup"].contains(&name.as_str()) {
            assert!(service["healthcheck"]["test"].is_array());
            assert!(sees_its_own_secrets_alone(&name, &service));
            continue;
        }
        let dockerfile = file(service["build"]["dockerfile"].as_str().unwrap());
        let health = format!("CMD [\"/usr/local/bin/grove-{name}\", \"--healthcheck\"]");
        assert!(dockerfile.contains(&health), "{name} does not tell its health");
        assert!(dockerfile.contains("\nFROM scratch\n"), "the image of {name} holds more than it");
        assert!(
            sees_its_own_secrets_alone(&name, &service),
            "{name} mounts {}",
            service["volumes"]
        );
    }
}

fn sees_its_own_secrets_alone(name: &str, service: &Value) -> bool {
    let own = format!("./data/secrets/{name}:/run/secrets:ro");
    let volumes = strings(&service["volumes"]);
    let secrets = volumes.iter().filter(|volume| volume.starts_with("./data/secrets/")).count();
    volumes.contains(own.as_str()) && secrets == 1
}

#[test]
fn the_backup_changes_nothing_but_backups() {
    let backup = &services()["backup"];
    for volume in strings(&backup["volumes"]) {
        // And what it says of itself, which the gateway reads.
        let writes =
            ["/backups", "/status"].iter().any(|path| volume.ends_with(&format!(":{path}")));
        assert!(volume.ends_with(":ro") || writes, "{volume}");
    }
    assert_eq!(strings(&backup["networks"]), BTreeSet::from(["backup"]));
}

#[test]
fn no_secret_is_in_the_environment() {
    for (name, service) in services() {
        for (variable, value) in service["environment"].as_object().into_iter().flatten() {
            let sounds_secret = ["PASSWORD", "SECRET", "KEY", "TOKEN", "DATABASE_URL"]
                .iter()
                .any(|word| variable.contains(word));
            let is_file = variable.ends_with("_FILE") || variable == "TRUSTED_KEYS";
            assert!(!sounds_secret || is_file, "{name} is given {variable}={value}");
        }
    }
}

#[test]
fn only_who_has_to_do_with_each_other_shares_a_network() {
    let list: Value =
        serde_json::from_str(&file("deploy/grove/tests/containers/reach.json")).unwrap();
    let calls = |from: &str, to: &str| strings(&list["calls"][from]).contains(to);
    let (compose, services) = (compose(), services());
    let mut members: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, service) in &services {
        for network in strings(&service["networks"]) {
            members.entry(network).or_default().push(name);
        }
        let is_published = strings(&list["published"]).contains(name.as_str());
        assert_eq!(!service["ports"].is_null(), is_published, "the ports of {name}");
    }
    for (network, members) in &members {
        let settings = &compose["networks"][network];
        match *network {
            "outside" => {
                let options = &settings["driver_opts"];
                assert_eq!(options["com.docker.network.bridge.enable_icc"], "false");
                let listed = strings(&list["outside"]);
                assert_eq!(members.iter().copied().collect::<BTreeSet<_>>(), listed);
                continue;
            }
            "edge" => {
                let options = &settings["driver_opts"];
                assert_eq!(options["com.docker.network.bridge.enable_ip_masquerade"], "false");
            }
            _ => assert_eq!(settings["internal"], true, "{network}"),
        }
        for (index, one) in members.iter().enumerate() {
            for other in &members[index + 1..] {
                let together = calls(one, other) || calls(other, one) || both_prepare(one, other);
                assert!(together, "{one} and {other} share {network}, and neither calls the other");
            }
        }
    }
}

#[test]
fn who_calls_another_shares_a_network_with_it() {
    let list: Value =
        serde_json::from_str(&file("deploy/grove/tests/containers/reach.json")).unwrap();
    let services = services();
    for (from, called) in list["calls"].as_object().unwrap() {
        for to in strings(called) {
            let (own, others) =
                (strings(&services[from]["networks"]), strings(&services[to]["networks"]));
            assert!(own.intersection(&others).any(|name| *name != "outside"), "{from} and {to}");
        }
    }
}

/// Two of them have the same rights.
fn both_prepare(one: &str, other: &str) -> bool {
    is_preparation(one) && is_preparation(other)
}

#[test]
fn everything_that_can_be_set_is_in_the_sample() {
    let sample = file(".env.sample");
    let is_in_sample = |name: &str| {
        let entry = format!("{name}=");
        sample.lines().any(|line| line.trim_start_matches('#').starts_with(&entry))
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let overlays = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let overlays =
        overlays.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    let texts = overlays.map(|path| std::fs::read_to_string(path).unwrap());
    for text in texts.chain([file("compose.yaml")]) {
        // `${NAME` anywhere, and `NAME:` without a value, which is passed on from .env.
        let used = text.split("${").skip(1).map(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_uppercase() && c != '_');
            &rest[..end.unwrap_or(rest.len())]
        });
        let passed_on = text.lines().filter_map(|line| {
            let (name, value) = line.strip_prefix("      ")?.split_once(':')?;
            let is_variable = name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
            let is_empty = value.trim().is_empty() || value.trim().starts_with('#');
            (is_variable && is_empty).then_some(name)
        });
        for name in used.chain(passed_on) {
            assert!(is_in_sample(name), ".env.sample does not explain {name}");
        }
    }
}
