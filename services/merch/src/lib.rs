//! Merch: what the vending machine sells, and the purchases.
//!
//! Officers say what lies in which slot; members buy with a PIN at a kiosk or signed in on the website.
//! A purchase is a [`saga`] that the machine and the credits service take part in, so that nobody pays
//! for what did not fall out, whatever fails. The service owns the stock, the PINs, the purchases and the log
//! of what officers did; balances belong to credits, memberships to users.

pub mod admin;
mod checkout;
mod config;
mod error;
mod item;
mod kiosk;
mod machine;
mod member;
mod personal_data;
mod pin;
mod purchase;
mod restock;
mod routes;
mod saga;
mod shelf;
mod slot;
mod state;
mod store;

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use grove_client::Peers;
use grove_identity::{Verifier, caller::AdminOrTop4};
use grove_outbox::retention;
use grove_service::{Service, Upkeep};
use grove_shared::{Clock, db};
use sqlx::migrate::Migrator;
use utoipa_axum::{router::OpenApiRouter, routes};

pub use crate::{
    config::{Config, MachineConfig, PinConfig, Restock},
    machine::Machine,
    pin::PinKey,
    saga::Worker,
    state::AppState,
};
use crate::{
    routes::{items, locations, people, purchases, transactions},
    store::tries,
};
pub use grove_merch_api::SERVICE;

/// The schema that this service owns.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/merch");

/// How long wrong PINs are remembered.
const TRIES_KEPT_FOR: TimeDelta = TimeDelta::days(1);

/// The service as it is configured.
///
/// # Errors
/// When the configuration is incomplete.
pub fn service(config: &Config) -> anyhow::Result<Service> {
    let peers =
        [grove_credits_api::SERVICE, grove_notifications_api::SERVICE, grove_users_api::SERVICE];
    Ok(assemble(AppState {
        db: db::connect(&config.service.db)?,
        verifier: Verifier::from_config(&config.service.identity, SERVICE.name)?,
        clock: Clock::system(),
        time: config.time,
        peers: Peers::from_config(&config.service, SERVICE, &peers)?,
        machine: config.machine.machine()?,
        pin_key: config.pins.key()?,
        restock: Arc::new(config.restock.clone()),
        bell: Arc::default(),
    }))
}

/// The service made of its parts.
pub fn assemble(state: AppState) -> Service {
    let (db, purchases, effects) = (state.db.clone(), state.worker(), state.effects());
    let upkeep = upkeep(&state);
    Service::new(SERVICE, routes(state))
        .schema(&db, &MIGRATOR)
        .task("purchases", move |stop| purchases.clone().run(stop))
        .task("outbox", move |stop| effects.clone().run(stop))
        .upkeep(upkeep)
}

fn upkeep(state: &AppState) -> Upkeep {
    const HOUR: Duration = Duration::from_hours(1);
    let (keys, effects, pins) = (state.clone(), state.clone(), state.clone());
    Upkeep::new()
        .every(HOUR, "idempotency keys", move || {
            let AppState { db, clock, .. } = keys.clone();
            async move { retention::forget_keys(&db, clock.now()).await }
        })
        .every(HOUR, "delivered effects", move || {
            let AppState { db, clock, .. } = effects.clone();
            async move { retention::purge_delivered(&db, clock.now()).await }
        })
        .every(HOUR, "wrong PINs", move || {
            let AppState { db, clock, .. } = pins.clone();
            async move { tries::forget(&db, clock.now() - TRIES_KEPT_FOR).await }
        })
}

fn routes(state: AppState) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(locations::list))
        .routes(routes!(locations::show, locations::clear))
        .routes(routes!(people::list))
        .routes(routes!(people::find_by_pin))
        .routes(routes!(people::show))
        .routes(routes!(people::make_pin))
        .routes(routes!(transactions::create))
        .routes(routes!(items::list, items::create))
        .routes(routes!(items::list_available))
        .routes(routes!(items::show, items::update, items::delete))
        .routes(routes!(purchases::list, purchases::create))
        .routes(routes!(purchases::show))
        .routes(routes!(purchases::resolve))
        .routes(routes!(purchases::sales))
        .merge(grove_outbox::routes::<AppState, AdminOrTop4>(SERVICE.name))
        .merge(grove_audit::routes(SERVICE.name))
        .merge(grove_personal_data::routes())
        .with_state(state)
}
