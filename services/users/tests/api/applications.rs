//! A form proves nothing and tells nothing.

use chrono::TimeDelta;
use grove_users::end_unverified;
use grove_users_api::UserState;
use http::{StatusCode, header};
use serde_json::{Value, json};

use crate::{World, form, receiver::Receiver};

impl World {
    /// The subjects of the mails so far, in their order.
    async fn subjects(&self) -> Vec<String> {
        let bodies: Vec<String> =
            sqlx::query_scalar("SELECT body FROM outbox WHERE peer = 'notifications' ORDER BY id")
                .fetch_all(&self.db.pool())
                .await
                .unwrap();
        let subject = |body: &String| {
            let body: Value = serde_json::from_str(body).unwrap();
            body["services"][0]["subject"].as_str().unwrap().to_owned()
        };
        bodies.iter().map(subject).collect()
    }
}

const WELCOME: &str = "Welcome to ACM!";
const KNOWN: &str = "You have joined ACM already";

#[tokio::test]
async fn whoever_joins_gets_the_same_answer_and_the_owner_of_the_address_the_reason() {
    let world = World::new().await;
    world.join("jsmith2", 123_456_789).await;
    world
        .app
        .service("auth")
        .post("/internal/users/verified", &json!({ "netid": "jsmith2" }))
        .await;
    let mut answers = Vec::new();
    for (netid, uin) in [("mdoe3", 987_654_321), ("jsmith2", 987_654_321), ("zroe", 123_456_789)] {
        let reply = world.app.client().post("/users", &form(netid, uin)).await;
        answers.push((reply.status, reply.headers.len(), reply.body));
    }
    assert_eq!(answers[0].0, StatusCode::OK);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(world.subjects().await, [WELCOME, WELCOME, KNOWN, WELCOME]);
    let mut users = world.users().await;
    users.sort_unstable_by(|one, other| one.netid.cmp(&other.netid));
    let netids: Vec<_> = users.iter().map(|user| user.netid.as_str()).collect();
    assert_eq!(netids, ["jsmith2", "mdoe3", "zroe"]);
    assert_eq!(users[0].state, UserState::AwaitingPayment);
}

#[tokio::test]
async fn until_the_address_is_proven_the_last_form_counts() {
    let world = World::new().await;
    let mut squatted = form("jsmith2", 123_456_789);
    squatted["first_name"] = json!("Not");
    squatted["last_name"] = json!("Her Name");
    world.app.client().post("/users", &squatted).await;
    world.join("jsmith2", 987_654_321).await;
    let users = world.users().await;
    assert_eq!((users.len(), users[0].first_name.as_str()), (1, "Jane"));
    assert_eq!(world.subjects().await, [WELCOME, WELCOME]);

    world.pay("jsmith2").await;
    world.app.client().post("/users", &squatted).await;
    assert_eq!(world.users().await[0].first_name, "Jane");
    assert_eq!(world.subjects().await.last().unwrap(), KNOWN);
}

#[tokio::test]
async fn one_address_enters_so_many_people_an_hour() {
    let world = World::new().await;
    let from = |address: &str| world.app.client_at("website", address.parse().unwrap());
    for n in 0..60 {
        let form = form(&format!("user{n}"), 100_000_000 + n);
        let reply = from(&format!("2001:db8::{n}")).post("/users", &form).await;
        assert_eq!(reply.status, StatusCode::OK);
    }
    let form = form("jsmith2", 123_456_789);
    let reply = from("2001:db8::ffff").post("/users", &form).await;
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(reply.headers.contains_key(header::RETRY_AFTER));
    assert_eq!(from("192.0.2.7").post("/users", &form).await.status, StatusCode::OK);
    world.clock.advance(TimeDelta::hours(1));
    assert_eq!(from("2001:db8::ffff").post("/users", &form).await.status, StatusCode::OK);
}

#[tokio::test]
async fn nobody_is_mailed_without_end() {
    let world = World::new().await;
    for _ in 0..8 {
        world.join("jsmith2", 123_456_789).await;
    }
    assert_eq!(world.subjects().await.len(), 5);
    // The last form counts all the same.
    let mut last = form("jsmith2", 123_456_789);
    last["first_name"] = json!("Janet");
    assert_eq!(world.app.client().post("/users", &last).await.status, StatusCode::OK);
    assert_eq!(world.users().await[0].first_name, "Janet");
    assert_eq!(world.subjects().await.len(), 5);
    world.clock.advance(TimeDelta::hours(1));
    world.join("jsmith2", 123_456_789).await;
    assert_eq!(world.subjects().await.len(), 6);
}

#[tokio::test]
async fn who_never_proves_the_address_is_forgotten() {
    let others = Receiver::start().await;
    let world = World::with_peers(&others.url).await;
    for (uin, netid) in (100_000_001..).zip(["late1", "never2", "member3"]) {
        world.join(netid, uin).await;
    }
    world.pay("member3").await;
    world.clock.advance(TimeDelta::days(10));
    world.join("late1", 100_000_001).await;
    world.clock.advance(TimeDelta::days(5));
    let end = async || end_unverified(&world.db.pool(), world.clock.now()).await.unwrap();
    assert_eq!((end().await, end().await), (1, 0));
    let netids: Vec<_> = world.users().await.into_iter().map(|user| user.netid).collect();
    assert_eq!(netids, ["late1", "member3"]);
    world.worker().deliver_due().await.unwrap();
    let removed = others.calls().into_iter().filter(|call| call.path.ends_with("remove"));
    let removed: Vec<_> = removed.map(|call| call.body).collect();
    assert_eq!(removed, [json!({ "netid": "never2" })]);
}

#[tokio::test]
async fn an_application_does_not_learn_who_has_joined() {
    let world = World::new().await;
    world.join("jsmith2", 123_456_789).await;
    let client = world.app.client();
    let known = world.check(&client, "jsmith2").await;
    let mut unknown = world.check(&client, "nobody9").await;
    unknown["data"]["netid"] = json!("jsmith2");
    assert_eq!(known, unknown);
    for asker in [world.app.member("mdoe3"), world.app.service("credits")] {
        let reply = asker.get("/users/nobody9/is_member").await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND);
    }
}
