//! Writing a message to people, for officers.

use grove_notifications_api::{ChannelState, Channels, KindState, Preview, Sent};
use http::Method;
use serde_json::{Value, json};

use crate::{browser::Browser, gateway::FakeGateway, members::signed_in, public::group};

const NEW: &str = "/intranet/notifications/new";

async fn officer() -> (FakeGateway, Browser) {
    let gateway = FakeGateway::start().await;
    let channel = |name: &str, configured, senders: &[&str]| ChannelState {
        name: name.to_owned(),
        configured,
        paused_until: None,
        senders: senders.iter().map(ToString::to_string).collect(),
    };
    let kind = |name: &str, mandatory| KindState { name: name.to_owned(), mandatory };
    let channels = Channels {
        channels: vec![
            channel("email", true, &["hello@example.edu", "jobs@example.edu"]),
            channel("slack", true, &[]),
            channel("discord", false, &[]),
        ],
        kinds: vec![kind("announcement", false), kind("account_security", true)],
    };
    gateway.answers(Method::GET, "/notifications/channels", 200, channels);
    let browser = signed_in(&gateway, &["top4"]);
    (gateway, browser)
}

#[tokio::test]
async fn the_form_offers_what_is_configured_and_no_more() {
    let (gateway, mut browser) = officer().await;
    gateway.answers(Method::GET, "/groups/sigs", 200, [group("SIG C++")]);
    let page = browser.get(NEW).await;
    for part in [
        "value=\"email\" checked",
        "value=\"slack\"> Slack",
        "value=\"discord\" disabled",
        "not configured",
        "jobs@example.edu",
        "Announcement",
        "Account security",
        "value=\"sigs/SIG C++\"",
        "id=\"rooms\"",
    ] {
        assert!(page.body.contains(part), "{part}");
    }
}

fn filled() -> Vec<(&'static str, &'static str)> {
    vec![
        ("audience", "members"),
        ("channel", "email"),
        ("channel", "slack"),
        ("rooms", "#general, #pizza"),
        ("kind", "announcement"),
        ("sender", "jobs@example.edu"),
        ("subject", " Pizza tonight "),
        ("message", "Free pizza.\r\nTonight."),
        ("html", "<b style=\"x\">Pizza</b>"),
    ]
}

fn preview(gateway: &FakeGateway) {
    let preview = Preview {
        recipients: 42,
        by_channel: [("email".to_owned(), 40), ("slack".to_owned(), 2)].into(),
        skipped: 3,
        subject: Some("Pizza tonight".to_owned()),
        text: "Free pizza.\nTonight.".to_owned(),
        html: Some("<b style=\"x\">Pizza</b><script>alert(1)</script>".to_owned()),
    };
    gateway.answers(Method::POST, "/notifications/preview", 200, preview);
}

fn expected() -> Value {
    json!({
        "services": [
            { "name": "email", "subject": "Pizza tonight", "sender": "jobs@example.edu",
              "html": "<b style=\"x\">Pizza</b>" },
            { "name": "slack", "recipients": ["#general", "#pizza"] },
        ],
        "message": "Free pizza.\nTonight.", "kind": "announcement", "audience": "members",
    })
}

/// The fields of the form that sends what was looked at.
fn hidden(page: &str) -> Vec<(String, String)> {
    let form = page.split("action=\"/intranet/notifications/new\"").nth(1).unwrap();
    let fields = form.split("<input type=\"hidden\" name=\"").skip(1);
    let text = |text: &str| {
        text.replace("&#34;", "\"")
            .replace("&#60;", "<")
            .replace("&#62;", ">")
            .replace("&#38;", "&")
    };
    fields
        .map(|field| field.split_once("\" value=\"").unwrap())
        .map(|(name, rest)| (name.to_owned(), text(rest.split("\">").next().unwrap())))
        .filter(|(name, _)| name != "csrf")
        .collect()
}

#[tokio::test]
async fn a_message_is_looked_at_before_it_is_sent_and_sent_once() {
    let (gateway, mut browser) = officer().await;
    preview(&gateway);
    browser.get(NEW).await;
    let page = browser.submit_and_follow(NEW, &filled()).await;
    assert_eq!(page.status, 200);
    for part in [
        "This goes to 42 recipients",
        "<dt>Mail</dt><dd>40</dd>",
        "<dt>Slack</dt><dd>2</dd>",
        "3, who do not want this kind",
        "Free pizza.\nTonight.",
        "sandbox=\"\"",
        "srcdoc=\"&#60;b style=&#34;x&#34;&#62;Pizza&#60;/b&#62;&#60;script&#62;",
        "Send to 42 recipients",
    ] {
        assert!(page.body.contains(part), "{part} {}", page.body);
    }
    let looked_at = gateway.calls(&Method::POST, "/notifications/preview");
    assert_eq!(looked_at[0].body, expected());
    assert_eq!(gateway.calls(&Method::POST, "/notification").len(), 0, "nothing is sent yet");

    gateway.answers(Method::POST, "/notification", 200, Sent { id: 7, message: "OK".to_owned() });
    let fields = hidden(&page.body);
    let mut fields: Vec<_> = fields.iter().map(|(name, text)| (name.as_str(), &**text)).collect();
    fields.push(("step", "send"));
    for _ in 0..2 {
        let done = browser.submit(NEW, &fields).await;
        assert_eq!((done.status.as_u16(), done.location()), (303, "/intranet/notifications/7"));
    }
    let sent = gateway.calls(&Method::POST, "/notification");
    assert_eq!((sent.len(), &sent[0].body), (2, &expected()));
    let key = sent[0].headers["idempotency-key"].clone();
    assert!(key.len() >= 20);
    assert_eq!(sent[1].headers["idempotency-key"], key, "so the service sends it once");
}

#[tokio::test]
async fn what_was_typed_is_kept_on_the_way_back_and_when_it_is_refused() {
    let (gateway, mut browser) = officer().await;
    preview(&gateway);
    browser.get(NEW).await;
    let mut back = filled();
    back.push(("step", "edit"));
    let page = browser.submit_and_follow(NEW, &back).await;
    let kept = |body: &str| {
        for part in [
            "\nFree pizza.\r\nTonight.</textarea>",
            "value=\" Pizza tonight \"",
            "value=\"slack\" checked",
            "value=\"#general, #pizza\"",
            "<option value=\"jobs@example.edu\" selected>",
            "&#60;b style=&#34;x&#34;&#62;Pizza",
        ] {
            assert!(body.contains(part), "{part} {body}");
        }
    };
    assert_eq!(page.status, 200);
    kept(&page.body);
    assert_eq!(gateway.writes().len(), 0, "going back asks nobody");

    let wrong = json!({ "error": "A mail needs a subject" });
    gateway.answers(Method::POST, "/notifications/preview", 400, wrong);
    let page = browser.submit_and_follow(NEW, &filled()).await;
    assert!(page.is_wrong_form());
    assert!(page.body.contains("A mail needs a subject"));
    kept(&page.body);

    gateway.answers(Method::POST, "/notifications/preview", 503, json!({ "error": "no" }));
    let page = browser.submit_and_follow(NEW, &filled()).await;
    assert!(page.is_wrong_form());
    assert!(page.body.contains("Nothing was sent"));
    kept(&page.body);
}

#[tokio::test]
async fn what_is_missing_is_said_before_anyone_is_asked() {
    let (gateway, mut browser) = officer().await;
    browser.get(NEW).await;
    for (fields, complaint) in [
        (vec![("audience", "members"), ("message", "x")], "Choose at least one channel."),
        (vec![("channel", "email"), ("audience", "members"), ("message", " ")], "Write a text."),
        (vec![("channel", "email"), ("audience", "group"), ("message", "x")], "Choose the SIG"),
        (
            vec![("channel", "email"), ("audience", "addresses"), ("message", "x")],
            "Enter the addresses",
        ),
    ] {
        let page = browser.submit_and_follow(NEW, &fields).await;
        assert!(page.is_wrong_form());
        assert!(page.body.contains(complaint), "{complaint}");
    }
    assert_eq!(gateway.writes().len(), 0);
}

#[tokio::test]
async fn a_message_whose_answer_was_lost_is_sent_again_with_the_same_key() {
    let (gateway, mut browser) = officer().await;
    preview(&gateway);
    browser.get(NEW).await;
    gateway.answers(Method::POST, "/notification", 503, json!({ "error": "no" }));
    let mut send = filled();
    send.extend([("step", "send"), ("key", "k-1")]);
    let page = browser.submit_and_follow(NEW, &send).await;
    assert!(page.is_wrong_form());
    assert!(page.body.contains("it goes out once"));
    assert!(page.body.contains("name=\"key\" value=\"k-1\""));

    let mut again = filled();
    again.push(("key", "k-1"));
    let page = browser.submit_and_follow(NEW, &again).await;
    assert!(page.body.contains("name=\"key\" value=\"k-1\""), "the look does not change it");

    gateway.answers(Method::POST, "/notification", 422, json!({ "error": "other body" }));
    let page = browser.submit_and_follow(NEW, &send).await;
    assert!(page.is_wrong_form());
    assert!(page.body.contains("carried out before") && !page.body.contains("k-1"));
}

#[tokio::test]
async fn a_group_and_single_people_are_audiences_too() {
    let (gateway, mut browser) = officer().await;
    preview(&gateway);
    browser.get(NEW).await;
    let common = [("channel", "email"), ("message", "x"), ("subject", "y")];
    let mut group = common.to_vec();
    group.extend([("audience", "group"), ("group", "sigs/SIG C++"), ("addresses", "no@x")]);
    browser.submit_and_follow(NEW, &group).await;
    let mut addresses = common.to_vec();
    addresses
        .extend([("audience", "addresses"), ("addresses", "a@x.edu,\r\n ada2\r\nb@x.edu\r\n")]);
    browser.submit_and_follow(NEW, &addresses).await;
    let calls = gateway.calls(&Method::POST, "/notifications/preview");
    assert_eq!(calls[0].body["audience"], "sigs/SIG C++");
    assert_eq!(calls[0].body["services"][0]["recipients"], Value::Null);
    assert_eq!(calls[1].body["audience"], Value::Null);
    assert_eq!(calls[1].body["services"][0]["recipients"], json!(["a@x.edu", "b@x.edu"]));
    assert_eq!(calls[1].body["members"], json!(["ada2"]));
    let chat = [("channel", "slack"), ("audience", "members"), ("message", "x"), ("rooms", "#a")];
    browser.submit_and_follow(NEW, &chat).await;
    let calls = gateway.calls(&Method::POST, "/notifications/preview");
    let services = json!([{ "name": "slack", "recipients": ["#a"] }]);
    assert_eq!(calls[2].body, json!({ "services": services, "message": "x" }), "no audience");
}

#[tokio::test]
async fn a_message_that_reaches_nobody_cannot_be_sent() {
    let (gateway, mut browser) = officer().await;
    let nobody = Preview {
        recipients: 0,
        by_channel: [].into(),
        skipped: 3,
        subject: None,
        text: "x".to_owned(),
        html: None,
    };
    gateway.answers(Method::POST, "/notifications/preview", 200, nobody);
    browser.get(NEW).await;
    let page = browser.submit_and_follow(NEW, &filled()).await;
    assert!(page.body.contains("This reaches nobody") && !page.body.contains("value=\"send\""));
}

#[tokio::test]
async fn a_text_that_is_too_long_for_a_redirect_is_shown_at_once() {
    let (gateway, mut browser) = officer().await;
    preview(&gateway);
    browser.get(NEW).await;
    let long = "Free & fresh pizza. ".repeat(300);
    let fields =
        [("audience", "members"), ("channel", "email"), ("subject", "x"), ("message", &long)];
    let look = browser.submit(NEW, &fields).await;
    assert!(look.status == 200 && look.body.contains("This goes to 42 recipients"));
    assert!(look.body.contains("Free &#38; fresh pizza. Free"), "it goes on with the form");

    let wrong = json!({ "error": "The text is odd", "field": "message" });
    gateway.answers(Method::POST, "/notifications/preview", 400, wrong);
    let page = browser.submit(NEW, &fields).await;
    assert!(page.is_wrong_form() && page.body.contains("<a href=\"#message\">The text is odd</a>"));
    assert!(page.body.contains("Free &#38; fresh pizza. Free"));
}
