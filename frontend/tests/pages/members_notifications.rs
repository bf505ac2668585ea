//! What became of messages to people, for officers: the log, and one message.

use grove_notifications_api::{Confirmation, Deliveries, Delivery, SentNotification};
use http::Method;
use serde_json::json;

use crate::{
    browser::Browser,
    gateway::{FakeGateway, named},
    members::{HOSTILE, signed_in},
};

fn delivery(id: u64, state: &str, recipient: &str) -> Delivery {
    Delivery {
        id,
        notification_id: 7,
        channel: "email".to_owned(),
        recipient: recipient.to_owned(),
        state: named(state),
        attempts: 2,
        last_error: (state != "sent").then(|| "550 no such mailbox".to_owned()),
        subject: Some("Pizza tonight".to_owned()),
        kind: "announcement".to_owned(),
        requested_by: "service:users".to_owned(),
        created_at: named("2026-11-22T09:33:41Z"),
        settled_at: None,
    }
}

async fn officer() -> (FakeGateway, Browser) {
    let gateway = FakeGateway::start().await;
    let browser = signed_in(&gateway, &["top4"]);
    (gateway, browser)
}

fn log(gateway: &FakeGateway, deliveries: &[Delivery], next: Option<u64>) {
    let found = Deliveries { deliveries: deliveries.to_vec(), next };
    gateway.answers(Method::GET, "/notifications", 200, found);
}

#[tokio::test]
async fn the_log_says_what_went_to_whom_and_how_far_it_came() {
    let (gateway, mut browser) = officer().await;
    let deliveries = [
        delivery(3, "dead", HOSTILE),
        delivery(2, "sent", "b@example.edu"),
        delivery(1, "skipped", "c"),
    ];
    log(&gateway, &deliveries, None);
    let page = browser.get("/intranet/notifications").await;
    assert_eq!(page.status, 200);
    for part in [
        "b@example.edu",
        "Mail",
        "Pizza tonight",
        "href=\"/intranet/notifications/7\"",
        "<code>users</code>",
        "2 tries",
        "550 no such mailbox",
        "Given up",
        "action=\"/intranet/notifications/deliveries/3/replay\"",
        "Nov 22, 2026, 9:33 AM UTC",
        "Not wanted",
    ] {
        assert!(page.body.contains(part), "{part}");
    }
    assert!(!page.body.contains("deliveries/2/replay") && !page.body.contains("<script>alert"));
    assert!(!page.body.contains("rel=\"next\""));
    log(&gateway, &[], None);
    assert!(browser.get("/intranet/notifications").await.body.contains("Nothing went out yet."));
    let nothing = browser.get("/intranet/notifications?state=dead").await;
    assert!(nothing.body.contains("No such deliveries."));
}

#[tokio::test]
async fn a_filter_survives_paging_and_trying_again() {
    let (gateway, mut browser) = officer().await;
    log(&gateway, &[delivery(3, "dead", "a+b@example.edu")], Some(3));
    let part = "state=dead&recipient=a%2Bb%40example.edu";
    let page = browser.get(&format!("/intranet/notifications?{part}&after=90")).await;
    let calls = gateway.queries(&Method::GET, "/notifications");
    assert_eq!(calls, [format!("after=90&{part}")]);
    let escaped = part.replace('&', "&#38;");
    for link in [format!("?{escaped}&#38;after=3\""), format!("notifications?{escaped}\"")] {
        assert!(page.body.contains(&link), "{link} {}", page.body);
    }
    assert!(page.body.contains("<option value=\"dead\" selected>"));
    assert!(page.body.contains("value=\"a+b@example.edu\""));

    let path = "/intranet/notifications/deliveries/3/replay";
    let replay = "/notifications/deliveries/3/replay";
    let queued = Confirmation { message: "Queued".to_owned() };
    gateway.answers(Method::POST, replay, 200, queued);
    let fields = [("state", "dead"), ("recipient", "a+b@example.edu"), ("after", "90")];
    let done = browser.submit(path, &fields).await;
    assert_eq!(done.location(), format!("/intranet/notifications?{part}&after=90"));
    assert_eq!(gateway.calls(&Method::POST, replay).len(), 1);
    assert!(browser.get("/intranet/notifications").await.body.contains("It is tried again."));

    let sent = json!({ "error": "This delivery was sent" });
    gateway.answers(Method::POST, replay, 409, sent);
    let done = browser.submit(path, &[("message", "7")]).await;
    assert_eq!(done.location(), "/intranet/notifications/7");
    assert!(browser.get("/intranet").await.body.contains("This delivery was sent"));
}

#[tokio::test]
async fn one_message_is_shown_with_each_delivery() {
    let (gateway, mut browser) = officer().await;
    let message = SentNotification {
        id: 7,
        kind: "announcement".to_owned(),
        message: "Free pizza.\n\nTonight.".to_owned(),
        requested_by: "jsmith2".to_owned(),
        created_at: named("2026-11-22T09:33:41Z"),
        deliveries: vec![
            delivery(1, "sent", "a@example.edu"),
            delivery(2, "dead", "b@example.edu"),
        ],
    };
    gateway.answers(Method::GET, "/notification/7", 200, &message);
    let page = browser.get("/intranet/notifications/7").await;
    for part in [
        "<h1>Pizza tonight</h1>",
        "Free pizza.\n\nTonight.",
        "<code>jsmith2</code>",
        "a@example.edu",
        "name=\"message\" value=\"7\"",
    ] {
        assert!(page.body.contains(part), "{part}");
    }
    let (kind, text) = ("account".to_owned(), String::new());
    let secret = SentNotification { kind, message: text, ..message };
    gateway.answers(Method::GET, "/notification/7", 200, secret);
    let page = browser.get("/intranet/notifications/7").await;
    assert!(page.body.contains("for its recipient alone") && page.body.contains(">Account<"));
    assert_eq!(browser.get("/intranet/notifications/8").await.status, 404);
    assert_eq!(browser.get("/intranet/notifications/x").await.status, 404);
}
