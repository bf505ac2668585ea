//! Bringing the directory to what is wanted.
//!
//! A change is recorded first and made afterwards. Who makes it looks at the end whether it is still what
//! is wanted, and goes on if it is not, so that of two at once the later one stands.

use std::time::Duration;

use anyhow::anyhow;
use chrono::{DateTime, TimeDelta, Utc};
use grove_shared::NetId;
use sqlx::MySqlPool;

use crate::{
    campus::{Campus, Change, Session, key},
    change_request::{self, ChangeRequest, Outcome},
    error::DirectoryError,
    state::AppState,
    store::{self, entries::Entry},
};

/// How long a request waits for the directory: less than its caller waits for the reply.
const CHANGE_TIMEOUT: Duration = Duration::from_millis(4500);
/// After this long nobody is making a change any more.
const LEFT_ALONE: TimeDelta = TimeDelta::minutes(1);

/// How far a change is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// The directory is as it should be.
    Done,
    /// There is no directory; the change waits for one.
    Recorded,
}

/// Records what is wanted for someone, and sees to it.
pub(crate) async fn set(
    state: &AppState,
    request: &ChangeRequest<'_>,
) -> Result<Progress, DirectoryError> {
    change_request::record(state, request).await?;
    let Some(campus) = &state.campus else { return Ok(Progress::Recorded) };
    fulfil(&state.db, campus, request.netid, state.clock.now()).await.map(|()| Progress::Done)
}

/// What the directory calls someone.
pub(crate) async fn names(campus: &Campus, netid: &NetId) -> Result<Vec<String>, DirectoryError> {
    in_time(async {
        let found = campus.open().await?.find(std::slice::from_ref(netid)).await?;
        Ok(found.into_values().flatten().collect())
    })
    .await
}

/// Makes the changes that nobody makes: those from before there was a directory, and what was cut
/// off; returns how many. Stops at the first that finds the directory out of order.
pub(crate) async fn fulfil_waiting(
    db: &MySqlPool,
    campus: &Campus,
    now: DateTime<Utc>,
) -> Result<usize, DirectoryError> {
    let mut fulfilled = 0;
    for netid in store::entries::waiting(db, now - LEFT_ALONE).await? {
        match fulfil(db, campus, &netid, now).await {
            Ok(()) => fulfilled += 1,
            Err(DirectoryError::NoEntry(_) | DirectoryError::SeveralEntries(_)) => {}
            Err(cause) => return Err(cause),
        }
    }
    Ok(fulfilled)
}

async fn fulfil(
    db: &MySqlPool,
    campus: &Campus,
    netid: &NetId,
    now: DateTime<Utc>,
) -> Result<(), DirectoryError> {
    let outcome = in_time(fulfil_latest(db, campus, netid, now)).await;
    if let Err(cause) = &outcome {
        let refused =
            matches!(cause, DirectoryError::NoEntry(_) | DirectoryError::SeveralEntries(_));
        store::entries::fail(db, netid, refused, &cause.reason(), now).await?;
    }
    outcome
}

async fn in_time<T>(
    work: impl Future<Output = Result<T, DirectoryError>>,
) -> Result<T, DirectoryError> {
    tokio::time::timeout(CHANGE_TIMEOUT, work).await.unwrap_or_else(|_| {
        let cause = anyhow!("it took longer than {CHANGE_TIMEOUT:?}");
        Err(DirectoryError::Unavailable(cause))
    })
}

/// Makes the change that is wanted at the moment, until what was made is what is wanted.
async fn fulfil_latest(
    db: &MySqlPool,
    campus: &Campus,
    netid: &NetId,
    now: DateTime<Utc>,
) -> Result<(), DirectoryError> {
    let mut session = campus.open().await?;
    let mut own: Option<String> = None;
    loop {
        let Some(entry) = store::entries::find(db, netid).await? else {
            // They were forgotten meanwhile, by somebody who did not know of what was added here.
            if let Some(dn) = own {
                session.remove(&dn).await?;
            }
            return Ok(());
        };
        let wanted = entry.wanted;
        let (change, added_dn) = if wanted {
            add(&mut session, netid, &entry).await?
        } else {
            (remove(&mut session, netid, &entry).await?, None)
        };
        if change == Change::Made {
            own.clone_from(&added_dn);
        }
        if change_request::settle(db, netid, &Outcome { entry, change, added_dn }, now).await? {
            let what = if wanted { "in" } else { "out of" };
            tracing::info!(user.netid = %netid, "{netid} is {what} the directory's group");
            return Ok(());
        }
    }
}

/// Adds someone; returns the value that Grove added, now or earlier.
async fn add(
    session: &mut Session,
    netid: &NetId,
    entry: &Entry,
) -> Result<(Change, Option<String>), DirectoryError> {
    let dn = find(session, netid).await?;
    let dn = dn.ok_or_else(|| DirectoryError::NoEntry(netid.clone()))?;
    match session.add(&dn).await? {
        Change::Made => {
            // An entry that moved leaves no value behind.
            if let Some(old) = entry.added_dn.as_ref().filter(|old| key(old) != key(&dn)) {
                session.remove(old).await?;
            }
            Ok((Change::Made, Some(dn)))
        }
        Change::Unneeded => Ok((Change::Unneeded, entry.added_dn.clone())),
    }
}

/// Removes someone; who has left the campus is removed by the name that was added.
async fn remove(
    session: &mut Session,
    netid: &NetId,
    entry: &Entry,
) -> Result<Change, DirectoryError> {
    let found = match find(session, netid).await {
        // Which of them is theirs is not known, and is no reason to keep what is known of them.
        Err(DirectoryError::SeveralEntries(_)) if entry.is_forgotten => None,
        found => found?,
    };
    let mut names: Vec<_> = found.into_iter().collect();
    names.extend(entry.added_dn.clone().filter(|added| !names.contains(added)));
    let mut change = Change::Unneeded;
    for dn in names {
        if session.remove(&dn).await? == Change::Made {
            change = Change::Made;
        }
    }
    Ok(change)
}

async fn find(session: &mut Session, netid: &NetId) -> Result<Option<String>, DirectoryError> {
    let found = session.find(std::slice::from_ref(netid)).await?;
    let mut names = found.into_values().flatten();
    match (names.next(), names.next()) {
        (dn, None) => Ok(dn),
        (_, Some(_)) => Err(DirectoryError::SeveralEntries(netid.clone())),
    }
}
