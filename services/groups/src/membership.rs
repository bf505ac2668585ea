//! Taking and leaving places: steps of a transaction that holds the lock of the group.

use chrono::{DateTime, Utc};
use grove_shared::Role;
use sqlx::MySqlConnection;

use crate::{
    error::GroupError,
    group::GroupKey,
    place::{NewPlace, Place},
    store::places,
};

/// Makes a person hold exactly this place; false when they do already.
pub(crate) async fn hold(
    transaction: &mut MySqlConnection,
    group_id: u64,
    new: &NewPlace,
    by: &str,
    now: DateTime<Utc>,
) -> Result<bool, GroupError> {
    if let Some(place) = places::current(&mut *transaction, group_id, &new.netid).await? {
        if place.name == new.name && place.lead == new.lead && place.title == new.title {
            return Ok(false);
        }
        places::end(&mut *transaction, place.id, by, now).await?;
    }
    places::insert(transaction, group_id, new, by, now).await?;
    Ok(true)
}

/// Ends a place, unless the chapter would be without an admin.
pub(crate) async fn leave(
    transaction: &mut MySqlConnection,
    key: &GroupKey,
    place: &Place,
    by: &str,
    now: DateTime<Utc>,
) -> Result<(), GroupError> {
    if place.ended_at.is_some() {
        return Err(GroupError::PlaceEnded);
    }
    if key.officer_role() == Some(Role::Admin)
        && places::count_current(&mut *transaction, place.group_id).await? <= 1
    {
        return Err(GroupError::LastAdmin);
    }
    places::end(transaction, place.id, by, now).await
}
