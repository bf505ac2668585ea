//! Who did what, what is kept of a person, and what is left when they are forgotten.

use chrono::TimeDelta;
use grove_shared::{audit::Entry, page::Page, personal_data::Forgotten};
use http::StatusCode;
use serde_json::{Value, json};

use crate::{Person, World, receiver::Receiver};

async fn log(person: &Person, query: &str) -> Vec<Entry> {
    person.get(&format!("/audit/users{query}")).await.json::<Page<Entry>>().items
}

/// What the service tells of someone, in the name of itself.
async fn told(world: &World, netid: &str) -> Value {
    let users = world.app.service("users");
    users.get(&format!("/internal/personal-data/{netid}")).await.json()
}

#[tokio::test]
async fn what_officers_do_is_logged_once_and_what_is_refused_or_repeated_is_not() {
    let world = World::new().await;
    world.join("jsmith2", 100_000_001).await;
    let (officer, member) = (world.officer(), world.app.member("mdoe3"));
    assert_eq!(member.put("/users/jsmith2/paid", &json!({})).await.status, 403);
    assert_eq!(world.pay("nobody1").await.status, 404);
    assert_eq!(world.pay("jsmith2").await.status, 200);
    assert_eq!(world.pay("jsmith2").await.status, 400);
    assert_eq!(member.delete("/users/jsmith2").await.status, 403);
    assert_eq!(officer.delete("/users/jsmith2").await.status, 200);
    assert_eq!(officer.delete("/users/jsmith2").await.status, 404);

    let log = log(&officer, "").await;
    let [deleted, began] = &log[..] else { panic!("{log:?}") };
    assert_eq!((began.action.as_str(), began.kind.as_str()), ("began", "membership"));
    assert_eq!((began.actor.as_str(), began.object.as_str()), ("admin2", "jsmith2"));
    assert_eq!(began.before, json!({ "until": null }));
    assert_eq!(began.after, json!({ "until": "2027-08-31" }));
    assert_eq!((deleted.action.as_str(), deleted.kind.as_str()), ("deleted", "user"));
    assert_eq!(deleted.before, json!({ "state": "member" }));
    for entry in [began, deleted] {
        assert_eq!(entry.about, Some("jsmith2".parse().unwrap()));
        assert!(entry.undo.is_none() && entry.irreversible.is_some());
    }
}

#[tokio::test]
async fn a_membership_that_is_paid_online_or_ends_is_logged_once() {
    let world = World::new().await;
    world.join("jsmith2", 100_000_001).await;
    let (credits, paid) = (world.app.service("credits"), "/internal/memberships");
    let body = json!({ "netid": "jsmith2", "payment": "card-7" });
    for _ in 0..2 {
        assert_eq!(credits.post_once(paid, &body, "key-7").await.status, 200);
    }
    assert_eq!(credits.post_once(paid, &body, "key-8").await.status, 409);
    world.clock.advance(TimeDelta::days(400));
    for _ in 0..2 {
        let (db, now) = (world.db.pool(), world.clock.now());
        grove_users::end_expired(&db, world.time, now).await.unwrap();
    }
    let own = log(&world.app.member("jsmith2"), "").await;
    let [ended, began] = &own[..] else { panic!("{own:?}") };
    assert_eq!((began.action.as_str(), began.actor.as_str()), ("began", "service:credits"));
    assert_eq!((ended.action.as_str(), ended.actor.as_str()), ("ended", "service:users"));
    assert!(began.is_overtaken);
    assert!(log(&world.app.member("mdoe3"), "").await.is_empty());
}

/// Someone with something in every table: an officer who was deleted before, and deleted and admitted others.
async fn busy_person(world: &World) {
    let credits = world.app.service("credits");
    world.join("jsmith2", 100_000_001).await;
    world.officer().delete("/users/jsmith2").await;
    world.settle().await;
    world.join("jsmith2", 100_000_001).await;
    world.worker().deliver_due().await.unwrap();
    let body = json!({ "netid": "jsmith2", "payment": "card-7" });
    assert_eq!(credits.post_once("/internal/memberships", &body, "key-7").await.status, 200);
    world.join("jsmith2", 100_000_001).await;
    let person = world.app.officer("jsmith2");
    for (uin, other) in [(100_000_002, "mdoe3"), (100_000_003, "zroe")] {
        world.join(other, uin).await;
        assert_eq!(person.put(&format!("/users/{other}/paid"), &json!({})).await.status, 200);
    }
    assert_eq!(person.delete("/users/zroe").await.status, 200);
    assert_eq!(person.get("/users/me/data").await.status, 200);
    // What was given up stays in the outbox until an officer has seen to it.
    sqlx::query("UPDATE outbox SET dead_at = created_at WHERE concerns = 'jsmith2' LIMIT 1")
        .execute(&world.db.pool())
        .await
        .unwrap();
}

#[tokio::test]
async fn everything_of_a_person_is_told() {
    let others = Receiver::start().await;
    let world = World::with_peers(&others.url).await;
    assert_eq!(told(&world, "nobody1").await, Value::Null);
    busy_person(&world).await;
    let told = told(&world, "jsmith2").await;
    let data = &told["data"];
    assert_eq!(data["record"]["first_name"], "Jane");
    assert_eq!(data["record"]["uin"], 100_000_001);
    assert_eq!(data["terms"][0]["payment"], "card-7");
    assert_eq!(data["terms_of_others_confirmed"][0]["netid"], "mdoe3");
    assert_eq!(data["deleted_before"][0]["deleted_by"], "admin2");
    assert_eq!(data["deleted_others_at"].as_array().unwrap().len(), 1);
    assert_eq!(data["replies_to_others"][0]["to"], "service:credits");
    assert_eq!(data["counted"].as_array().unwrap().len(), 2);
    assert!(data["told_to_other_services"].as_array().unwrap().len() >= 5, "{data}");
    assert_eq!(told["changes"].as_array().unwrap().len(), 5, "{told}");
}

#[tokio::test]
async fn nothing_but_the_log_and_the_list_of_deletions_names_who_was_deleted() {
    let others = Receiver::start().await;
    let world = World::with_peers(&others.url).await;
    busy_person(&world).await;
    world.officer().delete("/users/jsmith2").await;
    world.settle().await;
    world.clock.advance(TimeDelta::hours(2));
    world.settle().await;
    let left = ["audit_log.about", "audit_log.actor", "audit_log.object", "deletions.netid"];
    assert_eq!(world.db.tables_mentioning("jsmith2").await, left);
    world.officer().delete("/users/mdoe3").await;
    world.settle().await;
    for words in ["Jane", "100000001", "@example.edu"] {
        assert_eq!(world.db.tables_mentioning(words).await, Vec::<String>::new(), "{words}");
    }

    // A payment that is reported once more has no second effect, and tells nothing.
    let body = json!({ "netid": "jsmith2", "payment": "card-7" });
    let credits = world.app.service("credits");
    let again = credits.post_once("/internal/memberships", &body, "key-7").await;
    assert_eq!((again.status, again.json::<Value>()), (StatusCode::OK, Value::Null));
    // Who comes back begins anew.
    world.join("jsmith2", 100_000_001).await;
    assert!(world.profile("jsmith2").await.memberships.is_empty());
}

#[tokio::test]
async fn forgetting_someone_twice_does_no_harm_and_says_what_stays() {
    let world = World::new().await;
    world.join("jsmith2", 100_000_001).await;
    world.pay("jsmith2").await;
    let users = world.app.service("users");
    let forget = async || {
        let body = json!({ "netid": "jsmith2" });
        users.post("/internal/personal-data/forget", &body).await.json::<Forgotten>()
    };
    let first = forget().await;
    assert!(first.removed.iter().any(|gone| gone.what == "terms of membership"), "{first:?}");
    assert!(first.kept.iter().any(|kept| kept.what.contains("still to be told")), "{first:?}");
    let second = forget().await;
    assert!(second.removed.is_empty(), "{second:?}");
    assert!(world.users().await.is_empty());
}

#[tokio::test]
async fn only_users_asks_for_personal_data() {
    let world = World::new().await;
    let app = &world.app;
    for who in [app.officer("admin2"), app.member("jsmith2"), app.client(), app.service("gigs")] {
        let reply = who.get("/internal/personal-data/jsmith2").await;
        assert!([401, 403].contains(&reply.status.as_u16()));
        let body = json!({ "netid": "jsmith2" });
        let reply = who.post("/internal/personal-data/forget", &body).await;
        assert!([401, 403].contains(&reply.status.as_u16()));
    }
}
