//! Who did what: each route by which officers change something leaves one row in the log of its service when it
//! succeeds, and none when it is refused.

use std::collections::BTreeSet;

use grove_shared::Role;
use http::Method;
use serde_json::{Value, json};

use crate::{
    matrix::{MISSING, Who, reviewed},
    world::{Caller, World},
};

/// Routes that cannot be brought to succeed here, or change nothing.
const ELSEWHERE: &[(&str, &str)] = &[
    // They only look.
    ("POST", "/directory/reconcile"),
    ("POST", "/notifications/preview"),
    // What they need takes time or an outage: accountability.rs of the service has it.
    ("POST", "/credits/holds/{id}/release"),
    ("POST", "/directory/repair"),
    ("POST", "/merch/purchases/{id}/items/{number}/resolve"),
    ("POST", "/notifications/deliveries/{id}/replay"),
];

/// The routes by which officers change something for others.
fn changing() -> BTreeSet<(String, String)> {
    let planned = |path: &str| {
        let of_planned = grove_catalog::SERVICES.iter().filter(|service| service.is_planned);
        of_planned.flat_map(|service| service.routes).any(|route| route.path == path)
    };
    let by_officers =
        |who| matches!(who, Who::Lead | Who::Officer | Who::Top | Who::Admin | Who::Corporate);
    let rows = reviewed().into_iter();
    let rows =
        rows.filter(|(method, path, who)| *method != "GET" && by_officers(*who) && !planned(path));
    rows.map(|(method, path, _)| (method.to_owned(), path)).collect()
}

/// How many changes of the officers of this test the log of each service has.
async fn logged(world: &World) -> i64 {
    let mut all = 0;
    for service in grove_catalog::present() {
        let db = world.database.open(service.name).unwrap();
        let count = "SELECT COUNT(*) FROM audit_log WHERE actor IN ('officer1', 'member1')";
        all += sqlx::query_scalar::<_, i64>(count).fetch_one(&db).await.unwrap();
    }
    all
}

/// An officer who goes from route to route, and what was tried.
struct Walk<'a> {
    world: &'a World,
    officer: Caller,
    tried: BTreeSet<(String, String)>,
}

impl Walk<'_> {
    /// Makes a change at `path`, which is one of the route `template`; it is logged once.
    async fn change(&mut self, method: Method, template: &str, path: &str, body: Value) -> Value {
        let before = logged(self.world).await;
        let answer = self.officer.send(method.clone(), path, Some(&body)).await;
        assert!(answer.status < 300, "{method} {path}: {} {}", answer.status, answer.json);
        assert_eq!(logged(self.world).await, before + 1, "{method} {path} is logged once");
        self.tried.insert((method.to_string(), template.to_owned()));
        answer.json
    }
}

#[tokio::test]
async fn each_change_by_an_officer_leaves_one_row() {
    let world = World::start().await;
    let officer = world.person("officer1", &[Role::Admin]).await;
    for netid in ["member1", "member2"] {
        world.person(netid, &[]).await;
    }
    world.applicant("newbie1").await;
    let mut walk = Walk { world: &world, officer, tried: BTreeSet::new() };
    people_and_quotes(&mut walk).await;
    groups(&mut walk).await;
    credits_and_merch(&mut walk).await;
    what_did_not_go_through(&mut walk).await;

    let elsewhere =
        ELSEWHERE.iter().map(|(method, path)| ((*method).to_owned(), (*path).to_owned()));
    let tried: BTreeSet<_> = walk.tried.into_iter().chain(elsewhere).collect();
    assert_eq!(tried, changing());
    world.end().await;
}

async fn people_and_quotes(walk: &mut Walk<'_>) {
    let member = walk.world.sign_in("member1", crate::world::PASSWORD).await;
    for text in ["One.", "Two."] {
        let quote = json!({ "text": text, "source": "somebody", "author": "member1" });
        assert_eq!(member.post("/quotes", &quote).await.status, 200);
    }
    let quotes = walk.officer.get("/quotes").await.json["data"].clone();
    let path = |at: usize| format!("/quotes/{}", quotes[at]["id"]);
    walk.change(Method::PUT, "/quotes/{id}/approve", &format!("{}/approve", path(0)), json!({}))
        .await;
    walk.change(Method::DELETE, "/quotes/{id}", &path(1), json!({})).await;

    walk.change(Method::PUT, "/users/{netid}/paid", "/users/newbie1/paid", json!({})).await;
    walk.change(Method::DELETE, "/users/{netid}", "/users/member2", json!({})).await;
    let person = json!({ "netid": "stranger" });
    walk.change(Method::POST, "/activedirectory/add", "/activedirectory/add", person.clone()).await;
    walk.change(Method::POST, "/activedirectory/remove", "/activedirectory/remove", person).await;
    let message = json!({ "services": [{ "name": "email", "subject": "Hello" }], "message": "All of you.",
                          "audience": "members" });
    walk.change(Method::POST, "/notification", "/notification", message).await;
}

async fn groups(walk: &mut Walk<'_>) {
    let new = json!({ "name": "SIGTest" });
    walk.change(Method::POST, "/groups/{type}", "/groups/sigs", new).await;
    let (path, edit) = ("/groups/sigs/SIGTest", json!({ "description": "Tests things." }));
    walk.change(Method::PUT, "/groups/{type}/{name}", path, edit).await;
    let (roles, place) = (format!("{path}/roles"), json!({ "netid": "member1" }));
    walk.change(Method::POST, "/groups/{type}/{name}/roles", &roles, place).await;
    let places = walk.officer.get(&roles).await.json;
    let id =
        places["data"]["roles"][0]["id"].as_u64().or(places["roles"][0]["id"].as_u64()).unwrap();
    let one = format!("{roles}/{id}");
    walk.change(Method::DELETE, "/groups/{type}/{name}/roles/{id}", &one, json!({})).await;
    walk.change(Method::DELETE, "/groups/{type}/{name}", path, json!({})).await;
}

async fn credits_and_merch(walk: &mut Walk<'_>) {
    walk.officer.until("/credits/users/member1", 200).await;
    let gift = json!({ "netid": "member1", "amount": 10, "description": "A prize" });
    let path = "/credits/transactions";
    let done = walk.change(Method::POST, path, path, gift).await;
    let undone = format!("{path}/{}", done["id"]);
    let why = json!({ "reason": "It was for another" });
    walk.change(Method::DELETE, "/credits/transactions/{id}", &undone, why).await;

    let item = |price: &str| {
        json!({ "name": "Cola", "price": price, "image_url": "https://example.edu/cola.png",
                "quantity": "2", "location": "A1" })
    };
    walk.change(Method::POST, "/merch/items", "/merch/items", item("125")).await;
    let id = walk.officer.get("/merch/items").await.json["data"][0]["id"].clone();
    let path = format!("/merch/items/{id}");
    walk.change(Method::PUT, "/merch/items/{id}", &path, item("150")).await;
    let slot = json!({ "quantity": "5" });
    walk.change(Method::PUT, "/merch/locations/{location}", "/merch/locations/A1", slot).await;
    walk.change(Method::DELETE, "/merch/items/{id}", &path, json!({})).await;
}

async fn what_did_not_go_through(walk: &mut Walk<'_>) {
    let with_outbox = changing().into_iter().filter(|(_, path)| path.starts_with("/outbox/"));
    for (_, template) in with_outbox {
        let service = template.split('/').nth(2).unwrap();
        let db = walk.world.database.open(service).unwrap();
        let dead = sqlx::query(
            "INSERT INTO outbox (idempotency_key, peer, path, body, next_attempt_at, created_at, dead_at)
             VALUES ('of-a-test', 'quotes', '/internal/nothing', '{}', NOW(6), NOW(6), NOW(6))",
        );
        let id = dead.execute(&db).await.unwrap().last_insert_id();
        let path = format!("/outbox/{service}/{id}/replay");
        walk.change(Method::POST, &template, &path, json!({})).await;
    }
}

#[tokio::test]
async fn what_is_refused_is_not_logged() {
    let world = World::start().await;
    let officer = world.person("officer1", &[Role::Admin]).await;
    let member = world.person("member1", &[]).await;
    for (method, path) in changing() {
        let (method, path): (Method, _) = (method.parse().unwrap(), MISSING.in_path(&path));
        for caller in [&member, &officer] {
            let before = logged(&world).await;
            let answer = caller.send(method.clone(), &path, Some(&json!({}))).await;
            if answer.status >= 400 {
                assert_eq!(logged(&world).await, before, "{method} {path}: {}", answer.status);
            }
        }
    }
    world.end().await;
}
