//! Delivers what is queued for one channel.
//!
//! A message is taken for as long as [`LEASE`], so that another worker takes it over when this one dies.
//! If that happens between the message going out and that being noted, it goes out again under the same
//! Message-ID: no protocol of mail can do better, and receivers know it again by that.

mod letter;
mod outcome;

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use grove_notifications_api::DeliveryState;
use grove_shared::{Clock, token};
use secrecy::ExposeSecret;
use sqlx::MySqlPool;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

use self::outcome::{Outcome, backoff, pause};
use crate::{
    channel::{Carriers, Channel, SendError},
    config::Config,
    error::NotificationError,
    kind::Kind,
    state::AppState,
    store::{
        deliveries::{self, Due},
        pauses, preferences,
    },
};

/// Tries after which a message is dead. With the backoff below that is about four days, as long as mail
/// servers keep trying (RFC 5321, section 4.5.4.1).
pub const GIVE_UP_AFTER: u32 = 500;
const LONGEST_TRY: Duration = Duration::from_secs(45);
/// How often, and after how long, it is tried to note what became of a message.
const NOTES: u32 = 20;
const NOTE_INTERVAL: Duration = Duration::from_millis(500);
/// Longer than a try and noting what became of it take.
const LEASE: TimeDelta = TimeDelta::seconds(90);
/// How long a channel is left alone at most that does not answer.
const LONGEST_PAUSE: TimeDelta = TimeDelta::seconds(30);
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
    /// The worker of a channel.
    pub(crate) fn new(state: &AppState, channel: Channel, config: &Config) -> Self {
        Self {
            db: state.db.clone(),
            clock: state.clock.clone(),
            carriers: state.carriers.clone(),
            site_url: Arc::new(config.site_url.clone()),
            channel,
            rate: config.rate(channel),
        }
    }

    /// Delivers until `stop` is cancelled.
    pub async fn run(self, stop: CancellationToken) {
        let mut measured: Option<Instant> = None;
        while !stop.is_cancelled() {
            if measured.is_none_or(|last| last.elapsed() >= MEASURE_INTERVAL) {
                measured = Some(Instant::now());
                self.report(self.measure().await.map(Some));
            }
            let more = self.report(self.deliver_some().await);
            if more.is_none() {
                tokio::select! {
                    () = tokio::time::sleep(POLL_INTERVAL) => {}
                    () = stop.cancelled() => {}
                }
            }
        }
    }

    fn report<T>(&self, outcome: Result<Option<T>, NotificationError>) -> Option<T> {
        outcome.unwrap_or_else(|cause| {
            tracing::warn!(%cause, "the queue of {} cannot be read", self.channel);
            None
        })
    }

    /// Delivers all that is due; returns how many messages went out.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn deliver_due(&self) -> anyhow::Result<usize> {
        let mut sent = 0;
        while let Some(some) = self.deliver_some().await? {
            sent += some;
        }
        Ok(sent)
    }

    /// Delivers some of what is due; nothing when nothing is.
    async fn deliver_some(&self) -> Result<Option<usize>, NotificationError> {
        let (db, channel, now) = (&self.db, self.channel, self.clock.now());
        // Nobody carries it now; it waits until somebody does.
        if !self.carriers.carries(channel) || pauses::find(db, channel, now).await?.is_some() {
            return Ok(None);
        }
        let at_once = channel.at_once().min(self.rate);
        let due = deliveries::claim(db, channel, at_once, now, now + LEASE).await?;
        let Some(count) = u32::try_from(due.len()).ok().filter(|count| *count > 0) else {
            return Ok(None);
        };
        let began = Instant::now();
        let outcomes = join_all(due.into_iter().map(|due| self.try_one(due))).await;
        let outcomes: Vec<Outcome> = outcomes.into_iter().collect::<Result<_, _>>()?;
        if let Some(end) = pause(&outcomes) {
            tracing::warn!("{channel} is left alone until {end}");
            pauses::extend(db, channel, end).await?;
        }
        tokio::time::sleep_until(began + Duration::from_secs(1) * count / self.rate).await;
        Ok(Some(outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Sent)).count()))
    }

    async fn try_one(&self, due: Due) -> Result<Outcome, NotificationError> {
        let (id, attempts, notification) = (due.id, due.attempts, due.notification_id);
        let claim = (id, due.lease);
        let Some(kind) = Kind::find(&due.kind) else {
            // A newer version took it, and knows whether it may be switched off.
            let cause = SendError::Deferred(format!("{} is no kind of message", due.kind));
            return self.fail(claim, attempts, &cause).await;
        };
        if !due.wanted && !kind.mandatory {
            self.note(|| {
                deliveries::finish(&self.db, id, DeliveryState::Skipped, self.clock.now())
            })
            .await?;
            return Ok(Outcome::Settled);
        }
        let can_be_switched_off = due.netid.is_some() && !kind.mandatory;
        let unsubscribe = if can_be_switched_off && self.channel == Channel::Email {
            let token = token::generate();
            let (hash, now) = (token::hash(token.expose_secret()), self.clock.now());
            if !preferences::insert_token(&self.db, &hash, id, kind.name, now).await? {
                // Whom it was for is forgotten.
                return Ok(Outcome::Settled);
            }
            let link = format!("unsubscribe/{}", token.expose_secret());
            self.site_url.join(&link).ok().map(String::from)
        } else {
            None
        };
        let letter = letter::write(due, unsubscribe);
        let sending = self.carriers.send(self.channel, &letter);
        let outcome = tokio::time::timeout(LONGEST_TRY, sending).await;
        let outcome = outcome.unwrap_or_else(|_| {
            Err(SendError::Unavailable(format!("no answer within {LONGEST_TRY:?}")))
        });
        let result = match &outcome {
            Ok(()) => "sent",
            Err(SendError::Refused(_)) => "failed",
            Err(_) => "later",
        };
        metrics::counter!("notification_tries_total", "channel" => self.channel.as_str(), "result" => result)
            .increment(1);
        if let Err(cause) = outcome {
            return self.fail(claim, attempts, &cause).await;
        }
        self.note(|| deliveries::finish(&self.db, id, DeliveryState::Sent, self.clock.now()))
            .await?;
        if kind.is_secret() && deliveries::has_arrived(&self.db, notification).await? {
            deliveries::erase(&self.db, notification).await?;
        }
        Ok(Outcome::Sent)
    }

    /// Notes what became of a message, and insists: what went out and is not noted goes out again.
    async fn note<F>(&self, write: impl Fn() -> F) -> Result<(), NotificationError>
    where
        F: Future<Output = Result<(), NotificationError>>,
    {
        for _ in 1..NOTES {
            match write().await {
                Ok(()) => return Ok(()),
                Err(cause) => tracing::warn!(%cause, "what became of a message cannot be noted"),
            }
            tokio::time::sleep(NOTE_INTERVAL).await;
        }
        write().await
    }

    async fn fail(
        &self,
        claim: (u64, DateTime<Utc>),
        attempts: u32,
        cause: &SendError,
    ) -> Result<Outcome, NotificationError> {
        let (id, channel, now) = (claim.0, self.channel, self.clock.now());
        let reason: String = cause.to_string().chars().take(500).collect();
        let give_up = async |state| {
            self.note(|| deliveries::give_up(&self.db, claim, state, &reason, now)).await
        };
        if matches!(cause, SendError::Refused(_)) {
            tracing::warn!(delivery.id = id, reason, "{channel} refused a message");
            give_up(DeliveryState::Failed).await?;
            return Ok(Outcome::Settled);
        }
        let wait = backoff(attempts);
        let (next, outcome) = match cause {
            SendError::Wait(pause) => {
                let end = now + TimeDelta::from_std(*pause).unwrap_or(LONGEST_PAUSE);
                (end, Outcome::Busy(end))
            }
            SendError::Unavailable(_) => (now + wait, Outcome::Down(now + wait.min(LONGEST_PAUSE))),
            SendError::Deferred(_) | SendError::Refused(_) => (now + wait, Outcome::Settled),
        };
        if attempts >= GIVE_UP_AFTER {
            tracing::error!(delivery.id = id, reason, "a message by {channel} is dead");
            give_up(DeliveryState::Dead).await?;
        } else {
            tracing::info!(delivery.id = id, reason, "a message by {channel} waits");
            deliveries::postpone(&self.db, claim, next, &reason).await?;
        }
        Ok(outcome)
    }

    /// Tells the metrics how much waits, and for how long.
    async fn measure(&self) -> Result<(), NotificationError> {
        let (count, oldest) = deliveries::backlog(&self.db, self.channel).await?;
        let age = oldest.map_or(TimeDelta::zero(), |oldest| self.clock.now() - oldest);
        let labels = [("channel", self.channel.as_str())];
        #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
        metrics::gauge!("notification_queue", &labels).set(count as f64);
        metrics::gauge!("notification_oldest_age_seconds", &labels).set(age.as_seconds_f64());
        Ok(())
    }
}
