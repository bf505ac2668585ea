//! The groups service through its router, on a database of its own for each test.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accountability;
mod admin;
mod contract;
mod groups;
mod import;
mod membership;
mod names;
mod officers;
mod people;
mod roles;
mod validation;

use chrono::{DateTime, Utc};
use grove_client::Peers;
use grove_groups::{AppState, Kind, MIGRATOR, admin::grant, assemble};
use grove_groups_api::{GroupRole, GroupRoles, NewGroupRole, OfficerRoles};
use grove_shared::{Clock, Role, Standing, config::PeerUrls};
use grove_testing::{Person, TestApp, TestDatabase};
use grove_users_api::fake::FakeUsers;
use serde_json::json;

/// The service on an empty database, at a time that only moves when a test moves it.
struct Setting {
    db: TestDatabase,
    app: TestApp,
    clock: Clock,
    users: FakeUsers,
}

impl Setting {
    async fn new() -> Self {
        let db = TestDatabase::create(&MIGRATOR).await;
        let clock = Clock::stopped_at(at("2026-09-01T18:00:00Z"));
        let users = FakeUsers::start().await;
        for (netid, first_name, last_name) in [
            ("jsmith2", "Jo", "Smith"),
            ("mdoe3", "Max", "Doe"),
            ("friend1", "Fay", "Friend"),
            ("other1", "Otto", "Other"),
        ] {
            users.person(&netid.parse().unwrap(), first_name, last_name, Standing::Member);
        }
        let urls: PeerUrls = format!("users={}", users.url()).parse().unwrap();
        let app = TestApp::new("groups", |keys| {
            assemble(AppState {
                db: db.pool(),
                verifier: keys.verifier("groups"),
                clock: clock.clone(),
                peers: Peers::new(keys.key("groups"), urls, &[]).unwrap(),
                mail_domain: "example.edu".into(),
            })
            .into_router()
        });
        Self { db, app, clock, users }
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
