//! The whole public surface as one table. A path that is not here does not exist.

use std::sync::LazyLock;

use grove_catalog::SERVICES;
pub use grove_catalog::{Access, Actor};
use grove_identity::GATEWAY;
use http::Method;

const _: () = assert!(!SERVICES.is_empty(), "services/*/service.toml are not here");

/// One method of one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The method; `GET` stands for `HEAD` too.
    pub method: Method,
    /// The path, with `{name}` for one segment of any text.
    pub path: &'static str,
    /// The service that answers.
    pub service: &'static str,
    /// Who may call it.
    pub access: Access,
    /// Where the member is named that a client speaks for.
    pub actor: Actor,
    /// Whether the service keeps Idempotency-Keys, so that a request with one can be repeated.
    pub keeps_keys: bool,
}

impl Route {
    fn new(service: &'static str, route: &grove_catalog::Route) -> Self {
        let grove_catalog::Route { method, path, access, actor, keeps_keys } = *route;
        let method = match method {
            grove_catalog::Method::Get => Method::GET,
            grove_catalog::Method::Post => Method::POST,
            grove_catalog::Method::Put => Method::PUT,
            grove_catalog::Method::Patch => Method::PATCH,
            grove_catalog::Method::Delete => Method::DELETE,
        };
        Self { method, path, service, access, actor, keeps_keys }
    }

    /// Whether a success may end a session or change a role.
    pub(crate) fn changes_access(&self) -> bool {
        !self.method.is_safe() && ["auth", "users", "groups"].contains(&self.service)
    }
}

/// Every route: what each service says that it answers, and the gateway's own. Their order means nothing.
pub fn table() -> &'static [Route] {
    &TABLE
}

static TABLE: LazyLock<Vec<Route>> = LazyLock::new(|| {
    let of_services = SERVICES
        .iter()
        .flat_map(|service| service.routes.iter().map(|route| Route::new(service.name, route)));
    of_services.chain(OWN).collect()
});

/// Where the gateway tells how the services are.
pub(crate) const STATUS: &str = "/status";
/// Where it tells what all of them answer, for programs.
pub(crate) const DESCRIPTION: &str = "/openapi.json";
/// Where it tells that for people.
pub(crate) const DOCS: &str = "/docs";
/// What the page for people is made of.
const DOCS_FILE: &str = "/docs/{file}";

/// What the gateway answers itself.
const OWN: [Route; 4] = [
    own(STATUS, Access::Officer),
    own(DESCRIPTION, Access::Anyone),
    own(DOCS, Access::Anyone),
    own(DOCS_FILE, Access::Anyone),
];

const fn own(path: &'static str, access: Access) -> Route {
    let (actor, keeps_keys) = (Actor::None, false);
    Route { method: Method::GET, path, service: GATEWAY, access, actor, keeps_keys }
}
