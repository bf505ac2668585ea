//! What follows from the catalog in any shape of a deployment.

use std::collections::{BTreeMap, BTreeSet};

use grove_catalog::{Service, present};

/// The network of who reaches a server outside.
pub(crate) const OUTSIDE: &str = "outside";

/// The names of the services that are there.
pub(crate) fn names() -> Vec<&'static str> {
    present().map(|service| service.name).collect()
}

/// The names of those who call a service.
pub(crate) fn callers(called: &str) -> Vec<&'static str> {
    present().filter(|one| one.calls.contains(&called)).map(|one| one.name).collect()
}

/// The services that have an account of the database.
pub(crate) fn owners() -> impl Iterator<Item = &'static Service> {
    present().filter(|service| service.schema)
}

/// What is read from `/run/secrets`: an account of the database, the keys of identities, and its own.
pub(crate) fn secrets(service: &Service) -> Vec<&'static str> {
    let account = service.schema.then_some("database-url");
    let keys = ["identity-key", "trusted-keys"];
    account.into_iter().chain(keys).chain(service.secrets.iter().copied()).collect()
}

/// `name=url` of the services that others call, with this port of each.
pub(crate) fn peers(port: impl Fn(&Service) -> u16) -> String {
    let called: BTreeSet<_> = present().flat_map(|service| service.calls).collect();
    urls(present().filter(|service| called.contains(&service.name)), port)
}

/// `name=url` of every service, with this port of each.
pub(crate) fn upstreams(port: impl Fn(&Service) -> u16) -> String {
    urls(present(), port)
}

fn urls<'a>(services: impl Iterator<Item = &'a Service>, port: impl Fn(&Service) -> u16) -> String {
    let urls = services.map(|one| format!("{name}=http://{name}:{}", port(one), name = one.name));
    urls.collect::<Vec<_>>().join(",")
}

/// The networks besides the one outside, and who is in each.
pub(crate) struct Networks {
    /// Those that hold the gateway and the database, too: they are called as a service.
    pub(crate) public: BTreeMap<&'static str, Vec<&'static str>>,
    /// Those between services.
    pub(crate) private: BTreeMap<&'static str, Vec<&'static str>>,
}

impl Networks {
    pub(crate) fn new() -> Self {
        let mut all: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for service in present() {
            for network in service.networks.iter().filter(|name| **name != OUTSIDE) {
                all.entry(*network).or_default().push(service.name);
            }
        }
        let names = names();
        let (public, private) = all.into_iter().partition(|(name, _)| names.contains(name));
        Self { public, private }
    }

    /// The networks that hold the gateway and the database.
    pub(crate) fn of_the_gateway(&self) -> String {
        self.public.keys().copied().collect::<Vec<_>>().join(", ")
    }

    /// A line for each network, the public ones first.
    pub(crate) fn lines(&self, line: impl Fn(&str, &[&str]) -> String) -> (String, String) {
        let of = |networks: &BTreeMap<&'static str, Vec<&'static str>>| {
            networks.iter().map(|(name, members)| line(name, members)).collect()
        };
        (of(&self.public), of(&self.private))
    }
}

/// The variables of a service in compose files and the stack, with its `environment:`.
pub(crate) fn environment(service: &Service) -> String {
    let fixed = service.environment.iter().map(|(name, value)| format!("      {name}: {value}\n"));
    let fixed: String = fixed.collect();
    let settings = match service.settings {
        [] if fixed.is_empty() => return "    environment: *environment\n".to_owned(),
        [] => String::new(),
        [one] => format!("      {one}: # as in .env, if it is set there\n"),
        several => {
            let lines = several.iter().map(|name| format!("      {name}:\n"));
            let comment = "      # As in .env, if they are set there.\n".to_owned();
            std::iter::once(comment).chain(lines).collect()
        }
    };
    format!("    environment:\n      <<: *environment\n{fixed}{settings}")
}
