//! The stack of Docker Swarm.

use std::path::Path;

use grove_catalog::{Service, present};

use crate::{
    document::Document,
    service::{Networks, environment, peers, secrets, upstreams},
};

pub(crate) fn documents(root: &Path) -> anyhow::Result<Vec<Document>> {
    let mut stack = Document::read(root, "deploy/swarm/stack.yaml")?;
    let networks = Networks::new();
    let of_the_gateway = networks.of_the_gateway();
    stack.put(&["\n  PEERS: "], "\n", &peers(|one| one.port))?;
    stack.put(&["\n  gateway:\n", "\n      UPSTREAMS: "], "\n", &upstreams(|one| one.port))?;
    stack.put(&["\n  gateway:\n", "\n    networks: [edge, "], "]", &of_the_gateway)?;
    stack.put(&["\n  mysql:\n", "\n    networks: [setup, backup, "], "]", &of_the_gateway)?;
    let services: Vec<_> = present().map(service).collect();
    stack.put_block("the services", &services.join("\n"))?;
    let (public, private) = networks.lines(|name, _| format!("  {name}: *internal\n"));
    stack.put_block("their networks", &format!("{public}{private}"))?;
    stack.put_block("their secrets", &present().map(made).collect::<String>())?;
    Ok(vec![stack])
}

fn service(service: &Service) -> String {
    let name = service.name;
    let secret = |secret| {
        format!(
            "      - {{ source: {name}-{secret}, target: {secret}, uid: \"10001\", gid: \"10001\", \
             mode: 0400 }}\n"
        )
    };
    let secrets: String = secrets(service).into_iter().map(secret).collect();
    format!(
        "  {name}:
    <<: *program
    image: ${{GROVE_IMAGES:-grove}}/{name}:${{GROVE_VERSION:-latest}}
{}    secrets:
{secrets}    networks: [{}]
    deploy: *deploy
",
        environment(service),
        service.networks.join(", "),
    )
}

/// The secrets of a service as the stack makes them.
fn made(service: &Service) -> String {
    let line = |secret| {
        let name = format!("{}-{secret}", service.name);
        let version = name.replace('-', "_").to_uppercase();
        format!(
            "  {name}: {{ file: \"${{SECRETS}}/{}/{secret}\", name: \
             \"${{STACK:-grove}}-{name}-${{{version}_VERSION}}\" }}\n",
            service.name
        )
    };
    secrets(service).into_iter().map(line).collect()
}
