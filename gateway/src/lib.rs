//! The one public door: client tokens, identity, routing, limits.
//!
//! A request is checked and its route found, then the application and the person behind it; the
//! service gets it with a signed identity in the place of every secret. Bodies stream both ways. The
//! gateway owns the table `clients` and asks auth for sessions and groups for roles.

mod act_as;
mod body;
mod caller;
mod callers;
mod cli;
pub mod clients;
mod config;
mod cors;
mod docs;
mod gateway;
mod headers;
mod in_flight;
mod link;
mod lookups;
mod matching;
mod observe;
mod openapi;
mod own;
mod path;
mod proxy;
mod recovery;
mod registry;
mod replicas;
mod reply;
pub mod routes;
mod services;
mod session;
mod signer;
mod status;
mod store;
mod targets;
mod traffic;
mod tunnel;
mod upstream;

use std::{sync::Arc, time::Duration};

use anyhow::ensure;
use axum::Router;
use futures_util::future::join_all;
use grove_http::{ApiError, Readiness, server};
use grove_identity::{GATEWAY, SigningKey};
use grove_service::with_standard_routes;
use grove_shared::{Clock, db};
use sqlx::{MySqlPool, migrate::Migrator};
use tokio::{net::TcpListener, sync::OnceCell};
use tokio_util::sync::CancellationToken;

pub use crate::{
    cli::Cli,
    config::{Config, Limits},
    gateway::Gateway,
};

/// The schema that the gateway owns.
pub static MIGRATOR: Migrator = sqlx::migrate!("../migrations/gateway");

/// How often connections are closed that nobody uses.
const PRUNE_INTERVAL: Duration = Duration::from_secs(2);
const RESOLVE_INTERVAL: Duration = Duration::from_secs(1);

/// Runs the gateway until `stop` is cancelled.
///
/// # Errors
/// When the configuration is incomplete, a migration fails or an address is taken.
pub async fn run(config: Config, stop: CancellationToken) -> anyhow::Result<()> {
    ensure!(
        !config.unsecured || config.listen.ip().is_loopback(),
        "without client tokens the gateway listens on a loopback address only"
    );
    let db = if config.unsecured { None } else { Some(db::connect(&config.db)?) };
    let key = SigningKey::from_config(&config.identity, GATEWAY)?;
    let gateway = Gateway::new(&config, db.clone(), key, Clock::system())?;
    let admin = server::bind(config.admin_listen).await?;
    let loaded = Arc::<OnceCell<()>>::default();
    // It tells of a stop, and so ends after all others.
    let last = CancellationToken::new();
    let admin =
        tokio::spawn(server::serve(admin, admin_routes(&gateway, &loaded, &stop), last.clone()));
    let ended = serve_public(gateway, &config, db.as_ref(), &loaded, stop).await;
    last.cancel();
    admin.await?;
    ended
}

async fn serve_public(
    gateway: Gateway,
    config: &Config,
    db: Option<&MySqlPool>,
    loaded: &OnceCell<()>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    if let Some(db) = db {
        tokio::select! {
            migrated = db::migrate(db, &MIGRATOR) => migrated?,
            () = stop.cancelled() => return Ok(()),
        }
    }
    let listener = server::bind(config.listen).await?;
    let _ = loaded.set(());
    gateway.serve(listener, stop).await;
    Ok(())
}

/// Health, metrics and where those of the services are, on a private address of their own.
fn admin_routes(gateway: &Gateway, loaded: &Arc<OnceCell<()>>, stop: &CancellationToken) -> Router {
    let (loaded, stop) = (loaded.clone(), stop.clone());
    let readiness = Readiness::new(move || {
        let ready = loaded.initialized() && !stop.is_cancelled();
        Box::pin(async move {
            if ready { Ok(()) } else { Err(ApiError::unavailable("The gateway is not ready")) }
        })
    });
    with_standard_routes(GATEWAY, targets::routes(gateway), readiness)
}

impl Gateway {
    /// Serves on `listener` until `stop` is cancelled.
    pub async fn serve(self, listener: TcpListener, stop: CancellationToken) {
        let service = {
            let gateway = self.clone();
            tower::service_fn(move |request| gateway.clone().answer(request))
        };
        tokio::join!(
            server::serve_clients(listener, service, stop.clone(), server::LINGER),
            self.0.tunnels.end_after(&stop),
            self.keep_clients(stop.clone()),
            self.prune(stop.clone()),
            self.resolve(stop.clone()),
            stop.run_until_cancelled(self.0.watch.measure_backups()),
            stop.run_until_cancelled(self.0.watch.note_traffic()),
        );
    }

    async fn keep_clients(&self, stop: CancellationToken) {
        if let Some(registry) = &self.0.callers.registry {
            registry.run(stop).await;
        }
    }

    /// Looks the services up again and again, so that requests are spread over the replicas that are
    /// there now.
    async fn resolve(&self, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(RESOLVE_INTERVAL);
        let upstreams: Vec<_> =
            self.0.services.iter().filter(|upstream| upstream.has_name()).collect();
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = stop.cancelled() => return,
            }
            // A name that is not known now leaves what was known before.
            join_all(upstreams.iter().map(|upstream| upstream.resolve())).await;
        }
    }

    async fn prune(&self, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(PRUNE_INTERVAL);
        loop {
            tokio::select! {
                _ = ticks.tick() => self.0.services.iter().for_each(|upstream| upstream.prune()),
                () = stop.cancelled() => return,
            }
        }
    }
}
