//! The service users: it answers who is a member.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use grove_shared::{api::users::CurrentMember, extract::Json, server};
use tokio_util::sync::{CancellationToken, DropGuard};

/// None while it is out of order.
type Members = Arc<Mutex<Option<Vec<String>>>>;

/// Serves on a free port until it is dropped.
#[derive(Debug)]
pub(crate) struct Users {
    members: Members,
    pub(crate) url: String,
    _stop: DropGuard,
}

impl Users {
    /// Without members.
    pub(crate) async fn start() -> Self {
        let members = Members::new(Mutex::new(Some(Vec::new())));
        let listener = server::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router =
            Router::new().route("/internal/members", get(list)).with_state(members.clone());
        let stop = CancellationToken::new();
        tokio::spawn(server::serve(listener, router, stop.clone()));
        Self { members, url, _stop: stop.drop_guard() }
    }

    pub(crate) fn set_members(&self, netids: &[&str]) {
        let netids = netids.iter().map(|netid| (*netid).to_owned()).collect();
        *self.members.lock().unwrap() = Some(netids);
    }

    pub(crate) fn break_down(&self) {
        *self.members.lock().unwrap() = None;
    }
}

async fn list(State(members): State<Members>) -> Response {
    let Some(netids) = members.lock().unwrap().clone() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let members = netids.into_iter().map(|netid| CurrentMember {
        email: format!("{netid}@example.edu"),
        netid: netid.parse().unwrap(),
        first_name: "Jane".to_owned(),
        last_name: "Smith".to_owned(),
        member_until: "2027-08-31".parse().unwrap(),
    });
    Json(members.collect::<Vec<_>>()).into_response()
}
