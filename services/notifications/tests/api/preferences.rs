//! What members want to be told, and where.

use grove_notifications::Channel;
use grove_testing::Reply;
use serde_json::{Value, json};

use crate::{World, accepted, mail_to, sink::MailSink};

impl World {
    async fn say(&self, netid: &str, kind: &str, enabled: bool) -> Reply {
        let change = json!({ "kind": kind, "channel": "email", "enabled": enabled });
        let changes = json!({ "preferences": [change] });
        self.app.member(netid).put("/notifications/preferences", &changes).await
    }

    /// A message of a kind to ada1, by a service.
    async fn send_of_kind(&self, kind: &str) -> u64 {
        let mut message = mail_to("ada1@example.edu");
        message["kind"] = json!(kind);
        accepted(&self.app.service("gigs").post("/notification", &message).await)
    }
}

#[tokio::test]
async fn members_switch_off_what_is_optional() {
    let world = World::new().await;
    let shown: Value = world.app.member("ada1").get("/notifications/preferences").await.json();
    let named = |kind: &str, mandatory: bool, enabled: bool| json!({ "kind": kind, "channel": "email", "enabled": enabled, "mandatory": mandatory });
    let expected = json!({ "preferences": [
        named("account", true, true),
        named("membership", true, true),
        named("announcements", false, true),
        named("credits", false, true),
        named("gigs", false, true),
        named("merch", false, true),
    ] });
    assert_eq!(shown, expected);
    let changed: Value = world.say("ada1", "gigs", false).await.json();
    assert_eq!(changed["preferences"][4], named("gigs", false, false));
    assert_eq!(changed["preferences"][3], named("credits", false, true));
    let other: Value = world.app.member("bob2").get("/notifications/preferences").await.json();
    assert_eq!(other, expected);
    let changed: Value = world.say("ada1", "gigs", true).await.json();
    assert_eq!(changed, expected);
}

#[tokio::test]
async fn what_cannot_be_switched_is_refused_and_nothing_changes() {
    let world = World::new().await;
    for (kind, expected) in [
        ("account", "Messages about account cannot be switched off"),
        ("membership", "Messages about membership cannot be switched off"),
        ("gossip", "Unknown kind"),
    ] {
        let reply = world.say("ada1", kind, false).await;
        assert_eq!((reply.status.as_u16(), reply.error().as_str()), (400, expected));
    }
    let changes = json!({ "preferences": [
        { "kind": "gigs", "channel": "email", "enabled": false },
        { "kind": "gigs", "channel": "fax", "enabled": false },
    ] });
    let ada = world.app.member("ada1");
    assert_eq!(ada.put("/notifications/preferences", &changes).await.error(), "Unknown channel");
    for wrong in [json!({}), json!({ "preferences": [{ "kind": "gigs" }] }), json!([])] {
        assert_eq!(ada.put("/notifications/preferences", &wrong).await.status, 400);
    }
    assert_eq!(world.count("preferences").await, 0);
}

#[tokio::test]
async fn switching_off_stops_what_is_queued_too_and_only_that() {
    let sink = MailSink::start().await;
    let world = World::with_mail_to(&sink).await;
    let (gigs, merch) = (world.send_of_kind("gigs").await, world.send_of_kind("merch").await);
    let membership = world.send_of_kind("membership").await;
    assert_eq!(world.say("ada1", "gigs", false).await.status, 200);
    assert_eq!(world.deliver(Channel::Email).await, 2);
    assert_eq!(world.outcome(gigs).await, ["skipped to ada1@example.edu"]);
    for id in [merch, membership] {
        assert_eq!(world.outcome(id).await, ["sent to ada1@example.edu"]);
    }
    // Whatever a row says, nobody misses what is mandatory.
    let row = "INSERT INTO preferences (netid, kind, channel, enabled, changed_at)
               VALUES ('ada1', 'membership', 'email', FALSE, '2026-10-01')";
    sqlx::query(row).execute(&world.pool()).await.unwrap();
    world.send_of_kind("membership").await;
    assert_eq!(world.deliver(Channel::Email).await, 1);
}

#[tokio::test]
async fn one_click_switches_a_kind_off() {
    let sink = MailSink::start().await;
    let world = World::with_mail_to(&sink).await;
    world.send_of_kind("gigs").await;
    world.deliver(Channel::Email).await;
    let mail = sink.only();
    let url = mail.header("List-Unsubscribe").trim_matches(['<', '>']);
    let token = url.strip_prefix("https://grove.example.org/unsubscribe/").unwrap();
    assert_eq!(mail.header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    assert!(mail.text().ends_with(&format!("No more of these: {url}")), "{}", mail.text());

    // The token is nowhere in the database.
    let known = "SELECT COUNT(*) FROM unsubscribe_tokens WHERE token_hash = ?";
    let known = sqlx::query_scalar::<_, i64>(known).bind(token).fetch_one(&world.pool()).await;
    assert_eq!(known.unwrap(), 0);

    let path = format!("/notifications/unsubscribe/{token}");
    for _ in 0..2 {
        let reply = world.app.client().post(&path, &json!({})).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.json::<Value>()["kind"], "gigs");
    }
    let skipped = world.send_of_kind("gigs").await;
    assert_eq!(world.deliver(Channel::Email).await, 0);
    assert_eq!(world.outcome(skipped).await, ["skipped to ada1@example.edu"]);
    let wrong = world.app.client().post("/notifications/unsubscribe/nonsense", &json!({})).await;
    assert_eq!(wrong.status, 404);
    assert_eq!(world.app.stranger().post(&path, &json!({})).await.status, 401);
}

#[tokio::test]
async fn only_optional_mails_to_members_can_be_switched_off() {
    let sink = MailSink::start().await;
    let world = World::with_mail_to(&sink).await;
    world.send_of_kind("membership").await;
    let mut guest = mail_to("guest@example.org");
    guest["kind"] = json!("announcements");
    world.send(&guest).await;
    assert_eq!(world.deliver(Channel::Email).await, 2);
    for mail in sink.mails() {
        assert!(mail.headers("List-Unsubscribe").is_empty(), "{mail:?}");
        assert_eq!(mail.text(), "In the lounge, at six.");
    }
}
