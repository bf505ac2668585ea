//! What a service keeps of a person, and how it forgets them.
//!
//! A service implements [`PersonalData`] for its state and merges [`routes`]; the service users calls them
//! when a person downloads their data and when one is deleted (`grove_shared::personal_data`). What the
//! log of who did what says of the person is added here, for every service alike.

use axum::{
    extract::{FromRef, State},
    routing::{get, post},
};
use grove_http::{
    ApiError,
    extract::{Json, Path},
};
use grove_identity::{
    Verifier,
    caller::{AllowList, Peer},
};
use grove_shared::{
    Clock, NetId,
    personal_data::{Forget, Forgotten},
};
use serde_json::{Value, json};
use sqlx::MySqlPool;
use utoipa_axum::router::OpenApiRouter;

/// Who stands where somebody stood who was forgotten.
pub const FORMER_MEMBER: &str = "a former member";

/// What a service keeps of people.
pub trait PersonalData: Clone + Send + Sync + 'static {
    /// Everything that it keeps of a person, as an object that a person can read; `null` when there is
    /// nothing.
    ///
    /// # Errors
    /// When it cannot be read now.
    fn export(&self, netid: &NetId) -> impl Future<Output = Result<Value, ApiError>> + Send;

    /// Removes what it keeps of a person, or has it name nobody, and says what stays and why. Once more
    /// does no harm.
    ///
    /// # Errors
    /// When that cannot be done now; then it is asked again.
    fn forget(&self, netid: &NetId) -> impl Future<Output = Result<Forgotten, ApiError>> + Send;
}

/// Who asks for personal data.
#[derive(Debug, Clone, Copy)]
struct Users;

impl AllowList for Users {
    const SERVICES: &'static [&'static str] = &["users"];
}

/// `GET /internal/personal-data/{netid}` and `POST /internal/personal-data/forget`, for the service users.
pub fn routes<S>() -> OpenApiRouter<S>
where
    S: PersonalData,
    Verifier: FromRef<S>,
    MySqlPool: FromRef<S>,
    Clock: FromRef<S>,
{
    OpenApiRouter::new()
        .route("/internal/personal-data/{netid}", get(export::<S>))
        .route("/internal/personal-data/forget", post(forget::<S>))
}

/// Everything that a service keeps of a person, with what its log says of them; `null` when there is nothing.
///
/// # Errors
/// When it cannot be read now.
pub async fn told<S: PersonalData>(service: &S, netid: &NetId) -> Result<Value, ApiError>
where
    MySqlPool: FromRef<S>,
{
    let data = service.export(netid).await?;
    let changes = grove_audit::mentioning(&MySqlPool::from_ref(service), netid).await?;
    if data.is_null() && changes.is_empty() {
        return Ok(Value::Null);
    }
    Ok(json!({ "data": data, "changes": changes }))
}

async fn export<S: PersonalData>(
    _: Peer<Users>,
    State(service): State<S>,
    Path(netid): Path<NetId>,
) -> Result<Json<Value>, ApiError>
where
    MySqlPool: FromRef<S>,
{
    told(&service, &netid).await.map(Json)
}

async fn forget<S: PersonalData>(
    users: Peer<Users>,
    State(service): State<S>,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
    Json(Forget { netid }): Json<Forget>,
) -> Result<Json<Forgotten>, ApiError>
where
    MySqlPool: FromRef<S>,
    Clock: FromRef<S>,
{
    let mut forgotten = service.forget(&netid).await?;
    if grove_audit::forget(&db, &netid, &users, clock.now()).await? {
        forgotten = forgotten.kept(
            "the NetID in the log of who did what",
            "who changed what has to stay known, and nobody can change the log.",
        );
    }
    tracing::info!("{netid} is forgotten here");
    Ok(Json(forgotten))
}
