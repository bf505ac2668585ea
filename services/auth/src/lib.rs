//! Accounts, passwords, sessions and one-time links.
//!
//! The service owns who can sign in and who is signed in. Of a token it keeps the SHA-256, of a
//! password an argon2id hash. Through the outbox it asks the notifications service for mails and
//! tells the users service who has activated their account.

mod account;
pub mod admin;
mod attempt;
mod config;
mod error;
mod hashing;
mod link;
mod password;
mod personal_data;
pub mod retention;
mod routes;
mod session;
mod sign_in;
mod state;
mod store;
mod throttle;

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use axum::routing::post;
use grove_client::Peers;
use grove_identity::{SigningKey, Verifier, caller::AdminOrTop4};
use grove_outbox::{
    Worker,
    retention::{forget_keys, purge_delivered},
};
use grove_service::{Service, Upkeep};
use grove_shared::{
    Clock,
    config::{IdentityConfig, secret},
    db,
};
use sqlx::migrate::Migrator;
use utoipa_axum::{router::OpenApiRouter, routes};

pub use crate::{
    config::{Chapter, Config, Networks, PasswordHashing},
    hashing::Hasher,
    link::LinkTokens,
    state::AppState,
};
pub use grove_auth_api::SERVICE;

/// The schema that this service owns.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/auth");

/// How long what is too old stays, at the longest.
const UPKEEP_INTERVAL: Duration = Duration::from_hours(1);

/// The service as it is configured.
///
/// # Errors
/// When the configuration is incomplete.
pub fn service(config: &Config) -> anyhow::Result<Service> {
    let calls = [grove_notifications_api::SERVICE, grove_users_api::SERVICE];
    let mut urls = config.service.peers.clone();
    urls.or_insert(SERVICE.name, &own_url(config.service.listen(SERVICE)))?;
    let IdentityConfig { identity_key, identity_key_file, .. } = &config.service.identity;
    let secret = secret(identity_key.as_ref(), identity_key_file.as_ref(), "IDENTITY_KEY")?;
    let key = SigningKey::from_config(&config.service.identity, SERVICE.name)?;
    Ok(assemble(AppState {
        db: db::connect(&config.service.db)?,
        verifier: Verifier::from_config(&config.service.identity, SERVICE.name)?,
        clock: Clock::system(),
        peers: Peers::new(key, urls, &calls)?,
        hasher: Hasher::new(&config.hashing)?,
        link_tokens: LinkTokens::new(&secret),
        chapter: config.chapter.clone(),
        shared_networks: config.shared_networks.clone(),
    }))
}

/// Where the outbox reaches the service itself.
fn own_url(listen: SocketAddr) -> String {
    let address = match listen.ip() {
        IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        address => address,
    };
    format!("http://{}", SocketAddr::new(address, listen.port()))
}

/// The service made of its parts.
pub fn assemble(state: AppState) -> Service {
    let AppState { db, clock, peers, .. } = state.clone();
    let worker = Worker { db: db.clone(), peers, clock: clock.clone() };
    Service::new(SERVICE, routes(state))
        .schema(&db, &MIGRATOR)
        .task("outbox", move |stop| worker.clone().run(stop))
        .upkeep(Upkeep::new().every(UPKEEP_INTERVAL, "what is old", move || {
            let (db, now) = (db.clone(), clock.now());
            async move {
                retention::delete_old(&db, now).await?;
                purge_delivered(&db, now).await?;
                forget_keys(&db, now).await
            }
        }))
}

fn routes(state: AppState) -> OpenApiRouter {
    use routes::{crowd, internal, passwords, sessions};
    OpenApiRouter::new()
        .routes(routes!(crowd::create, sessions::show, crowd::delete_all))
        .routes(routes!(crowd::show, crowd::validate, crowd::delete))
        .routes(routes!(sessions::list, sessions::end_others))
        .routes(routes!(sessions::end))
        .routes(routes!(passwords::change))
        .routes(routes!(passwords::reset))
        .routes(routes!(passwords::set_by_link))
        .routes(routes!(passwords::check_link))
        .route("/internal/sessions", post(internal::create_session))
        .route("/internal/sessions/resolve", post(internal::resolve_session))
        .route("/internal/sessions/end", post(internal::end_session))
        .route("/internal/accounts", post(internal::create_account))
        .route("/internal/accounts/remove", post(internal::remove_account))
        .route("/internal/links", post(internal::mail_link))
        .merge(grove_audit::routes(SERVICE.name))
        .merge(grove_personal_data::routes())
        .merge(grove_outbox::routes::<AppState, AdminOrTop4>(SERVICE.name))
        .with_state(state)
}
