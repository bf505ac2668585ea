//! The groups service through its router, on a database of its own for each test.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod admin;
mod groups;
mod import;
mod membership;
mod officers;
mod roles;
mod validation;

use chrono::{DateTime, Utc};
use grove_groups::{AppState, Kind, MIGRATOR, admin::grant, router};
use grove_shared::{
    Clock, Role,
    api::groups::{GroupRole, GroupRoles, NewGroupRole, OfficerRoles},
    testing::{Person, TestApp, TestDatabase},
};
use serde_json::json;

/// The service on an empty database, at a time that only moves when a test moves it.
struct Setting {
    db: TestDatabase,
    app: TestApp,
    clock: Clock,
}

impl Setting {
    async fn new() -> Self {
        let db = TestDatabase::create(&MIGRATOR).await;
        let clock = Clock::stopped_at(at("2026-09-01T18:00:00Z"));
        let app = TestApp::new("groups", |keys| {
            router(AppState {
                db: db.pool(),
                verifier: keys.verifier("groups"),
                clock: clock.clone(),
                mail_domain: "example.edu".into(),
            })
        });
        Self { db, app, clock }
    }

    /// Makes a SIG as an officer would.
    async fn sig(&self, name: &str) {
        let reply = self.officer().post("/groups/sigs", &json!({ "name": name })).await;
        assert_eq!(reply.status, 201);
    }

    /// An officer who may change anything.
    fn officer(&self) -> Person {
        self.app.officer("admin2")
    }

    /// Puts someone into a group past all permissions, and returns their place.
    async fn put(&self, kind: Kind, group: &str, role: NewGroupRole) -> GroupRole {
        let netid = role.netid.clone();
        let granted = grant(&self.db.pool(), (kind, group), role, "setup1", self.clock.now()).await;
        assert!(granted.unwrap());
        let roles = roles(&self.officer(), &format!("{kind}/{group}")).await.roles;
        roles.into_iter().find(|role| role.netid == netid && role.ended_at.is_none()).unwrap()
    }

    /// The officer roles that the gateway is told of.
    async fn officer_roles(&self, netid: &str) -> Vec<Role> {
        let (gateway, question) = (self.app.service("gateway"), json!({ "netid": netid }));
        gateway.post("/internal/roles", &question).await.json::<OfficerRoles>().roles
    }
}

fn at(time: &str) -> DateTime<Utc> {
    time.parse().unwrap()
}

/// A plain member of a group.
fn plain(netid: &str) -> NewGroupRole {
    let (name, title) = (String::new(), String::new());
    NewGroupRole { netid: netid.parse().unwrap(), name, lead: false, title }
}

/// Someone who leads a group.
fn lead(netid: &str, name: &str) -> NewGroupRole {
    NewGroupRole { lead: true, name: name.to_owned(), ..plain(netid) }
}

/// The places of the group at `sigs/acm` or the like, as a person sees them.
async fn roles(person: &Person, group: &str) -> GroupRoles {
    person.get(&format!("/groups/{group}/roles")).await.json()
}

/// Who is in a list of places.
fn netids(roles: &GroupRoles) -> Vec<&str> {
    roles.roles.iter().map(|role| role.netid.as_str()).collect()
}
