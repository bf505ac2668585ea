//! A service is named in some lists. `make new-service` writes them, and this finds what is forgotten.

use std::path::Path;

use grove_gateway::{UPSTREAMS, routes};
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

fn contains(list: &Value, name: &str) -> bool {
    list.as_array().into_iter().flatten().any(|item| item == name)
}

#[test]
fn every_service_has_a_route_and_the_same_port_everywhere() {
    let ports = grove::ports::Ports::usual();
    let compose: Value = serde_saphyr::from_str(&file("compose.yaml")).unwrap();
    let in_containers = &compose["services"]["gateway"]["environment"]["UPSTREAMS"];
    let in_containers: Vec<_> = in_containers.as_str().unwrap().split(',').collect();
    for name in services() {
        let routed = routes::table().iter().any(|route| route.service == name);
        assert!(routed, "the gateway has no route to {name}");
        let port = ports.of(&name).unwrap().port();
        let upstream = format!("{name}=http://127.0.0.1:{port}");
        assert!(UPSTREAMS.split(',').any(|one| one == upstream), "the gateway's config: {name}");
        let upstream = format!("{name}=http://{name}:{port}");
        assert!(in_containers.contains(&upstream.as_str()), "compose.yaml, the gateway: {name}");
        let dockerfile = file(&format!("services/{name}/Dockerfile"));
        assert!(dockerfile.contains(&format!("\nENV LISTEN=0.0.0.0:{port}\n")), "image of {name}");
        let config = file(&format!("services/{name}/src/config.rs"));
        assert!(config.contains(&format!("\"127.0.0.1:{port}\"")), "config.rs of {name}");
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
        let source = format!("./services/{name}/src");
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
