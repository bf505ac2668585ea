//! What happens to messages whose channel does not answer.

use std::time::Duration;

use chrono::TimeDelta;
use grove_notifications::{Channel, GIVE_UP_AFTER};
use serde_json::{Value, json};
use tokio::{io::AsyncReadExt, net::TcpListener};

use crate::{World, mail_to, post_to, sink::MailSink};

#[tokio::test]
async fn a_worker_that_dies_is_replaced_when_its_time_is_up() {
    let black_hole = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = black_hole.local_addr().unwrap().port().to_string();
    let arguments = ["--smtp-host", "127.0.0.1", "--smtp-port", &port, "--smtp-security", "none"];
    let dying = World::with(&arguments).await;
    let id = dying.send(&mail_to("one@example.org")).await;
    let worker = dying.worker(Channel::Email);
    let task = tokio::spawn(async move { worker.deliver_due().await });
    let (mut connection, _) = black_hole.accept().await.unwrap();
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    // A conversation that is cut off ends; no other mail goes on with it.
    assert_eq!(connection.read(&mut [0]).await.unwrap(), 0);

    let sink = MailSink::start().await;
    let other = World::with_mail_to(&sink).await;
    let worker = dying.worker_with(Channel::Email, other.state.carriers.clone());
    dying.clock.advance(TimeDelta::seconds(89));
    assert_eq!(worker.deliver_due().await.unwrap(), 0);
    dying.clock.advance(TimeDelta::seconds(1));
    assert_eq!(worker.deliver_due().await.unwrap(), 1);
    assert_eq!(sink.only().recipients, ["one@example.org"]);
    assert_eq!(dying.delivery(id).await["attempts"], 2);
}

#[tokio::test]
async fn a_server_that_is_down_is_asked_by_a_few_mails_and_gets_all_when_it_is_back() {
    let mut sink = MailSink::start().await;
    let world = World::with_mail_to(&sink).await;
    sink.kill();
    for number in 0..20 {
        world.send(&mail_to(&format!("p{number}@example.org"))).await;
    }
    assert_eq!(world.deliver(Channel::Email).await, 0);
    let tried = "SELECT COUNT(*) FROM deliveries WHERE attempts > 0";
    let tried: i64 = sqlx::query_scalar(tried).fetch_one(&world.pool()).await.unwrap();
    assert_eq!(tried, 8);
    assert_eq!(world.deliver(Channel::Email).await, 0);
    sink.restart().await;
    assert_eq!(world.wait(Channel::Email, 3).await, 20);
    assert_eq!(sink.copies().len(), 20);
    assert_eq!(sink.mails().len(), 20);
}

#[tokio::test]
async fn tries_become_rarer_and_end() {
    let world = World::new().await;
    world.elsewhere.answer(500, &[], json!({}));
    let slack = post_to(&json!({ "name": "slack", "recipients": ["#general"] }));
    let id = world.send(&slack).await;
    let mut waits = Vec::new();
    for attempt in 1..=12 {
        world.deliver(Channel::Slack).await;
        let mut waited = 0;
        while world.elsewhere.calls().len() == attempt {
            waited += 1;
            assert!(waited < 800, "it is never tried again");
            world.wait(Channel::Slack, 1).await;
        }
        waits.push(waited);
    }
    for (attempt, waited) in (1..).zip(&waits) {
        let least = (1 << attempt).min(600);
        assert!((least..=least + least / 4 + 1).contains(waited), "{waits:?}");
    }
    let late = "UPDATE deliveries SET attempts = ?";
    sqlx::query(late).bind(GIVE_UP_AFTER - 2).execute(&world.pool()).await.unwrap();
    world.wait(Channel::Slack, 800).await;
    assert_eq!(world.delivery(id).await["state"], "queued");
    world.wait(Channel::Slack, 800).await;
    let dead = world.delivery(id).await;
    assert_eq!((&dead["state"], &dead["attempts"]), (&json!("dead"), &json!(GIVE_UP_AFTER)));
    assert!(dead["last_error"].as_str().unwrap().contains("500"));

    let page: Value = world.officer().get("/notifications?state=dead").await.json();
    assert_eq!(page["deliveries"][0]["id"], dead["id"]);
    world.elsewhere.answer(200, &[], json!({ "ok": true }));
    let path = format!("/notifications/deliveries/{}/replay", dead["id"]);
    assert_eq!(world.officer().post(&path, &json!({})).await.status, 200);
    assert_eq!(world.wait(Channel::Slack, 60).await, 1);
}

#[tokio::test]
async fn a_message_that_never_goes_out_holds_up_no_other() {
    let world = World::new().await;
    world.elsewhere.answer(500, &[], json!({}));
    let slack = post_to(&json!({ "name": "slack", "recipients": ["#first"] }));
    world.send(&slack).await;
    for _ in 0..10 {
        world.wait(Channel::Slack, 700).await;
    }
    world.elsewhere.answer(200, &[], json!({ "ok": true }));
    let slack = post_to(&json!({ "name": "slack", "recipients": ["#second"] }));
    let second = world.send(&slack).await;
    // The first one waits for minutes, the channel for half a minute at most.
    assert_eq!(world.wait(Channel::Slack, 30).await, 1);
    assert_eq!(world.outcome(second).await, ["sent to #second"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_share_a_queue_and_double_nothing() {
    let sink = MailSink::start().await;
    let world = World::with_mail_to(&sink).await;
    let mut message = mail_to("");
    let recipients: Vec<_> = (0..200).map(|number| format!("p{number}@example.org")).collect();
    message["services"][0]["recipients"] = json!(recipients);
    world.send(&message).await;
    let worker = || {
        // As in two processes: each has connections of its own.
        let worker = world.worker_with(Channel::Email, world.config.carriers().unwrap().into());
        tokio::spawn(async move { worker.deliver_due().await.unwrap() })
    };
    let (one, other) = (worker(), worker());
    let (one, other) = (one.await.unwrap(), other.await.unwrap());
    assert!(one > 0 && other > 0, "{one} and {other}");
    assert_eq!(one + other, 200);
    assert_eq!((sink.copies().len(), sink.count()), (200, 200));
}

#[tokio::test]
async fn a_worker_keeps_to_its_rate() {
    let world = World::new().await;
    let channels: Vec<_> = (0..4).map(|number| format!("#c{number}")).collect();
    world.send(&post_to(&json!({ "name": "slack", "recipients": channels }))).await;
    let mut worker = world.worker(Channel::Slack);
    worker.rate = 10;
    let began = std::time::Instant::now();
    assert_eq!(worker.deliver_due().await.unwrap(), 4);
    assert!(began.elapsed() >= Duration::from_millis(400));
}

#[tokio::test]
async fn a_worker_that_was_too_slow_notes_what_went_out_and_nothing_else() {
    for (status, expected) in [(400, "queued"), (500, "queued"), (200, "sent")] {
        let world = World::new().await;
        let slack = post_to(&json!({ "name": "slack", "recipients": ["#general"] }));
        let id = world.send(&slack).await;
        let release = world.elsewhere.hold_next();
        let slow = world.worker(Channel::Slack);
        let slow = tokio::spawn(async move { slow.deliver_due().await });
        while world.elsewhere.calls().is_empty() {
            tokio::task::yield_now().await;
        }
        // Another takes the message over, without luck.
        world.elsewhere.answer(503, &[], json!({}));
        assert_eq!(world.wait(Channel::Slack, 90).await, 0);
        let before = world.delivery(id).await;
        assert_eq!((&before["state"], &before["attempts"]), (&json!("queued"), &json!(2)));

        world.elsewhere.answer(status, &[], json!({ "ok": true }));
        release.send(()).unwrap();
        slow.await.unwrap().unwrap();
        let after = world.delivery(id).await;
        assert_eq!(after["state"], expected, "{status}");
        if expected == "queued" {
            assert_eq!(before, after);
        }
    }
}

#[tokio::test]
async fn a_message_of_a_kind_that_is_not_known_yet_waits() {
    let world = World::new().await;
    let id = world.send(&post_to(&json!({ "name": "discord" }))).await;
    let kind = |name: &'static str| sqlx::query("UPDATE notifications SET kind = ?").bind(name);
    kind("weather").execute(&world.pool()).await.unwrap();
    assert_eq!(world.deliver(Channel::Discord).await, 0);
    let waits = world.delivery(id).await;
    assert_eq!(waits["state"], "queued");
    assert_eq!(waits["last_error"], "weather is no kind of message");
    assert!(world.elsewhere.calls().is_empty());
    kind("gigs").execute(&world.pool()).await.unwrap();
    assert_eq!(world.wait(Channel::Discord, 60).await, 1);
}
