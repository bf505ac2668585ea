//! Slack, Discord and X.

use grove_notifications::Channel;
use serde_json::{Value, json};

use crate::{World, mail_to, post_to, sink::MailSink};

fn slack() -> Value {
    post_to(&json!({ "name": "slack", "recipients": ["#general", "C012AB3CD"] }))
}

#[tokio::test]
async fn slack_gets_a_message_for_each_recipient() {
    let world = World::new().await;
    let id = world.send(&slack()).await;
    assert_eq!(world.deliver(Channel::Slack).await, 2);
    let calls = world.elsewhere.calls();
    assert_eq!(calls.len(), 2);
    for (call, recipient) in calls.iter().zip(["#general", "C012AB3CD"]) {
        assert_eq!(call.path, "/api/chat.postMessage");
        assert_eq!(call.authorization, "Bearer xoxb-slack");
        assert_eq!(call.body["channel"], recipient);
        assert_eq!(call.body["text"], "Pizza in the lounge, at six.");
    }
    assert_eq!(world.outcome(id).await, ["sent to #general", "sent to C012AB3CD"]);
}

#[tokio::test]
async fn what_slack_says_in_its_answer_counts_not_its_status() {
    let world = World::new().await;
    let message = post_to(&json!({ "name": "slack", "recipients": ["#nowhere"] }));
    world.elsewhere.answer(200, &[], json!({ "ok": false, "error": "channel_not_found" }));
    let lost = world.send(&message).await;
    world.deliver(Channel::Slack).await;
    let delivery = world.delivery(lost).await;
    assert_eq!(delivery["state"], "failed");
    assert_eq!(delivery["last_error"], "Slack says channel_not_found");

    world.elsewhere.answer(200, &[], json!({ "ok": false, "error": "invalid_auth" }));
    let waits = world.send(&message).await;
    world.deliver(Channel::Slack).await;
    assert_eq!(world.delivery(waits).await["state"], "queued");
    world.elsewhere.answer(200, &[], json!({ "ok": true }));
    assert_eq!(world.wait(Channel::Slack, 60).await, 1);
    assert_eq!(world.delivery(waits).await["attempts"], 2);
}

#[tokio::test]
async fn a_text_pings_nobody_in_slack() {
    let world = World::new().await;
    let mut message = post_to(&json!({ "name": "slack", "recipients": ["#general"] }));
    message["message"] = json!("<!channel> R&D meets at 6 > 5 <https://evil.example|here>");
    world.send(&message).await;
    assert_eq!(world.deliver(Channel::Slack).await, 1);
    let expected = "&lt;!channel&gt; R&amp;D meets at 6 &gt; 5 &lt;https://evil.example|here&gt;";
    assert_eq!(world.elsewhere.calls()[0].body["text"], expected);
}

#[tokio::test]
async fn what_is_wrong_with_us_waits_for_an_officer_and_what_is_wrong_with_the_message_fails() {
    for (status, expected) in
        [(401, "queued"), (403, "queued"), (404, "queued"), (408, "queued"), (400, "failed")]
    {
        let world = World::new().await;
        world.elsewhere.answer(status, &[], json!({ "message": "no" }));
        let id = world.send(&post_to(&json!({ "name": "discord" }))).await;
        assert_eq!(world.deliver(Channel::Discord).await, 0);
        let delivery = world.delivery(id).await;
        assert_eq!(delivery["state"], expected, "{status}");
        let error = delivery["last_error"].as_str().unwrap();
        assert!(error.contains(&status.to_string()), "{error}");
        assert!(!error.contains("webhook"), "the URL is a secret: {error}");
    }
}

#[tokio::test]
async fn discord_says_it_kept_the_message_and_pings_nobody() {
    let world = World::new().await;
    let mut message = post_to(&json!({ "name": "discord" }));
    message["message"] = json!("Pizza, @everyone");
    let id = world.send(&message).await;
    assert_eq!(world.deliver(Channel::Discord).await, 1);
    let calls = world.elsewhere.calls();
    assert_eq!((calls.len(), calls[0].path.as_str()), (1, "/webhook?wait=true"));
    assert_eq!(calls[0].body["content"], "Pizza, @everyone");
    assert_eq!(calls[0].body["allowed_mentions"], json!({ "parse": [] }));
    assert_eq!(world.outcome(id).await, ["sent to discord"]);
}

#[tokio::test]
async fn x_gets_a_signed_post_under_its_old_name_too() {
    let world = World::new().await;
    let id = world.send(&post_to(&json!({ "name": "twitter" }))).await;
    assert_eq!(world.deliver(Channel::X).await, 1);
    let call = &world.elsewhere.calls()[0];
    assert_eq!(
        (call.path.as_str(), &call.body["text"]),
        ("/2/tweets", &json!("Pizza in the lounge, at six."))
    );
    assert!(call.authorization.starts_with("OAuth oauth_consumer_key=\"consumer\", oauth_nonce="));
    for part in
        ["oauth_token=\"access\"", "oauth_signature_method=\"HMAC-SHA1\"", "oauth_signature=\""]
    {
        assert!(call.authorization.contains(part), "{}", call.authorization);
    }
    assert!(!call.authorization.contains("secret"));
    assert_eq!(world.delivery(id).await["channel"], "x");
}

#[tokio::test]
async fn a_text_that_x_has_already_failed_unless_it_may_be_from_an_earlier_try() {
    let world = World::new().await;
    let duplicate =
        json!({ "detail": "You are not allowed to create a Tweet with duplicate content." });
    world.elsewhere.answer(403, &[], duplicate.clone());
    let id = world.send(&post_to(&json!({ "name": "x" }))).await;
    world.deliver(Channel::X).await;
    assert_eq!(world.delivery(id).await["state"], "failed");

    world.elsewhere.answer(500, &[], json!({}));
    let id = world.send(&post_to(&json!({ "name": "x" }))).await;
    world.deliver(Channel::X).await;
    world.elsewhere.answer(403, &[], duplicate);
    world.wait(Channel::X, 60).await;
    assert_eq!(world.delivery(id).await["state"], "sent");
}

#[tokio::test]
async fn a_channel_that_asks_for_a_break_gets_it() {
    for (channel, service) in [
        (Channel::Slack, json!({ "name": "slack", "recipients": ["#general"] })),
        (Channel::Discord, json!({ "name": "discord" })),
        (Channel::X, json!({ "name": "x" })),
    ] {
        let world = World::new().await;
        world.elsewhere.answer(429, &[("retry-after", "120")], json!({}));
        let id = world.send(&post_to(&service)).await;
        assert_eq!(world.deliver(channel).await, 0);
        world.elsewhere.answer(200, &[], json!({ "ok": true }));
        // What comes in the meantime waits too.
        world.send(&post_to(&service)).await;
        assert_eq!(world.wait(channel, 118).await, 0);
        assert_eq!(world.elsewhere.calls().len(), 1);
        let shown: Value = world.officer().get("/notifications/channels").await.json();
        let paused = shown["channels"].as_array().unwrap().iter();
        let paused = paused.filter(|state| !state["paused_until"].is_null()).count();
        assert_eq!(paused, 1, "{shown}");
        assert_eq!(world.wait(channel, 3).await, 2);
        assert_eq!(world.delivery(id).await["state"], "sent");
    }
}

#[tokio::test]
async fn a_channel_that_is_not_configured_is_refused_but_mail_waits_for_a_server() {
    let world = World::bare().await;
    for name in ["slack", "discord", "x"] {
        let mut service = json!({ "name": name });
        if name == "slack" {
            service["recipients"] = json!(["#general"]);
        }
        let reply = world.officer().post("/notification", &post_to(&service)).await;
        assert_eq!(reply.status, 400);
        assert_eq!(reply.error(), format!("The channel {name} is not configured here"));
    }
    assert_eq!(world.count("notifications").await, 0);
    let id = world.send(&mail_to("ada1@example.edu")).await;
    assert_eq!(world.deliver(Channel::Email).await, 0);
    let delivery = world.delivery(id).await;
    assert_eq!((&delivery["state"], &delivery["attempts"]), (&json!("queued"), &json!(0)));
    assert_eq!(delivery["last_error"], "email is not configured here; the message waits");
    // An officer configures a server, and the service starts again.
    let sink = MailSink::start().await;
    let configured = World::with_mail_to(&sink).await;
    let worker = world.worker_with(Channel::Email, configured.state.carriers.clone());
    assert_eq!(worker.deliver_due().await.unwrap(), 1);
    assert_eq!(sink.only().recipients, ["ada1@example.edu"]);

    let shown: Value = world.officer().get("/notifications/channels").await.json();
    let expected = json!({
        "name": "email",
        "configured": false,
        "paused_until": null,
        "senders": ["noreply@example.edu"],
    });
    assert_eq!(shown["channels"][0], expected);
}
