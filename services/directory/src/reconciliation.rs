//! Looking for differences between the group and the members, and mending them when an officer says so.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use anyhow::anyhow;
use grove_audit::Actor;
use grove_directory_api::{Failure, Repair, Report};
use grove_shared::{Client, NetId};
use grove_users_api as users;

use crate::{
    AppState,
    campus::Campus,
    change_request::{ChangeRequest, Place},
    drift::Drift,
    entry,
    error::DirectoryError,
    store,
};

/// How long a look may take that nobody waits for.
pub(crate) const AT_LEISURE: Duration = Duration::from_mins(5);
/// How long a look may take that an officer waits for.
pub(crate) const WHILE_WAITING: Duration = Duration::from_secs(8);
/// When a repair leaves the rest to the next one.
const REPAIR_BUDGET: Duration = Duration::from_secs(4);

/// Compares the group with the members of today, and keeps the report.
pub(crate) async fn reconcile(state: &AppState, limit: Duration) -> Result<Report, DirectoryError> {
    let campus = state.campus.as_ref().ok_or(DirectoryError::NotConfigured)?;
    let look = tokio::time::timeout(limit, look(state, campus)).await;
    let (counts, drift) = look.unwrap_or_else(|_| {
        Err(DirectoryError::Unavailable(anyhow!("comparing took longer than {limit:?}")))
    })?;
    let report = store::reports::insert(&state.db, counts, drift, state.clock.now()).await?;
    let Report { missing, surplus, unknown, .. } = &report;
    tracing::info!(
        report.id = report.id,
        "the directory's group misses {} members and lists {} others, {} of them unknown",
        missing.len(),
        surplus.len() + unknown.len(),
        unknown.len()
    );
    Ok(report)
}

async fn look(state: &AppState, campus: &Campus) -> Result<((u32, u32), Drift), DirectoryError> {
    let members = members(state).await?;
    let known = store::entries::known(&state.db).await?;
    let netids: BTreeSet<_> =
        members.iter().chain(known.iter().map(|known| &known.netid)).collect();
    let netids: Vec<_> = netids.into_iter().cloned().collect();
    let mut session = campus.open().await?;
    let found = session.find(&netids).await?;
    let listed = session.listed().await?;
    let drift = Drift::between(&members, &listed, &found, &known);
    let count = |length| u32::try_from(length).unwrap_or(u32::MAX);
    Ok(((count(members.len()), count(listed.len())), drift))
}

/// Everyone who is a member today.
async fn members(state: &AppState) -> Result<BTreeSet<NetId>, DirectoryError> {
    let members = state.peers.call(users::members()).await?;
    Ok(members.into_iter().map(|member| member.netid).collect())
}

/// Does what the newest report calls for, as far as it is still so: adds members, and removes others
/// whom Grove added.
pub(crate) async fn repair(state: &AppState, officer: &Actor) -> Result<Repair, DirectoryError> {
    if state.campus.is_none() {
        return Err(DirectoryError::NotConfigured);
    }
    let started = Instant::now();
    let report = store::reports::newest(&state.db).await?.ok_or(DirectoryError::NoReport)?;
    let members = members(state).await?;
    let missing = report.missing.into_iter().map(|missing| (missing.netid, true));
    let surplus = report.surplus.into_iter().filter(|surplus| surplus.added_by_grove);
    let steps = missing.chain(surplus.map(|surplus| (surplus.netid, false)));
    let steps = steps.filter(|(netid, wanted)| members.contains(netid) == *wanted);

    let mut repair = Repair::default();
    for (netid, wanted) in steps {
        if started.elapsed() > REPAIR_BUDGET {
            repair.left += 1;
            continue;
        }
        let place = if wanted { Place::In } else { Place::Out };
        match entry::set(state, &ChangeRequest { netid: &netid, place, asked_by: officer }).await {
            Ok(_) if wanted => repair.added.push(netid),
            Ok(_) => repair.removed.push(netid),
            Err(cause @ (DirectoryError::NoEntry(_) | DirectoryError::SeveralEntries(_))) => {
                repair.failed.push(Failure { netid, error: cause.to_string() });
            }
            Err(cause) => return Err(cause),
        }
    }
    repair.report = Some(reconcile(state, WHILE_WAITING.saturating_sub(started.elapsed())).await?);
    Ok(repair)
}
