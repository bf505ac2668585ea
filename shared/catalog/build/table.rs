//! The table of services as Rust.

use crate::file::{Actor, Route, Service};

/// An expression of the type `&[Service]`.
pub(crate) fn of(services: &[Service]) -> String {
    format!("&[\n{}]\n", services.iter().map(entry).collect::<String>())
}

// What `Debug` makes of strings, numbers and lists is Rust.
fn entry(service: &Service) -> String {
    let Service { name, is_planned, said, routes } = service;
    let outside = match &said.outside {
        Some(outside) => {
            format!("Some(Outside {{ hosts: {:?}, ports: &{:?} }})", outside.hosts, outside.ports)
        }
        None => "None".to_owned(),
    };
    let environment: Vec<_> = said.environment.iter().collect();
    let routes: String = routes.iter().map(route).collect();
    format!(
        "    Service {{
        name: {name:?},
        about: {:?},
        is_planned: {is_planned},
        port: {},
        schema: {},
        append_only: &{:?},
        calls: &{:?},
        networks: &{:?},
        outside: {outside},
        secrets: &{:?},
        settings: &{:?},
        environment: &{environment:?},
        routes: &[\n{routes}        ],
    }},\n",
        said.about,
        said.port,
        said.schema,
        said.append_only,
        service.called(),
        said.networks,
        said.secrets,
        said.settings,
    )
}

fn route(route: &Route) -> String {
    let Route { method, path, access, actor, keeps_keys } = route;
    let actor = match actor {
        None => "None".to_owned(),
        Some(Actor::Header) => "Header".to_owned(),
        Some(Actor::Query(name)) => format!("Query({name:?})"),
        Some(Actor::Body(name)) => format!("Body({name:?})"),
    };
    format!(
        "            Route {{ method: Method::{method}, path: {path:?}, access: Access::{access:?}, \
         actor: Actor::{actor}, keeps_keys: {keeps_keys} }},\n"
    )
}
