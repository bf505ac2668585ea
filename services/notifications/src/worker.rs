//! Delivers what is queued for one channel.
//!
//! A message is taken for as long as [`LEASE`], so that another worker takes it over when this one dies.
//! If that happens between the message going out and that being noted, it goes out again under the same
//! Message-ID: no protocol of mail can do better, and receivers know it again by that.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use grove_shared::{Clock, token};
use secrecy::ExposeSecret;
use sqlx::MySqlPool;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    channel::{Carriers, Channel, Letter, SendError},
    error::NotificationError,
    kind::Kind,
    store::{
        deliveries::{self, Due},
        preferences,
    },
};

/// Tries after which a message is dead. With the backoff below that is a little over a day.
pub const GIVE_UP_AFTER: u32 = 40;
/// Longer than any try takes.
const LEASE: TimeDelta = TimeDelta::seconds(60);
const LONGEST_WAIT_SECONDS: i64 = 3600;
const POLL_INTERVAL: Duration = Duration::from_millis(300);
const MEASURE_INTERVAL: Duration = Duration::from_secs(15);

/// The worker of one channel.
#[derive(Debug, Clone)]
pub struct Worker {
    /// The service's schema.
    pub db: MySqlPool,
    /// Decides what is due.
    pub clock: Clock,
    /// Sends the messages.
    pub carriers: Arc<Carriers>,
    /// The website, for the links that switch messages off.
    pub site_url: Arc<Url>,
    /// The channel.
    pub channel: Channel,
    /// Messages a second at most.
    pub rate: u32,
}

impl Worker {
    /// Delivers until `stop` is cancelled.
    pub async fn run(self, stop: CancellationToken) {
        let mut measured: Option<Instant> = None;
        while !stop.is_cancelled() {
            let mut outcome = self.deliver_due().await.map(drop);
            if outcome.is_ok() && measured.is_none_or(|last| last.elapsed() >= MEASURE_INTERVAL) {
                measured = Some(Instant::now());
                outcome = self.measure().await;
            }
            if let Err(cause) = outcome {
                tracing::warn!(%cause, "the queue of {} cannot be read", self.channel);
            }
            tokio::select! {
                () = tokio::time::sleep(POLL_INTERVAL) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Delivers what is due; returns how many messages went out.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn deliver_due(&self) -> anyhow::Result<usize> {
        Ok(self.deliver().await?)
    }

    async fn deliver(&self) -> Result<usize, NotificationError> {
        // Nobody carries it now; it waits until somebody does.
        if !self.carriers.carries(self.channel) {
            return Ok(0);
        }
        let mut sent = 0;
        loop {
            let (now, at_once) = (self.clock.now(), self.channel.at_once().min(self.rate));
            let due = deliveries::claim(&self.db, self.channel, at_once, now, now + LEASE).await?;
            let Ok(count) = u32::try_from(due.len()) else { return Ok(sent) };
            if count == 0 {
                return Ok(sent);
            }
            let began = Instant::now();
            for outcome in join_all(due.into_iter().map(|due| self.try_one(due))).await {
                sent += usize::from(outcome?);
            }
            tokio::time::sleep_until(began + Duration::from_secs(1) * count / self.rate).await;
        }
    }

    /// Tries one message; returns whether it went out.
    async fn try_one(&self, due: Due) -> Result<bool, NotificationError> {
        let kind = Kind::find(&due.kind);
        if !due.wanted && kind.is_some_and(|kind| !kind.mandatory) {
            deliveries::settle(&self.db, due.id, "skipped", None, self.clock.now()).await?;
            return Ok(false);
        }
        let (id, attempts, notification) = (due.id, due.attempts, due.notification_id);
        let letter = self.letter(due, kind).await?;
        let outcome = self.carriers.send(self.channel, &letter).await;
        let now = self.clock.now();
        let result = match &outcome {
            Ok(()) => "sent",
            Err(SendError::Refused(_)) => "failed",
            Err(_) => "later",
        };
        metrics::counter!("notification_tries_total", "channel" => self.channel.as_str(), "result" => result)
            .increment(1);
        match outcome {
            Ok(()) => {
                deliveries::settle(&self.db, id, "sent", None, now).await?;
                if kind.is_some_and(Kind::is_secret)
                    && deliveries::has_arrived(&self.db, notification).await?
                {
                    deliveries::erase(&self.db, notification).await?;
                }
                Ok(true)
            }
            Err(cause) => self.fail(id, attempts, &cause, now).await.map(|()| false),
        }
    }

    async fn fail(
        &self,
        id: u64,
        attempts: u32,
        cause: &SendError,
        now: DateTime<Utc>,
    ) -> Result<(), NotificationError> {
        let channel = self.channel;
        let reason: String = cause.to_string().chars().take(500).collect();
        let next = match cause {
            SendError::Refused(_) => {
                tracing::warn!(delivery.id = id, reason, "{channel} refused a message");
                return deliveries::settle(&self.db, id, "failed", Some(&reason), now).await;
            }
            SendError::Unavailable(_) if attempts >= GIVE_UP_AFTER => {
                tracing::error!(delivery.id = id, reason, "a message by {channel} is dead");
                return deliveries::settle(&self.db, id, "dead", Some(&reason), now).await;
            }
            SendError::Wait(wait) => {
                let next = now + TimeDelta::from_std(*wait).unwrap_or(TimeDelta::hours(1));
                deliveries::postpone_channel(&self.db, channel, now, next).await?;
                next
            }
            SendError::Unavailable(_) => now + backoff(attempts),
        };
        tracing::info!(delivery.id = id, reason, "a message by {channel} waits");
        deliveries::postpone(&self.db, id, next, &reason).await
    }

    async fn letter(&self, due: Due, kind: Option<Kind>) -> Result<Letter, NotificationError> {
        let unsubscribe = match (&due.netid, kind) {
            (Some(netid), Some(kind)) if !kind.mandatory && self.channel == Channel::Email => {
                let token = token::generate();
                let (hash, now) = (token::hash(token.expose_secret()), self.clock.now());
                preferences::insert_token(&self.db, &hash, netid, kind.name, now).await?;
                let link = format!("unsubscribe/{}", token.expose_secret());
                self.site_url.join(&link).ok().map(String::from)
            }
            _ => None,
        };
        let mut text = due.message;
        if let Some(url) = &unsubscribe {
            text = format!("{}\n\n-- \nNo more of these: {url}\n", text.trim_end());
        }
        let Due { message_key: key, recipient, sender, subject, html, .. } = due;
        Ok(Letter { key, recipient, sender, subject, text, html, unsubscribe })
    }

    /// Tells the metrics how much waits, and for how long.
    async fn measure(&self) -> anyhow::Result<()> {
        let (count, oldest) = deliveries::backlog(&self.db, self.channel).await?;
        let age = oldest.map_or(TimeDelta::zero(), |oldest| self.clock.now() - oldest);
        let labels = [("channel", self.channel.as_str())];
        #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
        metrics::gauge!("notification_queue", &labels).set(count as f64);
        metrics::gauge!("notification_oldest_age_seconds", &labels).set(age.as_seconds_f64());
        Ok(())
    }
}

/// Two seconds, doubled by each try up to an hour, with up to a quarter more at random.
fn backoff(attempts: u32) -> TimeDelta {
    let seconds = (1_i64 << attempts.min(12)).min(LONGEST_WAIT_SECONDS);
    TimeDelta::milliseconds(seconds * 1000 + rand::random_range(0..=seconds * 250))
}
