//! The routes of the ledger, and how they fail.

use axum::{
    Router,
    extract::{FromRequestParts, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use grove_http::{
    ApiError,
    extract::{Json, Path},
};
use grove_identity::IDENTITY;
use grove_shared::{NetId, call::IDEMPOTENCY_KEY};
use http::{HeaderMap, HeaderName, StatusCode, request::Parts};
use serde::Serialize;
use serde_json::Value;

use super::{
    ledger::Ledger,
    state::{Failure, Inner, Operation, Received, Shared},
};
use crate::{AccountOwner, Capture, InternalTransfer, NewHold};

pub(super) fn router(inner: Shared) -> Router {
    Router::new()
        .route("/internal/transfers", post(transfer))
        .route("/internal/holds", post(hold))
        .route("/internal/holds/{id}", get(find_hold))
        .route("/internal/holds/{id}/capture", post(capture))
        .route("/internal/holds/{id}/release", post(release))
        .route("/internal/accounts", post(open_account))
        .route("/internal/members/{netid}", get(balance))
        .with_state(inner)
}

/// Who calls, and under which key. That the signature is right is not looked at.
struct Caller {
    service: String,
    key: Option<String>,
}

impl Caller {
    fn key(&self) -> Result<&str, ApiError> {
        let missing = "Send an Idempotency-Key, so that the request can be repeated safely";
        self.key.as_deref().ok_or_else(|| ApiError::bad_request(missing))
    }

    fn is(&self, allowed: &[&str]) -> Result<(), ApiError> {
        if allowed.contains(&self.service.as_str()) {
            return Ok(());
        }
        Err(ApiError::forbidden("This call is for services only"))
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let identity = text(&parts.headers, &IDENTITY).ok_or_else(ApiError::unauthenticated)?;
        let service = owner(&identity).ok_or_else(ApiError::unauthenticated)?;
        Ok(Self { service, key: text(&parts.headers, &IDEMPOTENCY_KEY) })
    }
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// Whose key is said to have signed an identity.
fn owner(identity: &str) -> Option<String> {
    let header = BASE64_URL_SAFE_NO_PAD.decode(identity.split('.').next()?).ok()?;
    let header: Value = serde_json::from_slice(&header).ok()?;
    header["kid"].as_str().map(str::to_owned)
}

/// Does `work`, or fails as it was told to.
async fn serve<T: Serialize>(
    inner: &Shared,
    operation: Operation,
    caller: &Caller,
    work: impl FnOnce(&mut Ledger) -> Result<T, ApiError>,
) -> Response {
    let (failure, mended) = {
        let mut inner = inner.lock().unwrap();
        let Caller { service, key } = caller;
        inner.received.push(Received { service: service.clone(), operation, key: key.clone() });
        (inner.next_failure(operation), inner.mended.clone())
    };
    let work = || {
        let Inner { ledger, .. } = &mut *inner.lock().unwrap();
        work(ledger).map(Json).into_response()
    };
    match failure {
        None => work(),
        Some(Failure::Refused(status)) => refuse(status),
        Some(Failure::AnswerLost(status)) => {
            drop(work());
            refuse(status)
        }
        Some(Failure::Hangs) => std::future::pending().await,
        Some(Failure::HangsAfterwards) => {
            drop(work());
            std::future::pending().await
        }
        Some(Failure::Delayed) => {
            mended.cancelled().await;
            work()
        }
        Some(Failure::AnswerDelayed) => {
            let answer = work();
            mended.cancelled().await;
            answer
        }
    }
}

fn refuse(status: StatusCode) -> Response {
    ApiError::new(status, "It fails, as it was told to").into_response()
}

async fn transfer(
    State(inner): State<Shared>,
    caller: Caller,
    Json(new): Json<InternalTransfer>,
) -> Response {
    serve(&inner, Operation::Transfer, &caller, |ledger| {
        caller.is(&["gigs", "merch"])?;
        ledger.transfer(&caller.service, caller.key()?, &new)
    })
    .await
}

async fn hold(State(inner): State<Shared>, caller: Caller, Json(new): Json<NewHold>) -> Response {
    serve(&inner, Operation::Hold, &caller, |ledger| {
        caller.is(&["merch"])?;
        ledger.hold(&caller.service, caller.key()?, &new)
    })
    .await
}

async fn find_hold(State(inner): State<Shared>, caller: Caller, Path(id): Path<u64>) -> Response {
    serve(&inner, Operation::FindHold, &caller, |ledger| {
        caller.is(&["merch"])?;
        ledger.find_hold(&caller.service, id)
    })
    .await
}

async fn capture(
    State(inner): State<Shared>,
    caller: Caller,
    Path(id): Path<u64>,
    Json(Capture { to }): Json<Capture>,
) -> Response {
    serve(&inner, Operation::Capture, &caller, |ledger| {
        caller.is(&["merch"])?;
        ledger.capture(&caller.service, id, &to)
    })
    .await
}

async fn release(State(inner): State<Shared>, caller: Caller, Path(id): Path<u64>) -> Response {
    serve(&inner, Operation::Release, &caller, |ledger| {
        caller.is(&["merch"])?;
        ledger.release(&caller.service, id)
    })
    .await
}

async fn balance(
    State(inner): State<Shared>,
    caller: Caller,
    Path(netid): Path<NetId>,
) -> Response {
    serve(&inner, Operation::Balance, &caller, |ledger| {
        caller.is(&["gigs", "merch"])?;
        ledger.account(&netid)
    })
    .await
}

async fn open_account(
    State(inner): State<Shared>,
    caller: Caller,
    Json(AccountOwner { netid }): Json<AccountOwner>,
) -> Response {
    serve(&inner, Operation::OpenAccount, &caller, |ledger| {
        caller.is(&["users"])?;
        ledger.open(&netid);
        ledger.account(&netid)
    })
    .await
}
