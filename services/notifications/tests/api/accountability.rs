//! Who did what.

use grove_notifications_api::SERVICE;
use grove_shared::{
    Client, Role,
    audit::{Entry, Filter, list},
};
use grove_testing::Person;
use serde_json::{Value, json};

use crate::{World, accepted, mail_to};

/// What a person sees of the log, the newest first.
pub(crate) async fn log(person: &Person) -> Vec<Entry> {
    person.call(list(SERVICE, &Filter::default())).await.unwrap().items
}

/// A mail to every member.
fn mail_to_all() -> Value {
    let mut message = mail_to("guest@example.org");
    message["audience"] = json!("members");
    message
}

#[tokio::test]
async fn what_officers_send_is_logged_once_without_its_words() {
    let world = World::new().await;
    let (officer, mut message) = (world.officer(), mail_to_all());
    let slack = json!({ "name": "slack", "recipients": ["#general"] });
    message["services"].as_array_mut().unwrap().push(slack);
    let first = accepted(&officer.post_once("/notification", &message, "one").await);
    let again = accepted(&officer.post_once("/notification", &message, "one").await);
    assert_eq!(first, again);

    let entries = log(&officer).await;
    let [sent] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!((&*sent.actor, &*sent.action, &*sent.kind), ("admin2", "sent", "message"));
    assert_eq!((&sent.object, &sent.about), (&first.to_string(), &None));
    assert_eq!(sent.before, Value::Null);
    let expected = json!({
        "kind": "announcements",
        "audience": "members",
        "recipients": { "email": 4, "slack": 1 },
    });
    assert_eq!(sent.after, expected);
    assert!(sent.undo.is_none() && sent.irreversible.is_some());
    assert!(log(&world.app.member("bob2")).await.is_empty());
}

#[tokio::test]
async fn a_message_to_one_member_is_logged_for_them_to_see() {
    let world = World::new().await;
    for message in [
        mail_to("Bob2@example.edu"),
        json!({ "services": [{ "name": "email" }], "message": "Hi", "members": ["bob2"] }),
    ] {
        world.send(&message).await;
    }
    world.send(&mail_to("guest@example.org")).await;
    let seen = log(&world.app.member("bob2")).await;
    assert_eq!(seen.len(), 2);
    assert!(seen.iter().all(|entry| entry.about.as_ref().unwrap().as_str() == "bob2"));
    assert_eq!(seen[0].after, json!({ "kind": "announcements", "recipients": { "email": 1 } }));
    assert_eq!(log(&world.officer()).await.len(), 3);
}

#[tokio::test]
async fn what_is_refused_or_only_looked_at_is_not_logged() {
    let world = World::new().await;
    let (officer, good) = (world.officer(), mail_to("ada1@example.edu"));
    accepted(&officer.post_once("/notification", &good, "one").await);
    let mut wrong = good.clone();
    wrong["kind"] = json!("gossip");
    let corporate = world.app.person("corp2", &[Role::Corporate]);
    for (who, message, status) in [
        (world.app.member("jsmith2"), &good, 403),
        (world.app.client(), &good, 401),
        (world.app.service("quotes"), &good, 403),
        (corporate, &mail_to_all(), 403),
        (world.officer(), &wrong, 400),
    ] {
        assert_eq!(who.post("/notification", message).await.status, status, "{message}");
    }
    let other = officer.post_once("/notification", &mail_to_all(), "one").await;
    assert_eq!(other.status, 422);
    assert_eq!(officer.post("/notifications/preview", &good).await.status, 200);
    assert_eq!(log(&officer).await.len(), 1);
}

#[tokio::test]
async fn a_delivery_that_is_tried_again_is_logged_once() {
    let world = World::new().await;
    let id = world.send(&mail_to("ada1@example.edu")).await;
    let delivery = world.delivery(id).await["id"].to_string();
    let path = format!("/notifications/deliveries/{delivery}/replay");
    let officer = world.officer();
    assert_eq!(officer.post(&path, &json!({})).await.status, 409);
    let failed = "UPDATE deliveries SET state = 'failed'";
    sqlx::query(failed).execute(&world.pool()).await.unwrap();
    assert_eq!(world.app.member("ada1").post(&path, &json!({})).await.status, 403);
    assert_eq!(officer.post(&path, &json!({})).await.status, 200);
    assert_eq!(officer.post(&path, &json!({})).await.status, 409);
    let unknown = officer.post("/notifications/deliveries/999/replay", &json!({})).await;
    assert_eq!(unknown.status, 404);

    let entries = log(&world.app.member("ada1")).await;
    let [replayed, _] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!((&*replayed.actor, &*replayed.action), ("admin2", "replayed"));
    assert_eq!((&*replayed.kind, &replayed.object), ("delivery", &delivery));
    assert_eq!(replayed.before, json!({ "state": "failed" }));
    assert_eq!(replayed.after, json!({ "state": "queued" }));
    assert!(replayed.irreversible.is_some());
    assert_eq!(log(&officer).await.len(), 2);
}

#[tokio::test]
async fn what_services_send_and_what_people_choose_for_themselves_is_not_logged() {
    let world = World::new().await;
    accepted(&world.app.service("gigs").post("/notification", &mail_to("ada1@example.edu")).await);
    let off = json!({ "preferences": [
        { "kind": "gigs", "channel": "email", "enabled": false },
    ] });
    assert_eq!(world.officer().put("/notifications/preferences", &off).await.status, 200);
    assert!(log(&world.officer()).await.is_empty());
}
