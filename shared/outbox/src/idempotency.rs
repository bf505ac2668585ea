//! Requests that may be sent again: the second one has no effect and gets the first one's reply.
//!
//! A client sends `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header) and repeats it when it
//! got no answer. The key, a hash of the request and the reply are a row of the table
//! `idempotency_keys`, written in the transaction of the effect itself; so there is either both or
//! neither, and requests with one key wait for each other. Only successes are kept: what was refused
//! had no effect and may be tried again. Keys of different callers have nothing to do with each other.
//!
//! ```ignore
//! let mut transaction = db::begin(&db).await?;
//! if let Some(reply) = key.begin(&mut transaction, &request, now).await? {
//!     return Ok(reply.into_response());
//! }
//! let transfer = store::transfer(&mut transaction, &request).await?;
//! let reply = key.finish(&mut transaction, StatusCode::OK, &transfer).await?;
//! transaction.commit().await?;
//! ```

use axum::{
    extract::{FromRef, FromRequestParts, OptionalFromRequestParts},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, TimeDelta, Utc};
use grove_http::ApiError;
use grove_identity::{Subject, Verifier, caller::Caller};
use grove_shared::call::IDEMPOTENCY_KEY;
use http::{HeaderValue, StatusCode, header, request::Parts};
use serde::Serialize;
use sha2::{Digest, Sha256};
use sqlx::{MySqlConnection, MySqlPool, Row, mysql::MySqlRow};

use crate::person;

/// How long a key is kept at least.
pub const KEPT_FOR: TimeDelta = TimeDelta::days(7);
/// How long a key of another service is kept: an effect waits in an outbox until its receiver is mended
/// and an officer has it delivered again, and may have had its effect long before.
pub const KEPT_FOR_SERVICES: TimeDelta = TimeDelta::days(400);
/// The longest key.
const LONGEST: usize = 200;

/// Inserts a row, or locks the one that is there and says so with a last insert id of [`EXISTED`], which
/// nothing else sets, as the table has no column that counts. A plain INSERT that finds the row would
/// leave each waiting request with a shared lock, and two of those wait for each other.
const CLAIM: &str =
    "INSERT INTO idempotency_keys (caller, idempotency_key, request_hash, created_at)
     VALUES (?, ?, ?, ?) ON DUPLICATE KEY UPDATE status = IF(LAST_INSERT_ID(1), status, NULL)";
const EXISTED: u64 = 1;

/// The key of a request, and whose it is.
///
/// As an argument of a handler it must be there; as an `Option` it may be missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    caller: String,
    key: String,
}

/// The reply to the first request with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReply {
    /// Its status.
    pub status: StatusCode,
    /// Its JSON.
    pub body: String,
}

impl IntoResponse for StoredReply {
    fn into_response(self) -> Response {
        let json = HeaderValue::from_static("application/json");
        (self.status, [(header::CONTENT_TYPE, json)], self.body).into_response()
    }
}

impl IdempotencyKey {
    /// The key `key` of `caller`, for effects that begin inside the service.
    pub fn new(caller: impl Into<String>, key: impl Into<String>) -> Self {
        Self { caller: caller.into(), key: key.into() }
    }

    /// A key that nobody repeats, for clients that send none.
    pub fn random(caller: &str) -> Self {
        Self::new(format!("random:{caller}"), format!("{:032x}", rand::random::<u128>()))
    }

    /// Whose key it is, and the key: for a service that keeps the effect itself under both.
    pub fn parts(&self) -> (&str, &str) {
        (&self.caller, &self.key)
    }

    /// Claims the key for the open transaction; returns the reply if the request was served before.
    ///
    /// # Errors
    /// 422 when the key came with another request; 503 when the database does not answer.
    pub async fn begin(
        &self,
        transaction: &mut MySqlConnection,
        request: &impl Serialize,
        now: DateTime<Utc>,
    ) -> Result<Option<StoredReply>, ApiError> {
        let hash = hash(request)?;
        let claimed = sqlx::query(CLAIM)
            .bind(&self.caller)
            .bind(&self.key)
            .bind(hash.as_slice())
            .bind(now)
            .execute(&mut *transaction)
            .await?;
        if claimed.last_insert_id() != EXISTED {
            return Ok(None);
        }
        let row = sqlx::query(
            "SELECT request_hash, status, reply FROM idempotency_keys
             WHERE caller = ? AND idempotency_key = ? FOR UPDATE",
        )
        .bind(&self.caller)
        .bind(&self.key)
        .fetch_one(transaction)
        .await?;
        stored(&row, hash)
    }

    /// The reply if the request was served before; claims nothing. For what has to be asked of other
    /// services before the transaction begins, and not again when the request is repeated.
    ///
    /// # Errors
    /// As [`IdempotencyKey::begin`].
    pub async fn find(
        &self,
        db: &MySqlPool,
        request: &impl Serialize,
    ) -> Result<Option<StoredReply>, ApiError> {
        let row = sqlx::query(
            "SELECT request_hash, status, reply FROM idempotency_keys
             WHERE caller = ? AND idempotency_key = ?",
        )
        .bind(&self.caller)
        .bind(&self.key)
        .fetch_optional(db)
        .await?;
        row.map_or(Ok(None), |row| stored(&row, hash(request)?))
    }

    /// Keeps the reply, as a part of the transaction of the effect.
    ///
    /// # Errors
    /// 503 when the database does not answer.
    pub async fn finish(
        &self,
        transaction: &mut MySqlConnection,
        status: StatusCode,
        reply: &impl Serialize,
    ) -> Result<StoredReply, ApiError> {
        let body = serde_json::to_string(reply).map_err(ApiError::internal)?;
        sqlx::query(
            "UPDATE idempotency_keys SET status = ?, reply = ?
             WHERE caller = ? AND idempotency_key = ?",
        )
        .bind(status.as_u16())
        .bind(&body)
        .bind(&self.caller)
        .bind(&self.key)
        .execute(transaction)
        .await?;
        Ok(StoredReply { status, body })
    }
}

fn hash(request: &impl Serialize) -> Result<[u8; 32], ApiError> {
    let request = serde_json::to_vec(request).map_err(ApiError::internal)?;
    Ok(Sha256::digest(&request).into())
}

/// The reply of a row that belongs to the same request.
fn stored(row: &MySqlRow, hash: [u8; 32]) -> Result<Option<StoredReply>, ApiError> {
    let (Some(status), Some(body)) =
        (row.try_get::<Option<u16>, _>(1)?, row.try_get::<Option<String>, _>(2)?)
    else {
        return Ok(None);
    };
    if row.try_get::<Vec<u8>, _>(0)? != hash.as_slice() {
        return Err(ApiError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "This Idempotency-Key was used for another request",
        ));
    }
    let status = StatusCode::from_u16(status).map_err(ApiError::internal)?;
    Ok(Some(StoredReply { status, body }))
}

/// Whose keys these are: one name for each person, application and service.
fn owner(caller: &Caller) -> String {
    match &caller.0.subject {
        Subject::Person { netid, .. } => person::owner(netid),
        Subject::Service(name) => format!("service:{name}"),
        Subject::Client => format!("client:{}", caller.0.client.as_deref().unwrap_or_default()),
    }
}

impl<S> FromRequestParts<S> for IdempotencyKey
where
    S: Send + Sync,
    Verifier: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let key = <Self as OptionalFromRequestParts<S>>::from_request_parts(parts, state).await?;
        key.ok_or_else(|| {
            ApiError::bad_request(
                "Send an Idempotency-Key, so that the request can be repeated safely",
            )
        })
    }
}

impl<S> OptionalFromRequestParts<S> for IdempotencyKey
where
    S: Send + Sync,
    Verifier: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, ApiError> {
        let caller = <Caller as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        let mut values = parts.headers.get_all(IDEMPOTENCY_KEY).into_iter();
        let Some(value) = values.next() else { return Ok(None) };
        let key = value.to_str().ok().filter(|_| values.next().is_none());
        let key = key.filter(|key| (1..=LONGEST).contains(&key.len()));
        let key = key.ok_or_else(|| {
            ApiError::bad_request("Idempotency-Key must be there once, with 1 to 200 characters")
        })?;
        Ok(Some(Self { caller: owner(&caller), key: key.to_owned() }))
    }
}
