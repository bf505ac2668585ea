//! Messages to people by mail, Slack, Discord and X: queued, retried and reported for each recipient.
//!
//! Everything that leaves Grove for people goes through here. A request is checked as a whole and
//! queued in one transaction; each channel has a worker of its own that delivers, tries again, and
//! notes what became of each message. Members switch kinds of messages off, officers see all that was
//! sent; what they send themselves is in the log of who did what. The service asks users and groups who
//! belongs to an audience.

mod audience;
mod channel;
mod config;
mod error;
mod kind;
mod logged;
mod personal_data;
mod request;
pub mod retention;
mod routes;
mod state;
mod store;
mod worker;

use std::{sync::Arc, time::Duration};

use grove_client::Peers;
use grove_identity::Verifier;
use grove_outbox::retention::forget_keys;
use grove_service::{Service, Upkeep};
use grove_shared::{Clock, db};
use sqlx::migrate::Migrator;
use utoipa_axum::{router::OpenApiRouter, routes};

pub use crate::{
    channel::{
        Carriers, Channel, Discord, Mail, MailCarrier, MailFolder, MailSecurity, MailServer, Slack,
        X, oauth::Credentials,
    },
    config::{ChannelConfig, Config, MailConfig},
    state::AppState,
    worker::{GIVE_UP_AFTER, Worker},
};
pub use grove_notifications_api::SERVICE;

/// The schema that this service owns.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/notifications");

/// The service as it is configured.
///
/// # Errors
/// When the configuration is incomplete.
pub fn service(config: &Config) -> anyhow::Result<Service> {
    let called = [grove_users_api::SERVICE, grove_groups_api::SERVICE];
    let state = AppState {
        db: db::connect(&config.service.db)?,
        verifier: Verifier::from_config(&config.service.identity, SERVICE.name)?,
        clock: Clock::system(),
        peers: Peers::from_config(&config.service, SERVICE, &called)?,
        carriers: Arc::new(config.carriers()?),
        senders: config.senders()?.into(),
        mail_domain: config.mail_domain.as_str().into(),
    };
    for channel in Channel::ALL {
        if !state.carriers.carries(channel) {
            tracing::warn!("{channel} is not configured");
        }
    }
    Ok(assemble(state, config))
}

/// The service made of its parts, with a worker for each channel.
pub fn assemble(state: AppState, config: &Config) -> Service {
    let (db, upkeep) = (state.db.clone(), upkeep(&state, config.delivery_log_days));
    let workers = Channel::ALL.map(|channel| Worker::new(&state, channel, config));
    let service = Service::new(SERVICE, routes(state)).schema(&db, &MIGRATOR).upkeep(upkeep);
    workers.into_iter().fold(service, |service, worker| {
        service.task(worker.channel.as_str(), move |stop| worker.clone().run(stop))
    })
}

fn routes(state: AppState) -> OpenApiRouter {
    use routes::{log, preferences, send};
    OpenApiRouter::new()
        .routes(routes!(send::send))
        .routes(routes!(log::show))
        .routes(routes!(log::list))
        .routes(routes!(send::preview))
        .routes(routes!(log::channels))
        .routes(routes!(log::replay))
        .routes(routes!(preferences::show, preferences::change))
        .routes(routes!(preferences::unsubscribe))
        .merge(grove_audit::routes(SERVICE.name))
        .merge(grove_personal_data::routes())
        .with_state(state)
}

fn upkeep(state: &AppState, days: u32) -> Upkeep {
    let hour = Duration::from_hours(1);
    let (log, keys) = (state.clone(), state.clone());
    Upkeep::new()
        .every(hour, "delivery log", move || {
            let AppState { db, clock, .. } = log.clone();
            async move { retention::forget(&db, days, clock.now()).await }
        })
        .every(hour, "idempotency keys", move || {
            let AppState { db, clock, .. } = keys.clone();
            async move { forget_keys(&db, clock.now()).await }
        })
}
