//! What the other shapes of a deployment promise: Kubernetes and TLS. `make test-kubernetes` and
//! `make test-tls` try them.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

const BASE: &str = "deploy/kubernetes/base";

fn path(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().join(path)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|_| panic!("{name}"))
}

fn yaml(name: &str) -> Value {
    serde_saphyr::from_str(&text(name)).unwrap_or_else(|cause| panic!("{name}: {cause}"))
}

fn strings(value: &Value) -> BTreeSet<String> {
    let all = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    all.map(str::to_owned).collect()
}

fn folders(name: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(path(name)).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// The gateway, the website and the services.
fn programs() -> BTreeSet<String> {
    let others = ["gateway", "frontend"].map(str::to_owned);
    folders("services").into_iter().chain(others).collect()
}

/// Who is let in or out by the rules of a policy: programs, and what is outside.
fn named(rules: &Value, side: &str) -> BTreeSet<String> {
    let ends =
        rules.as_array().into_iter().flatten().flat_map(|rule| rule[side].as_array().unwrap());
    ends.map(|end| match (&end["podSelector"], &end["namespaceSelector"], &end["ipBlock"]) {
        (pod, Value::Null, Value::Null) => {
            pod["matchLabels"]["app.kubernetes.io/name"].as_str().unwrap().to_owned()
        }
        (Value::Null, space, Value::Null) => {
            assert_eq!(space["matchLabels"], json!({ "grove-ingress": "true" }));
            "ingress".to_owned()
        }
        _ => "outside".to_owned(),
    })
    .collect()
}

#[test]
fn pods_reach_only_what_is_listed() {
    let list: Value =
        serde_json::from_str(&text("deploy/grove/tests/containers/reach.json")).unwrap();
    let mut pods: Vec<(String, String)> = programs()
        .into_iter()
        .map(|name| (format!("{BASE}/programs/{name}/reach.yaml"), name))
        .collect();
    pods.push((format!("{BASE}/setup/reach.yaml"), "setup".to_owned()));
    pods.push(("deploy/kubernetes/mysql/reach.yaml".to_owned(), "mysql".to_owned()));
    let names: BTreeSet<String> = pods.iter().map(|(_, name)| name.clone()).collect();
    for (file, name) in &pods {
        let policy = yaml(file);
        let spec = &policy["spec"];
        assert_eq!(spec["podSelector"]["matchLabels"]["app.kubernetes.io/name"], name.as_str());
        assert_eq!(strings(&spec["policyTypes"]).len(), 2, "{file} leaves a direction open");
        let mut callers: BTreeSet<String> = names
            .iter()
            .filter(|caller| strings(&list["calls"][caller.as_str()]).contains(name))
            .cloned()
            .collect();
        let mut called = strings(&list["calls"][name]);
        if strings(&list["published"]).contains(name) {
            callers.insert("ingress".to_owned());
        }
        if strings(&list["outside"]).contains(name) {
            called.insert("outside".to_owned());
        }
        assert_eq!(named(&spec["ingress"], "from"), callers, "who calls {name}");
        assert_eq!(named(&spec["egress"], "to"), called, "whom {name} calls");
        for rule in ["ingress", "egress"] {
            for rule in spec[rule].as_array().into_iter().flatten() {
                assert!(rule["ports"].is_array(), "{file} opens every port");
            }
        }
    }
    let deny = yaml(&format!("{BASE}/default-deny.yaml"));
    assert_eq!(deny["spec"]["podSelector"], json!({}));
    assert!(deny["spec"]["ingress"].is_null());
}

#[test]
fn every_program_is_part_of_the_cluster() {
    let listed = strings(&yaml(&format!("{BASE}/kustomization.yaml"))["resources"]);
    assert_eq!(folders(&format!("{BASE}/programs")), programs());
    let settings = text(&format!("{BASE}/settings.env"));
    let upstreams = settings.lines().find_map(|line| line.strip_prefix("UPSTREAMS=")).unwrap();
    for name in programs() {
        assert!(listed.contains(&format!("programs/{name}")), "base does not list {name}");
        let program = yaml(&format!("{BASE}/programs/{name}/program.yaml"));
        assert_eq!(program["data"]["name"], name.as_str());
        let known = upstreams.split(',').any(|entry| entry == format!("{name}=http://{name}:8080"));
        assert!(known || ["gateway", "frontend"].contains(&&*name), "the gateway lacks {name}");
    }
}

#[test]
fn the_database_of_the_cluster_is_configured_as_that_of_compose() {
    assert_eq!(text("deploy/kubernetes/mysql/grove.cnf"), text("deploy/docker/mysql/grove.cnf"));
}

#[test]
fn the_proxy_that_ends_tls_may_do_little_and_is_alone_published() {
    // Compose's own marks, which are no YAML of anybody else's.
    let overlay = text("deploy/compose.tls.yaml").replace("!reset", "");
    let overlay: Value = serde_saphyr::from_str(&overlay).unwrap();
    for (name, capabilities) in [
        ("caddy", json!(["NET_BIND_SERVICE"])),
        ("caddy-folder", json!(["CHOWN", "NET_BIND_SERVICE"])),
    ] {
        let service = &overlay["services"][name];
        for (fact, holds) in [
            ("a read-only root", service["read_only"] == true),
            ("few capabilities", service["cap_drop"] == json!(["ALL"])),
            ("the capabilities it needs", service["cap_add"] == capabilities),
            ("no new privileges", service["security_opt"] == json!(["no-new-privileges:true"])),
            ("a memory limit", service["mem_limit"].is_string()),
            ("a process limit", service["pids_limit"].is_number()),
            ("a processor limit", service["cpus"].is_number()),
            ("log rotation", service["logging"]["options"]["max-size"].is_string()),
        ] {
            assert!(holds, "{name} does not have {fact}");
        }
    }
    let services = &overlay["services"];
    assert_eq!(services["caddy"]["user"], "10001:10001");
    assert_eq!(services["caddy-folder"]["network_mode"], "none");
    assert_eq!(services["caddy"]["ports"].as_array().unwrap().len(), 2);
    assert_eq!(services["frontend"]["ports"], json!([]));
    assert_eq!(services["gateway"]["ports"], json!([]));
    assert_eq!(overlay["networks"]["tls"]["internal"], true);
}

#[test]
fn the_programs_of_a_swarm_are_those_of_compose() {
    let (stack, compose) = (yaml("deploy/swarm/stack.yaml"), yaml("compose.yaml"));
    for name in programs() {
        let (task, container) = (&stack["services"][&name], &compose["services"][&name]);
        for (fact, holds) in [
            ("its image", task["image"] == container["image"]),
            ("its user", task["user"] == "10001:10001"),
            ("a read-only root", task["read_only"] == true),
            ("no capabilities", task["cap_drop"] == json!(["ALL"]) && task["cap_add"].is_null()),
            ("its networks", strings(&task["networks"]) == strings(&container["networks"])),
            ("a memory limit", task["deploy"]["resources"]["limits"]["memory"].is_string()),
            ("a process limit", task["deploy"]["resources"]["limits"]["pids"].is_number()),
            ("a processor limit", task["deploy"]["resources"]["limits"]["cpus"].is_string()),
            ("rolling updates", task["deploy"]["update_config"]["order"] == "start-first"),
            ("rollback", task["deploy"]["update_config"]["failure_action"] == "rollback"),
        ] {
            assert!(holds, "{name} in the swarm does not have {fact}");
        }
        // Backups are compose's own.
        let variables = |service: &Value| -> BTreeSet<String> {
            let all = service["environment"].as_object().unwrap().keys();
            all.filter(|name| !name.starts_with("BACKUP_")).cloned().collect()
        };
        assert_eq!(variables(task), variables(container), "the settings of {name}");
        for secret in task["secrets"].as_array().unwrap() {
            let source = secret["source"].as_str().unwrap();
            assert!(source.starts_with(&format!("{name}-")), "{name} sees {source}");
            assert_eq!(secret["uid"], "10001");
            assert!(stack["secrets"][source].is_object(), "{source} is not made");
        }
    }
    for (name, network) in stack["networks"].as_object().unwrap() {
        let is_internal = compose["networks"][name]["internal"] == true && name != "setup";
        assert_eq!(network["internal"] == true, is_internal, "the network {name}");
    }
}
