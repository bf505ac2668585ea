//! Everything that the chapter keeps of the visitor, as a file for them.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use grove_users_api as users;
use http::header;

use crate::{AppState, error::PageError, gateway::Gateway, session::SignedIn};

pub(crate) async fn download(
    SignedIn(person): SignedIn,
    State(AppState { time, clock, .. }): State<AppState>,
    gateway: Gateway,
) -> Result<Response, PageError> {
    let body = gateway.with_patience().download(&users::my_data()).await?;
    let day = time.day_of(clock.now());
    let name = format!("attachment; filename=\"grove-{}-{day}.zip\"", person.netid);
    let headers = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, body).into_response())
}
