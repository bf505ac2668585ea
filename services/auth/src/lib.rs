//! Accounts, passwords, sessions and one-time links.
//!
//! The service owns who can sign in and who is signed in. Of a token it keeps the SHA-256, of a
//! password an argon2id hash. Through the outbox it asks the notifications service for mails and
//! tells the users service who has activated their account.

mod account;
pub mod admin;
mod config;
mod error;
mod guessable;
mod hashing;
mod link;
mod password;
pub mod retention;
mod routes;
mod session;
mod sign_in;
mod store;
mod throttle;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::{
    Router,
    extract::FromRef,
    routing::{delete, get, post, put},
};
use grove_shared::{
    Clock, db,
    identity::Verifier,
    outbox::{self, Worker},
    peer::Peers,
    server,
};
use sqlx::{MySqlPool, migrate::Migrator};
use tokio_util::sync::CancellationToken;
use url::Url;

pub use crate::{
    config::{Chapter, Config, PasswordHashing},
    hashing::Hasher,
};

/// The schema that this service owns.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/auth");
/// Under which name it signs, and is called.
const NAME: &str = "auth";

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
    /// Hashes passwords.
    pub hasher: Hasher,
    /// What mails say.
    pub chapter: Chapter,
}

/// Every route of the service.
pub fn router(state: AppState) -> Router {
    use routes::{crowd, internal, passwords, sessions};
    let readiness = db::readiness(&state.db);
    let routes = Router::new()
        .route("/session", post(crowd::create).delete(crowd::delete_all))
        .route("/session/{token}", get(crowd::show).post(crowd::validate).delete(crowd::delete))
        .route("/sessions", get(sessions::list).delete(sessions::end_others))
        .route("/sessions/{id}", delete(sessions::end))
        .route("/password", put(passwords::change))
        .route("/password/reset", post(passwords::reset))
        .route("/password/link/{token}", post(passwords::set_by_link))
        .route("/internal/sessions", post(internal::create_session))
        .route("/internal/sessions/resolve", post(internal::resolve_session))
        .route("/internal/sessions/end", post(internal::end_session))
        .route("/internal/accounts", post(internal::create_account))
        .route("/internal/accounts/remove", post(internal::remove_account))
        .route("/internal/links", post(internal::mail_link))
        .merge(outbox::routes(NAME))
        .with_state(state);
    server::with_standard_routes(NAME, routes, readiness)
}

/// Runs the service until `stop` is cancelled.
///
/// # Errors
/// When the configuration is incomplete, a migration fails or the address is taken.
pub async fn run(config: Config, stop: CancellationToken) -> anyhow::Result<()> {
    let db = db::connect(&config.db)?;
    let verifier = config.identity.verifier(NAME)?;
    let key = config.identity.signing_key(NAME)?;
    let hasher = Hasher::new(&config.hashing)?;
    db::migrate(&db, &MIGRATOR).await?;
    let listener = server::bind(config.listen).await?;
    let mut urls = config.peers;
    urls.0.insert(NAME.to_owned(), own_url(listener.local_addr()?)?);
    let peers = Peers::new(key, urls)?;
    let clock = Clock::system();
    let worker = Worker { db: db.clone(), peers: peers.clone(), clock: clock.clone() };
    tokio::spawn(worker.run(stop.clone()));
    tokio::spawn(retention::run(db.clone(), clock.clone(), stop.clone()));
    let state = AppState { db, verifier, clock, peers, hasher, chapter: config.chapter };
    server::serve(listener, router(state), stop).await;
    Ok(())
}

/// Where the outbox reaches the service itself.
fn own_url(listen: SocketAddr) -> anyhow::Result<Url> {
    let address = match listen.ip() {
        IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        address => address,
    };
    Ok(Url::parse(&format!("http://{}", SocketAddr::new(address, listen.port())))?)
}
