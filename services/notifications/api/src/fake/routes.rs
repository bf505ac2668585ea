//! What the fake answers.

use axum::{
    Router,
    extract::{FromRef, State},
    routing::{get, post},
};
use grove_http::{
    ApiError,
    extract::{Json, Path},
};
use grove_identity::{Subject, Verifier, caller::Caller};
use grove_shared::{Clock, call::IDEMPOTENCY_KEY};
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::{Fault, Received, Shared, check};
use crate::{
    ACCOUNT, Channel, Delivery, DeliveryState, MEMBERSHIP, Notification, Sent, SentNotification,
};

/// The services that send messages.
const SENDERS: [&str; 6] = ["auth", "credits", "gigs", "groups", "merch", "users"];

pub(super) fn routes(shared: Shared) -> Router {
    Router::new()
        .route("/notification", post(send))
        .route("/notification/{id}", get(show))
        .with_state(shared)
}

impl FromRef<Shared> for Verifier {
    fn from_ref(shared: &Shared) -> Self {
        shared.verifier.get().expect("`trust` was not called").clone()
    }
}

async fn send(
    caller: Caller,
    State(shared): State<Shared>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Result<Json<Sent>, ApiError> {
    let mut state = shared.state();
    state.calls += 1;
    let fault = state.faults.pop_front();
    if let Some(Fault::Refuse(status)) = fault {
        return Err(ApiError::new(status, "A fault of a test"));
    }
    let caller = sender(caller)?;
    let key = key(&headers)?;
    let known = key.as_ref().and_then(|key| state.keys.get(&(caller.clone(), key.clone())));
    let id = match known {
        Some((first, id)) if *first == body => *id,
        Some(_) => {
            return Err(ApiError::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "This Idempotency-Key was used for another request",
            ));
        }
        None => {
            let notification = check::message(&body)?;
            let id = 1 + state.received.len() as u64;
            if let Some(key) = &key {
                state.keys.insert((caller.clone(), key.clone()), (body, id));
            }
            let received_at = Clock::system().now();
            state.received.push(Received { id, caller, key, notification, received_at });
            id
        }
    };
    match fault {
        Some(_) => Err(ApiError::unavailable("The answer is lost")),
        None => Ok(Json(Sent { id, message: "Notification(s) sent".to_owned() })),
    }
}

async fn show(
    caller: Caller,
    State(shared): State<Shared>,
    Path(id): Path<u64>,
) -> Result<Json<SentNotification>, ApiError> {
    let caller = sender(caller)?;
    let state = shared.state();
    let own = |received: &&Received| received.id == id && received.caller == caller;
    let received = state.received.iter().find(own);
    let received = received.ok_or_else(|| ApiError::not_found("Unknown notification"))?;
    Ok(Json(shown(received)))
}

fn sender(Caller(caller): Caller) -> Result<String, ApiError> {
    match caller.subject {
        Subject::Service(name) if SENDERS.contains(&name.as_str()) => Ok(name),
        _ => Err(ApiError::forbidden("This call is for services only")),
    }
}

fn key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(key) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let key = key.to_str().ok().filter(|key| (1..=200).contains(&key.len()));
    key.map(|key| Some(key.to_owned())).ok_or_else(|| {
        ApiError::bad_request("Idempotency-Key must be there once, with 1 to 200 characters")
    })
}

/// The message as it is before anything went out.
fn shown(received: &Received) -> SentNotification {
    let Received { id, caller, notification, received_at, .. } = received;
    let Notification { services, message, kind, .. } = notification;
    let kind = kind.clone().unwrap_or_else(|| MEMBERSHIP.to_owned());
    let requested_by = format!("service:{caller}");
    let recipients = services.iter().flat_map(|channel| {
        let places = vec![name(channel).to_owned()];
        let recipients =
            if channel.recipients.is_empty() { places } else { channel.recipients.clone() };
        recipients.into_iter().map(move |recipient| (channel, recipient))
    });
    let deliveries = (1..).zip(recipients).map(|(number, (channel, recipient))| Delivery {
        id: id * 10_000 + number,
        notification_id: *id,
        channel: name(channel).to_owned(),
        recipient,
        state: DeliveryState::Queued,
        attempts: 0,
        last_error: None,
        subject: channel.subject.clone(),
        kind: kind.clone(),
        requested_by: requested_by.clone(),
        created_at: *received_at,
        settled_at: None,
    });
    let deliveries = deliveries.collect();
    let message = if kind == ACCOUNT { String::new() } else { message.clone() };
    SentNotification { id: *id, kind, message, requested_by, created_at: *received_at, deliveries }
}

fn name(channel: &Channel) -> &str {
    if channel.name == "twitter" { "x" } else { &channel.name }
}
