//! The authorization matrix: every route of the gateway, and who may call it.
//!
//! A route that is not in [`REVIEWED`] fails the test, and so does a row without a route.

use std::collections::BTreeSet;

use grove_gateway::routes;
use grove_shared::Role;
use http::Method;
use serde_json::{Value, json};

use crate::world::{Caller, World};

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    /// Anybody, without a client token: the service checks a signature.
    Anyone,
    /// Any client application.
    Client,
    /// Any signed-in person; what is not theirs is 404.
    Member,
    /// The person whose thing it is, and nobody else, officers neither.
    Owner,
    /// Officers, and people with a place in the thing itself, such as a group's leads.
    Lead,
    /// Officers.
    Officer,
}
use Who::{Anyone, Client, Lead, Member, Officer, Owner};

const REVIEWED: &[(&str, &str, Who)] = &[
    ("POST", "/session", Client),
    ("DELETE", "/session", Member),
    ("GET", "/session/{token}", Client),
    ("POST", "/session/{token}", Client),
    ("DELETE", "/session/{token}", Client),
    ("GET", "/sessions", Member),
    ("DELETE", "/sessions", Member),
    ("DELETE", "/sessions/{id}", Member),
    ("PUT", "/password", Member),
    ("POST", "/password/reset", Client),
    ("POST", "/password/link/{token}", Client),
    ("GET", "/users", Officer),
    ("POST", "/users", Client),
    ("POST", "/users/login", Client),
    ("POST", "/users/logout", Member),
    ("GET", "/users/me", Member),
    ("PUT", "/users/me", Member),
    ("GET", "/users/{netid}", Member),
    ("DELETE", "/users/{netid}", Officer),
    ("GET", "/users/{netid}/is_member", Client),
    ("PUT", "/users/{netid}/paid", Officer),
    ("POST", "/activedirectory/add", Officer),
    ("GET", "/groups", Client),
    ("GET", "/groups/{type}", Client),
    ("POST", "/groups/{type}", Officer),
    ("GET", "/groups/{type}/{name}", Client),
    ("PUT", "/groups/{type}/{name}", Lead),
    ("DELETE", "/groups/{type}/{name}", Officer),
    ("GET", "/groups/{type}/{name}/roles", Member),
    ("POST", "/groups/{type}/{name}/roles", Lead),
    ("DELETE", "/groups/{type}/{name}/roles/{id}", Lead),
    ("GET", "/quotes", Member),
    ("POST", "/quotes", Member),
    ("GET", "/quotes/{id}", Member),
    ("DELETE", "/quotes/{id}", Officer),
    ("PUT", "/quotes/{id}/approve", Officer),
    ("POST", "/quotes/{id}/takedown", Member),
    ("POST", "/quotes/{id}/vote", Member),
    ("DELETE", "/quotes/{id}/vote", Member),
    ("GET", "/status", Officer),
    ("GET", "/outbox/auth", Officer),
    ("POST", "/outbox/auth/{id}/replay", Officer),
    ("GET", "/outbox/users", Officer),
    ("POST", "/outbox/users/{id}/replay", Officer),
    ("POST", "/activedirectory/remove", Officer),
    ("GET", "/directory/status", Officer),
    ("GET", "/directory/report", Officer),
    ("POST", "/directory/reconcile", Officer),
    ("POST", "/directory/repair", Officer),
    ("POST", "/credits/transfers", Member),
    ("GET", "/credits/audit", Officer),
    ("GET", "/credits/export", Member),
    ("GET", "/credits/payment-options", Client),
    ("POST", "/credits/top-ups", Member),
    ("GET", "/credits/top-ups/{id}", Member),
    ("POST", "/credits/membership-payments", Client),
    ("POST", "/stripe/webhook", Anyone),
    ("GET", "/outbox/credits", Officer),
    ("POST", "/outbox/credits/{id}/replay", Officer),
    ("GET", "/outbox/gigs", Officer),
    ("POST", "/outbox/gigs/{id}/replay", Officer),
    ("POST", "/merch/users/{netid}/pin", Owner),
    ("GET", "/merch/purchases", Member),
    ("POST", "/merch/purchases", Member),
    ("GET", "/merch/purchases/{id}", Member),
    ("POST", "/merch/purchases/{id}/items/{number}/resolve", Officer),
    ("GET", "/merch/sales", Officer),
    ("GET", "/outbox/merch", Officer),
    ("POST", "/outbox/merch/{id}/replay", Officer),
    ("GET", "/notification/{id}", Officer),
    ("GET", "/notifications", Officer),
    ("POST", "/notifications/preview", Officer),
    ("GET", "/notifications/channels", Officer),
    ("POST", "/notifications/deliveries/{id}/replay", Officer),
    ("GET", "/notifications/preferences", Member),
    ("PUT", "/notifications/preferences", Member),
    ("POST", "/notifications/unsubscribe/{token}", Client),
    // Services that are not there yet answer 503 to those whom the gateway lets through.
    ("GET", "/events", Client),
    ("GET", "/events/upcoming", Client),
    ("POST", "/payment", Member),
    ("GET", "/credits/users", Officer),
    ("GET", "/credits/users/{netid}", Member),
    ("GET", "/credits/transactions", Member),
    ("POST", "/credits/transactions", Officer),
    ("DELETE", "/credits/transactions/{id}", Officer),
    ("GET", "/gigs", Client),
    ("POST", "/gigs", Member),
    ("GET", "/gigs/claims", Client),
    ("POST", "/gigs/claims", Member),
    ("GET", "/gigs/claims/{id}", Client),
    ("PUT", "/gigs/claims/{id}", Member),
    ("DELETE", "/gigs/claims/{id}", Member),
    ("GET", "/gigs/{id}", Client),
    ("PUT", "/gigs/{id}", Member),
    ("DELETE", "/gigs/{id}", Member),
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
    ("PUT", "/merch/locations/{location}", Officer),
    ("GET", "/merch/users", Officer),
    ("GET", "/merch/users/{netid}", Member),
    ("POST", "/merch/users/pins", Client),
    ("POST", "/merch/transactions", Client),
    ("GET", "/merch/items", Client),
    ("POST", "/merch/items", Officer),
    ("GET", "/merch/items/{id}", Client),
    ("PUT", "/merch/items/{id}", Officer),
    ("DELETE", "/merch/items/{id}", Officer),
    ("GET", "/jobs", Client),
    ("POST", "/jobs", Client),
    ("PUT", "/jobs/{id}/approve", Officer),
    ("DELETE", "/jobs/{id}", Officer),
    ("GET", "/recruiters", Officer),
    ("POST", "/recruiters", Officer),
    ("POST", "/recruiters/login", Client),
    ("POST", "/recruiters/reset", Officer),
    ("POST", "/recruiters/reset_password", Client),
    ("GET", "/recruiters/{id}", Officer),
    ("PUT", "/recruiters/{id}", Officer),
    ("DELETE", "/recruiters/{id}", Officer),
    ("PUT", "/recruiters/{id}/renew", Officer),
    ("GET", "/recruiters/{id}/invite", Officer),
    ("POST", "/recruiters/{id}/invite", Officer),
    ("GET", "/students", Client),
    ("POST", "/students", Client),
    ("POST", "/students/remind", Officer),
    ("GET", "/students/{netid}", Client),
    ("DELETE", "/students/{netid}", Member),
    ("PUT", "/students/{netid}/approve", Officer),
    ("POST", "/notification", Officer),
    ("GET", "/request", Officer),
    ("POST", "/request", Member),
    ("GET", "/request/{id}", Member),
    ("PUT", "/request/{id}", Officer),
];

/// What stands for the parameters of a path.
#[derive(Debug, Clone, Copy)]
struct Things {
    netid: &'static str,
    group: &'static str,
    id: u64,
}

const MISSING: Things = Things { netid: "nobody9", group: "SIGNone", id: 999_999 };

impl Things {
    fn in_path(self, path: &str) -> String {
        path.replace("{netid}", self.netid)
            .replace("{type}", "sigs")
            .replace("{name}", self.group)
            .replace("{id}", &self.id.to_string())
            .replace("{number}", "1")
            .replace("{location}", "A1")
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
    let routed: BTreeSet<(String, &str)> =
        routes::table().iter().map(|route| (route.method.to_string(), route.path)).collect();
    let reviewed: BTreeSet<(String, &str)> =
        REVIEWED.iter().map(|(method, path, _)| ((*method).to_owned(), *path)).collect();
    let new: Vec<_> = routed.difference(&reviewed).collect();
    let gone: Vec<_> = reviewed.difference(&routed).collect();
    assert!(new.is_empty() && gone.is_empty(), "not reviewed: {new:?}; without a route: {gone:?}");
    assert_eq!(REVIEWED.len(), reviewed.len(), "a row stands twice");
}

#[tokio::test]
async fn everyone_may_do_what_the_matrix_says_and_nothing_else() {
    let world = World::start().await;
    let officer = world.person("officer1", &[Role::Admin]).await;
    let member = world.person("member1", &[]).await;
    let existing = things_of_others(&world, &officer).await;
    let client = world.client();
    let stranger = Caller { client_token: None, ..client.clone() };

    let mut wrong = Vec::new();
    for things in [MISSING, existing] {
        for (method, path, who) in REVIEWED {
            let path = &things.in_path(path);
            let seen = [
                status(&stranger, method, path).await,
                status(&client, method, path).await,
                status(&member, method, path).await,
            ];
            let refused = |status| status == 401 || status == 403;
            let right = (seen[0] == 403 || *who == Anyone)
                && match who {
                    Anyone => seen.into_iter().all(|status| !refused(status)),
                    Client => !refused(seen[1]) && !refused(seen[2]),
                    Member => seen[1] == 401 && seen[2] != 401,
                    Lead | Owner => seen[1] == 401 && [403, 404].contains(&seen[2]),
                    Officer => refused(seen[1]) && seen[2] == 403,
                };
            if !right {
                wrong.push(format!("{method} {path} ({who:?}): stranger, client, member {seen:?}"));
            }
        }
    }
    // Officers last: what they may do is done.
    for (method, path, who) in REVIEWED {
        let path = &MISSING.in_path(path);
        let seen = status(&officer, method, path).await;
        let refused = seen == 401 || seen == 403;
        if refused != (*who == Owner) {
            wrong.push(format!("{method} {path} ({who:?}): officer {seen}"));
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
