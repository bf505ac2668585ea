//! Every handler.

use std::{collections::BTreeMap, io};

use axum::{
    body::Body,
    extract::{FromRequestParts, State},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::stream;
use grove_http::{
    ApiError,
    extract::{Json, Path, Query},
};
use grove_shared::call::IDEMPOTENCY_KEY;
use http::{HeaderMap, StatusCode, request::Parts};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    fault::Fault,
    machine::{Answer, Drop, Machine, Verdict},
};

/// A request that carries the token.
pub(crate) struct Trusted;

impl FromRequestParts<Machine> for Trusted {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, machine: &Machine) -> Result<Self, ApiError> {
        let token = parts.headers.get("token").and_then(|token| token.to_str().ok());
        if token.is_some_and(|token| machine.knows(token)) {
            return Ok(Self);
        }
        Err(ApiError::new(StatusCode::UNAUTHORIZED, "The header TOKEN is missing or wrong"))
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Order {
    item: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Filling {
    quantity: u32,
}

pub(crate) async fn vend(
    _: Trusted,
    State(machine): State<Machine>,
    Query(Order { item }): Query<Order>,
    headers: HeaderMap,
) -> Response {
    let key = headers.get(IDEMPOTENCY_KEY).and_then(|key| key.to_str().ok());
    let key = key.map(str::to_owned);
    // A motor does not stop because nobody waits for it any more.
    let vending = tokio::spawn(async move { machine.vend(&item, key).await });
    respond(vending.await.unwrap_or(Answer::Error)).await
}

async fn respond(answer: Answer) -> Response {
    match answer {
        Answer::Verdict(Verdict::Dropped) => outcome(StatusCode::OK, "dropped"),
        Answer::Verdict(Verdict::Failed(why)) => outcome(StatusCode::CONFLICT, why),
        Answer::Verdict(Verdict::Begun) => outcome(StatusCode::SERVICE_UNAVAILABLE, "unknown"),
        Answer::Error => {
            let body = Json(json!({ "error": "The motor does not answer" }));
            (StatusCode::INTERNAL_SERVER_ERROR, body).into_response()
        }
        Answer::NoSuchSlot => ApiError::bad_request("The slots are A1 to E9").into_response(),
        // A body that fails before its first byte ends the connection before anything is sent.
        Answer::Cut => {
            let cut = Err::<Bytes, _>(io::Error::from(io::ErrorKind::ConnectionReset));
            Body::from_stream(stream::iter([cut])).into_response()
        }
        Answer::Silence => std::future::pending().await,
    }
}

fn outcome(status: StatusCode, outcome: &str) -> Response {
    (status, Json(json!({ "outcome": outcome }))).into_response()
}

pub(crate) async fn verdict(
    _: Trusted,
    State(machine): State<Machine>,
    Path(key): Path<String>,
) -> Response {
    match machine.verdict(&key) {
        Ok(Some(Verdict::Dropped)) => outcome(StatusCode::OK, "dropped"),
        Ok(Some(Verdict::Failed(why))) => {
            Json(json!({ "outcome": "failed", "reason": why })).into_response()
        }
        Ok(Some(Verdict::Begun)) => outcome(StatusCode::OK, "unknown"),
        Ok(None) => outcome(StatusCode::OK, "unknown-key"),
        Err(answer) => respond(answer).await,
    }
}

pub(crate) async fn drops(_: Trusted, State(machine): State<Machine>) -> Json<Vec<Drop>> {
    Json(machine.drops())
}

pub(crate) async fn slots(
    _: Trusted,
    State(machine): State<Machine>,
) -> Json<BTreeMap<String, u32>> {
    Json(machine.slots())
}

pub(crate) async fn fill(
    _: Trusted,
    State(machine): State<Machine>,
    Path(slot): Path<String>,
    Json(Filling { quantity }): Json<Filling>,
) -> Result<Json<BTreeMap<String, u32>>, ApiError> {
    if !machine.slots().contains_key(&slot) {
        return Err(ApiError::not_found("The slots are A1 to E9"));
    }
    machine.fill(&slot, quantity);
    Ok(Json(machine.slots()))
}

pub(crate) async fn fail(
    _: Trusted,
    State(machine): State<Machine>,
    Json(fault): Json<Fault>,
) -> Json<Value> {
    machine.fail(fault);
    Json(json!({}))
}

pub(crate) async fn mend(_: Trusted, State(machine): State<Machine>) -> Json<Value> {
    machine.mend();
    Json(json!({}))
}
