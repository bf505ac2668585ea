//! Messages to many people, and looking at one before it goes out.

use grove_notifications::Channel;
use serde_json::{Value, json};

use crate::{World, accepted};

/// A mail to an audience.
fn mail_for(audience: &str) -> Value {
    json!({
        "services": [{ "name": "email", "subject": "Pizza" }],
        "message": "In the lounge, at six.",
        "audience": audience,
    })
}

#[tokio::test]
async fn an_audience_is_asked_for_when_the_message_is_sent() {
    let world = World::new().await;
    for (audience, expected) in [
        ("members", &["ada1", "bob2", "cyd3"][..]),
        ("officers", &["ada1"]),
        // Whoever is no member any more gets nothing.
        ("sigs/SIGPwny", &["bob2"]),
    ] {
        let id = world.send(&mail_for(audience)).await;
        let expected: Vec<_> =
            expected.iter().map(|netid| format!("queued to {netid}@example.edu")).collect();
        assert_eq!(world.outcome(id).await, expected, "{audience}");
    }
    let reply = world.officer().post("/notification", &mail_for("sigs/Nowhere")).await;
    assert_eq!((reply.status.as_u16(), reply.error().as_str()), (400, "There is no such group"));
}

#[tokio::test]
async fn members_are_named_next_to_addresses_and_each_gets_it_once() {
    let world = World::new().await;
    let mut message = mail_for("officers");
    message["members"] = json!(["bob2", "ada1"]);
    message["services"][0]["recipients"] = json!(["guest@example.org", "ADA1@example.edu"]);
    let id = world.send(&message).await;
    let expected =
        ["queued to ADA1@example.edu", "queued to bob2@example.edu", "queued to guest@example.org"];
    assert_eq!(world.outcome(id).await, expected);

    for (members, expected) in [
        (json!(["former9"]), "former9 is not a member"),
        (json!(["no netid"]), "members: Not a valid NetID."),
        (json!("ada1"), "members: Not a valid list."),
    ] {
        message["members"] = members;
        let reply = world.officer().post("/notification", &message).await;
        assert_eq!((reply.status.as_u16(), reply.error().as_str()), (400, expected));
    }
    assert_eq!(world.count("notifications").await, 1);
    let slack = json!({
        "services": [{ "name": "slack", "recipients": ["#general"] }],
        "message": "Pizza",
        "audience": "members",
    });
    let reply = world.officer().post("/notification", &slack).await;
    assert_eq!(reply.error(), "Members and audiences are reached by email only");
}

#[tokio::test]
async fn nothing_is_queued_while_nobody_knows_the_members_and_a_repetition_is_answered() {
    let world = World::bare().await;
    let (officer, message) = (world.officer(), mail_for("members"));
    let reply = officer.post_once("/notification", &message, "one").await;
    assert_eq!(reply.status, 503);
    assert!(reply.headers.contains_key("retry-after"));
    assert_eq!(officer.post("/notifications/preview", &message).await.status, 503);
    assert_eq!(world.count("notifications").await, 0);

    let world = World::new().await;
    let sent = accepted(&world.officer().post_once("/notification", &message, "one").await);
    let again = accepted(&world.officer().post_once("/notification", &message, "one").await);
    assert_eq!((sent, world.elsewhere.questions()), (again, 1));
}

#[tokio::test]
async fn a_preview_says_who_gets_what_and_queues_nothing() {
    let world = World::new().await;
    let off = json!({ "preferences": [
        { "kind": "announcements", "channel": "email", "enabled": false },
    ] });
    assert_eq!(world.app.member("bob2").put("/notifications/preferences", &off).await.status, 200);
    let mut message = mail_for("members");
    message["services"][0]["html"] = json!("<p>In the lounge</p>");
    message["services"].as_array_mut().unwrap().extend([
        json!({ "name": "slack", "recipients": ["#general", "#random"] }),
        json!({ "name": "x" }),
    ]);
    let reply = world.officer().post("/notifications/preview", &message).await;
    assert_eq!(reply.status, 200);
    let expected = json!({
        "recipients": 5,
        "by_channel": { "email": 2, "slack": 2, "x": 1 },
        "skipped": 1,
        "subject": "Pizza",
        "text": "In the lounge, at six.",
        "html": "<p>In the lounge</p>",
    });
    assert_eq!(reply.json::<Value>(), expected);
    message["kind"] = json!("membership");
    let mandatory: Value = world.officer().post("/notifications/preview", &message).await.json();
    assert_eq!((&mandatory["recipients"], &mandatory["skipped"]), (&json!(6), &json!(0)));
    message["services"][1]["name"] = json!("fax");
    assert_eq!(world.officer().post("/notifications/preview", &message).await.status, 400);
    assert_eq!(world.count("notifications").await, 0);
    assert_eq!(world.deliver(Channel::Slack).await, 0);
}
