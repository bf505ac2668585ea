//! The delivery log: what was sent, to whom, by whom, and what became of it.

use chrono::TimeDelta;
use grove_notifications::Channel;
use serde_json::{Value, json};

use crate::{World, accepted, mail_to, post_to, sink::MailSink};

impl World {
    async fn log(&self, query: &str) -> Value {
        let reply = self.officer().get(&format!("/notifications{query}")).await;
        assert_eq!(reply.status, 200);
        reply.json()
    }
}

/// The recipients on a page.
fn recipients(page: &Value) -> Vec<&str> {
    let deliveries = page["deliveries"].as_array().unwrap().iter();
    deliveries.map(|delivery| delivery["recipient"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn officers_page_through_all_that_was_sent_the_newest_first() {
    let sink = MailSink::start().await;
    let world = World::with_mail_to(&sink).await;
    world.send(&mail_to("one@example.org")).await;
    world.deliver(Channel::Email).await;
    accepted(&world.app.service("gigs").post("/notification", &mail_to("ada1@example.edu")).await);
    world.send(&post_to(&json!({ "name": "slack", "recipients": ["#general"] }))).await;

    let page = world.log("?limit=2").await;
    assert_eq!(recipients(&page), ["#general", "ada1@example.edu"]);
    let rest = world.log(&format!("?limit=2&after={}", page["next"])).await;
    assert_eq!((recipients(&rest), &rest["next"]), (vec!["one@example.org"], &Value::Null));
    let delivery = &rest["deliveries"][0];
    for (name, expected) in [
        ("channel", "email"),
        ("state", "sent"),
        ("subject", "Pizza"),
        ("kind", "announcements"),
        ("requested_by", "admin2"),
        ("created_at", "2026-10-01T12:00:00Z"),
        ("settled_at", "2026-10-01T12:00:00Z"),
    ] {
        assert_eq!(delivery[name], expected, "{name}");
    }
    assert_eq!((&delivery["attempts"], &delivery["last_error"]), (&json!(1), &Value::Null));
    assert!(delivery.get("message").is_none());
    assert_eq!(recipients(&world.log("?recipient=ada1").await), ["ada1@example.edu"]);
    assert_eq!(recipients(&world.log("?recipient=%23general").await), ["#general"]);
    assert_eq!(recipients(&world.log("?state=sent").await), ["one@example.org"]);
    assert_eq!(world.log("?state=queued").await["deliveries"][1]["requested_by"], "service:gigs");
    for query in ["?state=lost", "?limit=some", "?after=-1"] {
        let reply = world.officer().get(&format!("/notifications{query}")).await;
        assert_eq!(reply.status, 400, "{query}");
    }
}

#[tokio::test]
async fn a_service_sees_what_it_sent_itself() {
    let world = World::new().await;
    let (gigs, merch) = (world.app.service("gigs"), world.app.service("merch"));
    let id = accepted(&gigs.post("/notification", &mail_to("ada1@example.edu")).await);
    let path = format!("/notification/{id}");
    let shown: Value = gigs.get(&path).await.json();
    assert_eq!((&shown["id"], &shown["kind"]), (&json!(id), &json!("membership")));
    assert_eq!(shown["message"], "In the lounge, at six.");
    assert_eq!(merch.get(&path).await.status, 404);
    assert_eq!(world.officer().get(&path).await.status, 200);
    assert_eq!(world.officer().get("/notification/999").await.status, 404);
    assert_eq!(world.officer().get("/notification/some").await.status, 404);
    assert_eq!(merch.get("/notification/999").await.status, 404);
}

#[tokio::test]
async fn what_failed_is_delivered_again_under_the_same_message_id() {
    let sink = MailSink::start().await;
    let world = World::with_mail_to(&sink).await;
    let id = world.send(&mail_to("refused1@example.org")).await;
    world.deliver(Channel::Email).await;
    let failed = world.delivery(id).await;
    assert_eq!(failed["state"], "failed");
    let key = "SELECT message_key FROM deliveries";
    let key: String = sqlx::query_scalar(key).fetch_one(&world.pool()).await.unwrap();

    // The mailbox is there now.
    let mended = "UPDATE deliveries SET recipient = 'fine1@example.org'";
    sqlx::query(mended).execute(&world.pool()).await.unwrap();
    let path = format!("/notifications/deliveries/{}/replay", failed["id"]);
    let replayed = world.officer().post(&path, &json!({})).await;
    assert_eq!(replayed.status, 200);
    assert_eq!(world.officer().post(&path, &json!({})).await.status, 409);
    assert_eq!(world.delivery(id).await["state"], "queued");
    assert_eq!(world.deliver(Channel::Email).await, 1);
    assert_eq!(sink.only().header("Message-ID"), format!("<{key}@example.edu>"));
    assert_eq!(world.officer().post(&path, &json!({})).await.status, 409);
    let unknown = world.officer().post("/notifications/deliveries/999/replay", &json!({})).await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn officers_see_the_channels_the_senders_and_the_kinds() {
    let world = World::new().await;
    let shown: Value = world.officer().get("/notifications/channels").await.json();
    let channels = shown["channels"].as_array().unwrap().iter();
    let channels: Vec<_> =
        channels.map(|channel| (&channel["name"], &channel["configured"])).collect();
    let (yes, no) = (json!(true), json!(false));
    let names = ["email", "slack", "discord", "x"].map(|name| json!(name));
    assert_eq!(
        channels,
        [(&names[0], &no), (&names[1], &yes), (&names[2], &yes), (&names[3], &yes)]
    );
    let senders = json!(["ACM <acm@example.edu>", "treasurer@example.edu"]);
    assert_eq!(shown["channels"][0]["senders"], senders);
    assert_eq!(shown["kinds"][0], json!({ "name": "membership", "mandatory": true }));
    assert_eq!(shown["kinds"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn what_is_old_is_forgotten_unless_it_still_waits() {
    let sink = MailSink::start().await;
    let world = World::with_mail_to(&sink).await;
    world.send(&mail_to("ada1@example.edu")).await;
    world.deliver(Channel::Email).await;
    world.send(&mail_to("later1@example.org")).await;
    world.clock.advance(TimeDelta::days(170));
    world.send(&mail_to("new1@example.org")).await;
    world.clock.advance(TimeDelta::days(9));
    world.forget().await;
    assert_eq!(world.count("notifications").await, 3);
    assert_eq!(world.count("unsubscribe_tokens").await, 1);
    world.clock.advance(TimeDelta::days(2));
    world.forget().await;
    assert_eq!(recipients(&world.log("").await), ["new1@example.org", "later1@example.org"]);
    assert_eq!((world.count("parts").await, world.count("notifications").await), (2, 2));
    assert_eq!(world.count("unsubscribe_tokens").await, 0);
}

#[tokio::test]
async fn a_secret_that_a_crash_left_is_erased_later() {
    let sink = MailSink::start().await;
    let world = World::with_mail_to(&sink).await;
    let mut message = mail_to("ada1@example.edu");
    message["kind"] = json!("account");
    for _ in 0..2 {
        accepted(&world.app.service("auth").post("/notification", &message).await);
    }
    let crashed = "UPDATE deliveries SET state = 'sent' ORDER BY id LIMIT 1";
    sqlx::query(crashed).execute(&world.pool()).await.unwrap();
    world.forget().await;
    let texts = "SELECT message FROM notifications ORDER BY id";
    let texts: Vec<String> = sqlx::query_scalar(texts).fetch_all(&world.pool()).await.unwrap();
    assert_eq!(texts, ["", "In the lounge, at six."]);
}

#[tokio::test]
async fn more_than_one_statement_may_delete_is_forgotten_all_the_same() {
    let world = World::new().await;
    world.send(&mail_to("ada1@example.edu")).await;
    let settled = "UPDATE deliveries SET state = 'sent'";
    sqlx::query(settled).execute(&world.pool()).await.unwrap();
    let many = "INSERT INTO notifications (requested_by, kind, message, created_at)
                WITH RECURSIVE numbers (n) AS
                    (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 50)
                SELECT 'admin2', 'announcements', 'Hi', '2026-10-01 12:00:00'
                FROM numbers AS tens, numbers AS units";
    sqlx::query(many).execute(&world.pool()).await.unwrap();
    world.clock.advance(TimeDelta::days(181));
    let waits = world.send(&mail_to("new1@example.org")).await;
    assert_eq!(world.count("notifications").await, 2502);
    world.forget().await;
    assert_eq!((world.count("notifications").await, world.count("deliveries").await), (1, 1));
    assert_eq!(world.outcome(waits).await, ["queued to new1@example.org"]);
}

#[tokio::test]
async fn a_state_that_is_none_is_not_kept() {
    let world = World::new().await;
    world.send(&mail_to("ada1@example.edu")).await;
    let lost = sqlx::query("UPDATE deliveries SET state = 'lost'").execute(&world.pool()).await;
    assert!(lost.is_err());
    assert_eq!(recipients(&world.log("?state=queued").await), ["ada1@example.edu"]);
}

#[tokio::test]
async fn officers_find_what_went_to_someone_however_they_write_them() {
    let world = World::new().await;
    world.send(&mail_to("ada1@example.edu")).await;
    world.send(&mail_to("guest@example.org")).await;
    for (query, expected) in [
        ("?recipient=ADA1@Example.edu", &["ada1@example.edu"][..]),
        ("?recipient=ada1", &["ada1@example.edu"]),
        ("?recipient=ada1&state=queued", &["ada1@example.edu"]),
        ("?recipient=ada1&state=sent", &[]),
        ("?recipient=&state=", &["guest@example.org", "ada1@example.edu"]),
    ] {
        assert_eq!(recipients(&world.log(query).await), expected, "{query}");
    }
}
