//! What a service says in its service.toml holds in all places that name it. Most of them `make catalog`
//! writes; this finds what is forgotten in the others, too.

use std::{collections::BTreeSet, path::Path};

use clap::CommandFactory;
use grove_gateway::{Config, routes};
use serde_json::Value;

fn file(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    std::fs::read_to_string(root.join(path)).unwrap_or_else(|_| panic!("{path}"))
}

fn services() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let folders = std::fs::read_dir(root.join("services")).unwrap();
    folders.map(|folder| folder.unwrap().file_name().into_string().unwrap()).collect()
}

/// Where the gateway looks for the services unless it is told.
fn upstreams() -> String {
    let command = Config::command();
    let upstreams = command.get_arguments().find(|one| one.get_id() == "upstreams").unwrap();
    upstreams.get_default_values()[0].to_str().unwrap().to_owned()
}

fn contains(list: &Value, name: &str) -> bool {
    list.as_array().into_iter().flatten().any(|item| item == name)
}

#[test]
fn every_service_says_what_it_is() {
    let there: BTreeSet<_> = grove_catalog::present().map(|one| one.name.to_owned()).collect();
    let missing: Vec<_> = services().into_iter().filter(|folder| !there.contains(folder)).collect();
    assert!(missing.is_empty(), "without a service.toml, or newer than the build: {missing:?}");
    for service in grove_catalog::present() {
        let networks: Vec<_> =
            service.networks.iter().filter(|one| there.contains(**one)).collect();
        assert!(!networks.is_empty(), "{} has no network with the gateway", service.name);
        assert_eq!(service.outside.is_some(), service.networks.contains(&"outside"));
        assert!(service.about.ends_with('.'), "what {} is for, in a sentence", service.name);
    }
}

#[test]
fn a_service_says_whom_it_calls() {
    for service in grove_catalog::present() {
        let manifest = file(&format!("services/{}/Cargo.toml", service.name));
        let (_, dependencies) = manifest.split_once("[dependencies]\n").unwrap();
        let dependencies = dependencies.lines().take_while(|line| !line.starts_with('['));
        // Who calls another has its contract.
        let contracts = dependencies.filter_map(|line| {
            let name = line.split(['.', ' ']).next()?;
            name.strip_prefix("grove-")?.strip_suffix("-api")
        });
        let called: BTreeSet<_> = contracts.filter(|name| *name != service.name).collect();
        let said: BTreeSet<_> = service.calls.iter().copied().collect();
        if manifest.contains("grove-catalog.workspace") {
            // It calls whoever there is.
            let others = grove_catalog::present().map(|other| other.name);
            assert!(
                others.filter(|other| *other != service.name).all(|other| said.contains(other))
            );
            continue;
        }
        assert_eq!(said, called, "calls in services/{}/service.toml", service.name);
    }
}

#[test]
fn every_service_has_a_route_and_the_same_port_everywhere() {
    let ports = grove::ports::Ports::usual();
    let compose: Value = serde_saphyr::from_str(&file("compose.yaml")).unwrap();
    let in_containers = &compose["services"]["gateway"]["environment"]["UPSTREAMS"];
    let in_containers: Vec<_> = in_containers.as_str().unwrap().split(',').collect();
    let upstreams = upstreams();
    for name in services() {
        let routed = routes::table().iter().any(|route| route.service == name);
        assert!(routed, "the gateway has no route to {name}");
        let port = ports.of(&name).unwrap().port();
        let said = grove_catalog::present().find(|service| service.name == name).unwrap().port;
        assert_eq!(port, said, "deploy/grove/src/ports.rs: {name}");
        let upstream = format!("{name}=http://127.0.0.1:{port}");
        assert!(upstreams.split(',').any(|one| one == upstream), "the gateway's config: {name}");
        let upstream = format!("{name}=http://{name}:{port}");
        assert!(in_containers.contains(&upstream.as_str()), "compose.yaml, the gateway: {name}");
        let dockerfile = file(&format!("services/{name}/Dockerfile"));
        assert!(dockerfile.contains(&format!("\nENV LISTEN=0.0.0.0:{port}\n")), "image of {name}");
        let contract = file(&format!("services/{name}/api/src/lib.rs"));
        let service = format!("Service {{ name: \"{name}\", port: {port} }}");
        assert!(contract.contains(&service), "the contract of {name}");
    }
}

#[test]
fn every_service_is_in_the_compose_files_and_reaches_what_it_has_to() {
    let [compose, development, production] =
        ["compose.yaml", "deploy/compose.dev.yaml", "deploy/compose.production.yaml"]
            .map(|path| serde_saphyr::from_str::<Value>(&file(path)).unwrap());
    let reach: Value =
        serde_json::from_str(&file("deploy/grove/tests/containers/reach.json")).unwrap();
    let together: Value = serde_saphyr::from_str(&file("deploy/compose.all-in-one.yaml")).unwrap();
    for name in services() {
        let secrets = format!("./data/secrets/{name}:/run/secrets/{name}:ro");
        assert!(
            contains(&together["services"]["chapter"]["volumes"], &secrets),
            "all-in-one: {name}"
        );
        let watched = &development["services"][&name]["develop"]["watch"];
        let source = format!("./services/{name}");
        let is_watched = watched.as_array().unwrap().iter().any(|one| one["path"] == source);
        assert!(is_watched, "compose.dev.yaml does not watch {name}");
        assert!(production["services"][&name].is_object(), "compose.production.yaml: {name}");
        assert!(contains(&reach["calls"]["gateway"], &name), "reach.json, the gateway: {name}");
        assert!(contains(&reach["calls"][&name], "mysql"), "reach.json: {name}");
        for other in ["gateway", "mysql"] {
            let networks = &compose["services"][other]["networks"];
            let own = compose["services"][&name]["networks"].as_array().unwrap();
            let meet = own.iter().any(|own| contains(networks, own.as_str().unwrap()));
            assert!(meet, "compose.yaml: {name} shares no network with {other}");
        }
    }
}
