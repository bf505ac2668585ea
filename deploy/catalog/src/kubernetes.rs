//! The manifests of Kubernetes.

use std::path::Path;

use grove_catalog::{Outside, Service, present};

use crate::{
    document::Document,
    service::{callers, names, owners, peers, upstreams},
};

const BASE: &str = "deploy/kubernetes/base";
/// Where every program listens in the cluster.
const PORT: u16 = 8080;

pub(crate) fn documents(root: &Path) -> anyhow::Result<Vec<Document>> {
    let read = |path: &str| Document::read(root, path);
    let mut documents = vec![
        settings(read(&format!("{BASE}/settings.env"))?)?,
        list(read(&format!("{BASE}/kustomization.yaml"))?)?,
        gateway(read(&format!("{BASE}/programs/gateway/reach.yaml"))?)?,
        database(read("deploy/kubernetes/mysql/reach.yaml")?)?,
    ];
    for service in present() {
        let folder = format!("{BASE}/programs/{}", service.name);
        let source =
            format!("# Written by `make catalog` from services/{}/service.toml.\n", service.name);
        for (file, text) in
            [("kustomization", parts()), ("program", program(service)), ("reach", reach(service))]
        {
            documents
                .push(Document::new(format!("{folder}/{file}.yaml"), format!("{source}{text}")));
        }
    }
    Ok(documents)
}

fn settings(mut settings: Document) -> anyhow::Result<Document> {
    let line = |(name, value): &(&str, &str)| format!("{name}={value}\n");
    let fixed: String = present().flat_map(|one| one.environment).map(line).collect();
    settings.put(&["\nSITE_SECRET_FILE=", "\n"], "PEERS=", &fixed)?;
    settings.put(&["\nPEERS="], "\n", &peers(|_| PORT))?;
    settings.put(&["\nUPSTREAMS="], "\n", &upstreams(|_| PORT))?;
    Ok(settings)
}

fn list(mut base: Document) -> anyhow::Result<Document> {
    let lines = names().into_iter().map(|name| format!("  - programs/{name}\n"));
    base.put(&["\n  - programs/frontend\n"], "configMapGenerator:", &lines.collect::<String>())?;
    Ok(base)
}

fn gateway(mut reach: Document) -> anyhow::Result<Document> {
    reach.put(&["\n  egress:\n    - to:\n"], "      ports:", &pods(&names()))?;
    Ok(reach)
}

fn database(mut reach: Document) -> anyhow::Result<Document> {
    let owners: Vec<_> = owners().map(|service| service.name).collect();
    let (gateway, setup) = (pods(&["gateway"]), pods(&["setup"]));
    reach.put(&[&gateway], &setup, &pods(&owners))?;
    Ok(reach)
}

/// A selector of the pods of each of these programs.
fn pods(names: &[&str]) -> String {
    let line = |name: &&str| {
        format!(
            "        - {{ podSelector: {{ matchLabels: {{ app.kubernetes.io/name: {name} }} }} }}\n"
        )
    };
    names.iter().map(line).collect()
}

fn parts() -> String {
    "apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [program.yaml, reach.yaml]
components: [../../../program]
"
    .to_owned()
}

fn program(service: &Service) -> String {
    let name = service.name;
    format!(
        "# Names the program; nothing of it goes to the cluster.
apiVersion: v1
kind: ConfigMap
metadata:
  name: {name}
  annotations: {{ config.kubernetes.io/local-config: \"true\" }}
data:
  name: {name}
"
    )
}

fn reach(service: &Service) -> String {
    let name = service.name;
    let callers: Vec<_> = std::iter::once("gateway").chain(callers(name)).collect();
    let mut called = Vec::new();
    if !service.calls.is_empty() {
        called.push(end(&pods(service.calls), PORT));
    }
    if service.schema {
        called.push(end(&pods(&["mysql"]), 3306));
    }
    called.extend(service.outside.as_ref().map(outside));
    let egress =
        if called.is_empty() { String::new() } else { format!("  egress:\n{}", called.concat()) };
    format!(
        "apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {name}
  labels: {{ app.kubernetes.io/name: {name}, app.kubernetes.io/part-of: grove }}
spec:
  podSelector:
    matchLabels: {{ app.kubernetes.io/name: {name}, app.kubernetes.io/part-of: grove }}
  policyTypes: [Ingress, Egress]
  ingress:
    - from:
{}      ports: [{{ port: {PORT}, protocol: TCP }}]
{egress}",
        pods(&callers),
    )
}

fn end(pods: &str, port: u16) -> String {
    format!("    - to:\n{pods}      ports: [{{ port: {port}, protocol: TCP }}]\n")
}

fn outside(outside: &Outside) -> String {
    let port = |port: &u16| format!("        - {{ port: {port}, protocol: TCP }}\n");
    format!(
        "    # Outside: {}. Where that is in a private range, an overlay names it.
    - to:
        - ipBlock:
            cidr: 0.0.0.0/0
            except: [10.0.0.0/8, 100.64.0.0/10, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16]
      ports:
{}",
        outside.hosts,
        outside.ports.iter().map(port).collect::<String>(),
    )
}
