//! A thousand messages while everything dies again and again.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use futures_util::future::join_all;
use grove_notifications::Channel;
use serde_json::json;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{World, accepted, mail_to, sink::MailSink};

const MESSAGES: usize = 1000;
/// Mails that are under way at the same time at most.
const AT_ONCE: usize = 8;

impl World {
    /// How many deliveries on a channel are in this state.
    async fn in_state(&self, channel: &str, state: &str) -> usize {
        let count = "SELECT COUNT(*) FROM deliveries WHERE channel = ? AND state = ?";
        let count = sqlx::query_scalar::<_, i64>(count).bind(channel).bind(state);
        usize::try_from(count.fetch_one(&self.pool()).await.unwrap()).unwrap()
    }

    /// The Message-ID of each mail that was queued, by its recipient.
    async fn message_ids(&self) -> HashMap<String, String> {
        let ids = "SELECT recipient, CONCAT('<', message_key, '@example.edu>') FROM deliveries
                   WHERE channel = 'email'";
        let ids = sqlx::query_as::<_, (String, String)>(ids).fetch_all(&self.pool()).await;
        ids.unwrap().into_iter().collect()
    }
}

impl World {
    fn start_worker(&self) -> JoinHandle<()> {
        tokio::spawn(self.worker(Channel::Email).run(CancellationToken::new()))
    }

    /// Waits until so many more mails have arrived; false when there are no more.
    async fn some_arrive(&self, sink: &MailSink, some: usize) -> bool {
        let enough = sink.count() + some;
        let mut last = (sink.count(), Instant::now());
        while sink.count() < enough {
            if self.in_state("email", "sent").await == MESSAGES {
                return false;
            }
            if sink.count() > last.0 {
                last = (sink.count(), Instant::now());
            }
            // All that is left waits for another try.
            if last.1.elapsed() > Duration::from_secs(3) {
                self.clock.advance(TimeDelta::minutes(15));
                last.1 = Instant::now();
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        true
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::print_stderr, reason = "the numbers are worth reading")]
async fn a_thousand_mails_arrive_while_the_server_and_the_worker_are_killed_again_and_again() {
    let mut sink = MailSink::start().await;
    let world = World::with_mail_to(&sink).await;
    let gigs = world.app.service("gigs");
    let recipients: Vec<_> = (0..MESSAGES).map(|n| format!("p{n}@example.org")).collect();
    for recipients in recipients.chunks(AT_ONCE) {
        let mails = recipients.iter().map(|recipient| {
            let gigs = &gigs;
            async move { accepted(&gigs.post("/notification", &mail_to(recipient)).await) }
        });
        join_all(mails).await;
    }

    let (began, mut kills) = (Instant::now(), 0);
    let mut worker = world.start_worker();
    while world.some_arrive(&sink, rand::random_range(30..120)).await {
        tokio::time::sleep(Duration::from_millis(rand::random_range(0..10))).await;
        kills += 1;
        if rand::random() {
            sink.kill();
            // The worker may see the server dead before it is alive again.
            tokio::time::sleep(Duration::from_millis(rand::random_range(0..50))).await;
            sink.restart().await;
            world.clock.advance(TimeDelta::minutes(1));
        } else {
            worker.abort();
            assert!(worker.await.unwrap_err().is_cancelled());
            // What it held is free again.
            world.clock.advance(TimeDelta::minutes(15));
            worker = world.start_worker();
        }
    }
    worker.abort();

    let (queued, copies) = (world.message_ids().await, sink.copies());
    let arrived: HashSet<_> = copies.keys().collect();
    assert_eq!(arrived, queued.values().collect());
    for mail in sink.mails() {
        assert_eq!(queued[&mail.recipients[0]], mail.header("Message-ID"));
    }
    let extra = copies.values().sum::<usize>() - MESSAGES;
    let seconds = began.elapsed().as_secs_f32();
    eprintln!("{MESSAGES} mails, {kills} kills, {extra} extra copies, {seconds:.1} s");
    assert!(extra <= kills * AT_ONCE, "{extra} extra copies after {kills} kills");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slack_being_down_neither_delays_nor_doubles_mail() {
    let sink = MailSink::start().await;
    let world = World::with_mail_to(&sink).await;
    world.elsewhere.answer(500, &[], json!({}));
    for number in 0..50 {
        let mut message = mail_to(&format!("p{number}@example.org"));
        let slack = json!({ "name": "slack", "recipients": ["#general"] });
        message["services"].as_array_mut().unwrap().push(slack);
        world.send(&message).await;
    }
    let stop = CancellationToken::new();
    let workers = Channel::ALL.map(|channel| tokio::spawn(world.worker(channel).run(stop.clone())));
    let began = Instant::now();
    while world.in_state("email", "sent").await < 50 || world.elsewhere.calls().is_empty() {
        assert!(began.elapsed() < Duration::from_secs(20), "mail waits for Slack");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Slack fails for hours.
    while world.elsewhere.calls().len() < 20 {
        assert!(began.elapsed() < Duration::from_mins(1), "Slack is not asked again");
        world.clock.advance(TimeDelta::minutes(1));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(world.in_state("slack", "queued").await, 50);
    assert!(sink.copies().values().all(|copies| *copies == 1));
    assert_eq!(sink.copies().len(), 50);

    let failed = world.elsewhere.calls().len();
    world.elsewhere.answer(200, &[], json!({ "ok": true }));
    while world.in_state("slack", "sent").await < 50 {
        assert!(began.elapsed() < Duration::from_mins(1), "Slack is back and gets nothing");
        world.clock.advance(TimeDelta::minutes(1));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.cancel();
    join_all(workers).await;
    // A call that failed while the answer changed counts with neither.
    let calls = world.elsewhere.calls().len() - failed;
    assert!((50..=51).contains(&calls), "{calls}");
    assert_eq!(sink.mails().len(), 50);
}
