//! What members want to be told, and where.

use axum::extract::State;
use grove_shared::{
    ApiError, NetId,
    caller::{Caller, Member},
    db,
    extract::{Json, Path},
    token,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::MySqlPool;

use crate::{
    AppState,
    channel::Channel,
    error::NotificationError,
    kind::{KINDS, Kind},
    store::preferences,
};

/// The channels that reach a member; the others are places where many read.
const PERSONAL: [Channel; 1] = [Channel::Email];

/// Whether somebody wants a kind of message on a channel.
#[derive(Debug, Serialize)]
pub(crate) struct Preference {
    kind: &'static str,
    channel: Channel,
    enabled: bool,
    /// Whether that cannot be changed.
    mandatory: bool,
}

async fn all(db: &MySqlPool, netid: &NetId) -> Result<Json<Value>, NotificationError> {
    let said = preferences::of(db, netid).await?;
    let mut all = Vec::new();
    for kind in KINDS {
        for channel in PERSONAL {
            let here =
                said.iter().find(|said| said.kind == kind.name && said.channel == channel.as_str());
            let enabled = kind.mandatory || here.is_none_or(|said| said.enabled);
            let Kind { name, mandatory } = kind;
            all.push(Preference { kind: name, channel, enabled, mandatory });
        }
    }
    Ok(Json(json!({ "preferences": all })))
}

pub(crate) async fn show(
    Member { netid, .. }: Member,
    State(AppState { db, .. }): State<AppState>,
) -> Result<Json<Value>, ApiError> {
    Ok(all(&db, &netid).await?)
}

/// What somebody wants to change.
#[derive(Debug, Deserialize)]
pub(crate) struct Changes {
    preferences: Vec<Change>,
}

#[derive(Debug, Deserialize)]
struct Change {
    kind: String,
    channel: String,
    enabled: bool,
}

pub(crate) async fn change(
    Member { netid, .. }: Member,
    State(AppState { db, clock, .. }): State<AppState>,
    Json(Changes { preferences: changes }): Json<Changes>,
) -> Result<Json<Value>, ApiError> {
    let now = clock.now();
    let mut transaction = db::begin(&db).await?;
    for Change { kind, channel, enabled } in changes {
        let unknown = |what: &str| NotificationError::invalid(format!("Unknown {what}"));
        let kind = Kind::find(&kind).ok_or_else(|| unknown("kind"))?;
        let channel = Channel::find(&channel).filter(|channel| PERSONAL.contains(channel));
        let channel = channel.ok_or_else(|| unknown("channel"))?;
        if kind.mandatory {
            if enabled {
                continue;
            }
            let message = format!("Messages about {} cannot be switched off", kind.name);
            return Err(NotificationError::invalid(message).into());
        }
        let (kind, channel) = (kind.name, channel.as_str());
        preferences::set(&mut transaction, &netid, kind, channel, enabled, now).await?;
    }
    transaction.commit().await?;
    Ok(all(&db, &netid).await?)
}

/// Whoever has the token of a mail's link may switch that kind off, signed in or not (RFC 8058).
pub(crate) async fn unsubscribe(
    _: Caller,
    State(AppState { db, clock, .. }): State<AppState>,
    Path(token): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let (netid, kind) = preferences::find_token(&db, &token::hash(&token)).await?;
    let mut transaction = db::begin(&db).await?;
    let (channel, now) = (Channel::Email.as_str(), clock.now());
    preferences::set(&mut transaction, &netid, &kind, channel, false, now).await?;
    transaction.commit().await?;
    Ok(Json(json!({ "kind": kind, "message": format!("No more mails about {kind} go to you") })))
}
