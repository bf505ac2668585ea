//! The users service, as far as credits asks it: everyone whose NetID begins with `m` is a member,
//! with `a` an applicant, and nobody else is known.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use grove_shared::{
    ApiError,
    extract::{Json, Path},
    peer::IDEMPOTENCY_KEY,
    server,
};
use http::HeaderMap;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use url::Url;

#[derive(Debug, Clone, Default)]
pub(crate) struct FakeUsers {
    down: Arc<Mutex<bool>>,
    /// Applicants who are members now.
    admitted: Arc<Mutex<Vec<String>>>,
    /// Members who are none any more.
    expired: Arc<Mutex<Vec<String>>>,
    /// The dues that were reported: idempotency key and body.
    paid: Arc<Mutex<Vec<(String, Value)>>>,
}

/// Who is a member from the beginning.
const MEMBERS: [&str; 4] = ["marga2", "melik3", "mona4", "morit5"];

impl FakeUsers {
    pub(crate) async fn start(stop: CancellationToken) -> (Self, Url) {
        let users = Self::default();
        let listener = server::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new()
            .route("/users/{netid}/is_member", get(is_member))
            .route("/internal/members", get(members))
            .route("/internal/memberships", post(admit))
            .with_state(users.clone());
        tokio::spawn(server::serve(listener, routes, stop));
        (users, url.parse().unwrap())
    }

    pub(crate) fn set_down(&self, down: bool) {
        *self.down.lock().unwrap() = down;
    }

    /// From here on an applicant is a member.
    pub(crate) fn admit(&self, netid: &str) {
        self.admitted.lock().unwrap().push(netid.to_owned());
    }

    /// From here on a member is none.
    pub(crate) fn expire(&self, netid: &str) {
        self.expired.lock().unwrap().push(netid.to_owned());
    }

    pub(crate) fn paid(&self) -> Vec<(String, Value)> {
        self.paid.lock().unwrap().clone()
    }

    fn check(&self) -> Result<(), ApiError> {
        let down = *self.down.lock().unwrap();
        if down { Err(ApiError::unavailable("users is down")) } else { Ok(()) }
    }
}

async fn is_member(
    State(users): State<FakeUsers>,
    Path(netid): Path<String>,
) -> Result<Response, ApiError> {
    users.check()?;
    let is_member = match netid.get(..1) {
        Some("m") => !users.expired.lock().unwrap().contains(&netid),
        Some("a") => users.admitted.lock().unwrap().contains(&netid),
        _ => return Err(ApiError::not_found("User not found")),
    };
    let data =
        json!({ "netid": netid, "first_name": null, "last_name": null, "is_member": is_member });
    Ok(Json(json!({ "error": null, "data": data })).into_response())
}

async fn members(State(users): State<FakeUsers>) -> Result<Json<Value>, ApiError> {
    users.check()?;
    let members = MEMBERS.map(|netid| {
        json!({
            "netid": netid,
            "email": format!("{netid}@example.edu"),
            "first_name": "Test",
            "last_name": "Person",
            "member_until": "2027-08-31",
        })
    });
    Ok(Json(json!(members)))
}

async fn admit(
    State(users): State<FakeUsers>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Result<Json<Value>, ApiError> {
    users.check()?;
    let key = headers[IDEMPOTENCY_KEY].to_str().unwrap().to_owned();
    users.paid.lock().unwrap().push((key, body));
    Ok(Json(json!({})))
}
