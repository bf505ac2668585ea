//! What became of messages.

use axum::extract::State;
use grove_audit::record;
use grove_http::{
    ApiError,
    extract::{Json, Path, Query},
};
use grove_identity::{
    Subject,
    caller::{Caller, Officer, not_an_officer},
};
use grove_notifications_api::{
    ChannelState, Channels, Confirmation, Deliveries, Delivery, DeliveryState, LogFilter,
    SentNotification,
};
use grove_shared::db;
use serde::Deserialize;

use crate::{
    channel::{Carriers, Channel},
    error::NotificationError,
    kind::Kind,
    logged,
    state::AppState,
    store::{
        deliveries::{self, Place},
        log::{self, Filter},
        pauses,
    },
};

/// Deliveries on a page, if nothing else is asked for.
const PAGE: u32 = 100;

/// A message and what became of it
///
/// A service sees what it sent itself.
#[utoipa::path(
    get,
    path = "/notification/{id}",
    responses(
        (status = 200, description = "The message", body = SentNotification),
        (status = 404, description = "There is none that the caller may see"),
    ),
)]
pub(crate) async fn show(
    Caller(caller): Caller,
    State(AppState { db, carriers, .. }): State<AppState>,
    Path(id): Path<u64>,
) -> Result<Json<SentNotification>, ApiError> {
    let notification = log::notification(&db, id).await;
    match &caller.subject {
        Subject::Person { roles, .. } if !roles.is_empty() => {}
        Subject::Person { .. } => return Err(not_an_officer()),
        // A service sees what it sent itself.
        Subject::Service(name) => {
            let own = format!("service:{name}");
            if notification.as_ref().is_ok_and(|known| known.requested_by != own) {
                return Err(NotificationError::Unknown.into());
            }
        }
        Subject::Client => return Err(ApiError::unauthenticated()),
    }
    let log::Notification { id, requested_by, kind, message, created_at } = notification?;
    let secret = Kind::find(&kind).is_none_or(Kind::is_secret);
    let message = if secret { String::new() } else { message };
    let mut deliveries = log::deliveries_of(&db, id).await?;
    explain(&mut deliveries, &carriers);
    Ok(Json(SentNotification { id, kind, message, requested_by, created_at, deliveries }))
}

/// Says of messages that wait for an officer to configure their channel what they wait for.
fn explain(deliveries: &mut [Delivery], carriers: &Carriers) {
    for delivery in deliveries.iter_mut().filter(|one| one.state == DeliveryState::Queued) {
        let channel = Channel::find(&delivery.channel);
        if channel.is_some_and(|channel| !carriers.carries(channel)) {
            let name = &delivery.channel;
            delivery.last_error = Some(format!("{name} is not configured here; the message waits"));
        }
    }
}

/// Which deliveries are asked for. A form sends what is not filled in as nothing.
#[derive(Debug, Deserialize)]
pub(crate) struct LogQuery {
    after: Option<u64>,
    limit: Option<u32>,
    #[serde(default)]
    state: String,
    #[serde(default)]
    recipient: String,
}

/// The delivery log, the newest first
#[utoipa::path(
    get,
    path = "/notifications",
    params(LogFilter),
    responses(
        (status = 200, description = "A page of deliveries", body = Deliveries),
        (status = 400, description = "There is no such state, or a number cannot be read"),
    ),
)]
pub(crate) async fn list(
    _: Officer,
    State(AppState { db, carriers, .. }): State<AppState>,
    Query(query): Query<LogQuery>,
) -> Result<Json<Deliveries>, ApiError> {
    let limit = query.limit.unwrap_or(PAGE).clamp(1, 1000);
    let filter = Filter {
        before: query.after.unwrap_or(u64::MAX),
        state: state(&query.state)?,
        recipient: Some(query.recipient).filter(|recipient| !recipient.is_empty()),
        // One more, to know whether there is a next page.
        rows: limit + 1,
    };
    let mut deliveries = log::deliveries(&db, &filter).await?;
    let limit = limit as usize;
    let has_more = deliveries.len() > limit;
    deliveries.truncate(limit);
    explain(&mut deliveries, &carriers);
    let next = deliveries.last().filter(|_| has_more).map(|last| last.id);
    Ok(Json(Deliveries { deliveries, next }))
}

fn state(name: &str) -> Result<Option<DeliveryState>, NotificationError> {
    let known = DeliveryState::ALL.into_iter().find(|state| state.as_str() == name);
    if known.is_none() && !name.is_empty() {
        let names = DeliveryState::ALL.map(DeliveryState::as_str).join(", ");
        return Err(NotificationError::invalid(format!("The state is one of {names}")));
    }
    Ok(known)
}

/// Has a delivery tried again that failed or was given up
#[utoipa::path(
    post,
    path = "/notifications/deliveries/{id}/replay",
    responses(
        (status = 200, description = "It is queued again, under the same Message-ID", body = Confirmation),
        (status = 404, description = "There is no such delivery"),
        (status = 409, description = "It waits or has gone out"),
    ),
)]
pub(crate) async fn replay(
    Officer(officer, ..): Officer,
    State(AppState { db, clock, .. }): State<AppState>,
    Path(id): Path<u64>,
) -> Result<Json<Confirmation>, ApiError> {
    let now = clock.now();
    let mut transaction = db::begin(&db).await?;
    let Place { state, netid } = deliveries::lock(&mut *transaction, id).await?;
    if !deliveries::replay(&mut *transaction, id, now).await? {
        return Err(NotificationError::NotFailed.into());
    }
    let replayed = logged::replayed(&officer, id, state.into(), netid.as_ref());
    record(&mut transaction, replayed, now).await?;
    transaction.commit().await?;
    tracing::info!(delivery.id = id, "{} has a message delivered again", officer.netid);
    Ok(Json(Confirmation { message: "The message is delivered again".to_owned() }))
}

/// The ways to people, and the kinds of messages that officers send
#[utoipa::path(
    get,
    path = "/notifications/channels",
    responses((status = 200, description = "All of them, configured or not", body = Channels)),
)]
pub(crate) async fn channels(
    _: Officer,
    State(AppState { db, clock, carriers, senders, .. }): State<AppState>,
) -> Result<Json<Channels>, ApiError> {
    let senders: Vec<String> = senders.iter().map(ToString::to_string).collect();
    let mut channels = Vec::new();
    for channel in Channel::ALL {
        channels.push(ChannelState {
            name: channel.to_string(),
            configured: carriers.carries(channel),
            paused_until: pauses::find(&db, channel, clock.now()).await?,
            senders: if channel == Channel::Email { senders.clone() } else { Vec::new() },
        });
    }
    // Officers write no messages about accounts.
    let kinds = Kind::ALL.into_iter().filter(|kind| !kind.is_secret()).map(Into::into).collect();
    Ok(Json(Channels { channels, kinds }))
}
