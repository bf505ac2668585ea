//! What is kept of a person, and what is left when they are forgotten.

use std::time::Duration;

use grove_notifications::Channel;
use grove_shared::personal_data::Forgotten;
use serde_json::{Value, json};
use sqlx::Connection;

use crate::{World, accepted, accountability::log, mail_to, sink::MailSink};

/// Everything that is kept of a person.
async fn kept(world: &World, netid: &str) -> Value {
    world.app.service("users").get(&format!("/internal/personal-data/{netid}")).await.json()
}

async fn forget(world: &World, netid: &str) -> Forgotten {
    let body = json!({ "netid": netid });
    let reply = world.app.service("users").post("/internal/personal-data/forget", &body).await;
    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    reply.json()
}

/// A mail of the service gigs.
async fn told_by_gigs(world: &World, recipient: &str, words: &str) -> u64 {
    let mut message = mail_to(recipient);
    message["kind"] = json!("gigs");
    message["message"] = json!(words);
    message["services"][0]["subject"] = json!(words);
    message["services"][0]["html"] = json!(format!("<p>{words}</p>"));
    accepted(&world.app.service("gigs").post("/notification", &message).await)
}

/// A world with something of `ada1`, an officer, in each table.
struct Past {
    sink: MailSink,
    world: World,
    /// The token of a link in a mail to them.
    token: String,
    /// Messages: one to every member, which has arrived; one to them alone; one about them to `bob2`; one by them;
    /// one with their NetID in the words of another officer. All but the first wait.
    to_all: u64,
    to_them: u64,
    about_them: u64,
    by_them: u64,
    naming_them: u64,
}

impl Past {
    async fn new() -> Self {
        let sink = MailSink::start().await;
        let world = World::with_mail_to(&sink).await;
        let mut message = mail_to("guest@example.org");
        message["audience"] = json!("members");
        let to_all = world.send(&message).await;
        assert_eq!(world.deliver(Channel::Email).await, 4);
        let mails = sink.mails();
        let theirs = mails.iter().find(|mail| mail.recipients == ["ada1@example.edu"]).unwrap();
        let url = theirs.header("List-Unsubscribe").trim_matches(['<', '>']);
        let token = url.rsplit('/').next().unwrap().to_owned();

        let to_them = told_by_gigs(&world, "Ada1@example.edu", "Hi ada1").await;
        let about_them = told_by_gigs(&world, "bob2@example.edu", "ada1, not ada12, claims").await;
        let mut message = mail_to("ada1@example.edu");
        message["kind"] = json!("account");
        message["message"] = json!("Your link: https://grove.example.org/password/a-secret");
        accepted(&world.app.service("auth").post("/notification", &message).await);
        let ada = world.app.officer("ada1");
        let message = mail_to("guest@example.org");
        let by_them = accepted(&ada.post_once("/notification", &message, "one").await);
        accepted(&ada.post("/notification", &message).await);
        let slack = json!({ "name": "slack", "recipients": ["@ada1", "#general"] });
        world.send(&json!({ "services": [slack], "message": "Pizza" })).await;
        let mut message = mail_to("cyd3@example.edu");
        message["message"] = json!("ada1 brings pizza.");
        let naming_them = world.send(&message).await;
        let off = json!({ "preferences": [
            { "kind": "credits", "channel": "email", "enabled": false },
        ] });
        assert_eq!(ada.put("/notifications/preferences", &off).await.status, 200);
        Self { sink, world, token, to_all, to_them, about_them, by_them, naming_them }
    }
}

#[tokio::test]
async fn everything_of_a_person_is_told() {
    let Past { world, token, to_all, to_them, by_them, naming_them, .. } = Past::new().await;
    assert_eq!(kept(&world, "nobody1").await, Value::Null);
    // Who has written or been sent nothing may still have chosen something.
    let off = json!({ "preferences": [{ "kind": "gigs", "channel": "email", "enabled": false }] });
    world.app.member("mdoe3").put("/notifications/preferences", &off).await;
    assert_eq!(kept(&world, "mdoe3").await["data"]["preferences"][0]["kind"], "gigs");

    let told = kept(&world, "ada1").await;
    let data = &told["data"];
    let got = data["messages_to_them"].as_array().unwrap();
    assert_eq!(got.len(), 4, "{got:?}");
    assert_eq!((&got[0]["message_id"], &got[0]["state"]), (&json!(to_all), &json!("sent")));
    assert_eq!(
        (&got[0]["text"], &got[0]["subject"]),
        (&json!("In the lounge, at six."), &json!("Pizza"))
    );
    assert_eq!(
        (&got[1]["message_id"], &got[1]["recipient"]),
        (&json!(to_them), &json!("Ada1@example.edu"))
    );
    assert_eq!((&got[1]["html"], &got[1]["kind"]), (&json!("<p>Hi ada1</p>"), &json!("gigs")));
    assert_eq!(got[2]["text"], "not shown: it holds a link that is a key");
    assert_eq!((&got[3]["channel"], &got[3]["recipient"]), (&json!("slack"), &json!("@ada1")));
    let written = data["messages_by_them"].as_array().unwrap();
    assert_eq!((written.len(), &written[0]["message_id"]), (2, &json!(by_them)));
    assert_eq!(written[0]["text"], "In the lounge, at six.");
    assert_eq!(data["preferences"].as_array().unwrap().len(), 1);
    assert_eq!(data["preferences"][0]["enabled"], false);
    let links = data["links_that_switch_mails_off"].as_array().unwrap();
    assert_eq!((links.len(), &links[0]["kind"]), (1, &json!("announcements")));
    assert_eq!(data["requests"][0]["idempotency_key"], "one");
    let naming = data["messages_to_others_with_the_netid"].as_array().unwrap();
    assert_eq!(naming.last().unwrap()["message_id"], naming_them);
    let text = told.to_string();
    assert!(!text.contains(&token) && !text.contains("a-secret"));
    assert!(!text.contains("bob2") && !text.contains("guest@"));
    assert_eq!(told["changes"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn everything_of_a_person_is_forgotten_but_what_they_wrote_to_others() {
    let Past { sink, world, about_them, by_them, naming_them, to_them, .. } = Past::new().await;
    let everywhere = [
        "audit_log.actor",
        "deliveries.netid",
        "deliveries.recipient",
        "idempotency_keys.caller",
        "notifications.message",
        "notifications.requested_by",
        "parts.html",
        "parts.subject",
        "preferences.netid",
        "unsubscribe_tokens.netid",
    ];
    assert_eq!(world.db.tables_mentioning("ada1").await, everywhere);

    let forgotten = forget(&world, "ada1").await;
    let removed: Vec<_> = forgotten.removed.iter().map(|gone| (&*gone.what, gone.count)).collect();
    assert_eq!(
        removed,
        [
            ("requests that could be repeated", 1),
            ("the name of who wrote messages", 2),
            ("messages to them, also those that waited", 4),
            ("links that switch mails off", 1),
            ("preferences", 1),
            ("the NetID in what services wrote to others", 1),
        ]
    );
    assert_eq!(forgotten.kept.len(), 3);
    assert_eq!(forget(&world, "ada1").await.removed, []);
    let left = [
        "audit_log.about",
        "audit_log.actor",
        "audit_log.object",
        // The words of an officer, and where `ada12` stands.
        "notifications.message",
        "parts.html",
        "parts.subject",
    ];
    assert_eq!(world.db.tables_mentioning("ada1").await, left);
    assert_eq!(world.db.tables_mentioning("ada1@example.edu").await, [""; 0]);
    assert_eq!(world.db.tables_mentioning("a-secret").await, [""; 0]);

    let officer = world.officer();
    assert_eq!(officer.get(&format!("/notification/{to_them}")).await.status, 404);
    assert_eq!(world.shown(by_them).await["requested_by"], "a former member");
    assert_eq!(world.shown(about_them).await["message"], "a former member, not ada12, claims");
    let subject = world.delivery(about_them).await["subject"].clone();
    assert_eq!(subject, "a former member, not ada12, claims");
    assert_eq!(world.shown(naming_them).await["message"], "ada1 brings pizza.");
    // What waits for others goes out, and nothing to them.
    let before = sink.count();
    assert_eq!(world.deliver(Channel::Email).await, 4);
    assert_eq!(world.deliver(Channel::Slack).await, 1);
    let to_ada = |mail: &crate::sink::Mail| mail.recipients == ["ada1@example.edu"];
    assert_eq!(sink.mails().iter().filter(|mail| to_ada(mail)).count(), 1);
    assert_eq!(sink.count(), before + 4);
}

#[tokio::test]
async fn whoever_comes_back_under_the_netid_begins_anew() {
    let Past { world, token, .. } = Past::new().await;
    forget(&world, "ada1").await;
    let ada = world.app.member("ada1");
    let chosen: Value = ada.get("/notifications/preferences").await.json();
    let all_enabled = |chosen: &Value| {
        chosen["preferences"].as_array().unwrap().iter().all(|one| one["enabled"] == true)
    };
    assert!(all_enabled(&chosen));
    let link = format!("/notifications/unsubscribe/{token}");
    assert_eq!(world.app.client().post(&link, &json!({})).await.status, 404);
    assert!(all_enabled(&ada.get("/notifications/preferences").await.json()));
    assert!(log(&ada).await.is_empty());
    let again = world.app.officer("ada1");
    let sent = again.post_once("/notification", &mail_to("one@example.org"), "one").await;
    assert_eq!(sent.status, 200, "the old key is nobody's");
    let data = &kept(&world, "ada1").await["data"];
    assert_eq!(data["messages_to_them"], json!([]));
    assert_eq!(data["messages_by_them"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_is_about_to_go_out_leaves_no_link_behind() {
    let sink = MailSink::start().await;
    let world = World::with_mail_to(&sink).await;
    told_by_gigs(&world, "ada1@example.edu", "Hi").await;
    // The worker takes the mail and waits for this before it notes the link; so does whoever forgets before
    // the links go, and has the mail locked then.
    let pool = world.pool();
    let mut lock = sqlx::MySqlConnection::connect_with(&pool.connect_options()).await.unwrap();
    sqlx::raw_sql("LOCK TABLES unsubscribe_tokens WRITE").execute(&mut lock).await.unwrap();
    let worker = world.worker(Channel::Email);
    let delivery = tokio::spawn(async move { worker.deliver_due().await.unwrap() });
    until(&world, "SELECT id FROM deliveries WHERE attempts = 1", 1).await;
    let users = world.app.service("users");
    let forget = tokio::spawn(async move {
        users.post("/internal/personal-data/forget", &json!({ "netid": "ada1" })).await.status
    });
    until(&world, "SELECT id FROM deliveries FOR UPDATE SKIP LOCKED", 0).await;
    sqlx::raw_sql("UNLOCK TABLES").execute(&mut lock).await.unwrap();
    assert_eq!(forget.await.unwrap(), 200);
    assert_eq!((delivery.await.unwrap(), sink.count()), (0, 0));
    assert_eq!(world.db.tables_mentioning("ada1").await, [""; 0]);
}

/// Waits until a query finds so many rows.
async fn until(world: &World, query: &'static str, rows: usize) {
    while sqlx::query(query).fetch_all(&world.pool()).await.unwrap().len() != rows {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_is_forgotten_while_their_requests_are_under_way() {
    let world = World::new().await;
    let ada = world.app.officer("ada1");
    let off = json!({ "preferences": [{ "kind": "gigs", "channel": "email", "enabled": false }] });
    let mut message = mail_to("guest@example.org");
    message["audience"] = json!("members");
    for round in 0..10 {
        let (sent, chosen, _) = tokio::join!(
            ada.post_once("/notification", &message, "one"),
            ada.put("/notifications/preferences", &off),
            forget(&world, "ada1"),
        );
        assert_eq!((sent.status.as_u16(), chosen.status.as_u16()), (200, 200), "{round}");
    }
    forget(&world, "ada1").await;
    let left = world.db.tables_mentioning("ada1").await;
    assert_eq!(left, ["audit_log.about", "audit_log.actor", "audit_log.object"]);
}

#[tokio::test]
async fn only_users_asks_for_personal_data() {
    let world = World::new().await;
    let app = &world.app;
    for who in [app.officer("admin2"), app.member("ada1"), app.client(), app.service("gigs")] {
        let reply = who.get("/internal/personal-data/ada1").await;
        assert!([401, 403].contains(&reply.status.as_u16()));
        let body = json!({ "netid": "ada1" });
        let reply = who.post("/internal/personal-data/forget", &body).await;
        assert!([401, 403].contains(&reply.status.as_u16()));
    }
}
