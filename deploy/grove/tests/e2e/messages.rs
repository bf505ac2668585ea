//! What officers tell members, with every service in its place.

use grove_shared::Role;
use serde_json::{Value, json};

use crate::world::World;

#[tokio::test]
async fn an_officer_reaches_every_member_who_wants_it_and_sees_what_became_of_it() {
    let world = World::start().await;
    let officer = world.person("officer1", &[Role::Admin]).await;
    let keen = world.person("keen1", &[]).await;
    let tired = world.person("tired1", &[]).await;
    let off = json!({ "preferences": [
        { "kind": "announcements", "channel": "email", "enabled": false },
    ] });
    assert_eq!(tired.put("/notifications/preferences", &off).await.status, 200);

    let message = json!({
        "services": [{ "name": "email", "subject": "Pizza on Friday" }],
        "message": "In the lounge, at six.",
        "audience": "members",
    });
    let preview = officer.post("/notifications/preview", &message).await;
    assert_eq!(
        (&preview.json["recipients"], &preview.json["skipped"]),
        (&json!(2), &json!(1)),
        "{}",
        preview.json
    );
    assert_eq!(keen.post("/notification", &message).await.status, 403);
    let sent = officer.post_once("/notification", &message, "one").await;
    let again = officer.post_once("/notification", &message, "one").await;
    assert_eq!((sent.status, &sent.json), (200, &again.json), "{}", sent.json);
    let mail = world.mail("keen1", "In the lounge").await;
    assert!(mail.contains("Subject: Pizza on Friday"), "{mail}");
    assert!(mail.contains("/unsubscribe/"), "{mail}");
    world.mail("officer1", "In the lounge").await;

    let path = format!("/notification/{}", sent.json["id"]);
    let shown = officer.until_json(&path, |shown| {
        let deliveries = shown["deliveries"].as_array().unwrap();
        deliveries.iter().all(|delivery| delivery["state"] != "queued")
    });
    let shown = shown.await;
    assert_eq!(
        states(&shown),
        [
            ("keen1@example.edu", "sent"),
            ("officer1@example.edu", "sent"),
            ("tired1@example.edu", "skipped"),
        ]
    );
    assert_eq!(world.mails("tired1").iter().filter(|mail| mail.contains("lounge")).count(), 0);

    let (_, token) = mail.split_once("/unsubscribe/").unwrap();
    let token = token.split_whitespace().next().unwrap();
    let path = format!("/notifications/unsubscribe/{token}");
    assert_eq!(world.client().post(&path, &json!({})).await.status, 200);
    let preferences = keen.get("/notifications/preferences").await.json;
    let announcements = preferences["preferences"].as_array().unwrap().iter();
    let mut announcements =
        announcements.filter(|preference| preference["kind"] == "announcements");
    assert_eq!(announcements.next().unwrap()["enabled"], false);
    world.end().await;
}

/// Whom the deliveries of a notification are for, and what became of each.
fn states(notification: &Value) -> Vec<(&str, &str)> {
    let deliveries = notification["deliveries"].as_array().unwrap().iter();
    let mut states: Vec<_> = deliveries
        .map(|delivery| {
            (delivery["recipient"].as_str().unwrap(), delivery["state"].as_str().unwrap())
        })
        .collect();
    states.sort_unstable();
    states
}
