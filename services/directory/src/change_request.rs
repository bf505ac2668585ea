//! What somebody wants for someone: recorded first, and in the log once it is so.
//!
//! The log has a change when it is made, or when another takes its place while it waits, so that each has one
//! row however often it is tried; one that the directory refuses has none. Without a directory there is
//! nothing to wait for, and what is recorded is logged.

use chrono::{DateTime, Utc};
use grove_audit::{Actor, Change};
use grove_directory_api as api;
use grove_shared::{
    NetId,
    db::{self, Transaction},
};
use serde_json::json;
use sqlx::MySqlPool;

use crate::{
    campus,
    state::AppState,
    store::entries::{self, Entry, State},
};

/// Where someone is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the group.
    In,
    /// Out of it.
    Out,
    /// Out of it, and nothing is kept of them afterwards.
    Forgotten,
}

/// What somebody wants for someone.
#[derive(Debug, Clone)]
pub(crate) struct ChangeRequest<'a> {
    /// For whom.
    pub(crate) netid: &'a NetId,
    /// Where they are to be.
    pub(crate) place: Place,
    /// Who wants it.
    pub(crate) asked_by: &'a Actor,
}

/// Records what is wanted.
pub(crate) async fn record(
    state: &AppState,
    request: &ChangeRequest<'_>,
) -> Result<(), sqlx::Error> {
    let ChangeRequest { netid, place, asked_by } = *request;
    let now = state.clock.now();
    let mut transaction = db::begin(&state.db).await?;
    let before = entries::open(&mut transaction, netid, now).await?;
    let wanted = place == Place::In;
    let is_new = wanted != before.wanted;
    if is_new && !before.is_logged && before.state == State::Waiting {
        log(&mut transaction, netid, &before, before.asked_by.as_ref(), now).await?;
    }
    let is_logged = match before.state {
        _ if !is_new => before.is_logged,
        // To want no longer what was refused leaves everything as the log has it.
        State::Refused => !before.is_logged,
        State::Waiting | State::Done => false,
    };
    let is_forgotten = place == Place::Forgotten;
    let asked_by = Some(asked_by.clone());
    let mut entry = Entry { wanted, asked_by, is_logged, is_forgotten, ..before };
    if state.campus.is_none() {
        if !entry.is_logged {
            log(&mut transaction, netid, &entry, entry.asked_by.as_ref(), now).await?;
        }
        entry = Entry { is_logged: true, asked_by: None, ..entry };
    }
    if state.campus.is_none() && entry.is_forgotten && entry.added_dn.is_none() {
        entries::delete(&mut *transaction, netid).await?;
    } else {
        entries::update(&mut *transaction, netid, &entry, now).await?;
    }
    transaction.commit().await
}

/// What was done for someone.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    /// What was wanted when it was begun.
    pub(crate) entry: Entry,
    /// Whether the group changed.
    pub(crate) change: campus::Change,
    /// The value that Grove added to the group, if it is still there.
    pub(crate) added_dn: Option<String>,
}

/// Notes what was done; false when another change is wanted by now.
pub(crate) async fn settle(
    db: &MySqlPool,
    netid: &NetId,
    Outcome { entry, change, added_dn }: &Outcome,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let mut transaction = db::begin(db).await?;
    let Some(latest) = entries::lock(&mut transaction, netid).await? else { return Ok(false) };
    let is_latest = latest.revision == entry.revision;
    let asked_by = if !latest.is_logged {
        latest.asked_by.as_ref().filter(|_| is_latest)
    } else if entry.is_logged && latest.wanted == entry.wanted {
        // It was so already, or the group had been changed by others.
        entry.asked_by.as_ref().filter(|_| *change == campus::Change::Made)
    } else {
        None
    };
    log(&mut transaction, netid, entry, asked_by, now).await?;
    if is_latest && latest.is_forgotten {
        entries::delete(&mut *transaction, netid).await?;
    } else {
        // Whose the value is, is true whatever is wanted by now.
        entries::set_added(&mut *transaction, netid, added_dn.as_deref()).await?;
        if is_latest {
            entries::finish(&mut *transaction, netid, now).await?;
        }
    }
    transaction.commit().await?;
    Ok(is_latest)
}

/// Logs that someone is where `entry` wants them, if anybody asked for it.
async fn log(
    transaction: &mut Transaction,
    netid: &NetId,
    entry: &Entry,
    asked_by: Option<&Actor>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let Some(asked_by) = asked_by else { return Ok(()) };
    let (action, undo) =
        if entry.wanted { ("added", api::remove(netid)) } else { ("removed", api::add(netid)) };
    let change = Change::new(asked_by.clone(), action, "entry", netid)
        .about(netid)
        .from(json!({ "listed": !entry.wanted }))
        .to(json!({ "listed": entry.wanted }));
    let change = if entry.is_forgotten {
        change.irreversible("The person is deleted; if they join again, they are added again.")
    } else {
        change.undone_by(&undo)
    };
    grove_audit::record(transaction, change, now).await
}
