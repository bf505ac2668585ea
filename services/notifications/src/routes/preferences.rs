//! What members want to be told, and where.

use axum::extract::State;
use grove_http::{
    ApiError,
    extract::{Json, Path},
};
use grove_identity::caller::{Caller, Member};
use grove_notifications_api::{
    Preference, PreferenceChange, PreferenceChanges, Preferences, Unsubscribed,
};
use grove_shared::{NetId, db, token};
use sqlx::MySqlPool;

use crate::{AppState, channel::Channel, error::NotificationError, kind::Kind, store::preferences};

/// The channels that reach a member; the others are places where many read.
const PERSONAL: [Channel; 1] = [Channel::Email];

async fn all(db: &MySqlPool, netid: &NetId) -> Result<Json<Preferences>, NotificationError> {
    let said = preferences::of(db, netid).await?;
    let preference = |kind: Kind, channel: Channel| {
        let here =
            said.iter().find(|said| said.kind == kind.name && said.channel == channel.as_str());
        Preference {
            kind: kind.name.to_owned(),
            channel: channel.to_string(),
            enabled: kind.mandatory || here.is_none_or(|said| said.enabled),
            mandatory: kind.mandatory,
        }
    };
    let kinds = Kind::ALL.into_iter();
    let all = kinds.flat_map(|kind| PERSONAL.map(|channel| preference(kind, channel)));
    Ok(Json(Preferences { preferences: all.collect() }))
}

/// Which messages the caller gets
#[utoipa::path(
    get,
    path = "/notifications/preferences",
    operation_id = "show_preferences",
    responses((status = 200, description = "Each kind on each channel", body = Preferences)),
)]
pub(crate) async fn show(
    Member { netid, .. }: Member,
    State(AppState { db, .. }): State<AppState>,
) -> Result<Json<Preferences>, ApiError> {
    Ok(all(&db, &netid).await?)
}

/// Changes which messages the caller gets
#[utoipa::path(
    put,
    path = "/notifications/preferences",
    operation_id = "change_preferences",
    responses(
        (status = 200, description = "All of them, as they are now", body = Preferences),
        (status = 400, description = "A kind or channel is unknown, or one that cannot be switched off is; nothing changes"),
    ),
)]
pub(crate) async fn change(
    Member { netid, .. }: Member,
    State(AppState { db, clock, .. }): State<AppState>,
    Json(PreferenceChanges { preferences: changes }): Json<PreferenceChanges>,
) -> Result<Json<Preferences>, ApiError> {
    let now = clock.now();
    let mut transaction = db::begin(&db).await?;
    for PreferenceChange { kind, channel, enabled } in changes {
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

/// Switches off the kind of the mail that held the token
///
/// Whoever has the token may do so, signed in or not (RFC 8058).
#[utoipa::path(
    post,
    path = "/notifications/unsubscribe/{token}",
    responses(
        (status = 200, description = "No more of these", body = Unsubscribed),
        (status = 404, description = "The link is not known any more"),
    ),
)]
pub(crate) async fn unsubscribe(
    _: Caller,
    State(AppState { db, clock, .. }): State<AppState>,
    Path(token): Path<String>,
) -> Result<Json<Unsubscribed>, ApiError> {
    let mut transaction = db::begin(&db).await?;
    let (netid, kind) = preferences::lock_token(&mut *transaction, &token::hash(&token)).await?;
    let (channel, now) = (Channel::Email.as_str(), clock.now());
    preferences::set(&mut transaction, &netid, &kind, channel, false, now).await?;
    transaction.commit().await?;
    let message = format!("No more mails about {kind} go to you");
    Ok(Json(Unsubscribed { kind, message }))
}
