//! What the machine's administrator does to groups, past all permissions: the `grove` program.

use chrono::{DateTime, Utc};
use grove_groups_api::{GroupChange, NewGroupRole};
use grove_shared::{NetId, Role, db};
use sqlx::MySqlPool;

use crate::{
    error::GroupError,
    group::{Details, GroupKey, GroupName},
    kind::Kind,
    membership,
    place::NewPlace,
    store::{groups, places},
};

/// Makes a group, or fills the empty fields of the one with this name; false when nothing changed.
/// A group that has ended stays as it is.
///
/// # Errors
/// When a field is not valid or the database fails.
pub async fn ensure_group(
    db: &MySqlPool,
    kind: Kind,
    group: &GroupChange,
    now: DateTime<Utc>,
) -> anyhow::Result<bool> {
    let (name, details) = (GroupName::parse(group.name.as_deref())?, Details::parse(group)?);
    match groups::insert(db, kind, &name, &details, now).await {
        Ok(()) => return Ok(true),
        Err(GroupError::Duplicate) => {}
        Err(error) => return Err(error.into()),
    }
    let mut transaction = db::begin(db).await?;
    let key = name.key(kind);
    let id = match groups::lock(&mut *transaction, &key).await {
        Ok(id) => id,
        Err(GroupError::NotFound) => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    let missing = details.missing_in(&groups::find(&mut *transaction, &key).await?);
    if missing == Details::default() {
        return Ok(false);
    }
    groups::update(&mut *transaction, id, &missing).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Makes a person hold exactly this place in a group; false when they do already. A place that they
/// hold until now ends and stays in the history.
///
/// # Errors
/// When there is no such group, a field is not valid, or the database fails.
pub async fn grant(
    db: &MySqlPool,
    (kind, group): (Kind, &str),
    role: NewGroupRole,
    by: &str,
    now: DateTime<Utc>,
) -> anyhow::Result<bool> {
    let new = NewPlace::try_from(role)?;
    let mut transaction = db::begin(db).await?;
    let group = groups::lock(&mut *transaction, &GroupKey::new(kind, group)).await?;
    let changed = membership::hold(&mut transaction, group, &new, by, now).await?;
    transaction.commit().await?;
    Ok(changed)
}

/// Makes a person an officer in exactly these roles: joins the committees that are missing and leaves
/// the others; false when that is so already.
///
/// # Errors
/// When it would remove the last admin, or the database fails.
pub async fn set_officer_roles(
    db: &MySqlPool,
    netid: &NetId,
    roles: &[Role],
    by: &str,
    now: DateTime<Utc>,
) -> anyhow::Result<bool> {
    let (name, title) = (String::new(), String::new());
    let new = NewPlace { netid: netid.clone(), name, lead: false, title };
    let mut changed = false;
    let mut transaction = db::begin(db).await?;
    let mut committees = Vec::new();
    // All locks come before the first read, which decides what the transaction sees.
    for role in Role::ALL {
        let key = GroupKey::new(Kind::Committees, role.as_str());
        let group = groups::lock(&mut *transaction, &key).await?;
        committees.push((role, key, group));
    }
    for (role, key, group) in committees {
        let place = places::current(&mut *transaction, group, netid).await?;
        match (roles.contains(&role), place) {
            (true, None) => {
                places::insert(&mut *transaction, group, &new, by, now).await?;
            }
            (false, Some(place)) => {
                membership::leave(&mut transaction, &key, &place, by, now).await?;
            }
            _ => continue,
        }
        changed = true;
    }
    transaction.commit().await?;
    Ok(changed)
}

/// Who holds an officer role now.
///
/// # Errors
/// When the database fails.
pub async fn officers(db: &MySqlPool, role: Role) -> anyhow::Result<Vec<NetId>> {
    let mut transaction = db::begin(db).await?;
    let key = GroupKey::new(Kind::Committees, role.as_str());
    let group = groups::lock(&mut *transaction, &key).await?;
    let places = places::list_all(&mut *transaction, group).await?;
    let current = places.into_iter().filter(|place| place.ended_at.is_none());
    Ok(current.map(|place| place.netid).collect())
}
