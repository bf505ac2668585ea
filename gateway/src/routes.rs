//! The whole public surface as one table. A path that is not here does not exist.

use http::Method;

/// Who may call a route: a first line of defence, the services check again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Anybody, without a client token: the service checks a signature of its own.
    Anyone,
    /// Any client application.
    Public,
    /// Only for a member.
    Member,
    /// Only for an officer.
    Officer,
}

/// Where an old client names the member it speaks for, besides the `Netid` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// Nowhere.
    None,
    /// In this parameter of the query.
    Query(&'static str),
    /// In this member of the JSON body.
    Body(&'static str),
}

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
    /// Whether a success may end a session or change a role.
    pub(crate) fn changes_access(&self) -> bool {
        !self.method.is_safe() && ["auth", "users", "groups"].contains(&self.service)
    }
}

/// Defines two ways to write a route: without an [`Actor`] and with one.
macro_rules! method {
    ($method:ident, $plain:ident, $named:ident) => {
        const fn $plain(path: &'static str, service: &'static str, access: Access) -> Route {
            $named(path, service, access, Actor::None)
        }

        const fn $named(
            path: &'static str,
            service: &'static str,
            access: Access,
            actor: Actor,
        ) -> Route {
            Route { method: Method::$method, path, service, access, actor, keeps_keys: false }
        }
    };
}
method!(GET, get, get_as);
method!(POST, post, post_as);
method!(PUT, put, put_as);
method!(DELETE, delete, delete_as);

/// A POST to a service that keeps Idempotency-Keys.
const fn post_once(
    path: &'static str,
    service: &'static str,
    access: Access,
    actor: Actor,
) -> Route {
    Route { method: Method::POST, path, service, access, actor, keeps_keys: true }
}

/// Every route.
pub fn table() -> &'static [Route] {
    ROUTES
}

use Access::{Anyone, Member, Officer, Public};
use Actor::{Body, Query};

const ROUTES: &[Route] = &[
    // The gateway's own
    get("/status", "gateway", Officer),
    // Sessions and passwords
    post("/session", "auth", Public),
    delete("/session", "auth", Member),
    get("/session/{token}", "auth", Public),
    post("/session/{token}", "auth", Public),
    delete("/session/{token}", "auth", Public),
    get("/sessions", "auth", Member),
    delete("/sessions", "auth", Member),
    delete("/sessions/{id}", "auth", Member),
    put("/password", "auth", Member),
    post("/password/reset", "auth", Public),
    post("/password/link/{token}", "auth", Public),
    get("/outbox/auth", "auth", Officer),
    post("/outbox/auth/{id}/replay", "auth", Officer),
    // Members
    get("/users", "users", Officer),
    post("/users", "users", Public),
    post("/users/login", "users", Public),
    post("/users/logout", "users", Public),
    get("/users/me", "users", Member),
    put("/users/me", "users", Member),
    get("/users/{netid}", "users", Member),
    delete("/users/{netid}", "users", Officer),
    get("/users/{netid}/is_member", "users", Public),
    put("/users/{netid}/paid", "users", Officer),
    get("/outbox/users", "users", Officer),
    post("/outbox/users/{id}/replay", "users", Officer),
    // The campus directory
    post("/activedirectory/add", "directory", Officer),
    post("/activedirectory/remove", "directory", Officer),
    get("/directory/status", "directory", Officer),
    get("/directory/report", "directory", Officer),
    post("/directory/reconcile", "directory", Officer),
    post("/directory/repair", "directory", Officer),
    // SIGs and committees
    get("/groups", "groups", Public),
    get("/groups/{type}", "groups", Public),
    post("/groups/{type}", "groups", Officer),
    get("/groups/{type}/{name}", "groups", Public),
    put("/groups/{type}/{name}", "groups", Member),
    delete("/groups/{type}/{name}", "groups", Officer),
    get("/groups/{type}/{name}/roles", "groups", Member),
    post("/groups/{type}/{name}/roles", "groups", Member),
    delete("/groups/{type}/{name}/roles/{id}", "groups", Member),
    // Quotes
    get("/quotes", "quotes", Member),
    post_as("/quotes", "quotes", Member, Body("author")),
    get("/quotes/{id}", "quotes", Member),
    delete("/quotes/{id}", "quotes", Officer),
    put("/quotes/{id}/approve", "quotes", Officer),
    post("/quotes/{id}/takedown", "quotes", Member),
    post("/quotes/{id}/vote", "quotes", Member),
    delete("/quotes/{id}/vote", "quotes", Member),
    // Events
    get("/events", "events", Public),
    get("/events/upcoming", "events", Public),
    // Credits
    post_as("/payment", "credits", Member, Body("netid")),
    get("/credits/users", "credits", Officer),
    get("/credits/users/{netid}", "credits", Member),
    get_as("/credits/transactions", "credits", Member, Query("netid")),
    post_once("/credits/transactions", "credits", Officer, Actor::None),
    delete("/credits/transactions/{id}", "credits", Officer),
    post_once("/credits/transfers", "credits", Member, Actor::None),
    get("/credits/audit", "credits", Officer),
    get("/credits/export", "credits", Member),
    get("/credits/payment-options", "credits", Public),
    post_once("/credits/top-ups", "credits", Member, Actor::None),
    get("/credits/top-ups/{id}", "credits", Member),
    post_once("/credits/membership-payments", "credits", Public, Actor::None),
    post("/stripe/webhook", "credits", Anyone),
    get("/outbox/credits", "credits", Officer),
    post("/outbox/credits/{id}/replay", "credits", Officer),
    // Gigs
    get("/gigs", "gigs", Public),
    post_once("/gigs", "gigs", Member, Body("issuer")),
    get("/gigs/claims", "gigs", Public),
    post_as("/gigs/claims", "gigs", Member, Body("claimant")),
    get("/gigs/claims/{id}", "gigs", Public),
    put("/gigs/claims/{id}", "gigs", Member),
    delete("/gigs/claims/{id}", "gigs", Member),
    get("/gigs/{id}", "gigs", Public),
    put("/gigs/{id}", "gigs", Member),
    delete("/gigs/{id}", "gigs", Member),
    get("/outbox/gigs", "gigs", Officer),
    post("/outbox/gigs/{id}/replay", "gigs", Officer),
    // Memes
    get_as("/memes", "memes", Member, Query("netid")),
    post_as("/memes", "memes", Member, Body("netid")),
    get("/memes/random", "memes", Public),
    get_as("/memes/{id}", "memes", Member, Query("netid")),
    delete("/memes/{id}", "memes", Member),
    put("/memes/{id}/approve", "memes", Officer),
    put_as("/memes/{id}/vote", "memes", Member, Body("netid")),
    delete_as("/memes/{id}/vote", "memes", Member, Body("netid")),
    // Merch
    get("/merch/locations", "merch", Public),
    get("/merch/locations/{location}", "merch", Public),
    put("/merch/locations/{location}", "merch", Officer),
    get("/merch/users", "merch", Officer),
    get("/merch/users/{netid}", "merch", Member),
    post("/merch/users/{netid}/pin", "merch", Member),
    post("/merch/users/pins", "merch", Public),
    post_once("/merch/transactions", "merch", Public, Actor::None),
    get("/merch/items", "merch", Public),
    post("/merch/items", "merch", Officer),
    get("/merch/items/{id}", "merch", Public),
    put("/merch/items/{id}", "merch", Officer),
    delete("/merch/items/{id}", "merch", Officer),
    get("/merch/purchases", "merch", Member),
    post_once("/merch/purchases", "merch", Member, Actor::None),
    get("/merch/purchases/{id}", "merch", Member),
    post("/merch/purchases/{id}/items/{number}/resolve", "merch", Officer),
    get("/merch/sales", "merch", Officer),
    get("/outbox/merch", "merch", Officer),
    post("/outbox/merch/{id}/replay", "merch", Officer),
    // Jobs, recruiters and the resume book, which a recruiter opens with a token of their own
    get("/jobs", "recruiters", Public),
    post("/jobs", "recruiters", Public),
    put("/jobs/{id}/approve", "recruiters", Officer),
    delete("/jobs/{id}", "recruiters", Officer),
    get("/recruiters", "recruiters", Officer),
    post("/recruiters", "recruiters", Officer),
    post("/recruiters/login", "recruiters", Public),
    post("/recruiters/reset", "recruiters", Officer),
    post("/recruiters/reset_password", "recruiters", Public),
    get("/recruiters/{id}", "recruiters", Officer),
    put("/recruiters/{id}", "recruiters", Officer),
    delete("/recruiters/{id}", "recruiters", Officer),
    put("/recruiters/{id}/renew", "recruiters", Officer),
    get("/recruiters/{id}/invite", "recruiters", Officer),
    post("/recruiters/{id}/invite", "recruiters", Officer),
    get("/students", "recruiters", Public),
    post("/students", "recruiters", Public),
    post("/students/remind", "recruiters", Officer),
    get("/students/{netid}", "recruiters", Public),
    delete("/students/{netid}", "recruiters", Member),
    put("/students/{netid}/approve", "recruiters", Officer),
    // Messages and service requests
    post_once("/notification", "notifications", Officer, Actor::None),
    get("/notification/{id}", "notifications", Officer),
    get("/notifications", "notifications", Officer),
    post("/notifications/preview", "notifications", Officer),
    get("/notifications/channels", "notifications", Officer),
    post("/notifications/deliveries/{id}/replay", "notifications", Officer),
    get("/notifications/preferences", "notifications", Member),
    put("/notifications/preferences", "notifications", Member),
    post("/notifications/unsubscribe/{token}", "notifications", Public),
    get("/request", "requests", Officer),
    post("/request", "requests", Member),
    get("/request/{id}", "requests", Member),
    put("/request/{id}", "requests", Officer),
];
