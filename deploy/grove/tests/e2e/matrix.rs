//! The authorization matrix: every route of the gateway, and who may call it.
//!
//! A route that is not in [`REVIEWED`] fails the test, and so does a row without a route. Who may call it is
//! said here once more, and not taken from the gateway's table. A service without a row is as `make
//! new-service` made it.

use std::collections::BTreeSet;

use grove_gateway::routes;
use grove_shared::Role;
use http::Method;
use serde_json::{Value, json};

use crate::world::{Caller, World};

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// Anybody, without a client token: the service checks a signature.
    Anyone,
    /// Any client application.
    Client,
    /// Any signed-in person; what is not theirs is 404.
    Person,
    /// Members of today; what is not theirs is 404.
    Member,
    /// The person whose thing it is, and nobody else, officers neither.
    Owner,
    /// Officers, and people with a place in the thing itself, such as a group's leads.
    Lead,
    /// Officers of any committee.
    Officer,
    /// The committees admin and top4.
    Top,
    /// The committee admin.
    Admin,
    /// The committee corporate.
    Corporate,
}
use Who::{Admin, Anyone, Client, Corporate, Lead, Member, Officer, Owner, Person, Top};

impl Who {
    /// Whether an officer with this role is let in.
    fn admits(self, role: Role) -> bool {
        match self {
            // A thing that is not there has no lead, so nobody is refused it.
            Anyone | Client | Person | Member | Officer | Lead => true,
            Top => role != Role::Corporate,
            Admin => role == Role::Admin,
            Corporate => role == Role::Corporate,
            Owner => false,
        }
    }
}

const REVIEWED: &[(&str, &str, Who)] = &[
    ("POST", "/session", Client),
    ("GET", "/session", Person),
    ("DELETE", "/session", Person),
    ("GET", "/session/{token}", Client),
    ("POST", "/session/{token}", Client),
    ("DELETE", "/session/{token}", Client),
    ("GET", "/sessions", Person),
    ("DELETE", "/sessions", Person),
    ("DELETE", "/sessions/{id}", Person),
    ("PUT", "/password", Person),
    ("POST", "/password/reset", Client),
    ("POST", "/password/link", Client),
    ("POST", "/password/link/check", Client),
    ("GET", "/users", Top),
    ("GET", "/users/counts", Top),
    ("GET", "/users/deletions", Top),
    ("POST", "/users", Client),
    ("POST", "/users/login", Client),
    ("POST", "/users/logout", Person),
    ("GET", "/users/me", Person),
    ("PUT", "/users/me", Person),
    ("GET", "/users/me/data", Person),
    ("GET", "/users/{netid}", Person),
    ("DELETE", "/users/{netid}", Top),
    ("GET", "/users/{netid}/is_member", Client),
    ("PUT", "/users/{netid}/paid", Top),
    ("POST", "/activedirectory/add", Top),
    ("GET", "/groups", Client),
    ("GET", "/groups/{type}", Client),
    ("POST", "/groups/{type}", Top),
    ("GET", "/groups/{type}/{name}", Client),
    ("PUT", "/groups/{type}/{name}", Lead),
    ("DELETE", "/groups/{type}/{name}", Top),
    ("GET", "/groups/{type}/{name}/roles", Person),
    ("POST", "/groups/{type}/{name}/roles", Lead),
    ("DELETE", "/groups/{type}/{name}/roles/{id}", Lead),
    ("GET", "/audit/groups", Person),
    ("GET", "/audit/groups/{id}", Person),
    ("GET", "/quotes", Member),
    ("POST", "/quotes", Member),
    ("GET", "/quotes/counts", Officer),
    ("GET", "/quotes/{id}", Member),
    ("DELETE", "/quotes/{id}", Officer),
    ("PUT", "/quotes/{id}/approve", Officer),
    ("POST", "/quotes/{id}/takedown", Person),
    ("POST", "/quotes/{id}/vote", Member),
    ("DELETE", "/quotes/{id}/vote", Person),
    ("GET", "/audit/quotes", Person),
    ("GET", "/audit/quotes/{id}", Person),
    ("GET", "/status", Officer),
    ("GET", "/openapi.json", Anyone),
    ("GET", "/docs", Anyone),
    ("GET", "/docs/{file}", Anyone),
    ("GET", "/audit/auth", Person),
    ("GET", "/audit/auth/{id}", Person),
    ("GET", "/outbox/auth", Top),
    ("GET", "/outbox/auth/mine", Person),
    ("POST", "/outbox/auth/{id}/replay", Top),
    ("GET", "/audit/users", Person),
    ("GET", "/audit/users/{id}", Person),
    ("GET", "/outbox/users", Top),
    ("GET", "/outbox/users/mine", Person),
    ("POST", "/outbox/users/{id}/replay", Top),
    ("POST", "/activedirectory/remove", Top),
    ("GET", "/directory/status", Top),
    ("GET", "/directory/report", Top),
    ("POST", "/directory/reconcile", Top),
    ("POST", "/directory/repair", Top),
    ("GET", "/audit/directory", Person),
    ("GET", "/audit/directory/{id}", Person),
    ("POST", "/credits/transfers", Member),
    ("GET", "/credits/audit", Admin),
    ("GET", "/credits/holds", Admin),
    ("POST", "/credits/holds/{id}/release", Admin),
    ("GET", "/credits/export", Person),
    ("GET", "/credits/payment-options", Client),
    ("POST", "/credits/top-ups", Member),
    ("GET", "/credits/top-ups/{id}", Person),
    ("POST", "/credits/membership-payments", Client),
    ("POST", "/stripe/webhook", Anyone),
    ("GET", "/audit/credits", Person),
    ("GET", "/audit/credits/{id}", Person),
    ("GET", "/outbox/credits", Admin),
    ("GET", "/outbox/credits/mine", Person),
    ("POST", "/outbox/credits/{id}/replay", Admin),
    ("GET", "/outbox/gigs", Officer),
    ("GET", "/outbox/gigs/mine", Person),
    ("POST", "/outbox/gigs/{id}/replay", Officer),
    ("GET", "/audit/gigs", Person),
    ("GET", "/audit/gigs/{id}", Person),
    ("POST", "/merch/users/{netid}/pin", Owner),
    ("GET", "/merch/purchases", Person),
    ("POST", "/merch/purchases", Member),
    ("GET", "/merch/purchases/{id}", Person),
    ("POST", "/merch/purchases/{id}/items/{number}/resolve", Top),
    ("GET", "/merch/sales", Top),
    ("GET", "/audit/merch", Person),
    ("GET", "/audit/merch/{id}", Person),
    ("GET", "/outbox/merch", Top),
    ("GET", "/outbox/merch/mine", Person),
    ("POST", "/outbox/merch/{id}/replay", Top),
    ("GET", "/notification/{id}", Officer),
    ("GET", "/notifications", Officer),
    ("POST", "/notifications/preview", Officer),
    ("GET", "/notifications/channels", Officer),
    ("POST", "/notifications/deliveries/{id}/replay", Officer),
    ("GET", "/notifications/preferences", Person),
    ("PUT", "/notifications/preferences", Person),
    ("POST", "/notifications/unsubscribe/{token}", Client),
    ("GET", "/audit/notifications", Person),
    ("GET", "/audit/notifications/{id}", Person),
    // Services that are not there yet answer 503 to those whom the gateway lets through.
    ("GET", "/events", Client),
    ("GET", "/events/upcoming", Client),
    ("POST", "/payment", Person),
    ("GET", "/credits/users", Admin),
    ("GET", "/credits/users/{netid}", Person),
    ("GET", "/credits/transactions", Person),
    ("POST", "/credits/transactions", Admin),
    ("DELETE", "/credits/transactions/{id}", Admin),
    ("GET", "/gigs", Client),
    ("POST", "/gigs", Member),
    ("GET", "/gigs/claims", Client),
    ("POST", "/gigs/claims", Member),
    ("GET", "/gigs/claims/{id}", Client),
    ("PUT", "/gigs/claims/{id}", Person),
    ("DELETE", "/gigs/claims/{id}", Person),
    ("GET", "/gigs/{id}", Client),
    ("PUT", "/gigs/{id}", Person),
    ("DELETE", "/gigs/{id}", Person),
    ("GET", "/memes", Member),
    ("POST", "/memes", Member),
    ("GET", "/memes/random", Client),
    ("GET", "/memes/{id}", Member),
    ("DELETE", "/memes/{id}", Member),
    ("PUT", "/memes/{id}/approve", Officer),
    ("PUT", "/memes/{id}/vote", Member),
    ("DELETE", "/memes/{id}/vote", Member),
    ("GET", "/merch/locations", Client),
    ("GET", "/merch/locations/{location}", Client),
    ("PUT", "/merch/locations/{location}", Top),
    ("GET", "/merch/users", Top),
    ("GET", "/merch/users/{netid}", Person),
    ("POST", "/merch/users/pins", Client),
    ("POST", "/merch/transactions", Client),
    ("GET", "/merch/items", Client),
    ("POST", "/merch/items", Top),
    ("GET", "/merch/items/available", Client),
    ("GET", "/merch/items/{id}", Client),
    ("PUT", "/merch/items/{id}", Top),
    ("DELETE", "/merch/items/{id}", Top),
    ("GET", "/jobs", Client),
    ("POST", "/jobs", Client),
    ("PUT", "/jobs/{id}/approve", Corporate),
    ("DELETE", "/jobs/{id}", Corporate),
    ("GET", "/recruiters", Corporate),
    ("POST", "/recruiters", Corporate),
    ("POST", "/recruiters/login", Client),
    ("POST", "/recruiters/reset", Corporate),
    ("POST", "/recruiters/reset_password", Client),
    ("GET", "/recruiters/{id}", Corporate),
    ("PUT", "/recruiters/{id}", Corporate),
    ("DELETE", "/recruiters/{id}", Corporate),
    ("PUT", "/recruiters/{id}/renew", Corporate),
    ("GET", "/recruiters/{id}/invite", Corporate),
    ("POST", "/recruiters/{id}/invite", Corporate),
    ("GET", "/students", Client),
    ("POST", "/students", Client),
    ("POST", "/students/remind", Corporate),
    ("GET", "/students/{netid}", Client),
    ("DELETE", "/students/{netid}", Member),
    ("PUT", "/students/{netid}/approve", Corporate),
    ("POST", "/notification", Officer),
    ("GET", "/request", Officer),
    ("POST", "/request", Member),
    ("GET", "/request/{id}", Member),
    ("PUT", "/request/{id}", Officer),
];

/// The rows of a service that nobody has changed.
const AS_MADE: &[(&str, &str, Who)] = &[
    ("GET", "/{service}", Member),
    ("POST", "/{service}", Member),
    ("DELETE", "/{service}/{id}", Officer),
    ("GET", "/audit/{service}", Person),
    ("GET", "/audit/{service}/{id}", Person),
];

/// Every row: those above, and those of services that have none there.
pub(crate) fn reviewed() -> Vec<(&'static str, String, Who)> {
    let is_reviewed = |path: &str| REVIEWED.iter().any(|(_, reviewed, _)| *reviewed == path);
    let by_hand = REVIEWED.iter().map(|(method, path, who)| (*method, (*path).to_owned(), *who));
    let new = grove_catalog::present()
        .filter(|service| !service.routes.iter().any(|route| is_reviewed(route.path)))
        .flat_map(|service| {
            AS_MADE
                .iter()
                .map(|(method, path, who)| (*method, path.replace("{service}", service.name), *who))
        });
    by_hand.chain(new).collect()
}

/// What stands for the parameters of a path.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Things {
    netid: &'static str,
    group: &'static str,
    id: u64,
}

pub(crate) const MISSING: Things = Things { netid: "nobody9", group: "SIGNone", id: 999_999 };

impl Things {
    pub(crate) fn in_path(self, path: &str) -> String {
        path.replace("{netid}", self.netid)
            .replace("{type}", "sigs")
            .replace("{name}", self.group)
            .replace("{id}", &self.id.to_string())
            .replace("{number}", "1")
            .replace("{location}", "A1")
            .replace("{file}", "nothing.css")
            .replace("{token}", "0123456789012345678901234567890123456789012")
    }
}

async fn status(caller: &Caller, method: &str, path: &str) -> u16 {
    let method: Method = method.parse().unwrap();
    let body = (method != Method::GET).then(|| json!({}));
    let answer = caller.send(method, path, body.as_ref()).await;
    if answer.status >= 400 {
        assert!(
            answer.json["error"].is_string(),
            "{path} answers {} without an error",
            answer.status
        );
    }
    answer.status
}

#[test]
fn every_route_has_been_reviewed() {
    let rows = reviewed();
    let routed: BTreeSet<(&str, &str)> =
        routes::table().iter().map(|route| (route.method.as_str(), route.path)).collect();
    let reviewed: BTreeSet<(&str, &str)> =
        rows.iter().map(|(method, path, _)| (*method, path.as_str())).collect();
    let new: Vec<_> = routed.difference(&reviewed).collect();
    let gone: Vec<_> = reviewed.difference(&routed).collect();
    assert!(new.is_empty() && gone.is_empty(), "not reviewed: {new:?}; without a route: {gone:?}");
    assert_eq!(rows.len(), reviewed.len(), "a row stands twice");
}

#[tokio::test]
async fn everyone_may_do_what_the_matrix_says_and_nothing_else() {
    let world = World::start().await;
    let officer = world.person("officer1", &[Role::Admin]).await;
    let member = world.person("member1", &[]).await;
    let applicant = world.applicant("newbie1").await;
    let existing = things_of_others(&world, &officer).await;
    let client = world.client();
    let stranger = Caller { client_token: None, ..client.clone() };

    let rows = reviewed();
    let refused = |status| status == 401 || status == 403;
    let mut wrong = Vec::new();
    for things in [MISSING, existing] {
        for (method, path, who) in &rows {
            let path = &things.in_path(path);
            let seen = [
                status(&stranger, method, path).await,
                status(&client, method, path).await,
                status(&applicant, method, path).await,
                status(&member, method, path).await,
            ];
            let right = (seen[0] == 403 || *who == Anyone)
                && match who {
                    Anyone => seen.into_iter().all(|status| !refused(status)),
                    Client => seen[1..].iter().all(|status| !refused(*status)),
                    Person => seen[1] == 401 && seen[2] != 401 && seen[3] != 401,
                    Member => seen[1] == 401 && seen[2] == 403 && seen[3] != 401,
                    Lead | Owner => {
                        seen[1] == 401 && seen[2..].iter().all(|seen| [403, 404].contains(seen))
                    }
                    Officer | Top | Admin | Corporate => {
                        refused(seen[1]) && seen[2] == 403 && seen[3] == 403
                    }
                };
            if !right {
                wrong.push(format!(
                    "{method} {path} ({who:?}): stranger, client, applicant, member {seen:?}"
                ));
            }
        }
    }
    // Officers last: what they may do is done.
    for (netid, role) in
        [("officer2", Role::Corporate), ("officer3", Role::Top4), ("officer4", Role::Admin)]
    {
        let officer = world.person(netid, &[role]).await;
        for (method, path, who) in &rows {
            let path = &MISSING.in_path(path);
            let seen = status(&officer, method, path).await;
            // What is somebody else's is refused to some, who may use the route for their own.
            let is_refused = seen == 401 || seen == 403 && *who != Person;
            if is_refused == who.admits(role) {
                wrong.push(format!("{method} {path} ({who:?}): {role} {seen}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    world.end().await;
}

/// A user, a group and a quote that belong to neither the member nor the officer of the test.
async fn things_of_others(world: &World, officer: &Caller) -> Things {
    let author = world.person("author1", &[]).await;
    let quote = json!({ "text": "Somebody else's.", "source": "author1", "author": "author1" });
    assert_eq!(author.post("/quotes", &quote).await.status, 200);
    let id = officer.get("/quotes").await.json["data"][0]["id"].as_u64().unwrap();
    assert_eq!(officer.put(&format!("/quotes/{id}/approve"), &Value::Null).await.status, 200);
    let group = json!({ "name": "SIGOther" });
    assert_eq!(officer.post("/groups/sigs", &group).await.status, 201);
    Things { netid: "author1", group: "SIGOther", id }
}

#[tokio::test]
async fn what_is_forbidden_and_what_is_absent_look_alike() {
    let world = World::start().await;
    world.add_account("author1", &[]).await;
    let member = world.person("member1", &[]).await;
    let forbidden = member.get("/users/author1").await;
    let absent = member.get("/users/nobody9").await;
    assert_eq!((forbidden.status, &forbidden.json["error"]), (404, &absent.json["error"]));
    world.end().await;
}
