//! What the house knows of each service: where it listens, whom it calls, what it answers to whom.
//!
//! Each service says it once, in `services/<name>/service.toml`; a service that is planned, in
//! `deploy/new-service/planned/<name>.toml`. The build reads these files, refuses what cannot be meant,
//! and makes them the table [`SERVICES`], from which the gateway, `grove-setup`, the `grove` program and
//! `make catalog` take theirs. This crate itself names no service and does nothing.

/// A service.
#[derive(Debug)]
pub struct Service {
    /// What it is called: its folder, its crate without `grove-`, its host in containers.
    pub name: &'static str,
    /// What it is for, in a sentence.
    pub about: &'static str,
    /// Whether its routes are known and it is not there yet.
    pub is_planned: bool,
    /// Where it listens on one machine.
    pub port: u16,
    /// Whether it owns a schema of the database.
    pub schema: bool,
    /// Tables whose rows nobody changes or deletes, the service itself neither.
    pub append_only: &'static [&'static str],
    /// The services that it calls; `calls = "all"` of a file is all the others that have a schema.
    pub calls: &'static [&'static str],
    /// Its networks in containers. One that is called as a service holds the gateway and the database
    /// too.
    pub networks: &'static [&'static str],
    /// What it reaches outside.
    pub outside: Option<Outside>,
    /// Its secrets besides the account of its schema and the keys of identities.
    pub secrets: &'static [&'static str],
    /// Variables that it is given as the chapter sets them.
    pub settings: &'static [&'static str],
    /// Variables that it is given with the same value in every chapter.
    pub environment: &'static [(&'static str, &'static str)],
    /// What it answers at the gateway.
    pub routes: &'static [Route],
}

/// What a service reaches outside.
#[derive(Debug)]
pub struct Outside {
    /// What that is, for people.
    pub hosts: &'static str,
    /// The ports there.
    pub ports: &'static [u16],
}

/// One method of one path.
#[derive(Debug)]
pub struct Route {
    /// The method; `GET` stands for `HEAD` too.
    pub method: Method,
    /// The path, with `{name}` for one segment of any text.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// Where the member is named that a client speaks for; nowhere, unless old clients do so here.
    pub actor: Actor,
    /// Whether the service keeps Idempotency-Keys, so that a request with one can be repeated.
    pub keeps_keys: bool,
}

/// A method of HTTP that a route may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the methods of HTTP")]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// Who may call a route: a first line of defence, the services check again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Anybody, without a client token: the service checks a signature of its own.
    Anyone,
    /// Any client application.
    Public,
    /// Only for someone who is signed in.
    Person,
    /// Only for a member of today: neither for who has not paid yet, nor for whose term has ended.
    Member,
    /// Only for an officer of any committee.
    Officer,
    /// Only for the committees admin and top4.
    AdminOrTop4,
    /// Only for the committee admin.
    Admin,
    /// Only for the committee corporate.
    Corporate,
}

/// Where a client names the member that it speaks for, if it may speak for members at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// Nowhere: nobody speaks for another here.
    None,
    /// In the header `Netid`, as everywhere below.
    Header,
    /// In this parameter of the query.
    Query(&'static str),
    /// In this member of the JSON body.
    Body(&'static str),
}

/// Every service by its name, those that are planned among them.
pub const SERVICES: &[Service] = include!(concat!(env!("OUT_DIR"), "/services.rs"));

/// The services that are there.
pub fn present() -> impl Iterator<Item = &'static Service> + Clone {
    SERVICES.iter().filter(|service| !service.is_planned)
}
