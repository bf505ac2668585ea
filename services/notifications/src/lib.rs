//! Messages to people by mail, Slack, Discord and X: queued, retried and reported for each recipient.
//!
//! Everything that leaves Grove for people goes through here. A request is checked as a whole and
//! queued in one transaction; each channel has a worker of its own that delivers, tries again, and
//! notes what became of each message. Members switch kinds of messages off, officers see all that was
//! sent. The service asks users and groups who belongs to an audience.

mod audience;
mod channel;
mod config;
mod error;
mod kind;
mod request;
mod routes;
mod store;
mod worker;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::FromRef,
    routing::{get, post},
};
use chrono::TimeDelta;
use grove_shared::{
    Clock, NetId, api::notifications::ACCOUNT, db, idempotency, identity::Verifier, peer::Peers,
    server,
};
use lettre::message::Mailbox;
use sqlx::{MySqlPool, migrate::Migrator};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use crate::{
    channel::{
        Carriers, Channel, Discord, Mail, MailCarrier, MailFolder, MailSecurity, MailServer, Slack,
        X, oauth::Credentials,
    },
    config::{ChannelConfig, Config, MailConfig},
    worker::{GIVE_UP_AFTER, Worker},
};

/// The schema that this service owns.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/notifications");

/// How long a stop waits for messages that are under way.
const LAST_DELIVERY: Duration = Duration::from_secs(5);
const FORGET_INTERVAL: Duration = Duration::from_hours(1);

/// What the handlers share.
#[derive(Debug, Clone, FromRef)]
pub struct AppState {
    /// The service's schema.
    pub db: MySqlPool,
    /// Checks who calls.
    pub verifier: Verifier,
    /// Tells the time.
    pub clock: Clock,
    /// The services that this one calls.
    pub peers: Peers,
    /// What sends the messages of each channel.
    pub carriers: Arc<Carriers>,
    /// Who mails may be from.
    pub senders: Arc<[Mailbox]>,
    /// The domain of members' mail addresses.
    pub mail_domain: Arc<str>,
}

impl AppState {
    /// The member behind a mail address of the university.
    pub(crate) fn member_at(&self, address: &str) -> Option<NetId> {
        let (user, domain) = address.rsplit_once('@')?;
        if !domain.eq_ignore_ascii_case(&self.mail_domain) {
            return None;
        }
        user.to_lowercase().parse().ok()
    }

    /// Forgets what is older than `days`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn forget(&self, days: u32) -> anyhow::Result<()> {
        let now = self.clock.now();
        let then = now - TimeDelta::days(days.into());
        let forgotten = store::deliveries::delete_old(&self.db, then).await?;
        store::preferences::delete_old_tokens(&self.db, then).await?;
        // What a crash left between a message's arrival and the end of its text.
        for id in store::deliveries::arrived_with_text(&self.db, ACCOUNT).await? {
            store::deliveries::erase(&self.db, id).await?;
        }
        idempotency::forget_old(&self.db, now).await?;
        if forgotten > 0 {
            tracing::info!("{forgotten} notifications of more than {days} days ago are deleted");
        }
        Ok(())
    }
}

/// Every route of the service.
pub fn router(state: AppState) -> Router {
    use routes::{log, preferences, send};
    let readiness = db::readiness(&state.db);
    let routes = Router::new()
        .route("/notification", post(send::send))
        .route("/notification/{id}", get(log::show))
        .route("/notifications", get(log::list))
        .route("/notifications/preview", post(send::preview))
        .route("/notifications/channels", get(log::channels))
        .route("/notifications/deliveries/{id}/replay", post(log::replay))
        .route("/notifications/preferences", get(preferences::show).put(preferences::change))
        .route("/notifications/unsubscribe/{token}", post(preferences::unsubscribe))
        .with_state(state);
    server::with_standard_routes("notifications", routes, readiness)
}

/// Runs the service and delivers until `stop` is cancelled.
///
/// # Errors
/// When the configuration is incomplete, a migration fails or the address is taken.
pub async fn run(config: Config, stop: CancellationToken) -> anyhow::Result<()> {
    let db = db::connect(&config.db)?;
    let verifier = config.identity.verifier("notifications")?;
    let carriers = Arc::new(config.carriers()?);
    let senders = config.senders()?.into();
    let peers = Peers::new(config.identity.signing_key("notifications")?, config.peers)?;
    db::migrate(&db, &MIGRATOR).await?;
    let listener = server::bind(config.listen).await?;
    let (clock, site_url) = (Clock::system(), Arc::new(config.site_url));
    let tasks = TaskTracker::new();
    for channel in Channel::ALL {
        if !carriers.carries(channel) {
            tracing::warn!("{channel} is not configured");
        }
        let (mail, other) = (config.mail.mail_rate, config.channels.channel_rate);
        let rate = if channel == Channel::Email { mail } else { other }.max(1);
        let worker = Worker {
            db: db.clone(),
            clock: clock.clone(),
            carriers: carriers.clone(),
            site_url: site_url.clone(),
            channel,
            rate,
        };
        tasks.spawn(worker.run(stop.clone()));
    }
    let mail_domain = config.mail_domain.into();
    let state = AppState { db, verifier, clock, peers, carriers, senders, mail_domain };
    tasks.spawn(forget(state.clone(), config.delivery_log_days, stop.clone()));
    tasks.close();
    server::serve(listener, router(state), stop).await;
    let _ = tokio::time::timeout(LAST_DELIVERY, tasks.wait()).await;
    Ok(())
}

/// Forgets what is old until `stop` is cancelled.
async fn forget(state: AppState, days: u32, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(cause) = state.forget(days).await {
            tracing::warn!(%cause, "old notifications cannot be deleted now");
        }
        tokio::select! {
            () = tokio::time::sleep(FORGET_INTERVAL) => {}
            () = stop.cancelled() => {}
        }
    }
}
