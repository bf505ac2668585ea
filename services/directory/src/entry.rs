//! Who is to be in the group, and bringing the directory to that.
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
    error::DirectoryError,
    store::{
        self,
        entries::{Entry, Outcome},
    },
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

/// Records whether `netid` is to be in the group, and sees to it.
pub(crate) async fn set(
    db: &MySqlPool,
    campus: Option<&Campus>,
    netid: &NetId,
    wanted: bool,
    now: DateTime<Utc>,
) -> Result<Progress, DirectoryError> {
    store::entries::set_wanted(db, netid, wanted, now).await?;
    let Some(campus) = campus else { return Ok(Progress::Recorded) };
    fulfil(db, campus, netid, now).await.map(|()| Progress::Done)
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
    let work = tokio::time::timeout(CHANGE_TIMEOUT, fulfil_latest(db, campus, netid, now));
    let outcome = work.await.unwrap_or_else(|_| {
        let cause = anyhow!("it took longer than {CHANGE_TIMEOUT:?}");
        Err(DirectoryError::Unavailable(cause))
    });
    if let Err(cause) = &outcome {
        let refused =
            matches!(cause, DirectoryError::NoEntry(_) | DirectoryError::SeveralEntries(_));
        store::entries::fail(db, netid, refused, &cause.reason(), now).await?;
    }
    outcome
}

/// Makes the change that is wanted at the moment, until what was made is what is wanted.
async fn fulfil_latest(
    db: &MySqlPool,
    campus: &Campus,
    netid: &NetId,
    now: DateTime<Utc>,
) -> Result<(), DirectoryError> {
    let mut session = campus.open().await?;
    loop {
        let entry = store::entries::find(db, netid).await?;
        let added_dn = if entry.wanted {
            add(&mut session, netid, &entry).await?
        } else {
            remove(&mut session, netid, &entry).await?;
            None
        };
        let outcome = Outcome { revision: entry.revision, added_dn };
        if store::entries::settle(db, netid, &outcome, now).await? {
            let what = if entry.wanted { "in" } else { "out of" };
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
) -> Result<Option<String>, DirectoryError> {
    let dn = find(session, netid).await?;
    let dn = dn.ok_or_else(|| DirectoryError::NoEntry(netid.clone()))?;
    match session.add(&dn).await? {
        Change::Made => {
            // An entry that moved leaves no value behind.
            if let Some(old) = entry.added_dn.as_ref().filter(|old| key(old) != key(&dn)) {
                session.remove(old).await?;
            }
            Ok(Some(dn))
        }
        Change::Unneeded => Ok(entry.added_dn.clone()),
    }
}

/// Removes someone; who has left the campus is removed by the name that was added.
async fn remove(session: &mut Session, netid: &NetId, entry: &Entry) -> Result<(), DirectoryError> {
    let mut names: Vec<_> = find(session, netid).await?.into_iter().collect();
    names.extend(entry.added_dn.clone().filter(|added| !names.contains(added)));
    for dn in names {
        session.remove(&dn).await?;
    }
    Ok(())
}

async fn find(session: &mut Session, netid: &NetId) -> Result<Option<String>, DirectoryError> {
    let found = session.find(std::slice::from_ref(netid)).await?;
    let mut names = found.into_values().flatten();
    match (names.next(), names.next()) {
        (dn, None) => Ok(dn),
        (_, Some(_)) => Err(DirectoryError::SeveralEntries(netid.clone())),
    }
}
