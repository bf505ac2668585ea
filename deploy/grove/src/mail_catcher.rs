//! Catches the mails of a chapter that is only tried out: each becomes a file to read.
//!
//! It answers `POST /notification` in the place of the notifications service.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    extract::{FromRef, State},
    routing::post,
};
use grove_shared::{
    ApiError,
    api::notifications::Notification,
    caller::{AllowList, Peer},
    extract::Json,
    identity::Verifier,
    peer::IDEMPOTENCY_KEY,
    server::{self, Readiness},
};
use http::HeaderMap;
use tokio_util::sync::CancellationToken;

/// Services that send mail.
#[derive(Debug)]
struct Senders;

impl AllowList for Senders {
    const SERVICES: &'static [&'static str] = &["auth", "users"];
}

#[derive(Debug, Clone, FromRef)]
struct Catcher {
    verifier: Verifier,
    mailbox: Mailbox,
}

/// The folder of caught mails, and the keys of those that arrived.
#[derive(Debug, Clone)]
struct Mailbox {
    folder: Arc<Path>,
    seen: Arc<Mutex<HashSet<String>>>,
}

/// Catches mails into `folder` until `stop` is cancelled.
pub(crate) async fn run(
    listen: std::net::SocketAddr,
    verifier: Verifier,
    folder: PathBuf,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    std::fs::create_dir_all(&folder)?;
    let mailbox = Mailbox { folder: folder.into(), seen: Arc::default() };
    let routes =
        Router::new().route("/notification", post(catch)).with_state(Catcher { verifier, mailbox });
    let app = server::with_standard_routes("notifications", routes, Readiness::always());
    server::serve(server::bind(listen).await?, app, stop).await;
    Ok(())
}

async fn catch(
    _: Peer<Senders>,
    State(mailbox): State<Mailbox>,
    headers: HeaderMap,
    Json(notification): Json<Notification>,
) -> Result<Json<serde_json::Value>, ApiError> {
    let key = headers.get(IDEMPOTENCY_KEY).and_then(|key| key.to_str().ok()).unwrap_or_default();
    mailbox.put(key, &notification).map_err(ApiError::internal)?;
    Ok(Json(serde_json::json!({ "message": "Notification(s) sent" })))
}

impl Mailbox {
    /// Writes a file for each recipient, once for each key.
    fn put(&self, key: &str, notification: &Notification) -> std::io::Result<()> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if !key.is_empty() && !seen.insert(key.to_owned()) {
            return Ok(());
        }
        let mails = notification.services.iter().filter(|channel| channel.name == "email");
        for channel in mails {
            for recipient in &channel.recipients {
                let number = std::fs::read_dir(&self.folder)?.count() + 1;
                let subject = channel.subject.as_deref().unwrap_or_default();
                let name: String = recipient
                    .chars()
                    .map(|c| if c.is_ascii_alphanumeric() || "@._-".contains(c) { c } else { '_' })
                    .collect();
                let text =
                    format!("To: {recipient}\nSubject: {subject}\n\n{}\n", notification.message);
                std::fs::write(self.folder.join(format!("{number:04}-{name}.txt")), text)?;
                tracing::info!("mail to {recipient}: {subject}");
            }
        }
        Ok(())
    }
}
