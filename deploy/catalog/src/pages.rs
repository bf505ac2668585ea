//! Who reaches whom, and what the documentation lists.

use std::{collections::BTreeMap, fmt::Write, path::Path};

use grove_catalog::{Access, Route, Service, present};

use crate::{
    document::Document,
    service::{Networks, OUTSIDE, names},
};

pub(crate) fn documents(root: &Path) -> anyhow::Result<Vec<Document>> {
    let read = |path| Document::read(root, path);
    Ok(vec![
        reach(read("deploy/grove/tests/containers/reach.json")?)?,
        containers(read("docs/containers.md")?)?,
        architecture(read("docs/ARCHITECTURE.md")?)?,
        security(read("docs/security.md")?)?,
    ])
}

/// The list that the tests of containers hold every container to.
fn reach(mut list: Document) -> anyhow::Result<Document> {
    let line = |service: &Service| {
        let database = service.schema.then_some("mysql");
        let called: Vec<_> = database.into_iter().chain(service.calls.iter().copied()).collect();
        format!("    {:?}: {called:?},\n", service.name)
    };
    let of_the_gateway: Vec<_> = std::iter::once("mysql").chain(names()).collect();
    let gateway = format!("    \"gateway\": {of_the_gateway:?},\n");
    let calls = std::iter::once(gateway).chain(present().map(line)).collect::<String>();
    list.put(&["\n    \"frontend\": [\"gateway\"],\n"], "    \"backup\": ", &calls)?;
    let outside: Vec<_> = those_outside().iter().map(|name| format!("{name:?}")).collect();
    list.put(&["\n  \"outside\": ["], "]", &outside.join(", "))?;
    Ok(list)
}

/// The names of those in the network outside.
fn those_outside() -> Vec<&'static str> {
    let outside = present().filter(|service| service.networks.contains(&OUTSIDE));
    outside.map(|service| service.name).collect()
}

fn containers(mut page: Document) -> anyhow::Result<Document> {
    let (public, private) =
        Networks::new().lines(|name, members| format!("| `{name}` | {} |\n", members.join(", ")));
    let head = "\n| network | besides the database and the gateway |\n| --- | --- |\n";
    page.put(&[head], "| | **without these two** |\n", &public)?;
    page.put(&["\n| | **without these two** |\n"], "| `setup` |", &private)?;
    let outside = those_outside().join(", ");
    let outside = outside.rsplit_once(", ").map(|(others, last)| format!("{others} and {last}"));
    page.put(&["\n| `outside` | "], ", which do not", &outside.unwrap_or_default())?;
    Ok(page)
}

fn architecture(mut page: Document) -> anyhow::Result<Document> {
    let names = format!("`{}`", names().join("`, `"));
    page.put(&["\n| `services/<name>/` |", "one subject each: "], " |", &names)?;
    Ok(page)
}

/// Who may call which routes, those of one service and one kind of people in a row.
fn security(mut page: Document) -> anyhow::Result<Document> {
    let mut rows = String::new();
    for service in present() {
        let mut by_access = BTreeMap::<Access, Vec<String>>::new();
        for Route { method, path, access, .. } in service.routes {
            let method = format!("{method:?}").to_uppercase();
            by_access.entry(*access).or_default().push(format!("`{method} {path}`"));
        }
        for (access, routes) in by_access {
            let (name, who) = (service.name, people(access));
            writeln!(rows, "| `{name}` | {who} | {} |", routes.join(", "))?;
        }
    }
    page.put(&["\n| `gateway` | any officer | `GET /status` |\n"], "\n`groups` lets", &rows)?;
    Ok(page)
}

fn people(access: Access) -> &'static str {
    match access {
        Access::Anyone => "anybody, with a signature of their own",
        Access::Public => "any application",
        Access::Person => "who is signed in",
        Access::Member => "members",
        Access::Officer => "any officer",
        Access::AdminOrTop4 => "admin, top4",
        Access::Admin => "admin",
        Access::Corporate => "corporate",
    }
}
