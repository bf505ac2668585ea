//! What became of messages.

use axum::extract::State;
use chrono::{DateTime, Utc};
use grove_shared::{
    ApiError,
    caller::{Caller, Officer, not_an_officer},
    extract::{Json, Path, Query},
    identity::Subject,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    AppState,
    channel::{Carriers, Channel},
    error::NotificationError,
    kind::{KINDS, Kind},
    store::{
        deliveries,
        log::{self, Delivery, Filter},
        pauses,
    },
};

/// Deliveries on a page, if nothing else is asked for.
const PAGE: u32 = 100;
const STATES: [&str; 5] = ["queued", "sent", "failed", "dead", "skipped"];

/// A notification and what became of it.
#[derive(Debug, Serialize)]
pub(crate) struct Sent {
    id: u64,
    kind: String,
    /// Empty for a kind whose text is nobody's business.
    message: String,
    requested_by: String,
    created_at: DateTime<Utc>,
    deliveries: Vec<Delivery>,
}

pub(crate) async fn show(
    Caller(caller): Caller,
    State(AppState { db, carriers, .. }): State<AppState>,
    Path(id): Path<u64>,
) -> Result<Json<Sent>, ApiError> {
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
    Ok(Json(Sent { id, kind, message, requested_by, created_at, deliveries }))
}

/// Says of messages that wait for an officer to configure their channel what they wait for.
fn explain(deliveries: &mut [Delivery], carriers: &Carriers) {
    for delivery in deliveries {
        let channel = Channel::find(&delivery.channel);
        if delivery.state == "queued" && channel.is_some_and(|channel| !carriers.carries(channel)) {
            let name = &delivery.channel;
            delivery.last_error = Some(format!("{name} is not configured here; the message waits"));
        }
    }
}

/// Which deliveries are asked for.
#[derive(Debug, Deserialize)]
pub(crate) struct Wish {
    #[serde(default)]
    after: Option<u64>,
    #[serde(default)]
    limit: Option<u32>,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    recipient: Option<String>,
}

pub(crate) async fn list(
    _: Officer,
    State(AppState { db, carriers, .. }): State<AppState>,
    Query(wish): Query<Wish>,
) -> Result<Json<Value>, ApiError> {
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let limit = wish.limit.unwrap_or(PAGE).clamp(1, 1000);
    let state = given(wish.state);
    if state.as_deref().is_some_and(|state| !STATES.contains(&state)) {
        let message = format!("The state is one of {}", STATES.join(", "));
        return Err(NotificationError::invalid(message).into());
    }
    let filter = Filter {
        before: wish.after.unwrap_or(u64::MAX),
        state,
        recipient: given(wish.recipient),
        // One more, to know whether there is a next page.
        limit: limit + 1,
    };
    let mut deliveries = log::deliveries(&db, &filter).await?;
    let limit = limit as usize;
    let more = deliveries.len() > limit;
    deliveries.truncate(limit);
    explain(&mut deliveries, &carriers);
    let next = deliveries.last().filter(|_| more).map(|last| last.id);
    Ok(Json(json!({ "deliveries": deliveries, "next": next })))
}

pub(crate) async fn replay(
    Officer(officer): Officer,
    State(AppState { db, clock, .. }): State<AppState>,
    Path(id): Path<u64>,
) -> Result<Json<Value>, ApiError> {
    if deliveries::replay(&db, id, clock.now()).await? {
        tracing::info!(delivery.id = id, "{} has a message delivered again", officer.netid);
        return Ok(Json(json!({ "message": "The message is delivered again" })));
    }
    if log::knows_delivery(&db, id).await? {
        Err(NotificationError::NotFailed.into())
    } else {
        Err(NotificationError::UnknownDelivery.into())
    }
}

pub(crate) async fn channels(
    _: Officer,
    State(AppState { db, clock, carriers, senders, .. }): State<AppState>,
) -> Result<Json<Value>, ApiError> {
    let senders: Vec<String> = senders.iter().map(ToString::to_string).collect();
    let mut channels = Vec::new();
    for channel in Channel::ALL {
        let senders = if channel == Channel::Email { senders.as_slice() } else { &[] };
        channels.push(json!({
            "name": channel,
            "configured": carriers.carries(channel),
            "paused_until": pauses::find(&db, channel, clock.now()).await?,
            "senders": senders,
        }));
    }
    // Officers write no messages about accounts.
    let kinds: Vec<_> = KINDS.into_iter().filter(|kind| !kind.is_secret()).collect();
    Ok(Json(json!({ "channels": channels, "kinds": kinds })))
}
