//! Everything that any service keeps of a person, as one file for them.

use std::{
    io::{Cursor, Write},
    time::Duration,
};

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use chrono::{NaiveDate, TimeDelta};
use futures_util::future::join_all;
use grove_http::ApiError;
use grove_identity::caller::Member;
use grove_shared::{Client, NetId, db, personal_data};
use grove_users_api::SERVICE;
use http::header;
use serde_json::Value;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::{services, state::AppState, store};

/// The time in which downloads are counted.
const WINDOW: TimeDelta = TimeDelta::minutes(1);
/// Downloads of one person within that time.
const DOWNLOADS: u32 = 3;
/// When to come back after more.
const AGAIN: Duration = Duration::from_mins(1);
/// How long a service is waited for.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What a service told of the person.
struct Part {
    service: &'static str,
    about: &'static str,
    /// Nothing when it did not answer.
    data: Option<Value>,
}

/// Everything that is kept of the caller
///
/// A file for each service, and `README.txt`, which says what they are and which service did not answer.
#[utoipa::path(
    get,
    path = "/users/me/data",
    responses(
        (
            status = 200,
            description = "A ZIP file with a JSON file of each service",
            content_type = "application/zip",
            body = Vec<u8>,
        ),
        (status = 429, description = "The caller has asked for it three times within a minute"),
    ),
)]
pub(crate) async fn my_data(
    Member { netid, .. }: Member,
    State(state): State<AppState>,
) -> Result<Response, ApiError> {
    let now = state.clock.now();
    let mut transaction = db::begin(&state.db).await?;
    let [_, subject] = store::personal::counted_as(&netid);
    store::count_try(&mut *transaction, &subject, now - WINDOW, now).await?;
    let tries = store::tries(&mut *transaction, &subject).await?;
    transaction.commit().await?;
    if tries > DOWNLOADS {
        return Err(ApiError::too_many_requests(AGAIN));
    }
    let day = state.chapter.time.day_of(now);
    let parts = gather(&state, &netid).await?;
    let file = zipped(&parts, &readme(&parts, &netid, day)).map_err(ApiError::internal)?;
    let disposition = format!("attachment; filename=\"grove-{netid}-{day}.zip\"");
    let headers = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, file).into_response())
}

/// Asks every service at the same time.
async fn gather(state: &AppState, netid: &NetId) -> Result<Vec<Part>, ApiError> {
    let own = grove_personal_data::told(state, netid).await?;
    let about = "Who you are to the chapter, your terms of membership, and what other services were told of you.";
    let asked = services::others().map(async |keeper| {
        let answer = state.peers.call(personal_data::export(keeper.service, netid));
        let data = match tokio::time::timeout(TIMEOUT, answer).await {
            Ok(Ok(data)) => Some(data),
            Ok(Err(cause)) => {
                tracing::warn!(%cause, "{} does not tell what it keeps", keeper.service.name);
                None
            }
            Err(_) => None,
        };
        Part { service: keeper.service.name, about: keeper.about, data }
    });
    let mut parts = join_all(asked).await;
    parts.push(Part { service: SERVICE.name, about, data: Some(own) });
    parts.sort_by_key(|part| part.service);
    Ok(parts)
}

/// What the files are, in plain words.
fn readme(parts: &[Part], netid: &NetId, day: NaiveDate) -> String {
    let line = |Part { service, about, data }: &Part| match data {
        None => format!("{service} did not answer; ask again later.\n"),
        Some(Value::Null) => format!("{service}.json: nothing is kept. ({about})\n"),
        Some(_) => format!("{service}.json: {about}\n"),
    };
    let lines: String = parts.iter().map(line).collect();
    format!(
        "Everything that the chapter keeps of {netid}, as of {day}.\n\
         \n\
         Each part of the system has a file, which any editor for text shows. In it, \"data\" is what is kept of\n\
         you; \"changes\" is what officers changed about you, or you as an officer. Passwords, PINs and the like\n\
         are not in it: they are kept in a form from which nobody can read them.\n\
         \n\
         {lines}"
    )
}

/// Stored as they are: what little there is would hardly become less.
fn zipped(parts: &[Part], readme: &str) -> anyhow::Result<Vec<u8>> {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut file = ZipWriter::new(Cursor::new(Vec::new()));
    file.start_file("README.txt", options)?;
    file.write_all(readme.as_bytes())?;
    for Part { service, data, .. } in parts {
        if let Some(data) = data {
            file.start_file(format!("{service}.json"), options)?;
            serde_json::to_writer_pretty(&mut file, data)?;
        }
    }
    Ok(file.finish()?.into_inner())
}
