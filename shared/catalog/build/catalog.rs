//! What has to hold between services.

use std::collections::BTreeMap;

use crate::file::{Calls, Service};

/// Says by name whom those call that call all, and has them be in the network of each. A service that is only
/// planned is not among these: nothing of it can be called.
pub(crate) fn resolve(services: &mut [Service]) {
    let there = services.iter().filter(|service| !service.is_planned && service.said.schema);
    let there: Vec<_> = there.map(|service| service.name.clone()).collect();
    let networks = services.iter().filter(|service| !service.is_planned);
    let networks = networks.flat_map(|service| service.said.networks.clone());
    let mut networks: Vec<_> = networks.filter(|network| there.contains(network)).collect();
    networks.sort();
    networks.dedup();
    for service in services {
        if matches!(service.said.calls, Calls::Every(_)) {
            let others = there.iter().filter(|name| **name != service.name).cloned();
            service.said.calls = Calls::Named(others.collect());
            let own = std::mem::take(&mut service.said.networks);
            let own = own.into_iter().filter(|network| !networks.contains(network));
            service.said.networks = networks.iter().cloned().chain(own).collect();
        }
    }
}

/// Refuses services that get in each other's way, or name others that are not there.
pub(crate) fn check(services: &[Service]) -> Result<(), String> {
    let (mut names, mut ports) = (BTreeMap::new(), BTreeMap::new());
    for service in services {
        let name = &service.name;
        if names.insert(name, service.is_planned).is_some() {
            return Err(format!("{name} is there: its file among the planned ones has to go"));
        }
        let port = service.said.port;
        if let Some(other) = ports.insert(port, name) {
            return Err(format!("{name} and {other} both have the port {port}"));
        }
    }
    for service in services {
        for called in service.called() {
            // Whoever calls a service that is only planned waits for it.
            if names.get(called) != Some(&false) && !service.is_planned {
                return Err(format!("{} calls {called}, which is not there", service.name));
            }
        }
    }
    check_routes(services)
}

/// Refuses a route that two services have, and a path whose parameters have two names.
fn check_routes(services: &[Service]) -> Result<(), String> {
    let (mut routes, mut paths) = (BTreeMap::new(), BTreeMap::new());
    for service in services {
        for route in &service.routes {
            let (name, path) = (&service.name, &route.path);
            if let Some(other) = routes.insert((route.method, path), name) {
                let method = route.method.to_uppercase();
                return Err(format!("{name} has the route {method} {path}, and so has {other}"));
            }
            match paths.insert(anonymous(path), path) {
                Some(other) if other != path => {
                    return Err(format!("{name}: {path} and {other} are the same path"));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// A path in which every parameter is called the same.
fn anonymous(path: &str) -> String {
    let segments = path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
    segments.collect::<Vec<_>>().join("/")
}
