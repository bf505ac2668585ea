//! compose.yaml and its overlays.

use std::path::Path;

use grove_catalog::{Service, present};

use crate::{
    document::Document,
    service::{Networks, environment, peers, upstreams},
};

pub(crate) fn documents(root: &Path) -> anyhow::Result<Vec<Document>> {
    let read = |path| Document::read(root, path);
    Ok(vec![
        chapter(read("compose.yaml")?)?,
        development(read("deploy/compose.dev.yaml")?)?,
        production(read("deploy/compose.production.yaml")?)?,
        observability(read("deploy/compose.observability.yaml")?)?,
        all_in_one(read("deploy/compose.all-in-one.yaml")?)?,
    ])
}

fn chapter(mut compose: Document) -> anyhow::Result<Document> {
    let networks = Networks::new();
    let of_the_gateway = networks.of_the_gateway();
    compose.put(&["\n  PEERS: "], "\n", &peers(|one| one.port))?;
    compose.put(&["\n  gateway:\n", "\n      UPSTREAMS: "], "\n", &upstreams(|one| one.port))?;
    compose.put(&["\n  gateway:\n", "\n    networks: [edge, "], "]", &of_the_gateway)?;
    compose.put(&["\n  mysql:\n", "\n    networks: [setup, backup, "], "]", &of_the_gateway)?;
    let services: Vec<_> = present().map(service).collect();
    compose.put_block("the services", &services.join("\n"))?;
    let (public, private) =
        networks.lines(|name, members| format!("  {name}: *internal # {}\n", members.join(", ")));
    let networks =
        format!("  # These hold the database, the gateway, and\n{public}  # These hold\n{private}");
    compose.put_block("their networks", &networks)?;
    Ok(compose)
}

fn service(service: &Service) -> String {
    let name = service.name;
    format!(
        "  {name}:
    <<: *program
    image: ${{GROVE_IMAGES:-grove}}/{name}:${{GROVE_VERSION:-latest}}
    build: {{ context: ., dockerfile: services/{name}/Dockerfile, args: [GROVE_PROFILE] }}
{}    volumes: [\"./data/secrets/{name}:/run/secrets:ro\"]
    networks: [{}]
",
        environment(service),
        service.networks.join(", "),
    )
}

/// Those that have a place of their own in the overlay say there what is watched.
fn development(mut overlay: Document) -> anyhow::Result<Document> {
    overlay.put_block("the services", "")?;
    let others = present().filter(|service| !overlay.contains(&format!("\n  {}:", service.name)));
    let line = |service: &Service| {
        let path = format!("./services/{}", service.name);
        let watch =
            format!("[*watch-shared, {{ path: {path}, action: rebuild, ignore: [tests/] }}]");
        format!("  {}: {{ develop: {{ watch: {watch} }} }}\n", service.name)
    };
    let lines: String = others.map(line).collect();
    overlay.put_block("the services", &lines)?;
    Ok(overlay)
}

fn production(mut overlay: Document) -> anyhow::Result<Document> {
    let line = |service: &Service| {
        format!("  {}: {{ build: !reset null, restart: always }}\n", service.name)
    };
    overlay.put_block("the services", &present().map(line).collect::<String>())?;
    Ok(overlay)
}

fn observability(mut overlay: Document) -> anyhow::Result<Document> {
    let networks = Networks::new().of_the_gateway();
    for watcher in ["\n  prometheus:\n", "\n  traces:\n"] {
        overlay.put(&[watcher, "\n    networks: [observability, edge, "], "]", &networks)?;
    }
    Ok(overlay)
}

fn all_in_one(mut overlay: Document) -> anyhow::Result<Document> {
    let line = |service: &Service| {
        format!("      - ./data/secrets/{name}:/run/secrets/{name}:ro\n", name = service.name)
    };
    overlay.put_block("the services", &present().map(line).collect::<String>())?;
    Ok(overlay)
}
